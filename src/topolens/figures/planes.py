"""Channel vectors in planes of two principal components: the arms of forks, and all classes."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.errors import unknown_name
from topolens.figures.latent_panels import known_classes
from topolens.figures.mapper_graphs import ARM_COLOURS, parting_forks, shares
from topolens.figures.panels import add_class_legend, add_legend, dot, draw_points, panel_grid, say, tight
from topolens.figures.style import NULL_COLOUR, PICTURE_DPI, SMALL, WIDTH, class_colour, class_colours
from topolens.mapper.graph import Fork
from topolens.mapper.telling import clearness
from topolens.results import Results
from topolens.seeding import child_generator

ARM_MARKERS = "osD^"
REST = "0.35"  # colour of an arm beyond the colours, and of the branching node's own points
ARM_HEIGHT = 0.16  # inches of the line above the panels that says what an arm holds
POINT = 2.0  # square points, of a vector among all
LEGEND_HEIGHT = 0.5  # inches
SHAPE = 0.62  # height of a panel over its width


def of_forks(run: Results, forks: int = 3) -> Figure:
    """The arms of the clearest forks that part classes, so many at most, in order of depth.

    Above: in the plane of the fork's own points; below: in that of all points of the layer.
    """
    shown = clearest(run, forks)
    arms = max((len(fork.arms) for _, _, fork in shown), default=0)
    figure, grid = panel_grid(2, max(len(shown), 1), 3.7 + ARM_HEIGHT * arms, dpi=PICTURE_DPI)
    for column, (layer, number, fork) in zip(grid.T, shown, strict=False):
        draw_fork(column, run, layer, number, fork)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        if not shown:
            axes.spines[:].set_visible(False)
            say(axes, "no fork of any layer parts classes")
    for axes, name in zip(grid[:, 0], ["plane of the fork's points", "plane of all points"], strict=True):
        axes.set_ylabel(name)
    entries = {"branching node only": dot(REST, mfc="none"), "all other vectors of the layer": dot(NULL_COLOUR)}
    add_legend(figure, entries, handletextpad=0.1)
    return figure


def clearest(run: Results, count: int) -> list[tuple[str, int, Fork]]:
    """Layer, number there and fork of the clearest that part classes in any layer; in order of depth."""
    layers = run.config.mapper_layers
    parting = [(layer, number, fork) for layer in layers for number, fork in parting_forks(run, layer).items()]
    parting.sort(key=lambda placed: clearness(placed[2]))
    return sorted(parting[:count], key=lambda placed: layers.index(placed[0]))


def draw_fork(column: np.ndarray, run: Results, layer: str, number: int, fork: Fork) -> None:
    """One fork in both planes, all points of the layer in grey behind the second; above, what the arms hold."""
    arrays = run.arrays("graphs")
    rows, arm = (arrays[f"{layer}.fork{number}.{field}"] for field in ("rows", "arm"))
    draw_points(column[1], arrays[f"{layer}.plane"], s=2, color=NULL_COLOUR, rasterized=True)
    for axes, plane in zip(column, ("local", "overall"), strict=True):
        draw_arms(axes, arrays[f"{layer}.fork{number}.{plane}"], arm)
    labels, handles = arrays["labels"][rows], {}
    for place, (colour, marker) in enumerate(zip(ARM_COLOURS[: len(fork.arms)], ARM_MARKERS, strict=False)):
        own = labels[arm == place]
        handles[f"{', '.join(shares(own, run.images.classes))} ({len(own)})"] = dot(colour, ms=3.5, marker=marker)
    look: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "handletextpad": 0, "borderpad": 0}
    legend = column[0].legend([*handles.values()], [*handles], title=f"{layer}, p = {fork.p_value:.2g}", **look)
    legend.set_alignment("left")
    legend.get_title().set_fontsize(SMALL)


def draw_arms(axes: Axes, positions: np.ndarray, arm: np.ndarray) -> None:
    """Points coloured by arm, the largest arm first, so that small ones are seen; the branching node's own hollow."""
    looks = dict(enumerate(zip(ARM_COLOURS, ARM_MARKERS, strict=True)))
    numbers, counts = np.unique(arm[arm >= 0], return_counts=True)
    for number in numbers[np.argsort(-counts, kind="stable")]:
        colour, marker = looks.get(number, (REST, "o"))
        draw_points(axes, positions[arm == number], s=7, color=colour, marker=marker, alpha=0.8, rasterized=True)
    hollow: dict[str, Any] = {"facecolor": "none", "edgecolor": REST, "linewidth": 0.5}
    draw_points(axes, positions[arm < 0], s=8, rasterized=True, **hollow)


def of_classes(run: Results, seed: int, classes: list[str] | None = None) -> Figure:
    """Columns: layers with Mapper graphs; rows: all classes, then each of a few before the grey of all others.

    `seed` orders the points that lie upon each other; without `classes` those whose landscapes the subject knows get
    a row, or the first three.
    """
    layers, labels, names = run.config.mapper_layers, run.arrays("graphs")["labels"], run.images.classes
    chosen = classes or known_classes(run) or names[:3]
    for name in chosen:
        if name not in names:
            raise unknown_name("class", name, names, "plane_grid: classes")
    height = 0.2 + LEGEND_HEIGHT + (1 + len(chosen)) * SHAPE * (WIDTH - 0.5) / max(len(layers), 3)
    look = {"dpi": PICTURE_DPI, "layout": tight(0.03, 0.03)}
    figure, grid = panel_grid(1 + len(chosen), len(layers), height, sharex="col", sharey="col", **look)
    for column, layer in zip(grid.T, layers, strict=True):
        plane = run.arrays("graphs")[f"{layer}.plane"]
        order = child_generator(seed, "figure", "order").permutation(len(plane))  # so that no class lies on top
        colours = class_colours(labels[order])
        draw_points(column[0], plane[order], s=POINT, c=colours, alpha=0.6, rasterized=True)
        for axes, number in zip(column[1:], map(names.index, chosen), strict=True):
            rest, shown = plane[labels != number], plane[labels == number]
            draw_points(axes, rest, s=POINT, color=NULL_COLOUR, rasterized=True)
            draw_points(axes, shown, s=1.5 * POINT, color=class_colour(number), alpha=0.7, rasterized=True)
        column[0].set_title(layer)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[["left", "bottom"]].set(color="0.6", linewidth=0.5)
    for axes, name in zip(grid[:, 0], ["all classes", *chosen], strict=True):
        axes.set_ylabel(name)
    add_class_legend(figure, names)
    return figure
