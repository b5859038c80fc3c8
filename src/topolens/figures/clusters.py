"""Components of the clouds of layers as clusters of images: as they merge, in the plane, and behind a matrix."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon, Rectangle
from matplotlib.path import Path
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import squareform

from topolens.figures.metric_panels import LayerCloud, layer_cloud
from topolens.figures.panels import add_class_legend, bare, draw_points, panel_grid
from topolens.figures.style import QUIET, SMALL, Colour, class_colour, class_colours, mako
from topolens.results import Results
from topolens.topology.clusters import agreement, components_at, largest_gap_scale
from topolens.topology.persistence import persistence

Scale = Literal["best", "gap"]
SMALLEST = 3  # images of a component with a bar, or a blob, of its own
BAR = 0.14  # width of a bar, in columns
GAP, ROOM = 0.02, 0.3  # of a column: one gap between bars, and all gaps together at most
STEPS = (0.25, 0.5, 0.75, 0.9)  # quantiles of the H0 deaths up to the largest gap; the gap follows
MOST_LAYERS = 6
SCALE_WORDS = {"best": "the scale of the best ARI (by labels)", "gap": "the largest gap of H₀ deaths"}
CORNERS = 24  # of the circle that rounds a hull
RADIUS = 0.03  # of that circle, in widths of the cloud
HEIGHTS = (1, 0.15, 3)  # of tree, strip of classes and matrix


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
    draw_flow(left, growing, cloud.classes)
    draw_flow(right, deeper, cloud.classes)
    left.set(title=cloud.name, xlabel=f"scale ({metric}), number of components")
    right.set(title=f"{cloud.network}, at {SCALE_WORDS[scale]}", xlabel="layer, number of components")
    title = (
        "bar: a component, coloured by its classes; ribbon: images that two bars share; "
        f"dashed bar: all components of fewer than {SMALLEST} images"
    )
    add_class_legend(figure, run.images.classes, title)
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


def draw_flow(axes: Axes, labels: dict[str, np.ndarray], classes: np.ndarray) -> None:
    """Bars of each column and, between neighbouring columns, ribbons for the images that two bars share."""
    columns = list(map(pooled, labels.values()))
    for number, (before, after) in enumerate(pairwise(columns)):
        draw_ribbons(axes, number, before, after, classes)
    for number, (groups, components) in enumerate(zip(columns, labels.values(), strict=True)):
        draw_bars(axes, number, groups, classes, large=int((np.bincount(components) >= SMALLEST).sum()))
    bare(axes)
    names = [f"{name}\n{components.max() + 1}" for name, components in labels.items()]
    axes.set_xticks(np.arange(len(names)) + BAR / 2, names, fontsize=SMALL)
    axes.set(xlim=(-0.1, len(columns) - 0.9 + BAR), ylim=(-0.01, 1.01))
    axes.tick_params(length=0)


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


def blobs(run: Results, metric: str = "cosine") -> Figure:
    """Rows: networks; columns: the first and the last layer, in the plane of two principal components."""
    networks = run.config.layers_by_network
    figure, grid = panel_grid(len(networks), 2, 2.9 * len(networks) + 0.6)
    for row, (network, layers) in zip(grid, networks.items(), strict=True):
        names = [*layers]
        for axes, layer in zip(row, (names[0], names[-1]), strict=True):
            cloud = layer_cloud(run, network, layer)
            distances = cloud.distances(run, metric)
            draw_blobs(axes, cloud, components_at(distances, best_scale(distances, cloud.classes)))
    title = (
        f"components ({metric}) at the scale of the best ARI, chosen by labels; blob: {SMALLEST} images or more, "
        "in the colour of most\n"
        "cross: an image of another class than most in its blob; paler: an image of a smaller component"
    )
    add_class_legend(figure, run.images.classes, title)
    return figure


def draw_blobs(axes: Axes, cloud: LayerCloud, labels: np.ndarray) -> None:
    """The components of one layer, and its points by class and by whether their component is of their class."""
    plane, colours, leading = cloud.plane, class_colours(cloud.classes), majorities(labels, cloud.classes)
    radius = RADIUS * np.ptp(plane, axis=0).max()
    for component in np.unique(labels[leading >= 0]):
        inside = labels == component
        axes.add_patch(blob(plane[inside], radius, class_colour(leading[inside][0])))
    is_leading, alone = leading == cloud.classes, leading < 0
    looks: list[tuple[np.ndarray, dict[str, Any]]] = [
        (alone, {"s": 5, "alpha": 0.5}),
        (is_leading, {"s": 8}),
        (~is_leading & ~alone, {"s": 12, "marker": "x", "linewidth": 0.8}),
    ]
    for images, look in looks:
        draw_points(axes, plane[images], c=colours[images], **look)
    axes.set_title(f"{cloud.name}: ARI {agreement(labels, cloud.classes).ari:.2f}")
    bare(axes)
    axes.set_aspect("equal", adjustable="datalim")
    axes.autoscale_view()


def majorities(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """(n,) the most frequent class of each point's component; -1 where that is too small to be drawn."""
    counts = np.zeros((labels.max() + 1, classes.max() + 1), int)
    np.add.at(counts, (labels, classes), 1)
    return np.where(counts.sum(axis=1) >= SMALLEST, counts.argmax(axis=1), -1)[labels]


def blob(points: np.ndarray, radius: float, colour: Colour) -> Polygon:
    """The convex hull of discs around the points."""
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    discs = (points[:, None] + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)).reshape(-1, 2)
    hull = discs[ConvexHull(discs).vertices]
    return Polygon(hull, facecolor=(*colour, 0.18), edgecolor=(*colour, 0.8), linewidth=0.8)


def heatmap(run: Results, metric: str = "cosine") -> Figure:
    """A column per network: dendrogram, classes, distance matrix of its last layer, in the order of the merges."""
    clouds = [layer_cloud(run, network) for network in run.config.layers_by_network]
    figure, grid = panel_grid(len(HEIGHTS), len(clouds), 5.2, height_ratios=HEIGHTS)
    for column, cloud in zip(grid.T, clouds, strict=True):
        draw_column(column, cloud, cloud.distances(run, metric), metric)
    grid[0, 0].set_ylabel("distance at\nwhich they merge")
    grid[-1, 0].set_ylabel("images, in the order of the tree")
    title = "strip: class of each image; tree: single linkage, its heights are the deaths of H₀"
    add_class_legend(figure, run.images.classes, title)
    return figure


def draw_column(column: np.ndarray, cloud: LayerCloud, distances: np.ndarray, metric: str) -> None:
    """One cloud: tree, strip of classes and matrix share one order of points."""
    tree, strip, matrix = column
    finite = np.where(np.isfinite(distances), distances, np.max(distances, where=np.isfinite(distances), initial=0))
    order = draw_tree(tree, finite)
    tree.set_title(cloud.name)
    strip.imshow(class_colours(cloud.classes[order])[None], aspect="auto", interpolation="nearest")
    strip.set_axis_off()
    image = matrix.imshow(finite[np.ix_(order, order)], cmap=mako(), aspect="auto", interpolation="nearest")
    matrix.set(xticks=[], yticks=[])
    matrix.figure.colorbar(image, ax=matrix, location="bottom", aspect=40, label=f"{metric} distance", pad=0.03)


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
