"""What the figures of latent landscapes share: whose landscapes they show, in which colours, the axis of layers."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from topolens.config.architectures import block_of
from topolens.config.clouds import ALL
from topolens.figures.complexity_panels import WIDE
from topolens.figures.style import CLASS_COLOURS, PALETTE, Colour, network_colours
from topolens.figures.tables import rows_of, statistic_rows
from topolens.results import Results

ALL_COLOUR = PALETTE[4]  # of images of any class; no class has it


@dataclass(frozen=True)
class Side:
    """A group of images under a network, called by what tells it from the run's other sides."""

    network: str
    group: str
    name: str
    colour: Colour

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Its own rows of a table."""
        return rows_of(table, network=self.network, classes=self.group)


def sides_of(run: Results) -> list[Side]:
    """Every group under every network, in the order of the settings."""
    networks, groups = (
        network_colours(network.name for network in run.config.networks),
        run.config.position_clouds.groups,
    )
    if len(networks) == 1:
        (network,) = networks
        return [Side(network, group, group, colour) for group, colour in group_colours(groups).items()]
    return [
        Side(network, group, network if len(groups) == 1 else f"{network} {group}", colour)
        for network, colour in networks.items()
        for group in groups
    ]


def group_colours(groups: list[str]) -> dict[str, Colour]:
    """A colour for each class in order, and one for all classes together."""
    colours: Iterator[Colour] = (colour for colour in CLASS_COLOURS if colour != ALL_COLOUR)
    return {group: ALL_COLOUR if group == ALL else next(colours) for group in groups}


def side_word(run: Results) -> str:
    """What the sides are, in the plural."""
    return "groups" if len(run.config.networks) == 1 else "networks"


def clouds_text(run: Results) -> str:
    """What the means are taken over: `32 clouds`, `32 clouds from each of 3 seeds`."""
    seeds = len(run.config.seeds)
    return f"{run.config.position_clouds.repeats} clouds" + (f" from each of {seeds} seeds" if seeds > 1 else "")


def measure_rows(run: Results, measure: str) -> pd.DataFrame:
    """The rows of one statistic, by place of their layer along the depth (`place`)."""
    table = statistic_rows(run, measure)
    places = table["layer"].map({layer: place for place, layer in enumerate(run.config.layers)})
    return table.assign(place=places).sort_values("place", kind="stable")


def block_bounds(layers: list[str]) -> list[int]:
    """The places at which a new block of the network begins, but for the first."""
    return [place for place, (a, b) in enumerate(pairwise(layers), 1) if block_of(a) != block_of(b)]


def mark_blocks(axes: Axes, layers: list[str]) -> None:
    """Thin lines between the blocks of the network, behind everything."""
    for place in block_bounds(layers):
        axes.axvline(place - 0.5, color="0.9", linewidth=0.6, zorder=-1)


def scale_axis(axes: Axes, estimates: np.ndarray, top: float) -> None:
    """A logarithmic axis where no estimate is 0 and they differ by orders of magnitude, one from 0 elsewhere."""
    if estimates.min() > 0 and estimates.max() > WIDE * estimates.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_ylim(estimates.min() / 1.5, top * 1.3)
    else:
        axes.set_ylim(-0.02 * (top or 1.0), 1.05 * (top or 1.0))  # so that what is 0 can be seen
