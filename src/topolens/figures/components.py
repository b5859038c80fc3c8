"""The last layer: how many components stand out, and how one-dimensional each class is."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.errors import TopolensError
from topolens.figures.panels import dot, panel_grid, say
from topolens.figures.style import BAND_ALPHA, CLASS_COLOURS, DEGREE_COLOURS, QUIET, SMALL, accuracy_name
from topolens.figures.tables import confidence_of, rows_of, statistic_rows
from topolens.results import Results
from topolens.topology.persistence import lifetimes

SHOWN_BARS = 30
SHUFFLED_COLOUR = "0.55"


def draw(run: Results) -> Figure:
    """Left: lifetimes in degree 0; right: share of the first principal component within each class."""
    if run.config.principal_shares is None:
        raise TopolensError(f"components: run {run.name!r} needs a section `principal_shares`")
    metric = run.config.distance(output=True).metric
    accuracies = run.config.snapshot_accuracies
    figure, [[left, right]] = panel_grid(1, 2, 3.0)
    classes = run.table("principal_shares")["group"].nunique()
    draw_lifetimes(left, network_lifetimes(run, len(accuracies) - 1), classes, metric)
    draw_shares(right, run)
    figure.suptitle(f"last layer at {accuracy_name(accuracies[-1])}", fontsize=8)
    return figure


def network_lifetimes(run: Results, snapshot: int) -> np.ndarray:
    """Longest lifetimes in degree 0 of the last layer, (networks, SHOWN_BARS): means over draws."""
    chosen = rows_of(run.diagrams.clouds, depth=run.config.output_layer, snapshot=snapshot, null=False)
    means = []
    for _, own in chosen.groupby("network"):
        sorted_bars = np.zeros((len(own), SHOWN_BARS))
        for row, cloud in zip(sorted_bars, own.index, strict=True):
            longest = lifetimes(run.diagrams.diagram(int(cloud), 0))[:SHOWN_BARS]
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
    """Mean and interval over networks, each a mean over its repeats, per class and for shuffled labels."""
    axes.set(xlabel="class", ylabel="share of variance along the\nfirst principal component")
    last = run.config.snapshot_accuracies[-1]
    true = statistic_rows(run, "class_share", snapshot=last)
    if true.empty:
        say(axes, "not reached by any network")
        return
    classes = np.sort(true["classes"].unique()).astype(int)
    shuffled = statistic_rows(run, "class_share_shuffled", snapshot=last)
    _draw_estimates(axes, shuffled, dict.fromkeys(classes, SHUFFLED_COLOUR), "s")
    _draw_estimates(axes, true, {label: CLASS_COLOURS[label] for label in classes}, "o")
    names = (f"true labels, {confidence_of(run)} interval", "shuffled labels")
    axes.legend([dot("black"), dot(SHUFFLED_COLOUR, marker="s")], names, loc="lower left")
    axes.set(xticks=classes, ylim=(0, 1))


def _draw_estimates(axes: Axes, rows: pd.DataFrame, colours: dict[int, object], marker: str) -> None:
    by_class = rows.set_index("classes")
    for label, colour in colours.items():
        row = by_class.loc[label]
        axes.vlines(label, row["low"], row["high"], color=colour, linewidth=1.2)
        axes.plot(label, row["estimate"], marker=marker, ms=4, ls="", color=colour)
