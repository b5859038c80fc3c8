"""Betti numbers and landscape norms of perceptrons through the layers: how topology collapses, or does not."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.known_sets import LABEL_COLOURS
from topolens.figures.panels import add_legend, draw_line, longest_entries, name_ticks, panel_grid, ratio_axes, say
from topolens.figures.style import PALETTE, QUIET, SMALL, Colour, layer_name
from topolens.results import Results
from topolens.statistics.betti import by_layer, of_activation, relative

ACTIVATION_COLOURS: dict[str, Colour] = {"tanh": PALETTE[0], "relu": PALETTE[1], "leaky_relu": PALETTE[2]}
ACTIVATION_MARKERS = {"tanh": "o", "relu": "s", "leaky_relu": "^"}
LABEL_MARKERS = {0: "o", 1: "s"}
ACTIVATION_NAMES = {"tanh": "tanh", "relu": "ReLU", "leaky_relu": "leaky ReLU"}
BAND = {"low": 0.1, "estimate": 0.5, "high": 0.9}  # quantiles over networks
FEW_LAYERS = 9  # so many names, most of them numbers, fit side by side
LEAST = 1  # a point: the smallest sum of Betti numbers
MEASURES = {
    "omega": "sum of Betti numbers",
    "l2": "landscape norm (L²)",
    "l2_scale_free": "scale-free norm (L²)",
}


def draw(run: Results) -> Figure:
    """Sum of Betti numbers. Rows: data sets; columns: activations; a line per class over the headline networks."""
    sets, activations = [one.called for one in run.config.data], run.config.activations
    figure, grid = panel_grid(len(sets), len(activations), 1.5 * len(sets) + 0.9, sharey="row")
    for name, row in zip(sets, grid, strict=True):
        depth = run.config.depths(name)[-1]
        families = [family for family in run.config.families if family.data == name and family.depth == depth]
        trained = {activation for family in families for activation in family.activations}
        for activation, axes in zip(activations, row, strict=True):
            for label, colour in LABEL_COLOURS.items():
                sums = of_activation(by_layer(run.table("layers"), name, depth, "omega", label), activation)
                draw_networks(axes, sums, colour, f"class {label}", LABEL_MARKERS[label])
            axes.axhline(LEAST, color=QUIET, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
            if sums.empty:
                say(axes, "no network without an error" if activation in trained else "not trained")
            count = "1 network" if len(sums) == 1 else f"{len(sums)} networks"
            axes.set_title(f"{ACTIVATION_NAMES[activation]}, {count}", fontsize=SMALL)
            name_layers(axes, depth)
        row[0].yaxis.get_major_locator().set_params(integer=True)
        row[0].set_ylim(bottom=0)  # at the end, or the top would stay where the first panel has it
        row[0].set_ylabel(f"{name}\nsum of Betti numbers")
    add_legend(figure, longest_entries(grid.flat))
    return figure


def beside_norms(run: Results) -> Figure:
    """Betti numbers and landscape norms over their values at the input, on one axis; a line per activation.

    Rows: data sets; columns: Betti numbers and norms, raw and scale-free.
    """
    sets = [one.called for one in run.config.data]
    figure, grid = panel_grid(len(sets), len(MEASURES), 1.4 * len(sets) + 0.7, sharey=True)
    for axes, title in zip(grid[0], MEASURES.values(), strict=True):
        axes.set_title(title)
    for name, row in zip(sets, grid, strict=True):
        depth = run.config.depths(name)[-1]
        for measure, axes in zip(MEASURES, row, strict=True):
            ratios = relative(by_layer(run.table("layers"), name, depth, measure))
            for activation in run.config.activations:
                networks = of_activation(ratios, activation)
                look = ACTIVATION_COLOURS[activation], ACTIVATION_NAMES[activation], ACTIVATION_MARKERS[activation]
                draw_networks(axes, networks, *look)
            name_layers(axes, depth)
        row[0].set_ylabel(f"{name}\n÷ input")
    medians = [line.get_ydata() for axes in grid.flat for line in axes.lines]
    ratio_axes(grid.flat, np.concatenate([[1.0], *medians]), spare=1.6)
    add_legend(figure, longest_entries(grid.flat))
    return figure


def draw_networks(axes: Axes, values: pd.DataFrame, colour: Colour, label: str, marker: str = "o") -> None:
    """Median and band over networks, given as rows; columns are layers."""
    if len(values):
        rows = pd.DataFrame({name: values.quantile(share) for name, share in BAND.items()})
        draw_line(axes, values.columns.to_numpy(), rows, colour, label, marker)


def name_layers(axes: Axes, depth: int) -> None:
    """Layers from left to right: input, hidden ones, logits."""
    names = [layer_name(layer, depth + 1) for layer in range(depth + 2)]
    name_ticks(axes, range(len(names)), names, FEW_LAYERS)
