"""Channel vectors in the first two principal components of each layer: all classes, then single ones."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.errors import unknown_name
from topolens.figures.explain_panels import known_classes
from topolens.figures.panels import add_class_legend, panel_grid, tight
from topolens.figures.style import NULL_COLOUR, PICTURE_DPI, WIDTH, class_colour, class_colours
from topolens.results import Results
from topolens.seeding import child_generator

POINT = 2.0  # square points, of a vector among all
LEGEND_HEIGHT = 0.75  # inches
SHAPE = 0.8  # height of a panel over its width


def draw(run: Results, seed: int, classes: list[str] | None = None) -> Figure:
    """Columns: layers with Mapper graphs; rows: all classes, then each of a few before all others.

    `seed` orders the points that lie upon each other; without `classes` those whose landscapes the subject knows get
    a row, or the first three.
    """
    layers, labels, names = run.config.mapper_layers, run.arrays("graphs")["labels"], run.images.classes
    chosen = classes or known_classes(run) or names[:3]
    for name in chosen:
        if name not in names:
            raise unknown_name("class", name, names, "plane_grid: classes")
    rows = 1 + len(chosen)
    height = 0.2 + LEGEND_HEIGHT + rows * SHAPE * (WIDTH - 0.5) / max(len(layers), 3)
    look = {"dpi": PICTURE_DPI, "layout": tight(0.03, 0.03)}
    figure, grid = panel_grid(rows, len(layers), height, sharex="col", sharey="col", **look)
    for column, layer in zip(grid.T, layers, strict=True):
        plane = run.arrays("graphs")[f"{layer}.plane"]
        order = child_generator(seed, "figure", "order").permutation(len(plane))  # so that no class lies on top
        look = {"alpha": 0.6, "linewidth": 0, "rasterized": True}
        column[0].scatter(*plane[order].T, s=POINT, c=class_colours(labels[order]), **look)
        for axes, name in zip(column[1:], chosen, strict=True):
            draw_class(axes, plane, labels, names.index(name))
        column[0].set_title(layer)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[["left", "bottom"]].set(color="0.6", linewidth=0.5)
    for axes, name in zip(grid[:, 0], ["all classes", *chosen], strict=True):
        axes.set_ylabel(name)
    title = "a point: one channel vector of one test image; first principal component across, second up, range by layer"
    add_class_legend(figure, names, title)
    return figure


def draw_class(axes: Axes, plane: np.ndarray, labels: np.ndarray, number: int) -> None:
    """One class before the grey of all others."""
    own = labels == number
    look: dict[str, Any] = {"linewidth": 0, "rasterized": True}
    x, y = plane.T
    axes.scatter(x[~own], y[~own], s=POINT, color=NULL_COLOUR, **look)
    axes.scatter(x[own], y[own], s=1.5 * POINT, color=class_colour(number), alpha=0.7, **look)
