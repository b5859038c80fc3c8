"""The last layer: how many components stand out, and how one-dimensional each class is."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.errors import TopolensError
from topolens.figures.style import (
    BAND_ALPHA,
    CLASS_COLOURS,
    DEGREE_COLOURS,
    QUIET,
    SMALL,
    WIDTH,
    accuracy_name,
    say,
)
from topolens.results import Results
from topolens.topology.persistence import lifetimes

SHOWN_BARS = 30
SHUFFLED_COLOUR = "0.55"


def draw(run: Results) -> Figure:
    """Left: lifetimes in degree 0; right: share of the first principal component within each class.

    Raises:
        TopolensError: the run does not measure shares (`statistics.class_shares`).
    """
    if not run.config.statistics.class_shares:
        raise TopolensError(f"components: run {run.name!r} needs `statistics: {{class_shares: true}}`")
    metric = (run.config.output_distance or run.config.distance).metric
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0))
    last = len(run.config.training.thresholds) - 1
    classes = sorted(run.table("components")["label"].unique())
    draw_lifetimes(left, network_lifetimes(run, last), len(classes), metric)
    draw_shares(right, run)
    figure.suptitle(f"last layer at {accuracy_name(run.config.training.thresholds[-1])}", fontsize=8)
    return figure


def network_lifetimes(run: Results, threshold: int) -> np.ndarray:
    """Longest lifetimes in degree 0 of the last layer, (networks, SHOWN_BARS): means over draws."""
    table, output = run.diagrams, run.config.output_layer
    clouds = table.clouds
    chosen = clouds[(clouds["layer"] == output) & (clouds["threshold"] == threshold) & ~clouds["gaussian"]]
    means = []
    for _, own in chosen.groupby("network"):
        sorted_bars = np.zeros((len(own), SHOWN_BARS))
        for row, cloud in zip(sorted_bars, own.index, strict=True):
            longest = lifetimes(table.diagram(int(cloud), 0))[:SHOWN_BARS]
            row[: len(longest)] = longest
        means.append(sorted_bars.mean(axis=0))
    return np.array(means).reshape(-1, SHOWN_BARS)


def draw_lifetimes(axes: Axes, longest: np.ndarray, classes: int, metric: str) -> None:
    """Median and full range over networks, and where as many components as classes would end."""
    axes.set(xlabel="finite bar in degree 0, longest first", ylabel=f"lifetime ({metric} distance)")
    if len(longest) == 0:
        say(axes, "not reached by any network")
        return
    places = 1 + np.arange(longest.shape[1])
    colour = DEGREE_COLOURS["0"]
    axes.plot(places, np.median(longest, axis=0), color=colour, marker="o", ms=3, label="median of networks")
    axes.fill_between(places, longest.min(axis=0), longest.max(axis=0), color=colour, alpha=BAND_ALPHA, lw=0,
                      label=f"range of {len(longest)} networks")  # fmt: skip
    axes.axvline(classes - 0.5, color=QUIET, linestyle="--", linewidth=0.8)
    note = f" after bar {classes - 1}:\n {classes} components with\n the one that never dies"
    axes.text(classes - 0.5, 0.98, note, transform=axes.get_xaxis_transform(), fontsize=SMALL, color=QUIET, va="top")
    axes.set(xlim=(0, places[-1] + 1), ylim=(0, None), xticks=[1, *range(5, SHOWN_BARS + 1, 5)])
    axes.legend(loc="lower right")


def draw_shares(axes: Axes, run: Results) -> None:
    """Mean and interval over networks, each a mean over its draws, per class and for shuffled labels."""
    axes.set(xlabel="class", ylabel="share of variance along the\nfirst principal component")
    table = run.table("statistics")[run.table("statistics")["threshold"] == run.config.training.thresholds[-1]]
    shuffled, true = (table[table["statistic"] == f"class_share{suffix}"] for suffix in ("_shuffled", ""))
    if true.empty:
        say(axes, "not reached by any network")
        return
    classes = np.sort(true["class"].unique()).astype(int)
    for label in classes:
        _draw_estimate(axes, shuffled, label, SHUFFLED_COLOUR, "s")
    for label in classes:
        _draw_estimate(axes, true, label, CLASS_COLOURS[label], "o")
    handles = [plt.Line2D([], [], ls="", marker=m, ms=4, color=c) for m, c in (("o", "black"), ("s", SHUFFLED_COLOUR))]
    level = f"{run.config.statistics.confidence:.0%}"
    names = (f"true labels: mean over networks, {level} interval", "shuffled labels")
    axes.legend(handles, names, loc="lower left")
    axes.set(xticks=classes, ylim=(0, 1))


def _draw_estimate(axes: Axes, rows: pd.DataFrame, label: int, colour: object, marker: str) -> None:
    row = rows[rows["class"] == label].iloc[0]
    axes.vlines(label, row["low"], row["high"], color=colour, linewidth=1.2)
    axes.plot(label, row["estimate"], marker=marker, ms=4, ls="", color=colour)
