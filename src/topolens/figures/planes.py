"""Channel vectors in planes of two principal components: the arms of forks, and all classes."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.errors import unknown_name
from topolens.figures.latent_panels import known_classes
from topolens.figures.mapper_graphs import ARM_COLOURS, clearness, parting_forks
from topolens.figures.panels import add_class_legend, add_legend, dot, draw_points, panel_grid, say, tight
from topolens.figures.style import NULL_COLOUR, PICTURE_DPI, SMALL, WIDTH, class_colour, class_colours, number_text
from topolens.mapper.fork_projections import separation as silhouette
from topolens.mapper.graph import Fork
from topolens.results import Results
from topolens.seeding import child_generator

TOLD = 2  # classes of an arm that its title names
REST = "0.35"  # colour of an arm beyond the colours, and of the branching node's own points
POINT = 2.0  # square points, of a vector among all
LEGEND_HEIGHT = 0.75  # inches
SHAPE = 0.8  # height of a panel over its width


def of_forks(run: Results, forks: int = 3) -> Figure:
    """The arms of the clearest forks that part classes, so many at most, in order of depth.

    Above: in the plane of the fork's own points; below: in that of all points of the layer.
    """
    shown = clearest(run, forks)
    figure, grid = panel_grid(2, max(len(shown), 1), 5.3, dpi=PICTURE_DPI)
    for column, (layer, number, fork) in zip(grid.T, shown, strict=False):
        draw_fork(column, run, layer, number, fork)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        if not shown:
            axes.spines[:].set_visible(False)
            say(axes, "no fork of any layer parts classes")
    for axes, name in zip(grid[:, 0], ["plane of the fork's points", "plane of all points"], strict=True):
        axes.set_ylabel(name)
    arms = max((len(fork.arms) for _, _, fork in shown), default=0)
    entries = {f"arm {number}": dot(colour) for number, colour in enumerate(ARM_COLOURS[:arms], 1)}
    entries["branching node only"] = dot(REST, mfc="none")
    entries["all other vectors of the layer"] = dot(NULL_COLOUR)
    title = (
        "a point: one channel vector; first principal component across, second up;\n"
        "separation: mean silhouette of the arms, 0 where they lie in each other"
    )
    add_legend(figure, entries, title, is_quiet=True, handletextpad=0.1)
    return figure


def clearest(run: Results, count: int) -> list[tuple[str, int, Fork]]:
    """Layer, number there and fork of the clearest that part classes in any layer; in order of depth."""
    layers = run.config.mapper_layers
    parting = [(layer, number, fork) for layer in layers for number, fork in parting_forks(run, layer).items()]
    parting.sort(key=lambda placed: clearness(placed[2]))
    return sorted(parting[:count], key=lambda placed: layers.index(placed[0]))


def draw_fork(column: np.ndarray, run: Results, layer: str, number: int, fork: Fork) -> None:
    """One fork in both planes, all points of the layer in grey behind the second."""
    arrays, classes = run.arrays("graphs"), run.images.classes
    rows, arm = (arrays[f"{layer}.fork{number}.{field}"] for field in ("rows", "arm"))
    draw_points(column[1], arrays[f"{layer}.plane"], s=2, color=NULL_COLOUR, rasterized=True)
    for axes, plane in zip(column, ("local", "overall"), strict=True):
        positions = arrays[f"{layer}.fork{number}.{plane}"]
        draw_arms(axes, positions, arm)
        apart = silhouette(positions[arm >= 0], arm[arm >= 0])
        text = axes.text(0.02, 0.02, f"separation {number_text(apart)}", transform=axes.transAxes, fontsize=SMALL)
        text.set_bbox({"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1})
    labels = arrays["labels"][rows]
    title = f"{layer}: p = {fork.p_value:.2g}, gain {fork.entropy - fork.arm_entropy:.2f} bits"
    for place in range(min(len(fork.arms), len(ARM_COLOURS))):
        title += f"\narm {place + 1}: {make_up(labels[arm == place], classes)}"
    column[0].set_title(title, fontsize=SMALL, loc="left")


def draw_arms(axes: Axes, positions: np.ndarray, arm: np.ndarray) -> None:
    """Points coloured by arm, the largest arm first, so that small ones are seen; the branching node's own hollow."""
    colours: dict[int, object] = dict(enumerate(ARM_COLOURS))
    numbers, counts = np.unique(arm[arm >= 0], return_counts=True)
    for number in numbers[np.argsort(-counts, kind="stable")]:
        colour = colours.get(number, REST)
        draw_points(axes, positions[arm == number], s=6, color=colour, alpha=0.8, rasterized=True)
    hollow: dict[str, Any] = {"facecolor": "none", "edgecolor": REST, "linewidth": 0.5}
    draw_points(axes, positions[arm < 0], s=8, rasterized=True, **hollow)


def make_up(labels: np.ndarray, classes: list[str]) -> str:
    """Number of points and the shares of their most frequent classes: `40 points, 62% cat, 20% dog`."""
    counts = np.bincount(labels, minlength=len(classes))
    order = [number for number in np.argsort(-counts, kind="stable")[:TOLD] if counts[number]]
    shares = [f"{counts[number] / counts.sum():.0%} {classes[number]}" for number in order]
    return ", ".join([f"{len(labels)} points", *shares])


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
    title = "a point: one channel vector of one test image; first principal component across, second up, range by layer"
    add_class_legend(figure, names, title)
    return figure
