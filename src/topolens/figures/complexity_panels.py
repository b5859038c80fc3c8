"""What the two figures of complexity share: raw and scale-free rows, a column per degree, bands."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.style import BAND_ALPHA, DEGREE_NAMES, NULL_COLOUR, WIDTH, Colour
from topolens.results import Results

MEASURES = {
    "complexity_l2": "complexity\n(L² norm of the landscape)",
    "complexity_l2_scale_free": "scale-free complexity\n(cloud ÷ mean distance)",
}
WIDE = 30.0  # a largest value so many times the smallest one asks for a logarithmic axis


@dataclass(frozen=True)
class Panel:
    """One panel and the rows of the statistics table that it shows."""

    axes: Axes
    rows: pd.DataFrame
    is_lowest: bool


def degrees_of(table: pd.DataFrame) -> list[str]:
    """The degrees in the table, `all` last."""
    return sorted(table.loc[table["statistic"].isin(MEASURES), "degree"].unique())


def panels_of(table: pd.DataFrame) -> tuple[Figure, list[Panel]]:
    """A figure with a row per measure and a column per degree."""
    degrees = degrees_of(table)
    size = (WIDTH, 4.6)
    figure, grid = plt.subplots(len(MEASURES), len(degrees), figsize=size, sharex=True, squeeze=False)
    panels = []
    for (measure, label), line in zip(MEASURES.items(), grid, strict=True):
        line[0].set_ylabel(label)
        for degree, axes in zip(degrees, line, strict=True):
            rows = table[(table["statistic"] == measure) & (table["degree"] == degree)]
            panels.append(Panel(axes, rows, axes in grid[-1]))
            if axes in grid[0]:
                axes.set_title(DEGREE_NAMES[degree])
    return figure, panels


def scale_axis(panel: Panel, nulls: pd.DataFrame) -> None:
    """A logarithmic axis where the values differ by orders of magnitude, one from 0 elsewhere.

    The axis holds all lines and the top of the null's band; the band's lower end may run out below, since
    Gaussian clouds can have next to no bar.
    """
    shown = panel.rows[["estimate", "low", "high"]].to_numpy()
    positive = shown[shown > 0]
    if len(positive) == 0:
        return
    top = np.nanmax([positive.max(), *nulls["null_high"]])
    if top > WIDE * positive.min():
        panel.axes.set_yscale("log")
        panel.axes.set_ylim(positive.min() / 1.3, top * 1.3)
    else:
        panel.axes.set_ylim(0, top * 1.05)


def draw_line(axes: Axes, places: np.ndarray, rows: pd.DataFrame, colour: Colour, label: str) -> None:
    """Estimates as a line with markers, their intervals as a band, or as a bar where there is one place."""
    axes.plot(places, rows["estimate"], color=colour, label=label, marker="o", markersize=2.5)
    if len(places) == 1:
        axes.vlines(places, rows["low"], rows["high"], color=colour, linewidth=0.8)
    else:
        axes.fill_between(places, rows["low"], rows["high"], color=colour, alpha=BAND_ALPHA, linewidth=0)


def draw_null(axes: Axes, places: np.ndarray, rows: pd.DataFrame) -> None:
    """The interval of the Gaussian clouds as a grey band; nothing where there were none."""
    if len(places) == 1:  # a band needs two places
        places, rows = places + np.array([-0.25, 0.25]), pd.concat([rows, rows])
    if rows["null_low"].notna().any():
        axes.fill_between(places, rows["null_low"], rows["null_high"], color=NULL_COLOUR, linewidth=0, zorder=0)


def add_legend(figure: Figure, run: Results, what: str, entries: Iterable[tuple[Artist, str]]) -> None:
    """The legend, once, below the panels; `what` says what a line is."""
    handles, names = zip(*entries, strict=True)
    lines = math.ceil(len(names) / 7)
    title = f"{what}: mean over networks with its {run.config.statistics.confidence:.0%} interval"
    if run.config.output_distance is not None:
        title += f"; the logits under their own distance ({run.config.output_distance.metric})"
    figure.legend(
        handles, names, loc="outside lower center", ncols=math.ceil(len(names) / lines),
        title=title, title_fontsize=7, handlelength=1.5, columnspacing=1.2,
    )  # fmt: skip
