"""How convolutional networks were trained: loss and scores of each epoch, and the score of the stored weights."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from topolens.figures.panels import add_legend, labelled, panel_grid
from topolens.figures.style import Colour, network_colours
from topolens.results import Results

SCORE_NAMES = {"test_accuracy": "accuracy", "test_iou": "IoU"}
FEW = 10  # epochs; so short a curve has a marker at each
BESIDE = 1.05  # epochs' ends: where test scores are marked


def draw(run: Results) -> Figure:
    """Loss, score on training images and score on others against epochs, a line per network and seed."""
    seeds, colours = run.config.seeds, network_colours(network.name for network in run.config.networks)
    cards = {name: [run.checkpoint_card(name, seed) for seed in seeds] for name in colours}
    figure, [[loss, training, others]] = panel_grid(1, 3, 2.7)
    training.sharey(others)
    for name, colour in colours.items():
        for card in cards[name]:
            draw_curve(loss, card, "loss", colour)
            draw_curve(training, card, "training_score", colour)
            draw_curve(others, card, "validation_score", colour)
            place = BESIDE * len(card["curve"])
            others.plot(place, final_score(card), marker="D", ms=3.5, color=colour, mec="white", mew=0.5)
        loss.plot([], [], color=colour, label=f"{name}: {scores_text(cards[name])}")
    (score,) = (SCORE_NAMES[key] for key in card["scores"])
    split = "validation" if run.config.data_set.validation else "test"
    loss.set(title="training loss", ylabel="mean loss of the epoch")
    training.set(title="training images, as met", ylabel=score)
    others.set(title=f"{split} images")
    end = max(len(card["curve"]) for own in cards.values() for card in own)
    for axes in (loss, training, others):
        axes.set(xlabel="epoch", xlim=(0, 1.1 * end))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    title, columns = f"{score} of the stored weights on test images (◆)", min(5, len(cards))
    add_legend(figure, labelled(loss), title, is_quiet=True, ncols=columns, columnspacing=1.2, handlelength=1.5)
    return figure


def final_score(card: dict[str, Any]) -> float:
    """The score of the stored weights on test images; NaN where it has no value."""
    (score,) = card["scores"].values()
    return np.nan if score is None else score


def scores_text(cards: list[dict[str, Any]]) -> str:
    """The test score of a network, or its range over seeds: `0.812`, `0.790–0.812`."""
    texts = [f"{score:.3f}" for score in sorted(map(final_score, cards))]
    return texts[0] if texts[0] == texts[-1] else f"{texts[0]}–{texts[-1]}"


def draw_curve(axes: Axes, card: dict[str, Any], column: str, colour: Colour) -> None:
    """One column of a card's curve against epochs, broken where it has no value."""
    values = np.array([row[column] for row in card["curve"]], dtype=np.float64)  # None becomes NaN
    marker = "o" if len(values) < FEW else ""
    axes.plot(1 + np.arange(len(values)), values, color=colour, linewidth=0.9, alpha=0.8, marker=marker, ms=2)
