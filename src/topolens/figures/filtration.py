"""How a cloud becomes a barcode: points, a growing Vietoris-Rips complex, one bar per feature."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from topolens.figures import metric_diagrams
from topolens.figures.metric_panels import LayerCloud, layer_cloud, metric_text
from topolens.figures.panels import add_class_legend, bare, draw_points, page
from topolens.figures.style import DEGREE_COLOURS, DEGREE_NAMES, PALETTE, QUIET, SMALL, class_colours, mako, paler
from topolens.results import Results
from topolens.seeding import child_generator
from topolens.topology.distances import pairwise_distances
from topolens.topology.persistence import Diagrams, betti_number, persistence

POINTS = 24
NOISE = 0.09  # standard deviation of the points' distances from the unit circle
SCALES = (0.2, 0.4, 0.8, 1.6)
FEATURES = ("component", "loop")  # in degrees 0 and 1
NOTE = "balls have half the scale as radius: an edge where two meet, a filled triangle where three meet in pairs"
BALL_COLOUR = "0.92"
TRIANGLE_COLOUR = paler(DEGREE_COLOURS["1"], 0.6)
MARK: dict[str, Any] = {"color": QUIET, "linewidth": 0.7, "linestyle": "--", "zorder": 0}  # of a scale in a barcode
# Of a layer.
SHARES = (0.02, 0.1, 0.3)  # of all pairs joined at the scales that are shown
MANY_TRIANGLES = 400  # would hide everything else
HOOK_COLOUR = PALETTE[1]


def draw(run: Results, seed: int) -> Figure:
    """A noisy circle, drawn by this seed, at four scales of the filtration, and its barcode; needs no results."""
    points = toy_circle(seed)
    distances = pairwise_distances(points)
    diagrams = persistence(distances, 1)
    figure = page(4.0)
    grid = figure.add_gridspec(2, len(SCALES) + 1, height_ratios=[1.0, 1.5])
    panels = [figure.add_subplot(grid[0, place]) for place in range(len(SCALES) + 1)]
    for axes, scale in zip(panels, (0.0, *SCALES), strict=True):
        draw_balls(axes, points, distances, scale)
        axes.set_title(f"scale {scale:g}\n{counted(diagrams, scale)}" if scale else "the points\n", fontsize=7)
    panels[len(SCALES) // 2].set_xlabel(NOTE, fontsize=SMALL, color=QUIET)
    draw_barcode(figure.add_subplot(grid[1, :]), diagrams)
    return figure


def toy_circle(seed: int) -> np.ndarray:
    """A few points near the unit circle at jittered angles, (POINTS, 2)."""
    generator = child_generator(seed, "filtration")
    angles = 2 * np.pi * (np.arange(POINTS) + generator.uniform(-0.45, 0.45, POINTS)) / POINTS
    radii = 1 + NOISE * generator.standard_normal(POINTS)
    return radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])


def counted(diagrams: Diagrams, scale: float) -> str:
    """What is alive at one scale, as `3 components, 1 loop`."""
    numbers = [betti_number(diagram, scale) for diagram in diagrams.by_degree]
    return ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in zip(numbers, FEATURES, strict=True))


def edges_of(distances: np.ndarray, scale: float) -> np.ndarray:
    """Pairs of points at most `scale` apart, (edges, 2)."""
    return np.argwhere(np.triu(distances <= scale, 1))


def triangles_of(distances: np.ndarray, scale: float) -> np.ndarray:
    """Triples of points whose pairwise distances are all at most `scale`, (triangles, 3)."""
    near = np.triu(distances <= scale, 1)
    return np.argwhere(near[:, :, None] & near[:, None, :] & near[None, :, :])


def draw_balls(axes: Axes, points: np.ndarray, distances: np.ndarray, scale: float) -> None:
    """Balls of half the scale around the points, and the Vietoris-Rips complex with filled triangles."""
    sizes = np.full(len(points), scale)
    look: dict[str, Any] = {"facecolors": BALL_COLOUR, "edgecolors": "0.8", "linewidths": 0.3, "zorder": 1}
    where: dict[str, Any] = {"units": "xy", "offsets": points, "transOffset": axes.transData}
    axes.add_collection(EllipseCollection(sizes, sizes, np.zeros_like(sizes), **where, **look))
    triangles = points[triangles_of(distances, scale)]
    axes.add_collection(PolyCollection(list(triangles), facecolors=TRIANGLE_COLOUR, edgecolors="none", zorder=2))
    width = 0.2 + min(0.6, 30 / (len(points) + len(triangles)))  # many edges would hide the triangles
    segments = points[edges_of(distances, scale)]
    axes.add_collection(LineCollection(list(segments), colors="0.3", linewidths=width, zorder=3))
    draw_points(axes, points, s=6, color="black", zorder=4)
    limit = 1.02 * (np.abs(points).max() + max(SCALES) / 2)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    bare(axes)


def draw_barcode(axes: Axes, diagrams: Diagrams) -> None:
    """One line per bar, H1 above H0, with the four scales marked; the essential bar ends in an arrow."""
    end, height = 1.12 * max(SCALES), 0
    for degree, bars in enumerate(diagrams.by_degree):
        heights, colour = height + np.arange(len(bars)), DEGREE_COLOURS[str(degree)]
        axes.hlines(heights, bars[:, 0], np.minimum(bars[:, 1], end), color=colour, linewidth=1.6)
        for place in heights[np.isinf(bars[:, 1])]:
            axes.plot(end, place, marker=">", ms=4, color=colour, clip_on=False)
        height += len(bars) + 1
    axes.vlines(SCALES, -1, height + 2, **MARK)
    axes.set(xlim=(0, end), ylim=(-1, height + 2), yticks=[], xlabel="scale of the filtration (largest edge)")
    axes.set_title("barcode: one bar per feature, from the scale of its birth to that of its death", loc="left")
    axes.spines["left"].set_visible(False)
    beside, above = diagrams.finite(0)[:, 1].max() + 0.03, len(diagrams[0]) + len(diagrams[1]) + 0.7
    label_bars(axes, 0, beside, len(diagrams[0]) / 2, va="center")
    label_bars(axes, 1, diagrams[1].mean(), above, ha="center", va="bottom")


def label_bars(axes: Axes, degree: int, x: float, y: float, **look: Any) -> None:
    """What the bars of a degree stand for, in their colour."""
    name, colour = f"{DEGREE_NAMES[str(degree)]}: {FEATURES[degree]}s", DEGREE_COLOURS[str(degree)]
    axes.text(x, y, name, color=colour, fontsize=8, **look)


def of_layer(run: Results, network: str | None = None, layer: str | None = None, metric: str = "euclidean") -> Figure:
    """Top: the hooked layer, the cloud, its distances; bottom: the complex at three scales and the barcode."""
    cloud = layer_cloud(run, network, layer)
    distances = cloud.distances(run, metric)
    diagrams = persistence(distances, 1)
    scales = np.quantile(distances[np.triu_indices(len(distances), 1)], SHARES)
    figure = page(4.7)
    top, bottom = figure.subfigures(2, 1)  # type: ignore[misc]
    sketch, plane, matrix = top.subplots(1, 3, width_ratios=[1.15, 1, 1.25])
    draw_sketch(sketch, [*run.config.layers_by_network[cloud.network]], cloud)
    draw_points(plane, cloud.plane, c=class_colours(cloud.classes), s=7)
    plane.set(xticks=[], yticks=[], xlabel="principal component 1", ylabel="principal component 2")
    plane.set_title(f"{len(cloud.points)} images in {cloud.points.shape[1]} dimensions", fontsize=SMALL)
    draw_matrix(matrix, distances, cloud, metric)
    name_classes(matrix, cloud.classes, run.images.classes)
    *panels, barcode = bottom.subplots(1, len(scales) + 1, width_ratios=[1, 1, 1, 1.25])
    metric_diagrams.draw_barcode(barcode, diagrams.by_degree, 1.05 * metric_diagrams.last_death(diagrams.by_degree))
    barcode.set_title(f"longest bars: {DEGREE_NAMES['0']} above {DEGREE_NAMES['1']}")
    for axes, scale, share in zip(panels, scales, SHARES, strict=True):
        draw_complex(axes, cloud, distances, scale)
        axes.set(title=f"scale {scale:.3g}: {share:.0%} of pairs")
        axes.set_xlabel(counted(diagrams, scale), fontsize=SMALL)
        barcode.axvline(scale, **MARK)
    add_class_legend(bottom, run.images.classes)
    return figure


def draw_sketch(axes: Axes, layers: list[str], cloud: LayerCloud) -> None:
    """The layers as boxes from left to right, an arrow out of the hooked one."""
    axes.annotate("", (len(layers) + 0.1, 0.5), (-0.6, 0.5), arrowprops={"arrowstyle": "->", "color": QUIET}, zorder=0)
    for place, name in enumerate(layers):
        face, ink = (HOOK_COLOUR, "black") if name == cloud.layer else ("0.88", QUIET)
        axes.add_patch(Rectangle((place - 0.3, 0.3), 0.6, 0.4, facecolor=face, edgecolor=ink, linewidth=0.6))
        axes.text(place, 0.27, name, rotation=90, ha="center", va="top", fontsize=SMALL, color=ink)
    place = layers.index(cloud.layer)
    arrow = {"arrowstyle": "<-", "color": HOOK_COLOUR, "linewidth": 1.2, "shrinkB": 0}
    axes.annotate("hook", (place, 0.7), (place, 0.97), ha="center", va="top", fontsize=7, arrowprops=arrow)
    axes.set(xlim=(-0.8, len(layers) + 0.2), ylim=(0, 1), title=cloud.name)
    axes.set_axis_off()


def draw_matrix(axes: Axes, distances: np.ndarray, cloud: LayerCloud, metric: str) -> None:
    """The distances, images ordered by class, whose borders are drawn."""
    order = np.argsort(cloud.classes, kind="stable")
    image = axes.imshow(distances[np.ix_(order, order)], cmap=mako(), interpolation="nearest")
    for border in np.flatnonzero(np.diff(cloud.classes[order])) + 0.5:
        axes.axhline(border, color="w", linewidth=0.3)
        axes.axvline(border, color="w", linewidth=0.3)
    axes.set(xticks=[], xlabel="images, by class", title=f"{metric_text(metric, ' ')} distances")
    axes.figure.colorbar(image, ax=axes, fraction=0.05, pad=0.03).ax.tick_params(labelsize=SMALL)


def name_classes(axes: Axes, classes: np.ndarray, names: list[str]) -> None:
    """Names of the classes at the left of their images, which are ordered by class."""
    sizes = np.bincount(classes, minlength=len(names))
    axes.set_yticks(sizes.cumsum() - (sizes + 1) / 2, names, fontsize=SMALL)
    axes.tick_params(length=0, pad=1)


def draw_complex(axes: Axes, cloud: LayerCloud, distances: np.ndarray, scale: float) -> None:
    """Edges that have entered, in the plane of the principal components; triangles too while there are few."""
    plane, triangles = cloud.plane, triangles_of(distances, scale)
    if len(triangles) <= MANY_TRIANGLES:
        filled = PolyCollection(list(plane[triangles]), facecolors=TRIANGLE_COLOUR, edgecolors="none", alpha=0.4)
        axes.add_collection(filled)
    edges = plane[edges_of(distances, scale)]
    width = 0.15 + min(0.35, 50 / (1 + len(edges)))
    axes.add_collection(LineCollection(list(edges), colors="0.4", linewidths=width, alpha=0.6, rasterized=True))
    draw_points(axes, plane, c=class_colours(cloud.classes), s=5, zorder=3)
    bare(axes)
