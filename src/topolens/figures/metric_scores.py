"""What metrics make of layers: how far their diagrams lie apart, and how well classes are told apart by depth."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from topolens.config.conditions import CLEAN
from topolens.config.homology import STACKED
from topolens.figures.metric_panels import metric_text
from topolens.figures.panels import add_legend, draw_cells, labelled, panel_grid
from topolens.figures.style import BAND_ALPHA, DEGREE_NAMES, QUIET, SLANTED, SMALL, STEEP, mako, metric_style
from topolens.figures.tables import confidence_of, rows_of, statistic_rows
from topolens.results import Results

DEGREES = (0, 1)
DARK = 0.42  # of the colour scale: numbers are white from here on
SCORES = {
    "ari": "ARI of components,\nscale without labels",
    "best_ari": "ARI of components,\nscale chosen by labels",
    "neighbours": "accuracy of the\nneighbours' vote",
}
CONTROL = "random"
CONTROL_LINE: dict[str, Any] = {"color": "0.5", "linestyle": (0, (5, 2)), "linewidth": 1.4}
FAINT = 0.07  # nine bands lie on one another
MANY_LAYERS = 8  # so many names stand steeply


def matrix(run: Results, measure: str = "bottleneck") -> Figure:
    """How far the diagrams of a cloud under two metrics lie apart, beside two clouds under one metric.

    A panel per network and degree; means over layers and disjoint pairs of clouds, one colour scale per degree.
    """
    networks, metrics = [*run.config.layers_by_network], [*run.config.all_distances]
    figure, grid = panel_grid(len(networks), len(DEGREES), 3.05 * len(networks) + 1.0, sharex=True, sharey=True)
    for column, degree in zip(grid.T, DEGREES, strict=True):
        matrices = [mean_matrix(run, network, measure, degree) for network in networks]
        highest = max(matrix[np.isfinite(matrix)].max(initial=0.0) for matrix in matrices) or 1.0
        for axes, network, matrix in zip(column, networks, matrices, strict=True):
            draw_matrix(axes, matrix, highest, metrics)
            axes.set_title(f"{network}, {DEGREE_NAMES[str(degree)]}")
    note = (
        f"{measure} distance of diagrams divided by their clouds' mean distance, mean over layers and clouds;\n"
        "framed: one metric, two clouds of different images"
    )
    figure.supxlabel(note, fontsize=SMALL, color=QUIET)
    return figure


def mean_matrix(run: Results, network: str, measure: str, degree: int) -> np.ndarray:
    """(metrics, metrics) mean distances over layers and clouds; on the diagonal those between two clouds."""
    metrics = [*run.config.all_distances]
    table = rows_of(run.table("diagram_distances"), network=network, degree=degree)
    means = rows_of(table, kind="between").groupby(["metric", "against"])[measure].mean().unstack()
    matrix = means.combine_first(means.T).reindex(index=metrics, columns=metrics).to_numpy(copy=True)
    within = rows_of(table, kind="paired").groupby("metric")[measure].mean()
    np.fill_diagonal(matrix, within.loc[metrics])
    return matrix


def number_text(value: float) -> str:
    """Two digits that fit into a cell: `.031`, `.25`, `1.2`, `∞`."""
    if np.isinf(value):
        return "∞"
    digits = 1 if value >= 0.995 else 2 if value >= 0.0995 else 3
    return f"{value:.{digits}f}".removeprefix("0")


def draw_matrix(axes: Axes, matrix: np.ndarray, highest: float, metrics: list[str]) -> None:
    """Cells with their numbers; the diagonal framed."""
    texts = np.vectorize(number_text, otypes=[object])(matrix)
    draw_cells(axes, matrix, texts, DARK, ink="k", cmap=mako().reversed(), vmin=0, vmax=highest)
    places = range(len(metrics))
    for place in places:
        corner = (place - 0.5, place - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="k", linewidth=1.0, clip_on=False))
    names = list(map(metric_text, metrics))
    axes.set_xticks(places, names, **STEEP)
    axes.set_yticks(places, names, fontsize=SMALL)


def by_depth(run: Results) -> Figure:
    """How well classes are told apart: rows: scores; columns: networks; a line per metric, intervals over clouds."""
    networks = run.config.layers_by_network
    figure, grid = panel_grid(len(SCORES), len(networks), 1.7 * len(SCORES) + 1.3, sharey="row", sharex="col")
    for row, (score, label) in zip(grid, SCORES.items(), strict=True):
        for axes, (network, layers) in zip(row, networks.items(), strict=True):
            draw_lines(axes, run, network, score, [*layers])
        row[0].set_ylabel(label)
    for column, (network, layers) in zip(grid.T, networks.items(), strict=True):
        column[0].set_title(network)
        angle = 60 if len(layers) > MANY_LAYERS else 30
        column[-1].set_xticks(range(len(layers)), [*layers], rotation=angle, **SLANTED)
    clouds = f"{run.config.image_clouds.repeats + 1} clouds of other images each"
    title = f"mean over {clouds}; bands: {confidence_of(run)} intervals; stacked: the mean of all metrics"
    add_legend(figure, labelled(grid[0, 0]), title, is_quiet=True, ncols=3, handlelength=3.0)
    return figure


def draw_lines(axes: Axes, run: Results, network: str, score: str, layers: list[str]) -> None:
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
