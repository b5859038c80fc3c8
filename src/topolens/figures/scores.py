"""How well each U-Net finds the masks of test images: its scores, and IoU against complexity."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from topolens.errors import TopolensError
from topolens.figures.panels import add_legend, dot, line, panel_grid
from topolens.figures.style import (
    MEASURES,
    QUIET,
    SMALL,
    Colour,
    interval_text,
    network_colours,
    network_markers,
    paler,
)
from topolens.figures.tables import confidence_of, statistic_rows
from topolens.results import Results

PANELS = {"iou": "IoU", "iou_without_skips": "IoU without skips", "precision": "precision", "recall": "recall"}
BELOW = 0.25  # rows that the dots of single seeds lie below the mean


def draw(run: Results) -> Figure:
    """A panel per score, with skip connections and without: each network's mean with its interval, a dot per seed."""
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
    mean = f"mean with its {confidence_of(run)} interval"
    add_legend(figure, {mean: line(QUIET, marker="o", ms=5), "one seed": dot(QUIET, ms=2.5)})
    return figure


def draw_scores(axes: Axes, place: int, rows: pd.DataFrame, colour: Colour) -> None:
    """The rows of one network and score, at one place from the top; a row without seed is the mean over seeds."""
    is_mean = rows["seed"].isna()
    overall = rows[is_mean].iloc[0]
    if pd.isna(overall["estimate"]):
        where: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "center"}
        axes.text(0.5, place, "undefined", fontsize=SMALL, color=QUIET, **where)
        return
    axes.hlines(place, overall["low"], overall["high"], color=colour, linewidth=1.6)
    axes.plot(overall["estimate"], place, marker="o", ms=5, color=colour)
    seeds = rows.loc[~is_mean, "estimate"]
    axes.plot(seeds, [place + BELOW] * len(seeds), ls="", marker="o", ms=2.5, color=paler(colour, 0.35))


def against_complexity(run: Results, without: str) -> Figure:
    """IoU against raw complexity on the left, scale-free on the right: a point for each trained network.

    The network `without` is shown, but left out of the correlation.
    """
    names = [network.name for network in run.config.networks]
    colours, markers = network_colours(names), network_markers(names)
    looks: dict[str, dict[str, Any]] = {
        name: {"color": colours[name], "marker": markers[name], "ms": 4.5, "ls": "", "alpha": 0.8}
        | ({"mfc": "white"} if name == without else {})
        for name in names
    }
    figure, [panels] = panel_grid(1, len(MEASURES), 2.9, sharey=True)
    for axes, (measure, label) in zip(panels, MEASURES.items(), strict=True):
        for network, look in looks.items():
            for seed in run.config.seeds:
                draw_network(axes, run, measure, network, seed, look)
        axes.set_title(correlation_text(run, measure, without))
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlabel(f"mean over layers of {label}")
    panels[0].set_ylabel("IoU on test images")
    entries = {f"{name} (not in the correlation)" if name == without else name: line(**looks[name]) for name in looks}
    add_legend(figure, entries)
    return figure


def draw_network(axes: Axes, run: Results, measure: str, network: str, seed: int, look: dict[str, Any]) -> None:
    """A point, without intervals: images differ more than networks, and all networks see the same ones."""
    names = (f"network_{measure}", "iou")
    x, y = (statistic_rows(run, name, network=network, seed=seed)["estimate"].iloc[0] for name in names)
    axes.plot(x, y, label=f"{network} {seed}", **look)


def correlation_text(run: Results, measure: str, without: str) -> str:
    """Spearman's correlation with its interval, or that too few networks differ for one."""
    rows = statistic_rows(run, measure.replace("complexity", "score_correlation"), against=without)
    rows = rows.dropna(subset="estimate")
    if rows.empty:
        return f"too few different networks\nwithout {without} for a correlation"
    return f"Spearman {interval_text(rows.iloc[0])}, {rows['n'].iloc[0]:.0f} networks"
