"""What figures of Betti numbers through the layers share: colours, and a median with its band over networks."""

import pandas as pd
from matplotlib.axes import Axes

from topolens.figures.panels import draw_line
from topolens.figures.style import CLASS_COLOURS, PALETTE, STEEP, Colour, layer_name

ACTIVATION_COLOURS: dict[str, Colour] = {"tanh": PALETTE[0], "relu": PALETTE[1], "leaky_relu": PALETTE[2]}
ACTIVATION_NAMES = {"tanh": "tanh", "relu": "ReLU", "leaky_relu": "leaky ReLU"}
LABEL_COLOURS: dict[int, Colour] = {0: CLASS_COLOURS[4], 1: CLASS_COLOURS[2]}
BAND = {"low": 0.1, "estimate": 0.5, "high": 0.9}  # quantiles over networks
BAND_NAME = "line: median over networks; band: the middle 80 % of them"
MANY_LAYERS = 7  # so many names stand steeply


def draw_networks(axes: Axes, values: pd.DataFrame, colour: Colour, label: str) -> None:
    """Median and band over networks, given as rows; columns are layers."""
    if len(values):
        rows = pd.DataFrame({name: values.quantile(share) for name, share in BAND.items()})
        draw_line(axes, values.columns.to_numpy(), rows, colour, label)


def name_layers(axes: Axes, depth: int) -> None:
    """Layers from left to right: input, hidden ones, logits."""
    names = [layer_name(layer, depth + 1) for layer in range(depth + 2)]
    axes.set_xticks(range(len(names)), names, **(STEEP if depth > MANY_LAYERS else {}))
