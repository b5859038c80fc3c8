"""From points to a landscape: a growing Vietoris-Rips complex, one bar per feature, its point and tent."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from topolens.figures import metric_diagrams
from topolens.figures.metric_panels import LayerCloud, layer_cloud, metric_text
from topolens.figures.panels import add_class_legend, bare, draw_points, page
from topolens.figures.style import (
    DEGREE_COLOURS,
    DEGREE_NAMES,
    PALETTE,
    QUIET,
    SMALL,
    class_colours,
    level_colours,
    mako,
    paler,
)
from topolens.results import Results
from topolens.seeding import child_generator
from topolens.topology.distances import pairwise_distances
from topolens.topology.landscapes import landscape
from topolens.topology.persistence import Diagrams, betti_number, persistence

# Of each ring of the toy cloud: where its centre lies from left to right, radius, number of points. The smaller a ring
# is, the denser it is, so that its tent begins before those of larger rings and the levels of the landscape cross.
RINGS = ((0.0, 1.0, 15), (1.95, 0.65, 15), (3.25, 0.4, 14))
NOISE = 0.05  # standard deviation of the points' distances from their ring, in radii
LETTERS = "abc"  # of the rings, and of the longest bars in degree 1
SCALES = (0.25, 0.5, 0.9, 1.4)
END = 2.0  # of the scales shown
BAR_STEPS = (1, 4)  # between the bars of degree 0, which are many, and between those of degree 1
MARGIN = 0.3  # around the points
FEATURES = ("component", "loop")  # in degrees 0 and 1
BALL_COLOUR = "0.92"
TRIANGLE_COLOUR = paler(DEGREE_COLOURS["1"], 0.6)
MARK: dict[str, Any] = {"color": QUIET, "linewidth": 0.7, "linestyle": "--", "zorder": 0}  # of a scale in a barcode
# Of a layer.
SHARES = (0.02, 0.1, 0.3)  # of all pairs joined at the scales that are shown
MANY_TRIANGLES = 400  # would hide everything else
HOOK_COLOUR = PALETTE[1]


def draw(run: Results, seed: int) -> Figure:
    """Three noisy rings, drawn by this seed: the complex at four scales; bars, diagram, tents and landscape.

    Needs no results.
    """
    points = toy_rings(seed)
    distances = pairwise_distances(points)
    diagrams = persistence(distances, 1)
    figure = page(3.25)
    above, below = figure.subfigures(2, 1, height_ratios=[1.0, 1.9])  # type: ignore[misc]
    panels = above.subplots(1, len(SCALES))
    for axes, scale in zip(panels, SCALES, strict=True):
        draw_balls(axes, points, distances, scale)
        axes.set_title(f"scale {scale:g}\n{counted(diagrams, scale)}", fontsize=SMALL)
    for letter, (centre, *_) in zip(LETTERS, RINGS, strict=True):
        panels[0].text(centre, 0, letter, ha="center", va="center", fontsize=SMALL, fontstyle="italic")
    bars, diagram, tents, levels = below.subplots(1, 4)
    draw_barcode(bars, diagrams)
    draw_diagram(diagram, diagrams)
    draw_tents(tents, diagrams)
    draw_levels(levels, diagrams)
    levels.set_ylim(tents.get_ylim())
    for axes in (bars, diagram, tents, levels):
        axes.set(xlim=(0, END), xlabel="scale")
    diagram.set_xlabel("birth")
    return figure


def toy_rings(seed: int) -> np.ndarray:
    """A few points near each ring at jittered angles, (all points, 2)."""
    generator, rings = child_generator(seed, "filtration"), []
    for centre, radius, count in RINGS:
        angles = 2 * np.pi * (np.arange(count) + generator.uniform(-0.3, 0.3, count)) / count
        radii = radius * (1 + NOISE * generator.standard_normal(count))
        rings.append(radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)]) + [centre, 0.0])
    return np.concatenate(rings)


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
    draw_points(axes, points, s=4, color="black", zorder=4)
    (left, bottom), (right, top) = points.min(axis=0) - MARGIN, points.max(axis=0) + MARGIN
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", anchor="S")  # below its title
    bare(axes)


def draw_barcode(axes: Axes, diagrams: Diagrams) -> None:
    """One line per bar, H1 above H0, the longest at the top, with the shown scales marked; the arrow never dies."""
    height = 0
    for degree, (bars, step) in enumerate(zip(diagrams.by_degree, BAR_STEPS, strict=True)):
        heights, colour = height + step * np.arange(len(bars))[::-1], DEGREE_COLOURS[str(degree)]
        axes.hlines(heights, bars[:, 0], np.minimum(bars[:, 1], END), color=colour, linewidth=0.8 * step**0.5)
        for place in heights[np.isinf(bars[:, 1])]:
            axes.plot(END, place, marker=">", ms=3, color=colour, clip_on=False)
        height += step * len(bars) + 4
    for letter, place, (_, death) in zip(LETTERS, heights, diagrams[1], strict=False):
        axes.text(death + 0.04, place, letter, fontsize=SMALL, fontstyle="italic", va="center")
    axes.vlines(SCALES, -1, height, **MARK)
    axes.set(ylim=(-1, height), yticks=[], title="bars")
    axes.spines["left"].set_visible(False)
    for degree, (place, below) in enumerate(((len(diagrams[0]) / 2, "center"), (height - 4, "bottom"))):
        name, colour = f"{DEGREE_NAMES[str(degree)]}: {FEATURES[degree]}s", DEGREE_COLOURS[str(degree)]
        over = {"color": "white", "pad": 0.5}  # the marks of the scales
        axes.text(END, place, name, color=colour, fontsize=SMALL, ha="right", va=below, bbox=over)


def draw_diagram(axes: Axes, diagrams: Diagrams) -> None:
    """Each bar as a point, of birth and death; the one that never dies is left out."""
    axes.plot([0, END], [0, END], color="0.7", linewidth=0.8, zorder=0)
    for degree in range(len(FEATURES)):
        look = {"marker": "os"[degree], "s": (6, 14)[degree], "color": DEGREE_COLOURS[str(degree)]}
        draw_points(axes, diagrams.finite(degree), clip_on=False, zorder=3, **look)
    for letter, (birth, death) in zip(LETTERS, diagrams[1], strict=False):
        axes.text(birth + 0.08, death, letter, fontsize=SMALL, fontstyle="italic", va="center")
    axes.set(ylim=(0, END), yticks=[0, 1, 2], ylabel="death", title="diagram")


def draw_tents(axes: Axes, diagrams: Diagrams) -> None:
    """A tent over each bar of degree 1, as high as half its length."""
    for birth, death in diagrams[1]:
        sides = [birth, (birth + death) / 2, death], [0, (death - birth) / 2, 0]
        axes.plot(*sides, color=DEGREE_COLOURS["1"], linewidth=1.0)
    for letter, (birth, death) in zip(LETTERS, diagrams[1], strict=False):
        axes.text((birth + death) / 2, (death - birth) / 2, letter, fontsize=SMALL, fontstyle="italic", ha="center",
                  va="bottom")  # fmt: skip
    axes.set(ylabel="height", title=f"tents, {DEGREE_NAMES['1']}")
    axes.set_ylim(0, 0.75 * np.ptp(diagrams[1], axis=1).max())


def draw_levels(axes: Axes, diagrams: Diagrams) -> None:
    """The first levels of the landscape of degree 1, the first on top."""
    grid = np.linspace(0, END, 401)
    levels = landscape(diagrams[1], grid, len(RINGS))
    for number, colour in reversed([*enumerate(level_colours(len(levels)))]):
        axes.plot(grid, levels[number], color=colour, linewidth=1.8 - 0.5 * number, label=f"level {number + 1}")
    handles, names = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], names[::-1], loc="upper right", handlelength=1.0, borderpad=0, labelspacing=0.2)
    axes.set(title=f"landscape, {DEGREE_NAMES['1']}")


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
