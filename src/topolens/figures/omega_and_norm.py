"""Betti numbers and landscape norms of the same networks through the layers, side by side."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.betti_by_layer import ACTIVATION_COLOURS, ACTIVATION_NAMES, BAND_NAME, draw_networks, name_layers
from topolens.figures.complexity_panels import WIDE
from topolens.figures.panels import add_legend, longest_entries, panel_grid
from topolens.results import Results
from topolens.statistics.betti import by_layer, of_activation, relative

MEASURES = {
    "omega": "Betti numbers\n(share of the input's sum)",
    "l2": "landscape norm\n(L², all degrees)",
    "l2_scale_free": "scale-free norm\n(cloud ÷ mean distance)",
}


def draw(run: Results) -> Figure:
    """Rows: data sets; columns: the two statistics, the norm also scale-free; a line per activation."""
    sets = [one.called for one in run.config.data]
    figure, grid = panel_grid(len(sets), len(MEASURES), 1.5 * len(sets) + 1.0)
    for axes, title in zip(grid[0], MEASURES.values(), strict=True):
        axes.set_title(title)
    for name, row in zip(sets, grid, strict=True):
        depth = run.config.depths(name)[-1]
        for measure, axes in zip(MEASURES, row, strict=True):
            values = by_layer(run.table("layers"), name, depth, measure)
            draw_panel(axes, relative(values) if measure == "omega" else values, run.config.activations)
            name_layers(axes, depth)
        row[0].set_ylabel(name)
    add_legend(figure, longest_entries(grid.flat), f"both classes together; {BAND_NAME}", ncols=3)
    return figure


def draw_panel(axes: Axes, values: pd.DataFrame, activations: list[str]) -> None:
    """One statistic of one data set; where medians differ by orders of magnitude on a logarithmic axis."""
    medians = []
    for activation in activations:
        own = of_activation(values, activation)
        draw_networks(axes, own, ACTIVATION_COLOURS[activation], ACTIVATION_NAMES[activation])
        medians += [*own.median()] if len(own) else []
    positive = [median for median in medians if median > 0]
    if positive and max(positive) > WIDE * min(positive):
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
