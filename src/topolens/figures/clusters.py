"""Components of the clouds of layers as clusters of images: as they merge, and behind a matrix of distances."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial.distance import squareform

from topolens.figures.metric_panels import LayerCloud, layer_cloud, metric_text
from topolens.figures.panels import bare, panel_grid
from topolens.figures.style import QUIET, SMALL, class_colour, class_colours, mako
from topolens.results import Results
from topolens.topology.clusters import agreement, components_at, largest_gap_scale
from topolens.topology.persistence import persistence

Scale = Literal["best", "gap"]
SMALLEST = 3  # images of a component with a bar of its own
BAR = 0.14  # width of a bar, in columns
GAP, ROOM = 0.02, 0.3  # of a column: one gap between bars, and all gaps together at most
STEPS = (0.25, 0.5, 0.75, 0.9)  # quantiles of the H0 deaths up to the largest gap; the gap follows
MOST_LAYERS = 6
SCALE_WORDS = {"best": "the scale of the best ARI (by labels)", "gap": "the largest gap of H₀ deaths"}
LINE = 0.04  # of a panel: the height of a class's name
NAME: dict[str, Any] = {"fontsize": SMALL, "va": "center", "annotation_clip": False}
HEIGHTS, WIDTHS = (1, 3), (1, 0.05)  # of tree and matrix, and of matrix and strip of classes


def deaths_of(distances: np.ndarray) -> np.ndarray:
    """At which scales components merge."""
    return persistence(distances, 0).finite(0)[:, 1]


def best_scale(distances: np.ndarray, classes: np.ndarray) -> float:
    """The scale whose components meet the classes best (ARI): chosen by the labels."""
    deaths = np.sort(deaths_of(distances))
    # Deaths are rounded to float32: a scale between two of them is safe.
    scales = [0.0, *(deaths[:-1] + deaths[1:]) / 2, *deaths[-1:] * 1.01]
    return float(max(scales, key=lambda scale: agreement(components_at(distances, scale), classes).ari))


def flow(
    run: Results, network: str | None = None, layer: str | None = None, metric: str = "cosine", scale: Scale = "best"
) -> Figure:
    """Where images go. Left: growing scales of one layer; right: layers in order of depth, each at its own scale."""
    cloud = layer_cloud(run, network, layer)
    growing = {f"{height:.3g}": labels for height, labels in components_by_scale(cloud.distances(run, metric))}
    deeper = dict(components_by_layer(run, cloud.network, metric, scale))
    figure, [[left, right]] = panel_grid(1, 2, 4.0, width_ratios=(len(growing), len(deeper)))
    draw_flow(left, growing, cloud.classes, run.images.classes)
    draw_flow(right, deeper, cloud.classes, run.images.classes)
    left.set(title=cloud.name, xlabel=f"{metric_text(metric, ' ')} scale, number of components")
    right.set(title=f"{cloud.network}, at {SCALE_WORDS[scale]}", xlabel="layer, number of components")
    return figure


def components_by_scale(distances: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Scales at quantiles of the deaths up to the largest gap, then in that gap; component numbers at each."""
    deaths = deaths_of(distances)
    last = largest_gap_scale(deaths)
    for scale in np.unique([*np.quantile(deaths[deaths <= last], STEPS), last]):
        yield float(scale), components_at(distances, scale)


def components_by_layer(run: Results, network: str, metric: str, scale: Scale) -> Iterator[tuple[str, np.ndarray]]:
    """First, last and evenly spaced layers between; component numbers of each at its scale."""
    layers = [*run.config.layers_by_network[network]]
    for place in np.unique(np.linspace(0, len(layers) - 1, MOST_LAYERS).round().astype(int)):
        cloud = layer_cloud(run, network, layers[place])
        distances = cloud.distances(run, metric)
        by_labels = scale == "best"
        height = best_scale(distances, cloud.classes) if by_labels else largest_gap_scale(deaths_of(distances))
        yield layers[place], components_at(distances, height)


def draw_flow(axes: Axes, labels: dict[str, np.ndarray], classes: np.ndarray, names: list[str]) -> None:
    """Bars of each column; between neighbouring columns, ribbons for the images that two bars share; classes' names."""
    large = [int((np.bincount(components) >= SMALLEST).sum()) for components in labels.values()]
    columns = in_order(list(map(pooled, labels.values())), large, classes)
    for number, (before, after) in enumerate(pairwise(columns)):
        draw_ribbons(axes, number, before, after, classes)
    for number, (groups, count) in enumerate(zip(columns, large, strict=True)):
        draw_bars(axes, number, groups, classes, count)
    bare(axes)
    heads = [f"{name}\n{components.max() + 1}" for name, components in labels.items()]
    axes.set_xticks(np.arange(len(heads)) + BAR / 2, heads, fontsize=SMALL)
    axes.set(xlim=(-0.1, len(columns) - 0.98 + BAR), ylim=(-0.01, 1.01))
    axes.tick_params(length=0)
    middles = stack(columns[-1], classes) + slice_of(columns[-1]) / 2
    name_classes(axes, len(columns) - 1 + BAR, middles, classes, names)


def in_order(columns: list[np.ndarray], large: list[int], classes: np.ndarray) -> list[np.ndarray]:
    """Numbers of bars such that the large ones stand as high as their images in the next column, the last by size."""
    ordered = columns[-1:]
    for groups, count in zip(reversed(columns[:-1]), reversed(large[:-1]), strict=True):
        heights = stack(ordered[0], classes)
        means = np.array([heights[groups == group].mean() for group in range(count)])
        ranks = np.append(np.argsort(np.argsort(-means)), count)  # what is pooled stays below
        ordered.insert(0, ranks[groups])
    return ordered


def name_classes(axes: Axes, x: float, places: np.ndarray, classes: np.ndarray, names: list[str]) -> None:
    """Names of classes at `x`, each beside the most images of its class that have neighbouring places, from 0 to 1."""
    order = np.argsort(places)
    blocks = np.split(order, np.flatnonzero(np.diff(classes[order])) + 1)
    middles = {classes[block[0]]: places[block].mean() for block in sorted(blocks, key=len)}
    labels = sorted(middles, key=middles.__getitem__)
    steps = LINE * np.arange(len(labels))
    spread = np.maximum.accumulate([middles[label] for label in labels] - steps) + steps
    spread = np.minimum(spread, 1 - LINE / 2 - steps[-1] + steps)
    for label, height in zip(labels, spread, strict=True):
        axes.annotate("■", (x, height), (3, 0), textcoords="offset points", color=class_colour(label), **NAME)
        axes.annotate(names[label], (x, height), (11, 0), textcoords="offset points", **NAME)


def pooled(labels: np.ndarray) -> np.ndarray:
    """Component numbers by size, the largest 0; small components together as the last number."""
    sizes = np.bincount(labels)
    ranks = np.argsort(np.argsort(-sizes, kind="stable"))[labels]
    return np.minimum(ranks, int((sizes >= SMALLEST).sum()))


def gap_of(groups: np.ndarray) -> float:
    """Height of a gap between the bars of a column."""
    return min(GAP, ROOM / max(int(groups.max()), 1))


def slice_of(groups: np.ndarray) -> float:
    """Height of an image in a column."""
    return (1 - gap_of(groups) * int(groups.max())) / len(groups)


def stack(groups: np.ndarray, classes: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """(n,) lower end of each image's slice: bars from the last up, within them by class, then by the bars `others`."""
    order = np.lexsort([classes, -groups] if others is None else [-others, classes, -groups])
    heights = np.empty(len(groups))
    heights[order] = slice_of(groups) * np.arange(len(groups))
    return heights + gap_of(groups) * (groups.max() - groups)


def draw_bars(axes: Axes, number: int, groups: np.ndarray, classes: np.ndarray, large: int) -> None:
    """Each bar as a stack of its classes, framed; the frame of the small components, after the large, is dashed."""
    heights, thick = stack(groups, classes), slice_of(groups)

    def draw_bar(images: np.ndarray, **look: Any) -> None:
        axes.add_patch(Rectangle((number, heights[images].min()), BAR, images.sum() * thick, **look))

    for group in np.unique(groups):
        inside = groups == group
        for label in np.unique(classes[inside]):
            draw_bar(inside & (classes == label), facecolor=class_colour(label), lw=0)
        look: dict[str, Any] = {"ec": "0.2"} if group < large else {"ec": QUIET, "ls": (0, (2, 1))}
        draw_bar(inside, fill=False, lw=0.6, **look)


def draw_ribbons(axes: Axes, number: int, before: np.ndarray, after: np.ndarray, classes: np.ndarray) -> None:
    """A ribbon, as thick as it has images, for each pair of bars and each class that they share."""
    lefts, rights = stack(before, classes, after), stack(after, classes, before)
    triples, members = np.unique(np.stack([before, after, classes]), axis=1, return_inverse=True)
    start, stop = number + BAR, number + 1
    middle = (start + stop) / 2
    for ribbon, label in enumerate(triples[2]):
        images = members.ravel() == ribbon
        low, high = lefts[images].min(), rights[images].min()
        above_low, above_high = low + images.sum() * slice_of(before), high + images.sum() * slice_of(after)
        edge = [(start, low), (middle, low), (middle, high), (stop, high)]
        back = [(stop, above_high), (middle, above_high), (middle, above_low), (start, above_low)]
        path = Path([*edge, *back, edge[0]], [1, 4, 4, 4, 2, 4, 4, 4, 79])
        axes.add_patch(PathPatch(path, facecolor=class_colour(label), alpha=0.4, linewidth=0))


def heatmap(run: Results, metric: str = "cosine") -> Figure:
    """Of each network's last layer: dendrogram, distances and classes, in the order of the merges."""
    clouds = [layer_cloud(run, network) for network in run.config.layers_by_network]
    figure, grid = panel_grid(2, 2 * len(clouds), 4.3, height_ratios=HEIGHTS, width_ratios=WIDTHS * len(clouds))
    for panels, cloud in zip(np.split(grid, len(clouds), axis=1), clouds, strict=True):
        draw_cloud(panels, cloud, cloud.distances(run, metric), run.images.classes)
        label = f"{metric_text(metric, ' ')} distance"
        matrix = panels[1, 0]
        figure.colorbar(matrix.images[0], ax=matrix, location="bottom", aspect=40, label=label, pad=0.03)
    grid[0, 0].set_ylabel("distance at\nwhich they merge")
    grid[1, 0].set_ylabel("images, in the order of the tree")
    return figure


def draw_cloud(panels: np.ndarray, cloud: LayerCloud, distances: np.ndarray, names: list[str]) -> None:
    """One cloud: tree, matrix and strip of classes share one order of points."""
    (tree, nothing), (matrix, strip) = panels
    finite = np.where(np.isfinite(distances), distances, np.max(distances, where=np.isfinite(distances), initial=0))
    order = draw_tree(tree, finite)
    tree.set_title(cloud.name)
    nothing.set_axis_off()
    matrix.imshow(finite[np.ix_(order, order)], cmap=mako(), aspect="auto", interpolation="nearest")
    matrix.set(xticks=[], yticks=[])
    colours = class_colours(cloud.classes[order])[:, None]
    strip.imshow(colours, aspect="auto", interpolation="nearest", extent=(0, 1, 0, 1))
    strip.set_axis_off()
    places = 1 - (np.arange(len(order)) + 0.5) / len(order)
    name_classes(strip, 1, places, cloud.classes[order], names)


def draw_tree(axes: Axes, distances: np.ndarray) -> np.ndarray:
    """The single-linkage tree, whose heights are the deaths of H0; returns the order of the leaves."""
    merges = linkage(squareform(distances, checks=False), "single")
    leaves = dendrogram(merges, ax=axes, no_labels=True, color_threshold=0, above_threshold_color=QUIET)["leaves"]
    for lines in axes.collections:
        lines.set_linewidth(0.6)
    lowest, highest = merges[:, 2].min(), merges[:, 2].max()
    room = 0.05 * (highest - lowest) or 1.0
    axes.set_ylim(max(lowest - room, 0), highest + room)
    axes.spines["bottom"].set_visible(False)
    return np.array(leaves)
