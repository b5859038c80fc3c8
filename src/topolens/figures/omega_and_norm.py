"""Betti numbers and landscape norms of the same networks through the layers, side by side."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.betti_panels import (
    ACTIVATION_COLOURS,
    ACTIVATION_NAMES,
    BAND_NAME,
    draw_networks,
    name_layers,
)
from topolens.figures.style import WIDTH
from topolens.results import Results
from topolens.statistics.betti import by_layer, of_activation, relative

MEASURES = {
    "omega": "Betti numbers\n(share of the input's sum)",
    "l2": "landscape norm\n(L², all degrees)",
    "l2_scale_free": "scale-free norm\n(cloud ÷ mean distance)",
}
WIDE = 30.0  # a largest median so many times the smallest one asks for a logarithmic axis


def draw(run: Results) -> Figure:
    """Rows: data sets; columns: the two statistics, the norm also scale-free; a line per activation."""
    sets = [*run.config.data.sets]
    size = (WIDTH, 1.5 * len(sets) + 1.0)
    figure, grid = plt.subplots(len(sets), len(MEASURES), figsize=size, squeeze=False)
    for axes, title in zip(grid[0], MEASURES.values(), strict=True):
        axes.set_title(title)
    for name, row in zip(sets, grid, strict=True):
        depth = run.config.depths(name)[-1]
        for measure, axes in zip(MEASURES, row, strict=True):
            values = by_layer(run.table("layers"), name, depth, measure)
            draw_panel(axes, relative(values) if measure == "omega" else values, run.config.activations)
            name_layers(axes, depth)
        row[0].set_ylabel(name)
    handles, names = max((axes.get_legend_handles_labels() for axes in grid.flat), key=lambda found: len(found[0]))
    figure.legend(
        handles, names, loc="outside lower center", ncols=3, title=f"both classes together; {BAND_NAME}",
        title_fontsize=7,
    )  # fmt: skip
    return figure


def draw_panel(axes: Axes, values: pd.DataFrame, activations: list[str]) -> None:
    """One statistic of one data set."""
    medians = [1.0]
    for activation in activations:
        own = of_activation(values, activation)
        draw_networks(axes, own, ACTIVATION_COLOURS[activation], ACTIVATION_NAMES[activation])
        medians = [*medians, *(own.median() if len(own) else [])]
    positive = np.array(medians[1:])[np.array(medians[1:]) > 0]
    if len(positive) and positive.max() > WIDE * positive.min():
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
