"""How far the diagrams of one cloud under two metrics lie apart, beside two clouds under one metric."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from topolens.figures.metric_panels import metric_text
from topolens.figures.panels import draw_cells, panel_grid
from topolens.figures.style import DEGREE_NAMES, QUIET, SMALL, STEEP
from topolens.figures.tables import rows_of
from topolens.results import Results

DEGREES = (0, 1)
DARK = 0.42  # of the colour scale: numbers are white from here on


def draw(run: Results, measure: str = "bottleneck") -> Figure:
    """A panel per network and degree; means over layers, one colour scale per degree."""
    networks, metrics = [*run.config.layers_by_network], [*run.config.all_distances]
    figure, grid = panel_grid(len(networks), len(DEGREES), 3.05 * len(networks) + 1.0, sharex=True, sharey=True)
    for column, degree in zip(grid.T, DEGREES, strict=True):
        matrices = [mean_matrix(run, network, measure, degree) for network in networks]
        highest = max(matrix[np.isfinite(matrix)].max(initial=0.0) for matrix in matrices) or 1.0
        for axes, network, matrix in zip(column, networks, matrices, strict=True):
            draw_matrix(axes, matrix, highest, metrics)
            axes.set_title(f"{network}, {DEGREE_NAMES[str(degree)]}")
    note = (
        f"{measure} distance of diagrams divided by their clouds' mean distance, mean over layers;\n"
        "framed: one metric, two clouds of different images"
    )
    figure.supxlabel(note, fontsize=SMALL, color=QUIET)
    return figure


def mean_matrix(run: Results, network: str, measure: str, degree: int) -> np.ndarray:
    """(metrics, metrics) mean distances over layers; on the diagonal those between repeats."""
    metrics = [*run.config.all_distances]
    table = rows_of(run.table("diagram_distances"), network=network, degree=degree)
    means = rows_of(table, kind="between").groupby(["metric", "against"])[measure].mean().unstack()
    matrix = means.combine_first(means.T).reindex(index=metrics, columns=metrics).to_numpy(copy=True)
    within = rows_of(table, kind="within").groupby("metric")[measure].mean()
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
    draw_cells(axes, matrix, texts, DARK, ink="k", cmap="mako_r", vmin=0, vmax=highest)
    for place in range(len(metrics)):
        corner = (place - 0.5, place - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor="k", linewidth=1.0, clip_on=False))
    names = [metric_text(metric) for metric in metrics]
    axes.set_xticks(range(len(names)), names, **STEEP)
    axes.set_yticks(range(len(names)), names, fontsize=SMALL)
