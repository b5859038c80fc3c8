"""Mapper graphs of channel vectors, layer by layer: nodes as pies of classes, forks that part classes, loops."""

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Wedge

from topolens.figures.explain_panels import ARM_COLOURS, FoundFork, forks_of, significance
from topolens.figures.panels import add_class_legend, panel_grid, say
from topolens.figures.style import SMALL, WIDTH, class_colour
from topolens.mapper.graph import Loop, MapperGraph
from topolens.mapper.graph_arrays import graph_from_arrays
from topolens.mapper.layout import layout
from topolens.mapper.nodes import class_counts
from topolens.results import Results

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


def draw(run: Results) -> Figure:
    """One panel a layer with the first position's graph, of a run with Mapper graphs."""
    layers, labels, classes = run.config.mapper_layers, run.arrays("graphs")["labels"], run.images.classes
    graphs = [graph_from_arrays(run.arrays("graphs"), layer) for layer in layers]
    places = [layout(graph, 0) for graph in graphs]
    figure, panels = _panels(places)
    for axes, layer, graph, own in zip(panels, layers, graphs, places, strict=False):
        forks = forks_of(run, layer)
        loops = [Loop(**loop) for loop in run.record("structures")[layer]["loops"]]
        draw_graph(axes, graph, own, class_counts(graph, labels, len(classes)), forks, loops)
        parting = sum(found.parts_classes for found in forks)
        held = f"{len(graph.members)} nodes, forks {len(forks)} ({parting} parting classes), loops {len(loops)}"
        axes.set_title(f"{layer}: {held}", fontsize=SMALL)
    add_class_legend(figure, classes, EXPLANATION.format(significance=significance(run)), is_quiet=True)
    return figure


def _panels(places: list[np.ndarray]) -> tuple[Figure, np.ndarray]:
    """Panels without axes, row by row, each row as high over its width as its highest graph, within limits."""
    extents = [np.ptp(own, axis=0) if len(own) else (1.0, 0.0) for own in places]
    shapes = [float(np.clip(height / width if width else 1.0, LOWEST, 1.0)) for width, height in extents]
    rows = math.ceil(len(shapes) / COLUMNS)
    heights = [max(shapes[row * COLUMNS : (row + 1) * COLUMNS]) * WIDTH / COLUMNS + EXTRA for row in range(rows)]
    figure, grid = panel_grid(rows, COLUMNS, sum(heights) + 0.7, height_ratios=heights)
    for axes in grid.flat:
        axes.set_axis_off()
    return figure, grid.ravel()


def draw_graph(
    axes: Axes, graph: MapperGraph, places: np.ndarray, counts: np.ndarray, forks: list[FoundFork], loops: list[Loop]
) -> None:
    """A graph, from below: arms, edges, loops, pies, rings."""
    if not graph.members:
        return say(axes, "no node")
    unit = edge_length(graph, places)
    parting = [found for found in forks if found.parts_classes]
    for fork in [found.fork for found in parting[:1]]:  # arms as thick lines
        for colour, arm in zip(ARM_COLOURS, fork.arms, strict=False):
            ends = places[graph.edges[np.isin(graph.edges, [fork.node, *arm]).all(axis=1)]]
            look: dict[str, Any] = {"colors": [colour], "alpha": 0.5, "capstyle": "round"}
            axes.add_collection(LineCollection(ends, linewidths=6, zorder=1, **look))
    shown = LineCollection(places[graph.edges], linewidths=0.3 + 1.2 * graph.jaccard, colors="0.55", zorder=2)
    axes.add_collection(shown)
    for loop in loops:
        around = places[[*loop.nodes, loop.nodes[0]]]
        axes.plot(*around.T, color=INK, linewidth=1.3, zorder=3, label="loop")
    radii = node_radii(counts.sum(axis=1), unit)
    axes.add_collection(pies(places, radii, counts))
    for found in parting:
        node = found.fork.node
        axes.add_patch(plt.Circle(places[node], radii[node] + RING * unit, fill=False, ec=INK, lw=0.9, zorder=5))
    axes.set_aspect("equal")
    axes.autoscale_view()


def edge_length(graph: MapperGraph, places: np.ndarray) -> float:
    """The mean length of an edge as drawn; without edges a twentieth of the panel."""
    if not len(graph.edges):
        return 0.05
    ends = places[graph.edges]
    return float(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).mean())


def node_radii(sizes: np.ndarray, unit: float) -> np.ndarray:
    """Areas grow with the points of a node, between the radii that can be seen and that leave room."""
    return np.clip(RADII[1] * np.sqrt(sizes / sizes.max()), *RADII) * unit


def pies(places: np.ndarray, radii: np.ndarray, counts: np.ndarray) -> PatchCollection:
    """A pie a node, its classes in order from the top clockwise."""
    wedges, colours = [], []
    for place, radius, own in zip(places, radii, counts, strict=True):
        ends = 90 - 360 * np.concatenate([[0.0], np.cumsum(own / own.sum())])
        for label in np.flatnonzero(own):
            wedges.append(Wedge(tuple(place), radius, ends[label + 1], ends[label]))
            colours.append(class_colour(int(label)))
    return PatchCollection(wedges, facecolors=colours, linewidths=0, zorder=4)
