"""How activations become a filtration: hook, cloud, distances, growing complex, barcode."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from topolens.figures.filtration import TRIANGLE_COLOUR, counted, edges_of, triangles_of
from topolens.figures.metric_diagrams import draw_barcode, last_death
from topolens.figures.metric_panels import LayerCloud, layer_cloud, metric_text
from topolens.figures.panels import add_class_legend, bare
from topolens.figures.style import DEGREE_NAMES, PALETTE, QUIET, SMALL, WIDTH, class_colours
from topolens.results import Results
from topolens.topology.persistence import persistence

SHARES = (0.02, 0.1, 0.3)  # of all pairs joined at the scales that are shown
MANY_TRIANGLES = 400  # would hide everything else
HOOK_COLOUR = PALETTE[1]


def draw(run: Results, network: str | None = None, layer: str | None = None, metric: str = "euclidean") -> Figure:
    """Top: the hooked layer, the cloud, its distances; bottom: the complex at three scales and the barcode."""
    cloud = layer_cloud(run, network, layer)
    distances = cloud.distances(run, metric)
    diagrams = persistence(distances, 1)
    scales = np.quantile(distances[np.triu_indices(len(distances), 1)], SHARES)
    figure = plt.figure(figsize=(WIDTH, 4.7))
    top, bottom = figure.subfigures(2, 1)  # type: ignore[misc]
    sketch, plane, matrix = top.subplots(1, 3, width_ratios=[1.25, 1, 1])
    draw_sketch(sketch, [*run.config.layers_by_network[cloud.network]], cloud)
    plane.scatter(cloud.plane[:, 0], cloud.plane[:, 1], c=class_colours(cloud.classes), s=7, linewidths=0)
    plane.set(xticks=[], yticks=[], xlabel="principal component 1", ylabel="principal component 2")
    plane.set_title(f"{len(cloud.points)} images in {cloud.points.shape[1]} dimensions")
    draw_matrix(matrix, distances, cloud, metric)
    panels = bottom.subplots(1, len(scales) + 1, width_ratios=[1, 1, 1, 1.25])
    for axes, scale, share in zip(panels, scales, SHARES, strict=False):
        draw_complex(axes, cloud, distances, scale)
        axes.set(title=f"scale {scale:.3g}: {share:.0%} of pairs")
        axes.set_xlabel(counted(diagrams, scale), fontsize=SMALL)
    draw_barcode(panels[-1], [*diagrams.by_degree], 1.05 * last_death(diagrams.by_degree))
    for scale in scales:
        panels[-1].axvline(scale, color=QUIET, linewidth=0.7, linestyle="--", zorder=0)
    panels[-1].set_title(f"longest bars: {DEGREE_NAMES['0']} above {DEGREE_NAMES['1']}")
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
    axes.set(xlim=(-0.8, len(layers) + 0.2), ylim=(0, 1), title=f"{cloud.network}, {cloud.layer}")
    axes.set_axis_off()


def draw_matrix(axes: Axes, distances: np.ndarray, cloud: LayerCloud, metric: str) -> None:
    """The distances, images ordered by class, whose borders are drawn."""
    order = np.argsort(cloud.classes, kind="stable")
    image = axes.imshow(distances[np.ix_(order, order)], cmap="mako", interpolation="nearest")
    for border in np.flatnonzero(np.diff(cloud.classes[order])) + 0.5:
        axes.axhline(border, color="w", linewidth=0.3)
        axes.axvline(border, color="w", linewidth=0.3)
    axes.set(xticks=[], yticks=[], xlabel="images, by class")
    axes.set_title(metric_text(metric).replace("\n", " ") + " distances")
    axes.figure.colorbar(image, ax=axes, fraction=0.05, pad=0.03).ax.tick_params(labelsize=SMALL)


def draw_complex(axes: Axes, cloud: LayerCloud, distances: np.ndarray, scale: float) -> None:
    """Edges that have entered, in the plane of the principal components; triangles too while there are few."""
    plane, triangles = cloud.plane, triangles_of(distances, scale)
    if len(triangles) <= MANY_TRIANGLES:
        filled = PolyCollection(list(plane[triangles]), facecolors=TRIANGLE_COLOUR, edgecolors="none", alpha=0.4)
        axes.add_collection(filled)
    edges = plane[edges_of(distances, scale)]
    width = 0.15 + min(0.35, 50 / (1 + len(edges)))
    axes.add_collection(LineCollection(list(edges), colors="0.4", linewidths=width, alpha=0.6, rasterized=True))
    axes.scatter(plane[:, 0], plane[:, 1], c=class_colours(cloud.classes), s=5, linewidths=0, zorder=3)
    bare(axes)
