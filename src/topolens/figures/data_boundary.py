"""A data set in the plane by class, and the decision regions of one trained network over it."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from topolens.data.dataset import Dataset
from topolens.errors import TopolensError
from topolens.figures.panels import add_legend, dot, panel_grid, say
from topolens.figures.style import CLASS_COLOURS, SMALL, paler
from topolens.nets.perceptrons.families import read_families
from topolens.nets.perceptrons.mlp import as_module
from topolens.nets.perceptrons.state import Trained
from topolens.results import Results

STEPS = 400  # of the grid on which the network is evaluated, in each direction
MARGIN = 0.05  # around the data, as a share of their extent
REGION_PALENESS = 0.72


def draw(run: Results) -> Figure:
    """Data on the left; on the right the regions of the network that first reached the highest accuracy."""
    dataset = run.dataset
    if dataset.points.shape[1] != 2:
        raise TopolensError(f"data_boundary: needs data in the plane, found {dataset.points.shape[1]} features")
    figure, [[left, right]] = panel_grid(1, 2, 3.75, sharex=True, sharey=True)
    _draw_data(left, dataset, size=1.0, paleness=0.0)
    left.set_title(f"data: {len(dataset.labels):,} points")
    _draw_network(right, run)
    extent = extent_of(dataset.inputs())
    left.set(xlim=extent[:2], ylim=extent[2:], ylabel="second feature")
    for axes in (left, right):
        axes.set(aspect="equal", xlabel="first feature", xticks=(ticks := [-1, 0, 1]), yticks=ticks)
    entries = {f"class {label}": dot(CLASS_COLOURS[label]) for label in dataset.classes}
    title = "right: the regions in which the network answers each class, the data drawn faintly over them"
    add_legend(figure, entries, title, title_fontsize=SMALL)
    return figure


def chosen_network(reached: np.ndarray) -> tuple[int, int] | None:
    """The highest snapshot that any network reached and the network that was first there; None if none."""
    rows = np.flatnonzero(~np.isnan(reached).all(axis=1))
    return (int(rows[-1]), int(np.nanargmin(reached[rows[-1]]))) if len(rows) else None


def extent_of(points: np.ndarray) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a square around the points, with a margin."""
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    half = float(np.ptp(points, axis=0).max()) * (0.5 + MARGIN)
    left, bottom, right, top = (float(side) for side in (*(centre - half), *(centre + half)))
    return left, right, bottom, top


def regions_of(trained: Trained, snapshot: int, network: int, activation: str, points: np.ndarray) -> np.ndarray:
    """The classes that one snapshot gives to a grid around the points, rows along the second feature."""
    model = as_module([tensor[snapshot, network] for tensor in trained.snapshots], activation)
    left, right, bottom, top = extent_of(points)
    grid = np.stack(np.meshgrid(np.linspace(left, right, STEPS), np.linspace(bottom, top, STEPS)), axis=-1)
    with torch.no_grad():
        logits = model(torch.from_numpy(grid.reshape(-1, 2).astype(np.float32)))
    return logits.argmax(dim=1).numpy().reshape(STEPS, STEPS)


def _draw_network(axes: Axes, run: Results) -> None:
    (trained,) = read_families(run.path("networks.safetensors")).values()
    chosen = chosen_network(trained.reached.numpy())
    if chosen is None:
        say(axes, "no network reached a snapshot")
        return
    snapshot, network = chosen
    activation, points = run.config.activations[0], run.dataset.inputs()
    classes, extent = regions_of(trained, snapshot, network, activation, points), extent_of(points)
    count = int(classes.max()) + 1
    colours = ListedColormap([paler(CLASS_COLOURS[label], REGION_PALENESS) for label in range(count)])
    axes.imshow(classes, origin="lower", extent=extent, cmap=colours, vmin=-0.5, vmax=count - 0.5)
    if count > 1:
        axes.contour(classes, np.arange(count - 1) + 0.5, extent=extent, colors="0.25", linewidths=0.7)
    _draw_data(axes, run.dataset, size=0.25, paleness=0.35)
    accuracy = float(trained.train_accuracy[snapshot, network])
    axes.set_title(f"network {network + 1} of {trained.reached.shape[1]}: training accuracy {floored(accuracy)}")


def floored(accuracy: float) -> str:
    """An accuracy with four digits, rounded down, so that only a perfect one reads 1."""
    return f"{np.floor(accuracy * 1e4) / 1e4:.4f}"


def _draw_data(axes: Axes, dataset: Dataset, size: float, paleness: float) -> None:
    points = dataset.inputs()
    for label in dataset.classes:
        own = points[dataset.labels == label]
        colour = paler(CLASS_COLOURS[label], paleness)
        # Thousands of dots as vectors would make the PDF slow to open.
        axes.scatter(own[:, 0], own[:, 1], s=size, color=colour, linewidths=0, rasterized=True)
