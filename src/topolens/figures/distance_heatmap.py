"""The distances of each network's last layer, ordered by how its components merge."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial.distance import squareform

from topolens.figures.metric_panels import LayerCloud, layer_cloud
from topolens.figures.panels import add_class_legend, panel_grid
from topolens.figures.style import QUIET, class_colours
from topolens.results import Results

HEIGHTS = (1, 0.15, 3)  # of tree, strip of classes and matrix


def draw(run: Results, metric: str = "cosine") -> Figure:
    """A column per network: dendrogram, classes, distance matrix of its last layer."""
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
    tree.set_title(f"{cloud.network}, {cloud.layer}")
    strip.imshow(class_colours(cloud.classes[order])[None], aspect="auto", interpolation="nearest")
    strip.set_axis_off()
    image = matrix.imshow(finite[np.ix_(order, order)], cmap="mako", aspect="auto", interpolation="nearest")
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
