"""Perceptrons: how fast they learn, the decision regions of one of them over the data, the last layer of one."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from topolens.data.dataset import Dataset
from topolens.errors import TopolensError
from topolens.figures.panels import add_legend, dot, draw_points, labelled, panel_grid, say
from topolens.figures.style import (
    CLASS_COLOURS,
    accuracy_name,
    accuracy_text,
    class_colours,
    paler,
    snapshot_colours,
)
from topolens.nets.perceptrons.families import read_families
from topolens.nets.perceptrons.mlp import as_module
from topolens.nets.perceptrons.state import Trained
from topolens.results import Results
from topolens.seeding import child_generator

STEPS = 400  # of the grid on which the network is evaluated, in each direction
MARGIN = 0.05  # around the data, as a share of their extent
REGION_PALENESS = 0.72
WIDE = 20.0  # a largest epoch so many times the smallest one asks for a logarithmic axis


def boundary(run: Results) -> Figure:
    """Data on the left; on the right the regions of the network that first reached the highest accuracy."""
    dataset = run.dataset
    if dataset.points.shape[1] != 2:
        raise TopolensError(f"perceptrons: needs data in the plane, found {dataset.points.shape[1]} features")
    figure, [[left, right]] = panel_grid(1, 2, 3.75, sharex=True, sharey=True)
    draw_data(left, dataset, size=1.0, paleness=0.0)
    left.set_title(f"data: {len(dataset.labels):,} points")
    draw_network(right, run)
    extent = extent_of(dataset.inputs())
    left.set(xlim=extent[:2], ylim=extent[2:], ylabel="second feature")
    for axes in (left, right):
        axes.set(aspect="equal", xlabel="first feature", xticks=(ticks := [-1, 0, 1]), yticks=ticks)
    entries = {f"class {label}": dot(CLASS_COLOURS[label]) for label in dataset.classes}
    add_legend(figure, entries)
    return figure


def chosen_network(reached: np.ndarray) -> tuple[int, int] | None:
    """The highest snapshot that any network reached and the network that was first there; None if none."""
    rows = np.flatnonzero(~np.isnan(reached).all(axis=1))
    return (int(rows[-1]), int(np.nanargmin(reached[rows[-1]]))) if len(rows) else None


def extent_of(points: np.ndarray) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a square around the points, with a margin."""
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    half = float(np.ptp(points, axis=0).max()) * (0.5 + MARGIN)
    (left, bottom), (right, top) = (centre - half).tolist(), (centre + half).tolist()
    return left, right, bottom, top


def regions_of(trained: Trained, snapshot: int, network: int, activation: str, points: np.ndarray) -> np.ndarray:
    """The classes that one snapshot gives to a grid around the points, rows along the second feature."""
    model = as_module([tensor[snapshot, network] for tensor in trained.snapshots], activation)
    left, right, bottom, top = extent_of(points)
    grid = np.stack(np.meshgrid(np.linspace(left, right, STEPS), np.linspace(bottom, top, STEPS)), axis=-1)
    with torch.no_grad():
        logits = model(torch.from_numpy(grid.astype(np.float32)))
    return logits.argmax(dim=-1).numpy()


def draw_network(axes: Axes, run: Results) -> None:
    """The regions of the chosen network with their borders, the data over them."""
    (trained,) = read_families(run.path("networks.safetensors")).values()
    chosen = chosen_network(trained.reached.numpy())
    if chosen is None:
        say(axes, "no network reached a snapshot")
        return
    snapshot, network = chosen
    points = run.dataset.inputs()
    classes, extent = regions_of(trained, snapshot, network, run.config.activations[0], points), extent_of(points)
    count = int(classes.max()) + 1
    colours = ListedColormap([paler(CLASS_COLOURS[label], REGION_PALENESS) for label in range(count)])
    axes.imshow(classes, origin="lower", extent=extent, cmap=colours, vmin=-0.5, vmax=count - 0.5)
    if count > 1:
        axes.contour(classes, np.arange(count - 1) + 0.5, extent=extent, colors="0.25", linewidths=0.7)
    draw_data(axes, run.dataset, size=0.25, paleness=0.35)
    accuracy = floored(float(trained.train_accuracy[snapshot, network]))
    axes.set_title(f"network {network + 1} of {trained.reached.shape[1]}: training accuracy {accuracy}")


def floored(accuracy: float) -> str:
    """An accuracy with four digits, rounded down, so that only a perfect one reads 1."""
    return f"{np.floor(accuracy * 1e4) / 1e4:.4f}"


def draw_data(axes: Axes, dataset: Dataset, size: float, paleness: float) -> None:
    """All points by class; as pixels, since thousands of dots as vectors would make the PDF slow to open."""
    for label in dataset.classes:
        points, colour = dataset.inputs()[dataset.labels == label], paler(CLASS_COLOURS[label], paleness)
        draw_points(axes, points, s=size, color=colour, rasterized=True)


def last_layer(run: Results) -> Figure:
    """The last layer of one network in the plane of its first two principal components, each point a sample's logits.

    Left: at the first snapshot; right: at the last one; of the first network that reached it, on a draw of its own.
    """
    accuracies, clouds = run.config.snapshot_accuracies, run.config.sample_clouds
    (trained,) = read_families(run.path("networks.safetensors")).values()
    available = run.dataset.rows(clouds.split, clouds.label)
    rows = child_generator(0, "last layer").choice(available, clouds.points, replace=False)
    labels, inputs = run.dataset.labels[rows], torch.from_numpy(run.dataset.inputs(rows))
    figure, [panels] = panel_grid(1, 2, 3.6)
    for axes, snapshot in zip(panels, (0, len(accuracies) - 1), strict=True):
        axes.set(xlabel="first principal component", title=accuracy_name(accuracies[snapshot]))
        there = np.flatnonzero(~trained.reached[snapshot].isnan().numpy())
        if len(there) == 0:
            say(axes, "not reached by any network")
            continue
        model = as_module([tensor[snapshot, there[0]] for tensor in trained.snapshots], run.config.activations[0])
        with torch.no_grad():
            plane = principal_plane(model(inputs).numpy())
        draw_points(axes, plane, s=4, c=class_colours(labels), rasterized=True)
        for label in np.unique(labels):
            name_class(axes, str(label), np.median(plane[labels == label], axis=0))
        axes.set_aspect("equal", adjustable="datalim")
    panels[0].set_ylabel("second principal component")
    return figure


def name_class(axes: Axes, name: str, place: np.ndarray) -> None:
    """The name of a class in the middle of its points, black on white, as ten colours cannot be told from a legend."""
    outline = [withStroke(linewidth=2.5, foreground="white")]
    axes.text(place[0], place[1], name, ha="center", va="center", fontsize=9, fontweight="bold", path_effects=outline)


def principal_plane(points: np.ndarray) -> np.ndarray:
    """(n, d) points to (n, 2) coordinates along their first two principal axes, the largest of each positive."""
    centred = np.asarray(points, np.float64) - np.mean(points, axis=0, dtype=np.float64)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    plane = (left * sizes)[:, :2]
    largest = np.take_along_axis(plane, np.abs(plane).argmax(axis=0)[None], axis=0)
    return plane * np.where(largest < 0, -1.0, 1.0)


def training(run: Results) -> Figure:
    """Left: share of networks that reached each snapshot; right: training accuracy of each network."""
    accuracies = run.config.snapshot_accuracies
    (card,) = run.record("networks")["families"].values()
    reached = np.array(card["reached_epoch"], dtype=np.float64)  # null, where not reached, becomes NaN
    figure, [[left, right]] = panel_grid(1, 2, 2.9)
    draw_shares(left, accuracies, reached, float(max(card["final_epoch"])))
    if run.config.perceptron_training(card["data"]).accuracy_window is None:
        (trained,) = read_families(run.path("networks.safetensors")).values()
        history = trained.history.numpy().T
        epochs = np.broadcast_to(1.0 + np.arange(history.shape[1]), history.shape)
        draw_accuracies(right, epochs, history, accuracies)
        right.set(ylabel="training accuracy of the epoch", xlim=(0, None))
    else:  # snapshots are taken within the first epochs, of which the history knows only the means
        crossing = np.array(card["train_accuracy"], dtype=np.float64)
        draw_accuracies(right, reached, crossing, accuracies)
        right.set(ylabel="training accuracy at the snapshots", xscale=left.get_xscale())
    title = "training accuracy: networks that reached it"
    add_legend(figure, labelled(left), title, ncols=min(6, len(accuracies)), columnspacing=1.2, handlelength=1.5)
    return figure


def draw_shares(axes: Axes, accuracies: list[float], reached: np.ndarray, end: float) -> None:
    """Step curves over epochs; `reached` is (networks, snapshots), NaN where not reached."""
    start = np.nanmin(reached, initial=end)
    is_wide = end > WIDE * start > 0
    first = start / 1.3 if is_wide else 0.0
    for (accuracy, colour), crossings in zip(snapshot_colours(accuracies).items(), reached.T, strict=True):
        epochs = np.sort(crossings[np.isfinite(crossings)])
        places = np.concatenate([[first], epochs, [end]])
        shares = np.concatenate([[0], np.arange(1, len(epochs) + 1), [len(epochs)]]) / len(reached)
        label = f"{accuracy_text(accuracy)}: {len(epochs)} of {len(reached)}"
        axes.step(places, shares, where="post", color=colour, label=label)
    axes.set_xscale("log" if is_wide else "linear")
    axes.set(xlim=(first, end * (1.15 if is_wide else 1.02)), ylim=(-0.03, 1.03))
    axes.set(xlabel="epoch", ylabel="share of networks that reached it")


def draw_accuracies(axes: Axes, epochs: np.ndarray, reached: np.ndarray, asked: list[float]) -> None:
    """A thin line per network, where it has an accuracy; `epochs` and `reached` are (networks, places)."""
    marker = "o" if np.isfinite(reached).sum(axis=1).max(initial=0) < 10 else ""
    for places, values in zip(epochs, reached, strict=True):
        known = np.isfinite(values)
        axes.plot(places[known], values[known], color="0.25", alpha=0.6, linewidth=0.6, marker=marker, ms=2)
    for accuracy, colour in snapshot_colours(asked).items():
        axes.axhline(accuracy, color=colour, linewidth=0.8, linestyle="--", zorder=0)
    axes.set_xlabel("epoch")
