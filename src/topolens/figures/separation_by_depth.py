"""How well classes are told apart along the depth, under every metric."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.config.conditions import CLEAN
from topolens.config.homology import STACKED
from topolens.figures.panels import add_legend, entries_of, panel_grid
from topolens.figures.style import BAND_ALPHA, metric_style
from topolens.figures.tables import confidence_of, statistic_rows
from topolens.results import Results

SCORES = {
    "ari": "ARI of components,\nscale without labels",
    "best_ari": "ARI of components,\nscale chosen by labels",
    "neighbours": "accuracy of the\nneighbours' vote",
}
CONTROL = "random"
CONTROL_LINE: dict[str, Any] = {"color": "0.5", "linestyle": (0, (5, 2)), "linewidth": 1.4}
FAINT = 0.07  # nine bands lie on one another
MANY_LAYERS = 8  # so many names stand steeply


def draw(run: Results) -> Figure:
    """Rows: scores; columns: networks; a line per metric with its interval over clouds."""
    networks = run.config.layers_by_network
    figure, grid = panel_grid(len(SCORES), len(networks), 1.7 * len(SCORES) + 1.3, sharey="row", sharex="col")
    for row, (score, label) in zip(grid, SCORES.items(), strict=True):
        for axes, (network, layers) in zip(row, networks.items(), strict=True):
            draw_panel(axes, run, network, score, [*layers])
        row[0].set_ylabel(label)
    for column, (network, layers) in zip(grid.T, networks.items(), strict=True):
        column[0].set_title(network)
        angle = 60 if len(layers) > MANY_LAYERS else 30
        column[-1].set_xticks(range(len(layers)), [*layers], rotation=angle, ha="right", rotation_mode="anchor")
    clouds = f"{run.config.image_clouds.repeats + 1} clouds of other images each"
    title = f"mean over {clouds}; bands: {confidence_of(run)} intervals; stacked: the mean of all metrics"
    add_legend(figure, entries_of(grid[0, 0]), title, is_quiet=True, ncols=3, handlelength=3.0)
    return figure


def draw_panel(axes: Axes, run: Results, network: str, score: str, layers: list[str]) -> None:
    """One score of one network: the untrained network's mean below, the metrics, all stacked on top."""
    table, places = score_rows(run, network, score), np.arange(len(layers))
    if CONTROL in run.study.runs:
        untrained = score_rows(run.other(CONTROL), network, score)["estimate"].drop(STACKED, level="metric")
        means = untrained.groupby("layer").mean().loc[layers]
        axes.plot(places, means, label="untrained, mean over metrics", **CONTROL_LINE)
    for metric in [*run.config.all_distances, STACKED]:
        rows, style = table.loc[metric].loc[layers], metric_style(metric)
        alpha = BAND_ALPHA if metric == STACKED else FAINT
        axes.plot(places, rows["estimate"], label=metric, **style)
        axes.fill_between(places, rows["low"], rows["high"], color=style["color"], alpha=alpha, linewidth=0)
    axes.set_xlim(-0.3, len(layers) - 0.7)


def score_rows(run: Results, network: str, score: str) -> pd.DataFrame:
    """Estimates of clean clouds, index metric and layer."""
    rows = statistic_rows(run, score, network=network)
    return rows[rows["condition"] == CLEAN].set_index(["metric", "layer"])[["estimate", "low", "high"]].sort_index()
