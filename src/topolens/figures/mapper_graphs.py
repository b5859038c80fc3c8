"""Mapper graphs of channel vectors, layer by layer: nodes as pies of classes, forks that part classes, loops."""

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Wedge

from topolens.figures.latent_panels import mapper_of
from topolens.figures.panels import add_class_legend, panel_grid, say
from topolens.figures.style import SMALL, WIDTH, class_colour
from topolens.mapper.graph import Fork, Loop, MapperGraph
from topolens.mapper.graph_arrays import graph_from_arrays
from topolens.mapper.layout import layout
from topolens.mapper.nodes import class_counts
from topolens.results import Results

# Of seaborn's "rocket" and "mako": not among the classes' colours.
ARM_COLOURS = [to_rgb(code) for code in ("#541e4e", "#dd2c45", "#f6c19f", "#38aaac")]
COLUMNS = 2
RADII = (0.16, 0.5)  # smallest and largest of nodes, in mean edge lengths
RING = 0.15  # between a branching node and its ring, in mean edge lengths
INK = "0.15"
EXTRA = 0.35  # inches of a row beyond its graphs
LOWEST = 0.25  # height of a row over a panel's width, at least
EXPLANATION = (
    "a pie: a node, the classes of its channel vectors, its area by their number; a line: nodes that share vectors, "
    "wider for more\nring: fork whose arms part classes (p < {significance:g}); thick lines: arms of the clearest of "
    "these; black: a loop"
)


def clearness(fork: Fork) -> tuple[float, float]:
    """Sorts the clearest fork to the front: smallest p-value, then largest gain."""
    return fork.p_value, fork.arm_entropy - fork.entropy


def parting_forks(run: Results, layer: str) -> dict[int, Fork]:
    """The forks of a layer whose arms are purer than under permuted labels, by number, the clearest first."""
    forks = enumerate(Fork(**fork) for fork in run.record("structures")[layer]["forks"])
    parting = [(number, fork) for number, fork in forks if fork.p_value < mapper_of(run).significance]
    return dict(sorted(parting, key=lambda numbered: clearness(numbered[1])))


def draw(run: Results) -> Figure:
    """One panel a layer with the first position's graph."""
    layers, labels, classes = run.config.mapper_layers, run.arrays("graphs")["labels"], run.images.classes
    graphs = [graph_from_arrays(run.arrays("graphs"), layer) for layer in layers]
    places = [layout(graph, 0) for graph in graphs]
    figure, panels = _panels(places)
    for axes, layer, graph, nodes in zip(panels, layers, graphs, places, strict=False):
        structures, forks = run.record("structures")[layer], parting_forks(run, layer)
        loops = [Loop(**loop) for loop in structures["loops"]]
        draw_graph(axes, graph, nodes, class_counts(graph, labels, len(classes)), [*forks.values()], loops)
        held = f"forks {len(structures['forks'])} ({len(forks)} parting classes), loops {len(loops)}"
        axes.set_title(f"{layer}: {len(graph.members)} nodes, {held}", fontsize=SMALL)
    add_class_legend(figure, classes, EXPLANATION.format(significance=mapper_of(run).significance), is_quiet=True)
    return figure


def _panels(places: list[np.ndarray]) -> tuple[Figure, np.ndarray]:
    """Panels without axes, row by row, each row as high over its width as its highest graph, within limits."""
    extents = [np.ptp(nodes, axis=0) if len(nodes) else (1.0, 0.0) for nodes in places]
    shapes = [float(np.clip(height / width if width else 1.0, LOWEST, 1.0)) for width, height in extents]
    rows = math.ceil(len(shapes) / COLUMNS)
    heights = [max(shapes[row * COLUMNS : (row + 1) * COLUMNS]) * WIDTH / COLUMNS + EXTRA for row in range(rows)]
    figure, grid = panel_grid(rows, COLUMNS, sum(heights) + 0.7, height_ratios=heights)
    for axes in grid.flat:
        axes.set_axis_off()
    return figure, grid.ravel()


def draw_graph(
    axes: Axes, graph: MapperGraph, places: np.ndarray, counts: np.ndarray, forks: list[Fork], loops: list[Loop]
) -> None:
    """A graph, from below: arms of the first fork, edges, loops, pies, rings around the forks."""
    if not graph.members:
        return say(axes, "no node")
    edges = places[graph.edges]
    unit = np.linalg.norm(edges[:, 0] - edges[:, 1], axis=1).mean() if len(edges) else 0.05  # mean length of an edge
    for fork in forks[:1]:
        for colour, arm in zip(ARM_COLOURS, fork.arms, strict=False):
            thick = edges[np.isin(graph.edges, [fork.node, *arm]).all(axis=1)]
            arms = LineCollection(thick, colors=[colour], linewidths=6, alpha=0.5, capstyle="round", zorder=1)
            axes.add_collection(arms)
    axes.add_collection(LineCollection(edges, linewidths=0.3 + 1.2 * graph.jaccard, colors="0.55", zorder=2))
    for loop in loops:
        axes.plot(*places[[*loop.nodes, loop.nodes[0]]].T, color=INK, linewidth=1.3, zorder=3, label="loop")
    radii = node_radii(counts.sum(axis=1), unit)
    axes.add_collection(pies(places, radii, counts))
    for fork in forks:
        radius = radii[fork.node] + RING * unit
        axes.add_patch(plt.Circle(places[fork.node], radius, fill=False, ec=INK, lw=0.9, zorder=5))
    axes.set_aspect("equal")
    axes.autoscale_view()


def node_radii(sizes: np.ndarray, unit: float) -> np.ndarray:
    """Areas grow with the points of a node, between the radii that can be seen and that leave room."""
    return np.clip(RADII[1] * np.sqrt(sizes / sizes.max()), *RADII) * unit


def pies(places: np.ndarray, radii: np.ndarray, counts: np.ndarray) -> PatchCollection:
    """A pie a node, its classes in order from the top clockwise."""
    wedges, colours = [], []
    for place, radius, shares in zip(places, radii, counts / counts.sum(axis=1, keepdims=True), strict=True):
        ends = 90 - 360 * np.concatenate([[0.0], np.cumsum(shares)])
        for label in np.flatnonzero(shares):
            wedges.append(Wedge(tuple(place), radius, ends[label + 1], ends[label]))
            colours.append(class_colour(int(label)))
    return PatchCollection(wedges, facecolors=colours, linewidths=0, zorder=4)
