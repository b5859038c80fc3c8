"""How well each U-Net finds the masks of test images, with its skip connections and without."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.errors import TopolensError
from topolens.figures.panels import add_legend, dot, line, panel_grid
from topolens.figures.style import QUIET, SMALL, Colour, network_colours, paler
from topolens.figures.tables import confidence_of, statistic_rows
from topolens.results import Results

PANELS = {"iou": "IoU", "iou_without_skips": "IoU without skips", "precision": "precision", "recall": "recall"}
BELOW = 0.25  # rows that the dots of single seeds lie below the mean


def draw(run: Results) -> Figure:
    """A panel per score: each network's mean over test images and seeds with its interval, and a dot per seed."""
    if statistic_rows(run, "iou").empty:
        raise TopolensError(f"scores: no IoU in the statistics of run {run.name!r}")
    colours = network_colours(network.name for network in run.config.networks)
    figure, [panels] = panel_grid(1, len(PANELS), 0.95 + 0.28 * len(colours), sharey=True)
    for (statistic, title), axes in zip(PANELS.items(), panels, strict=True):
        for place, (name, colour) in enumerate(colours.items()):
            draw_scores(axes, place, statistic_rows(run, statistic, network=name), colour)
        axes.set_title(title)
        axes.margins(x=0.12)
        axes.locator_params(axis="x", nbins=4)
    panels[0].set_yticks(range(len(colours)), colours)
    panels[0].set_ylim(len(colours) - 0.4, -0.6)
    mean = f"mean over test images and seeds with its {confidence_of(run)} interval over images"
    add_legend(figure, {mean: line(QUIET, marker="o", ms=5), "one seed": dot(QUIET, ms=2.5)})
    return figure


def draw_scores(axes: Axes, place: int, rows: pd.DataFrame, colour: Colour) -> None:
    """The rows of one network and score, at one place from the top; a row without seed is the mean over seeds."""
    is_mean = rows["seed"].isna()
    overall = rows[is_mean].iloc[0]
    if pd.isna(overall["estimate"]):
        look: dict[str, Any] = {"fontsize": SMALL, "color": QUIET, "ha": "center"}
        axes.text(0.5, place, "undefined", transform=axes.get_yaxis_transform(), **look)
        return
    axes.hlines(place, overall["low"], overall["high"], color=colour, linewidth=1.6)
    axes.plot(overall["estimate"], place, marker="o", ms=5, color=colour)
    seeds = rows.loc[~is_mean, "estimate"]
    axes.plot(seeds, [place + BELOW] * len(seeds), ls="", marker="o", ms=2.5, color=paler(colour, 0.35))
