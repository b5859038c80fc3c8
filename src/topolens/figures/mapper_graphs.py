"""Mapper graphs of channel vectors: the one that tells most large, with what its fork parts; the others small."""

import math
from collections.abc import Iterable, Sized
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpecBase
from matplotlib.patches import Wedge

from topolens.figures.latent_panels import mapper_of
from topolens.figures.names import place_names
from topolens.figures.panels import add_class_legend, page, say
from topolens.figures.style import PICTURE_DPI, SMALL, Colour, class_colour
from topolens.mapper.examples import example_rows, fork_parts
from topolens.mapper.graph import Fork, Loop, MapperGraph
from topolens.mapper.graph_arrays import graph_from_arrays
from topolens.mapper.layout import layout
from topolens.mapper.nodes import class_counts
from topolens.mapper.structure import points_of
from topolens.mapper.telling import clearness, most_telling
from topolens.results import Results
from topolens.seeding import child_generator

# Of seaborn's "rocket" and "mako": not among the classes' colours.
ARM_COLOURS = [to_rgb(code) for code in ("#541e4e", "#dd2c45", "#f6c19f", "#38aaac")]
COLUMNS = 4  # of small graphs
LARGE_HEIGHT, SMALL_HEIGHT, LEGEND_HEIGHT = 3.3, 1.45, 0.35  # inches
RADII = (0.16, 0.5)  # smallest and largest of nodes, in mean edge lengths
RING = 0.15  # between a branching node and its ring, in mean edge lengths
INK = "0.15"
TOLD = 2  # classes of an arm that are named
EXAMPLES, FEATURES = 4, 2  # pictures of an arm at most: test images, and feature pictures of its nodes
GAP, TEXT = 0.12, 0.5  # between pictures, and of a line of text, in sides of a picture


@dataclass(frozen=True)
class Layer:
    """A layer's graph with what was found in it; `places` (nodes, 2) of its nodes, `counts` (nodes, classes)."""

    name: str
    graph: MapperGraph
    forks: list[Fork]
    loops: list[Loop]
    places: np.ndarray
    counts: np.ndarray

    @property
    def unit(self) -> float:
        """The mean length of an edge."""
        edges = self.places[self.graph.edges]
        return float(np.linalg.norm(edges[:, 0] - edges[:, 1], axis=1).mean()) if len(edges) else 0.05


def parting_forks(run: Results, layer: str) -> dict[int, Fork]:
    """The forks of a layer whose arms are purer than under permuted labels, by number, the clearest first."""
    forks = enumerate(forks_of(run, layer))
    parting = [(number, fork) for number, fork in forks if fork.p_value < mapper_of(run).significance]
    return dict(sorted(parting, key=lambda numbered: clearness(numbered[1])))


def forks_of(run: Results, layer: str) -> list[Fork]:
    """All forks of a layer's graph."""
    return [Fork(**fork) for fork in run.record("structures")[layer]["forks"]]


def draw(run: Results, seed: int) -> Figure:
    """The graph with the fork that tells most, and what its arms hold; below the graphs of the other layers.

    `seed` chooses the example images, as in the explorer.
    """
    names = run.config.mapper_layers
    telling = most_telling({name: forks_of(run, name) for name in names})
    large, number = telling or (names[0], None)
    others = [name for name in names if name != large]
    rows = math.ceil(len(others) / COLUMNS)
    figure = page(LARGE_HEIGHT + SMALL_HEIGHT * rows + LEGEND_HEIGHT)
    figure.set_dpi(PICTURE_DPI)
    grid = figure.add_gridspec(1 + rows, 1, height_ratios=[LARGE_HEIGHT] + [SMALL_HEIGHT] * rows)
    above = grid[0].subgridspec(1, 2, width_ratios=[3.4, 2.8])
    layer = layer_of(run, large)
    fork = None if number is None else layer.forks[number]
    graph = figure.add_subplot(above[0])
    draw_large(graph, run, layer, fork)
    draw_parts(figure.add_subplot(above[1]), run, layer, fork, seed)
    for row in range(rows):
        draw_others(figure, grid[row + 1].subgridspec(1, min(COLUMNS, len(others))), run, others[row * COLUMNS :])
    add_class_legend(figure, run.images.classes)
    if fork is not None:
        name_arms(graph, run, layer, fork)
    return figure


def draw_others(figure: Figure, grid: GridSpecBase, run: Results, names: list[str]) -> None:
    """One row of small graphs, of as many layers as there is room for."""
    for column, name in zip(range(grid.ncols), names, strict=False):
        axes, layer, parting = figure.add_subplot(grid[column]), layer_of(run, name), parting_forks(run, name)
        draw_graph(axes, layer, [*parting.values()])
        axes.set_title(f"{name}\n{_size(layer)}\n{_parting(layer, parting)}", fontsize=SMALL)
        axes.set_anchor("N")


def layer_of(run: Results, name: str) -> Layer:
    """The first position's graph of a layer."""
    arrays, found = run.arrays("graphs"), run.record("structures")[name]
    graph = graph_from_arrays(arrays, name)
    counts = class_counts(graph, arrays["labels"], len(run.images.classes))
    return Layer(name, graph, forks_of(run, name), [Loop(**loop) for loop in found["loops"]], layout(graph, 0), counts)


def _size(layer: Layer) -> str:
    loops = len(layer.loops)
    return f"{len(layer.graph.members)} nodes, {loops} loop{'s' * (loops != 1)}"


def _parting(layer: Layer, parting: Sized) -> str:
    return f"{len(parting)} of {len(layer.forks)} forks part classes" if layer.forks else "no fork"


def draw_large(axes: Axes, run: Results, layer: Layer, fork: Fork | None) -> None:
    """The graph in front of its most telling fork's arms."""
    parting = [*parting_forks(run, layer.name).values()]
    draw_graph(axes, layer, parting)
    axes.set_title(f"{layer.name}: {_size(layer)}, {_parting(layer, parting)}", fontsize=SMALL, loc="left")
    axes.set_aspect("equal", adjustable="datalim")
    if fork is not None:
        draw_arms(axes, layer, fork)


def draw_graph(axes: Axes, layer: Layer, forks: list[Fork]) -> None:
    """A graph, from below: edges, loops, pies, rings around the forks."""
    axes.set_axis_off()
    if not layer.graph.members:
        return say(axes, "no node")
    places, graph = layer.places, layer.graph
    axes.add_collection(
        LineCollection(places[graph.edges], linewidths=0.3 + 1.2 * graph.jaccard, colors="0.55", zorder=2)
    )
    for loop in layer.loops:
        axes.plot(*places[[*loop.nodes, loop.nodes[0]]].T, color=INK, linewidth=1.3, zorder=3, label="loop")
    radii = node_radii(layer.counts.sum(axis=1), layer.unit)
    axes.add_collection(pies(places, radii, layer.counts))
    for fork in forks:
        radius = radii[fork.node] + RING * layer.unit
        axes.add_patch(plt.Circle(places[fork.node], radius, fill=False, ec=INK, lw=0.9, zorder=5))
    axes.set_aspect("equal")
    axes.autoscale_view()


def draw_arms(axes: Axes, layer: Layer, fork: Fork) -> None:
    """Thick lines behind the edges of each arm."""
    edges = layer.graph.edges
    for colour, arm in zip(ARM_COLOURS, fork.arms, strict=False):
        thick = layer.places[edges[np.isin(edges, [fork.node, *arm]).all(axis=1)]]
        look: dict[str, Any] = {"linewidths": 7, "alpha": 0.5, "capstyle": "round", "zorder": 1}
        axes.add_collection(LineCollection(thick, colors=[colour], **look))


def points_in(graph: MapperGraph, nodes: list[int]) -> np.ndarray:
    """Rows of the points that some nodes hold, each once."""
    return np.unique(points_of(graph, nodes))


def shares(labels: np.ndarray, classes: list[str]) -> list[str]:
    """The most frequent classes: `62% cat`, `20% dog`."""
    counts = np.bincount(labels, minlength=len(classes))
    order = [number for number in np.argsort(-counts, kind="stable")[:TOLD] if counts[number]]
    return [f"{counts[number] / counts.sum():.0%} {classes[number]}" for number in order]


def name_arms(axes: Axes, run: Results, layer: Layer, fork: Fork) -> None:
    """The classes of each arm beside its node that lies farthest from the fork."""
    labels, places, ends, texts = run.arrays("graphs")["labels"], layer.places, [], []
    for number, arm in enumerate(fork.arms[: len(ARM_COLOURS)], 1):
        lengths = np.linalg.norm(places[arm] - places[fork.node], axis=1)
        ends.append(places[arm[lengths.argmax()]])
        own = shares(labels[points_in(layer.graph, arm)], run.images.classes)
        texts.append("\n".join([f"arm {number}", *own]))
    middles = places[layer.graph.edges].mean(axis=1)
    box = {"facecolor": "white", "linewidth": 1.2, "boxstyle": "round,pad=0.25"}
    shown = np.concatenate([places, middles])
    named = place_names(axes, np.array(ends), texts, shown, np.array(ends) - places[fork.node], bbox=box, zorder=6)
    for name, colour in zip(named, ARM_COLOURS, strict=False):
        name.set_bbox(box | {"edgecolor": colour})


def draw_parts(axes: Axes, run: Results, layer: Layer, fork: Fork | None, seed: int) -> None:
    """A row for the branching node and one for each arm: test images, and feature pictures.

    These are of the first image's vector, and of the mean vectors of nodes. Lengths are in sides of a picture.
    """
    axes.set_axis_off()
    if fork is None:
        return say(axes, "no fork of any layer")
    parts: list[tuple[str, list[int], Colour | str]] = [(f"branching node (p = {fork.p_value:.2g})", [fork.node], INK)]
    coloured = enumerate(zip(fork.arms, ARM_COLOURS, strict=False), 1)
    parts += [(f"arm {number}", arm, colour) for number, (arm, colour) in coloured]
    arrays, images = run.arrays("graphs"), run.images
    held = fork_parts(layer.graph, fork)
    order = child_generator(seed, "explorer").permutation(len(arrays["images"]))
    examples = example_rows(held, order, EXAMPLES)
    single_at = EXAMPLES + 2 * GAP
    features_at = single_at + 1 + 2 * GAP
    top = -TEXT
    for left, told in ((0, "test images"), (single_at, "feature pictures: of the\nfirst image, of nodes")):
        axes.text(left, top + GAP, told, fontsize=SMALL, va="bottom")
    pictures, singles = painted(run, layer, [nodes for _, nodes, _ in parts]), painted_singles(run, layer)
    for (name, _, colour), rows, chosen, own in zip(parts, held, examples, pictures, strict=False):
        axes.add_patch(plt.Rectangle((-2.5 * GAP, top - TEXT - 1), GAP, TEXT + 1, color=colour, linewidth=0))
        told = f"{name}: {len(rows)} images"
        axes.text(0, top - 0.05, told, fontsize=SMALL, va="top")
        place_pictures(axes, images.images[arrays["images"][chosen]], 0, top - TEXT)
        place_pictures(axes, singles.get(int(chosen[0]), []), single_at, top - TEXT)
        place_pictures(axes, own, features_at, top - TEXT)
        top -= 1 + TEXT + 2 * GAP
    axes.set(xlim=(-3 * GAP, features_at + FEATURES), ylim=(top, 0.6), aspect="equal", anchor="NW")


def place_pictures(axes: Axes, pictures: Iterable[np.ndarray], left: float, top: float) -> None:
    """Pictures side by side."""
    for number, picture in enumerate(pictures):
        start = left + number
        axes.imshow(picture, extent=(start, start + 1 - GAP / 2, top - 1 + GAP / 2, top), interpolation="nearest")


def painted(run: Results, layer: Layer, parts: list[list[int]]) -> list[np.ndarray]:
    """Of each part the feature pictures of its largest nodes that have one, (at most FEATURES, height, width, 3)."""
    sizes, pictures = layer.counts.sum(axis=1), run.arrays("pictures")
    places = {node: place for place, node in enumerate(pictures[f"{layer.name}.nodes"].tolist())}
    chosen = [sorted(places.keys() & {*part}, key=lambda node: -sizes[node])[:FEATURES] for part in parts]
    return [pictures[f"{layer.name}.pictures"][[places[node] for node in nodes]] for nodes in chosen]


def painted_singles(run: Results, layer: Layer) -> dict[int, list[np.ndarray]]:
    """By point the feature picture of its own vector, where there is one."""
    pictures = run.arrays("pictures")
    return {
        point: [picture]
        for point, picture in zip(
            pictures[f"{layer.name}.points"].tolist(), pictures[f"{layer.name}.single_pictures"], strict=True
        )
    }


def node_radii(sizes: np.ndarray, unit: float) -> np.ndarray:
    """Areas grow with the points of a node, between the radii that can be seen and that leave room."""
    return np.clip(RADII[1] * np.sqrt(sizes / sizes.max()), *RADII) * unit


def pies(places: np.ndarray, radii: np.ndarray, counts: np.ndarray) -> PatchCollection:
    """A pie a node, its classes in order from the top clockwise."""
    wedges, colours = [], []
    for place, radius, parts in zip(places, radii, counts / counts.sum(axis=1, keepdims=True), strict=True):
        ends = 90 - 360 * np.concatenate([[0.0], np.cumsum(parts)])
        for label in np.flatnonzero(parts):
            wedges.append(Wedge(tuple(place), radius, ends[label + 1], ends[label]))
            colours.append(class_colour(int(label)))
    return PatchCollection(wedges, facecolors=colours, linewidths=0, zorder=4)
