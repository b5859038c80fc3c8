"""What the two figures of complexity share: raw and scale-free rows, a column per degree."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.panels import add_legend, panel_grid
from topolens.figures.style import DEGREE_NAMES
from topolens.figures.tables import confidence_of, statistic_rows
from topolens.results import Results

MEASURES = {
    "complexity_l2": "complexity\n(L² norm of the landscape)",
    "complexity_l2_scale_free": "scale-free complexity\n(cloud ÷ mean distance)",
}
WIDE = 30.0  # a largest value so many times the smallest one asks for a logarithmic axis


def panels_of(run: Results, xlabel: str) -> tuple[Figure, list[tuple[Axes, pd.DataFrame]]]:
    """A figure with a row per measure and a column per degree, `all` last; each panel with the rows that it shows."""
    table = run.table("statistics")
    degrees = sorted(table.loc[table["statistic"].isin(MEASURES), "degree"].unique())
    figure, grid = panel_grid(len(MEASURES), len(degrees), 4.6, sharex=True)
    panels = []
    for (measure, label), line in zip(MEASURES.items(), grid, strict=True):
        line[0].set_ylabel(label)
        for degree, axes in zip(degrees, line, strict=True):
            panels.append((axes, statistic_rows(run, measure, degree=degree)))
    for degree, (highest, *_, lowest) in zip(degrees, grid.T, strict=True):
        highest.set_title(DEGREE_NAMES[degree])
        lowest.set_xlabel(xlabel)
    return figure, panels


def scale_axis(axes: Axes, rows: pd.DataFrame, nulls: pd.DataFrame) -> None:
    """A logarithmic axis where the values differ by orders of magnitude, one from 0 elsewhere."""
    shown = rows[["estimate", "low", "high"]].to_numpy()
    positive = shown[shown > 0]
    if len(positive) == 0:
        return
    top = np.nanmax([positive.max(), *nulls["null_high"]])
    if top > WIDE * positive.min():  # the null may run out below: Gaussian clouds can have next to no bar
        axes.set_yscale("log")
        axes.set_ylim(positive.min() / 1.3, top * 1.3)
    else:
        axes.set_ylim(0, top * 1.05)


def add_line_legend(figure: Figure, run: Results, what: str, entries: Mapping[str, Artist]) -> None:
    """The legend below the panels; `what` says what a line is."""
    title = f"{what}: mean over networks with its {confidence_of(run)} interval"
    if len(run.config.distances) > 1:
        title += f"; the logits under their own distance ({run.config.distance(output=True).metric})"
    columns = math.ceil(len(entries) / math.ceil(len(entries) / 7))
    add_legend(figure, entries, title, ncols=columns, handlelength=1.5, columnspacing=1.2)
