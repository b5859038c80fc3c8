"""What figures of Betti numbers through the layers share: colours, and a median with its band over networks."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from topolens.figures.style import BAND_ALPHA, CLASS_COLOURS, PALETTE, SMALL, Colour, layer_name

ACTIVATION_COLOURS: dict[str, Colour] = {"tanh": PALETTE[0], "relu": PALETTE[1], "leaky_relu": PALETTE[2]}
ACTIVATION_NAMES = {"tanh": "tanh", "relu": "ReLU", "leaky_relu": "leaky ReLU"}
LABEL_COLOURS: dict[int, Colour] = {0: CLASS_COLOURS[4], 1: CLASS_COLOURS[2]}
BAND = (0.1, 0.9)  # quantiles over networks
BAND_NAME = "line: median over networks; band: the middle 80 % of them"
MANY_LAYERS = 7  # so many names stand steeply


def draw_networks(axes: Axes, values: pd.DataFrame, colour: Colour, label: str) -> None:
    """Median and band over networks, given as rows; columns are layers."""
    layers = values.columns.to_numpy()
    if len(values) == 0:
        return
    low, middle, high = np.quantile(values.to_numpy(), (BAND[0], 0.5, BAND[1]), axis=0)
    axes.plot(layers, middle, color=colour, label=label, marker="o", markersize=2.5)
    axes.fill_between(layers, low, high, color=colour, alpha=BAND_ALPHA, linewidth=0)


def name_layers(axes: Axes, depth: int) -> None:
    """Layers from left to right: input, hidden ones, logits."""
    axes.set_xticks(range(depth + 2), [layer_name(layer, depth + 1) for layer in range(depth + 2)])
    if depth > MANY_LAYERS:
        for text in axes.get_xticklabels():
            text.set(rotation=90, fontsize=SMALL)


def betti_text(betti: tuple[int, ...]) -> str:
    """`(9, 0)`."""
    return "(" + ", ".join(map(str, betti)) + ")"
