"""Where images go as components merge: over scales of one layer, and from layer to layer."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from topolens.figures.metric_panels import best_scale, layer_cloud
from topolens.figures.panels import add_class_legend, bare, panel_grid
from topolens.figures.style import QUIET, SMALL, class_colour
from topolens.results import Results
from topolens.topology.clusters import components_at, largest_gap_scale
from topolens.topology.persistence import persistence

Scale = Literal["best", "gap"]
SMALLEST = 3  # images of a component with a bar of its own; smaller ones share the lowest bar
BAR = 0.14  # width of a bar, in columns
GAP, ROOM = 0.02, 0.3  # of a column: one gap between bars, and all gaps together at most
STEPS = (0.25, 0.5, 0.75, 0.9)  # quantiles of the H0 deaths up to the largest gap; the gap follows
MOST_LAYERS = 6
SCALE_WORDS = {"best": "the scale of the best ARI (by labels)", "gap": "the largest gap of H₀ deaths"}


def draw(
    run: Results, network: str | None = None, layer: str | None = None, metric: str = "cosine", scale: Scale = "best"
) -> Figure:
    """Left: growing scales of one layer; right: layers in order of depth, each at a scale of its own."""
    cloud = layer_cloud(run, network, layer)
    growing = {f"{one:.3g}": labels for one, labels in components_by_scale(cloud.distances(run, metric))}
    deeper = dict(components_by_layer(run, cloud.network, metric, scale))
    figure, [[left, right]] = panel_grid(1, 2, 4.0, width_ratios=(len(growing), len(deeper)))
    draw_flow(left, growing, cloud.classes)
    draw_flow(right, deeper, cloud.classes)
    left.set(title=f"{cloud.network}, {cloud.layer}", xlabel=f"scale ({metric}), number of components")
    right.set(title=f"{cloud.network}, at {SCALE_WORDS[scale]}", xlabel="layer, number of components")
    title = (
        "bar: a component, coloured by its classes; ribbon: images that two bars share; "
        f"dashed bar: all components of fewer than {SMALLEST} images"
    )
    add_class_legend(figure, run.images.classes, title)
    return figure


def components_by_scale(distances: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Scales at quantiles of the deaths up to the largest gap, then in that gap; component numbers at each."""
    deaths = persistence(distances, 0).finite(0)[:, 1]
    last = largest_gap_scale(deaths)
    scales = np.quantile(deaths[deaths <= last], STEPS)
    for scale in np.unique([*scales, last]):
        yield float(scale), components_at(distances, scale)


def components_by_layer(run: Results, network: str, metric: str, scale: Scale) -> Iterator[tuple[str, np.ndarray]]:
    """First, last and evenly spaced layers between; component numbers of each at its scale."""
    layers = [*run.config.layers_by_network[network]]
    for place in np.unique(np.linspace(0, len(layers) - 1, MOST_LAYERS).round().astype(int)):
        cloud = layer_cloud(run, network, layers[place])
        distances = cloud.distances(run, metric)
        gap = largest_gap_scale(persistence(distances, 0).finite(0)[:, 1])
        chosen = best_scale(distances, cloud.classes) if scale == "best" else gap
        yield layers[place], components_at(distances, chosen)


def draw_flow(axes: Axes, labels: dict[str, np.ndarray], classes: np.ndarray) -> None:
    """Bars of each column and, between neighbouring columns, ribbons for the images that two bars share."""
    columns = [pooled(own) for own in labels.values()]
    for number, (before, after) in enumerate(pairwise(columns)):
        draw_ribbons(axes, number, before, after, classes)
    for number, (groups, own) in enumerate(zip(columns, labels.values(), strict=True)):
        draw_bars(axes, number, groups, classes, large=int((np.bincount(own) >= SMALLEST).sum()))
    names = [f"{name}\n{own.max() + 1}" for name, own in labels.items()]
    bare(axes)
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
    keys = [classes, -groups] if others is None else [-others, classes, -groups]
    order = np.lexsort(keys)
    heights = np.empty(len(groups))
    heights[order] = slice_of(groups) * np.arange(len(groups))
    return heights + gap_of(groups) * (groups.max() - groups)


def draw_bars(axes: Axes, number: int, groups: np.ndarray, classes: np.ndarray, large: int) -> None:
    """Each bar as a stack of its classes, framed; the frame of the small components, after the large, is dashed."""
    heights, thick = stack(groups, classes), slice_of(groups)
    for group in np.unique(groups):
        inside = groups == group
        for label in np.unique(classes[inside]):
            own = inside & (classes == label)
            corner, height = (number, heights[own].min()), own.sum() * thick
            axes.add_patch(Rectangle(corner, BAR, height, facecolor=class_colour(label), lw=0))
        line: dict[str, Any] = {"ec": "0.2"} if group < large else {"ec": QUIET, "ls": (0, (2, 1))}
        corner, height = (number, heights[inside].min()), inside.sum() * thick
        axes.add_patch(Rectangle(corner, BAR, height, fill=False, lw=0.6, **line))


def draw_ribbons(axes: Axes, number: int, before: np.ndarray, after: np.ndarray, classes: np.ndarray) -> None:
    """A ribbon, as thick as it has images, for each pair of bars and each class that they share."""
    lefts, rights = stack(before, classes, after), stack(after, classes, before)
    triples, members = np.unique(np.stack([before, after, classes]), axis=1, return_inverse=True)
    start, stop = number + BAR, number + 1
    middle = (start + stop) / 2
    for ribbon, label in enumerate(triples[2]):
        own = members.ravel() == ribbon
        low, high = lefts[own].min(), rights[own].min()
        above_low, above_high = low + own.sum() * slice_of(before), high + own.sum() * slice_of(after)
        edge = [(start, low), (middle, low), (middle, high), (stop, high)]
        back = [(stop, above_high), (middle, above_high), (middle, above_low), (start, above_low)]
        path = Path([*edge, *back, edge[0]], [1, 4, 4, 4, 2, 4, 4, 4, 79])
        axes.add_patch(PathPatch(path, facecolor=class_colour(label), alpha=0.4, linewidth=0))
