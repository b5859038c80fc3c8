"""Components of a cloud as blobs around their points, in the plane of the first two principal components."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from scipy.spatial import ConvexHull

from topolens.figures.metric_panels import LayerCloud, best_scale, layer_cloud
from topolens.figures.panels import add_class_legend, bare, panel_grid
from topolens.figures.style import Colour, class_colour, class_colours
from topolens.results import Results
from topolens.topology.clusters import agreement, components_at

SMALLEST = 3  # points of a component that is drawn
ROUNDNESS = 24  # corners of the circle that rounds a hull
RADIUS = 0.03  # of that circle, in widths of the cloud


def draw(run: Results, metric: str = "cosine") -> Figure:
    """Rows: networks; columns: the first and the last layer, at the scale that meets the classes best."""
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
    own, alone = leading == cloud.classes, leading < 0
    stranger = ~own & ~alone
    x, y = plane.T
    axes.scatter(x[alone], y[alone], c=colours[alone], s=5, alpha=0.5, linewidth=0)
    axes.scatter(x[own], y[own], c=colours[own], s=8, linewidth=0)
    axes.scatter(x[stranger], y[stranger], c=colours[stranger], s=12, marker="x", linewidth=0.8)
    axes.set_title(f"{cloud.network}, {cloud.layer}: ARI {agreement(labels, cloud.classes).ari:.2f}")
    bare(axes)
    axes.set_aspect("equal", adjustable="datalim")
    axes.autoscale_view()


def majorities(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """(n,) the most frequent class of each point's component; -1 where that is too small to be drawn."""
    counts = np.zeros((labels.max() + 1, classes.max() + 1), int)
    np.add.at(counts, (labels, classes), 1)
    leading = np.where(counts.sum(axis=1) >= SMALLEST, counts.argmax(axis=1), -1)
    return leading[labels]


def blob(points: np.ndarray, radius: float, colour: Colour) -> Polygon:
    """The convex hull of discs around the points."""
    angles = np.linspace(0, 2 * np.pi, ROUNDNESS, endpoint=False)
    discs = (points[:, None] + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)).reshape(-1, 2)
    corners = discs[ConvexHull(discs).vertices]
    return Polygon(corners, facecolor=(*colour, 0.18), edgecolor=(*colour, 0.8), linewidth=0.8)
