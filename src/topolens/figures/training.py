"""How fast the networks learn: when they reach each training accuracy, and their accuracy at every epoch."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.panels import add_legend, entries_of, panel_grid
from topolens.figures.style import accuracy_text, snapshot_colours
from topolens.nets.perceptrons.families import read_families
from topolens.results import Results

WIDE = 20.0  # a largest epoch so many times the smallest one asks for a logarithmic axis


def draw(run: Results) -> Figure:
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
    title = "training accuracy: networks that reached it (right: dashed, with one thin line per network)"
    add_legend(figure, entries_of(left), title, ncols=min(6, len(accuracies)), columnspacing=1.2, handlelength=1.5)
    return figure


def draw_shares(axes: Axes, accuracies: list[float], reached: np.ndarray, end: float) -> None:
    """Step curves over epochs; `reached` is (networks, snapshots), NaN where not reached."""
    known = reached[np.isfinite(reached)]
    start = min(known.min(initial=end), end)
    logarithmic = end > WIDE * start > 0
    first = start / 1.3 if logarithmic else 0.0
    for number, (accuracy, colour) in enumerate(snapshot_colours(accuracies).items()):
        epochs = np.sort(reached[np.isfinite(reached[:, number]), number])
        places = np.concatenate([[first], epochs, [end]])
        shares = np.concatenate([[0], np.arange(1, len(epochs) + 1), [len(epochs)]]) / len(reached)
        label = f"{accuracy_text(accuracy)}: {len(epochs)} of {len(reached)}"
        axes.step(places, shares, where="post", color=colour, label=label)
    axes.set_xscale("log" if logarithmic else "linear")
    axes.set(xlim=(first, end * (1.15 if logarithmic else 1.02)), ylim=(-0.03, 1.03))
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
