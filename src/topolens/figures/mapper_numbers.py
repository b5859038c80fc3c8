"""What Mapper graphs hold along the depth, beside noise and chance."""

from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.explain_panels import CHANCE_LINE, name_layers
from topolens.figures.panels import add_legend, area, draw_line, draw_null, line, marked_line, panel_grid, say
from topolens.figures.style import NULL_COLOUR, PALETTE
from topolens.figures.tables import confidence_of, depth_rows
from topolens.results import Results

COLOUR = PALETTE[0]


@dataclass(frozen=True)
class Number:
    """One panel: a statistic, what it is against, and the statistic that says what chance gives."""

    statistic: str
    title: str
    against: str | None = None
    chance: str | None = None
    is_share: bool = False


def numbers_of(run: Results) -> list[Number]:
    """The panels, row by row."""
    pair = run.config.mapper.pair if run.config.mapper else None
    between = f"purity of {' and '.join(pair)}\nin the nodes, above chance" if pair else "no pair of classes"
    stability = "stability: agreement of\ntwo positions' nodes"
    return [
        Number("mapper_forks", "forks"),
        Number("mapper_separating", "share of the forks\nthat part classes", is_share=True),
        Number("mapper_node_purity", "purity of nodes", is_share=True),
        Number("mapper_loops", "loops"),
        Number("pair_excess", between),
        Number("mapper_match", stability, "repeats", "mapper_chance_match", is_share=True),
    ]


def draw(run: Results) -> Figure:
    """Means over positions with their intervals, layer by layer, of a run with Mapper graphs."""
    figure, grid = panel_grid(2, 3, 4.1, sharex=True)
    for axes, number in zip(grid.flat, numbers_of(run), strict=True):
        draw_panel(axes, run, number)
        axes.set_title(number.title)
        axes.tick_params(labelbottom=axes in grid[-1])
    entries: dict[str, Artist] = {"channel vectors": marked_line(COLOUR), "chance": line(**CHANCE_LINE)}
    entries["noise with the same covariance and norms"] = area(NULL_COLOUR)
    positions = run.config.mapper.repeats if run.config.mapper else 0
    mean = f"mean over the graphs of {positions} positions with its {confidence_of(run)} interval"
    add_legend(figure, entries, f"{mean}; stability: over pairs of them")
    return figure


def draw_panel(axes: Axes, run: Results, number: Number) -> None:
    """One number with its noise as a band and its chance as a dashed line, where it has them."""
    layers = run.config.mapper_layers
    places, rows = np.arange(len(layers)), depth_rows(run, number.statistic, layers, against=number.against)
    if rows["estimate"].isna().all():
        say(axes, "none")
    draw_null(axes, places, rows)
    if number.chance:
        axes.plot(places, depth_rows(run, number.chance, layers, against=number.against)["estimate"], **CHANCE_LINE)
    if number.statistic == "pair_excess":
        axes.axhline(0, **CHANCE_LINE)
    draw_line(axes, places, rows, COLOUR, number.title)
    name_layers(axes, layers)
    if number.is_share:
        axes.set_ylim(0, 1.04)
    elif number.statistic != "pair_excess":  # counts from 0, differences as they come
        top = np.nanmax([1.0, *rows["high"], *rows["null_high"]])
        axes.set_ylim(-0.02 * top, 1.06 * top)
