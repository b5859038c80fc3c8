"""What Mapper graphs hold along the depth, beside noise and chance."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.complexity_panels import draw_line, draw_null
from topolens.figures.explain_panels import CHANCE_LINE, depth_rows, name_layers
from topolens.figures.style import NULL_COLOUR, PALETTE, WIDTH, say
from topolens.results import Results

COLOUR = PALETTE[0]


@dataclass(frozen=True)
class Number:
    """One panel: a statistic, its group, and the statistic that says what chance gives."""

    statistic: str
    title: str
    group: str | None = None
    chance: str | None = None
    is_share: bool = False


def numbers_of(run: Results) -> list[Number]:
    """The panels, row by row."""
    pair = run.config.mapper.pair if run.config.mapper else None
    between = f"purity of {' and '.join(pair)}\nin the nodes, above chance" if pair else "no pair of classes"
    return [
        Number("mapper_forks", "forks"),
        Number("mapper_separating", "share of the forks\nthat part classes", is_share=True),
        Number("mapper_node_purity", "purity of nodes", is_share=True),
        Number("mapper_loops", "loops"),
        Number("pair_excess", between),
        Number(
            "mapper_match", "stability: agreement of\ntwo positions' nodes", "agreement", "mapper_chance_match", True
        ),
    ]


def draw(run: Results) -> Figure:
    """Means over positions with their intervals, layer by layer.

    Args:
        run: One with Mapper graphs.
    """
    figure, grid = plt.subplots(2, 3, figsize=(WIDTH, 4.1), sharex=True)
    for axes, number in zip(grid.flat, numbers_of(run), strict=True):
        draw_panel(axes, run, number)
        axes.set_title(number.title)
        axes.tick_params(labelbottom=axes in grid[-1])
    _add_legend(figure, run)
    return figure


def draw_panel(axes: Axes, run: Results, number: Number) -> None:
    """One number with its noise as a band and its chance as a dashed line, where it has them."""
    layers = run.mapper_layers
    places, rows = np.arange(len(layers)), depth_rows(run, number.statistic, layers, number.group)
    if rows["estimate"].isna().all():
        say(axes, "none")
    draw_null(axes, places, rows)
    if number.chance:
        axes.plot(places, depth_rows(run, number.chance, layers, number.group)["estimate"], **CHANCE_LINE)
    if number.statistic == "pair_excess":
        axes.axhline(0, **CHANCE_LINE)
    draw_line(axes, places, rows, COLOUR, number.title)
    name_layers(axes, layers)
    _scale(axes, rows, number)


def _scale(axes: Axes, rows: pd.DataFrame, number: Number) -> None:
    """Shares from 0 to 1, counts from 0, differences as they come."""
    if number.is_share:
        axes.set_ylim(0, 1.04)
    elif number.statistic != "pair_excess":
        top = np.nanmax([1.0, *rows["high"], *rows["null_high"]])
        axes.set_ylim(-0.02 * top, 1.06 * top)


def _add_legend(figure: Figure, run: Results) -> None:
    settings = run.config
    line, chance = plt.Line2D([], [], color=COLOUR, marker="o", markersize=2.5), plt.Line2D([], [], **CHANCE_LINE)
    noise = plt.Rectangle((0, 0), 1, 1, color=NULL_COLOUR)
    names = ["channel vectors", "chance", "noise with the same covariance and norms"]
    positions, level = settings.mapper.positions if settings.mapper else 0, f"{settings.statistics.confidence:.0%}"
    title = f"mean over the graphs of {positions} positions with its {level} interval; stability: over pairs of them"
    figure.legend([line, chance, noise], names, loc="outside lower center", ncols=3, title=title, title_fontsize=7)
