"""How well each U-Net finds the masks of test images, with its skip connections and without."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.errors import TopolensError
from topolens.figures.style import QUIET, SMALL, WIDTH, Colour, network_colours, paler
from topolens.results import Results

PANELS = {
    "iou": "IoU",
    "iou_without_skips": "IoU without skips",
    "precision": "precision",
    "recall": "recall",
}
BELOW = 0.25  # rows that the dots of single seeds lie below the mean


def draw(run: Results) -> Figure:
    """A panel per score: each network's mean over test images and seeds with its interval, and a dot per seed.

    Raises:
        TopolensError: the run's table has no IoU, since its images have labels or its networks are untrained.
    """
    table = run.table("statistics")
    if "iou" not in set(table["statistic"]):
        raise TopolensError(f"scores: no IoU in the statistics of run {run.name!r}")
    names = [network.name for network in run.config.networks]
    figure, panels = plt.subplots(1, len(PANELS), figsize=(WIDTH, 0.95 + 0.28 * len(names)), sharey=True)
    for (statistic, title), axes in zip(PANELS.items(), panels, strict=True):
        shown = table[table["statistic"] == statistic]
        for place, (name, colour) in enumerate(zip(names, network_colours(len(names)), strict=True)):
            draw_scores(axes, place, shown[shown["network"] == name], colour)
        axes.set_title(title)
        axes.margins(x=0.12)
        axes.locator_params(axis="x", nbins=4)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    _add_legend(figure, run)
    return figure


def draw_scores(axes: Axes, place: int, rows: pd.DataFrame, colour: Colour) -> None:
    """The rows of one network and score, at one place from the top; a row without seed is the mean over seeds."""
    is_mean = rows["seed"].isna()
    overall = rows[is_mean].iloc[0]
    if pd.isna(overall["estimate"]):
        axes.text(
            0.5, place, "undefined", transform=axes.get_yaxis_transform(), fontsize=SMALL, color=QUIET, ha="center"
        )
        return
    axes.hlines(place, overall["low"], overall["high"], color=colour, linewidth=1.6)
    axes.plot(overall["estimate"], place, marker="o", ms=5, color=colour)
    seeds = rows.loc[~is_mean, "estimate"]
    axes.plot(seeds, [place + BELOW] * len(seeds), ls="", marker="o", ms=2.5, color=paler(colour, 0.35))


def _add_legend(figure: Figure, run: Results) -> None:
    text = f"mean over test images and seeds with its {run.config.statistics.confidence:.0%} interval over images"
    handles = [plt.Line2D([], [], color=QUIET, marker="o", ms=size, ls=style) for size, style in ((5, "-"), (2.5, ""))]
    figure.legend(handles, [text, "one seed"], loc="outside lower center", ncols=2)
