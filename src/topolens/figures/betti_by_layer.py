"""Sum of Betti numbers of each class through the layers: how topology collapses, or does not."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.panels import add_legend, draw_line, longest_entries, panel_grid, say
from topolens.figures.style import CLASS_COLOURS, PALETTE, QUIET, SMALL, STEEP, Colour, layer_name
from topolens.results import Results
from topolens.statistics.betti import by_layer, of_activation

ACTIVATION_COLOURS: dict[str, Colour] = {"tanh": PALETTE[0], "relu": PALETTE[1], "leaky_relu": PALETTE[2]}
ACTIVATION_NAMES = {"tanh": "tanh", "relu": "ReLU", "leaky_relu": "leaky ReLU"}
LABEL_COLOURS: dict[int, Colour] = {0: CLASS_COLOURS[4], 1: CLASS_COLOURS[2]}
BAND = {"low": 0.1, "estimate": 0.5, "high": 0.9}  # quantiles over networks
BAND_NAME = "line: median over networks; band: the middle 80 % of them"
MANY_LAYERS = 7  # so many names stand steeply
LEAST = 1  # a point: the smallest sum of Betti numbers


def draw(run: Results) -> Figure:
    """Rows: data sets; columns: activations; a line per class over the headline networks."""
    sets, activations = [one.called for one in run.config.data], run.config.activations
    figure, grid = panel_grid(len(sets), len(activations), 1.5 * len(sets) + 0.9, sharey="row")
    for name, row in zip(sets, grid, strict=True):
        depth = run.config.depths(name)[-1]
        families = [one for one in run.config.families if one.data == name and one.depth == depth]
        trained = {activation for family in families for activation in family.activations}
        frames = {label: by_layer(run.table("layers"), name, depth, "omega", label) for label in LABEL_COLOURS}
        for activation, axes in zip(activations, row, strict=True):
            for label, frame in frames.items():
                own = of_activation(frame, activation)
                draw_networks(axes, own, LABEL_COLOURS[label], f"class {label}")
            axes.axhline(LEAST, color=QUIET, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
            if len(own) == 0:
                say(axes, "no network without an error" if activation in trained else "not trained")
            count = "1 network" if len(own) == 1 else f"{len(own)} networks"
            axes.set_title(f"{ACTIVATION_NAMES[activation]}, {count}", fontsize=SMALL)
            name_layers(axes, depth)
        row[0].set_ylim(bottom=0)  # at the end, or the top would stay where the first panel has it
        row[0].set_ylabel(f"{name}\nsum of Betti numbers")
    add_legend(figure, longest_entries(grid.flat), f"{BAND_NAME}; dotted: a single point")
    return figure


def draw_networks(axes: Axes, values: pd.DataFrame, colour: Colour, label: str) -> None:
    """Median and band over networks, given as rows; columns are layers."""
    if len(values):
        rows = pd.DataFrame({name: values.quantile(share) for name, share in BAND.items()})
        draw_line(axes, values.columns.to_numpy(), rows, colour, label)


def name_layers(axes: Axes, depth: int) -> None:
    """Layers from left to right: input, hidden ones, logits."""
    names = [layer_name(layer, depth + 1) for layer in range(depth + 2)]
    axes.set_xticks(range(len(names)), names, **(STEEP if depth > MANY_LAYERS else {}))
