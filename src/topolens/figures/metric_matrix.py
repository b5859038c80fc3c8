"""How far the diagrams of one cloud under two metrics lie apart, beside two clouds under one metric."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from topolens.figures.metric_panels import metric_text
from topolens.figures.style import DEGREE_NAMES, QUIET, SMALL, WIDTH
from topolens.results import Results

DEGREES = (0, 1)
DARK = 0.42  # of the colour scale: numbers are white from here on


def draw(run: Results, measure: str = "bottleneck") -> Figure:
    """A panel per network and degree; means over layers, one colour scale per degree."""
    networks, metrics = [*run.config.layers], [*run.config.metrics.distances]
    figure, grid = plt.subplots(
        len(networks),
        len(DEGREES),
        figsize=(WIDTH, 3.05 * len(networks) + 1.0),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    for column, degree in zip(grid.T, DEGREES, strict=True):
        matrices = [mean_matrix(run, network, measure, degree) for network in networks]
        highest = max(matrix[np.isfinite(matrix)].max(initial=0.0) for matrix in matrices) or 1.0
        for axes, network, matrix in zip(column, networks, matrices, strict=True):
            draw_matrix(axes, matrix, highest, metrics)
            axes.set_title(f"{network}, {DEGREE_NAMES[str(degree)]}")
    figure.supxlabel(
        f"{measure} distance of diagrams divided by their clouds' mean distance, mean over layers;\n"
        "framed: one metric, two clouds of different images",
        fontsize=SMALL, color=QUIET,
    )  # fmt: skip
    return figure


def mean_matrix(run: Results, network: str, measure: str, degree: int) -> np.ndarray:
    """(metrics, metrics) mean distances over layers; on the diagonal those between resamples."""
    metrics = [*run.config.metrics.distances]
    table = run.table("distances")
    table = table[(table["network"] == network) & (table["degree"] == degree)]
    matrix = np.zeros((len(metrics), len(metrics)))
    means = table[table["kind"] == "between"].groupby(["metric", "other"], as_index=False)[measure].mean()
    for one, other, value in zip(means["metric"], means["other"], means[measure], strict=True):
        places = metrics.index(one), metrics.index(other)
        matrix[places] = matrix[places[::-1]] = value
    within = table[table["kind"] == "within"].groupby("metric")[measure].mean()
    matrix[np.diag_indices(len(metrics))] = within.loc[metrics]
    return matrix


def number_text(value: float) -> str:
    """Two digits that fit into a cell: `.031`, `.25`, `1.2`, `∞`."""
    if np.isinf(value):
        return "∞"
    digits = 1 if value >= 0.995 else 2 if value >= 0.0995 else 3
    return f"{value:.{digits}f}".removeprefix("0")


def draw_matrix(axes: Axes, matrix: np.ndarray, highest: float, metrics: list[str]) -> None:
    """Cells with their numbers; the diagonal framed."""
    axes.imshow(matrix, cmap="mako_r", vmin=0, vmax=highest)
    for (row, column), value in np.ndenumerate(matrix):
        colour = "w" if value > DARK * highest else "k"
        axes.text(column, row, number_text(value), ha="center", va="center", fontsize=SMALL, color=colour)
    for place in range(len(metrics)):
        corner = (place - 0.5, place - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="k", linewidth=1.0, clip_on=False))
    names = [metric_text(metric) for metric in metrics]
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=SMALL)
    axes.set_yticks(range(len(names)), names, fontsize=SMALL)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
