"""Complexity against layer, a line for each training threshold, beside Gaussian clouds."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from topolens.figures.complexity_panels import add_line_legend, panels_of, scale_axis
from topolens.figures.panels import area, draw_line, draw_null, marked_line
from topolens.figures.style import NULL_COLOUR, STEEP, accuracy_name, accuracy_text, layer_name, threshold_colours
from topolens.figures.tables import statistic_rows
from topolens.results import Results

FEW_LAYERS = 6  # so many names fit side by side


def draw(run: Results) -> Figure:
    """Rows: raw and scale-free complexity; columns: degrees. The input stands under every threshold."""
    layers, colours = run.config.numbered_layers, threshold_colours(run.config.snapshot_accuracies)
    names = [layer_name(layer, run.config.output_layer) for layer in layers]
    reached = sorted(statistic_rows(run, "complexity_l2")["threshold"].dropna().unique())
    figure, panels = panels_of(run, "layer")
    for axes, shown in panels:
        for threshold, colour in colours.items():
            parts = comparable(with_input(shown, threshold), run) if threshold in reached else []
            for part in parts:
                draw_line(axes, part["layer"].to_numpy(), part, colour, accuracy_name(threshold))
        nulls = with_input(shown, reached[-1] if reached else np.nan)
        for part in comparable(nulls, run):
            draw_null(axes, part["layer"].to_numpy(), part)
        scale_axis(axes, shown, nulls)
        axes.set_xticks(layers, names, **(STEEP if len(layers) > FEW_LAYERS else {}))
    entries: dict[str, Artist] = {
        accuracy_text(threshold) + ("" if threshold in reached else " (not reached)"): marked_line(colour)
        for threshold, colour in colours.items()
    }
    if reached:
        entries[f"Gaussian clouds at {accuracy_text(reached[-1])}"] = area(NULL_COLOUR)
    add_line_legend(figure, run, "training accuracy", entries)
    return figure


def with_input(rows: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """The rows of one threshold behind that of the input, by layer."""
    return rows[rows["threshold"].isna() | np.isclose(rows["threshold"], threshold)].sort_values("layer")


def comparable(rows: pd.DataFrame, run: Results) -> list[pd.DataFrame]:
    """The rows in parts that a line may join: the last layer stands alone where it has its own distance."""
    if len(run.config.distances) == 1:
        return [rows]
    is_output = rows["layer"] == run.config.output_layer
    return [part for part in (rows[~is_output], rows[is_output]) if len(part)]
