"""What the figures of convolutional networks share: whose landscapes they show and how, the axis of layers."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from topolens.config.analyses import Mapper
from topolens.config.architectures import block_of
from topolens.config.clouds import ALL
from topolens.errors import TopolensError
from topolens.figures.panels import name_ticks
from topolens.figures.style import CLASS_COLOURS, PALETTE, QUIET, SMALL, WIDE, Colour, network_colours
from topolens.figures.tables import depth_rows
from topolens.results import Results

MOST = 4  # layers, where none of those asked for is there
ALL_COLOUR = PALETTE[4]  # of images of any class; no class has it
CHANCE_LINE: dict[str, Any] = {"color": QUIET, "linestyle": (0, (4, 1.5)), "linewidth": 1.0}


@dataclass(frozen=True)
class Side:
    """A group of images under a network, called by what tells it from the run's other sides."""

    network: str
    group: str
    name: str
    colour: Colour

    def rows(self, run: Results, statistic: str, layers: list[str]) -> pd.DataFrame:
        """Its own rows of a statistic, one per layer."""
        return depth_rows(run, statistic, layers, network=self.network, classes=self.group)


def sides_of(run: Results) -> list[Side]:
    """Every group under every network, in the order of the settings."""
    networks, groups = network_colours(one.name for one in run.config.networks), run.config.position_clouds.groups
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
    colours = (colour for colour in CLASS_COLOURS if colour != ALL_COLOUR)
    return {group: ALL_COLOUR if group == ALL else next(colours) for group in groups}


def side_word(run: Results) -> str:
    """What the sides are, in the plural."""
    return "groups" if len(run.config.networks) == 1 else "networks"


def clouds_text(run: Results) -> str:
    """What the means are taken over: `32 clouds`, `32 clouds from each of 3 seeds`."""
    seeds = len(run.config.seeds)
    return f"{run.config.position_clouds.repeats} clouds" + (f" from each of {seeds} seeds" if seeds > 1 else "")


def mapper_of(run: Results) -> Mapper:
    """The settings of a run's Mapper graphs."""
    if run.config.mapper is None:
        raise TopolensError(f"run {run.name!r} has no Mapper graphs; give it a `mapper` section")
    return run.config.mapper


def known_classes(run: Results) -> list[str]:
    """The classes that have clouds of their own."""
    return [group for group in run.config.position_clouds.groups if group != ALL]


def explained_networks(run: Results) -> dict[str, Colour]:
    """Networks that are explained, in the order of the study, with their colours in other figures."""
    colours = network_colours(network.name for network in run.config.networks)
    chosen = (run.config.attributions and run.config.attributions.networks) or colours
    return {name: colours[name] for name in colours if name in chosen}


def block_bounds(layers: list[str]) -> list[int]:
    """The places at which a new block of the network begins, but for the first."""
    return [place for place, (a, b) in enumerate(pairwise(layers), 1) if block_of(a) != block_of(b)]


def mark_blocks(axes: Axes, layers: list[str]) -> None:
    """Thin lines between the blocks of the network, behind everything."""
    for place in block_bounds(layers):
        axes.axvline(place - 0.5, color="0.9", linewidth=0.6, zorder=-1)


def name_layers(axes: Axes, layers: list[str]) -> None:
    """Names of the layers below an axis of their places: side by side where they are few."""
    name_ticks(axes, range(len(layers)), layers, fontsize=SMALL)
    axes.set_xlim(-0.4, len(layers) - 0.6)


def scale_axis(axes: Axes, estimates: np.ndarray, top: float) -> None:
    """A logarithmic axis where no estimate is 0 and they differ by orders of magnitude, one from 0 elsewhere."""
    if estimates.min() > 0 and estimates.max() > WIDE * estimates.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_ylim(estimates.min() / 1.5, top * 1.3)
    else:
        axes.set_ylim(-0.02 * (top or 1.0), 1.05 * (top or 1.0))  # so that what is 0 can be seen


def shown_layers(available: list[str], wanted: list[str] | None) -> list[str]:
    """Those wanted that there are, in order of depth, or a few at equal steps where there is none of them."""
    found = [layer for layer in available if layer in (wanted or [])]
    places = np.unique(np.linspace(0, len(available) - 1, min(MOST, len(available))).round().astype(int))
    return found or [available[place] for place in places]
