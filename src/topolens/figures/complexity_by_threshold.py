"""Complexity against training accuracy, a line for each layer, beside Gaussian clouds of the last layer."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from topolens.figures.complexity_panels import Panel, add_legend, draw_line, draw_null, panels_of, scale_axis
from topolens.figures.style import BAND_ALPHA, NULL_COLOUR, Colour, accuracy_text, layer_colours, layer_name
from topolens.results import Results


def draw(run: Results) -> Figure:
    """Rows: raw and scale-free complexity; columns: degrees. The input knows no training: dashed."""
    layers = run.config.layers
    last = run.config.output_layer
    figure, panels = panels_of(run.table("statistics"))
    for panel in panels:
        for layer, colour in zip(layers, layer_colours(len(layers)), strict=True):
            rows = panel.rows[panel.rows["layer"] == layer].sort_values("threshold")
            if layer == 0:
                _draw_input(panel, colour)
            elif len(rows):
                draw_line(panel.axes, rows["threshold"].to_numpy(), rows, colour, layer_name(layer, last))
        nulls = panel.rows[panel.rows["layer"] == layers[-1]].sort_values("threshold")
        draw_null(panel.axes, nulls["threshold"].to_numpy(), nulls)
        scale_axis(panel, nulls)
        _label(panel, run.config.training.thresholds)
    add_legend(figure, run, "layer", _entries(layers, last))
    return figure


def _draw_input(panel: Panel, colour: Colour) -> None:
    numbers = panel.rows.loc[panel.rows["layer"] == 0, ["estimate", "low", "high"]]
    for estimate, low, high in numbers.to_numpy():
        panel.axes.axhline(estimate, color=colour, linestyle="--", label="input")
        panel.axes.axhspan(low, high, color=colour, alpha=BAND_ALPHA, linewidth=0)


def _label(panel: Panel, thresholds: list[float]) -> None:
    panel.axes.set_xticks(thresholds, [accuracy_text(threshold) for threshold in thresholds])
    margin = 0.05 * max(np.ptp(thresholds), 0.1)
    panel.axes.set_xlim(thresholds[0] - margin, thresholds[-1] + margin)
    if panel.is_lowest:
        panel.axes.set_xlabel("training accuracy")


def _entries(layers: list[int], last: int) -> Iterator[tuple[Artist, str]]:
    for layer, colour in zip(layers, layer_colours(len(layers)), strict=True):
        line = plt.Line2D([], [], color=colour, linestyle="--" if layer == 0 else "-")
        yield line, layer_name(layer, last)
    yield plt.Rectangle((0, 0), 1, 1, color=NULL_COLOUR), f"Gaussian clouds, {layer_name(layers[-1], last)}"
