"""Complexity against layer, a line for each training snapshot, beside Gaussian clouds."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from topolens.figures.complexity_panels import add_line_legend, panels_of, scale_axis
from topolens.figures.panels import area, draw_line, draw_null, marked_line
from topolens.figures.style import NULL_COLOUR, STEEP, accuracy_name, accuracy_text, layer_name, snapshot_colours
from topolens.figures.tables import statistic_rows
from topolens.results import Results

FEW_LAYERS = 6  # so many names fit side by side


def draw(run: Results) -> Figure:
    """Rows: raw and scale-free complexity; columns: degrees. The input stands under every snapshot."""
    layers, colours = run.config.numbered_layers, snapshot_colours(run.config.snapshot_accuracies)
    names = [layer_name(layer, run.config.output_layer) for layer in layers]
    reached = sorted(statistic_rows(run, "complexity_l2")["snapshot"].dropna().unique())
    figure, panels = panels_of(run, "layer")
    for axes, shown in panels:
        for accuracy, colour in colours.items():
            parts = comparable(with_input(shown, accuracy), run) if accuracy in reached else []
            for part in parts:
                draw_line(axes, part["depth"].to_numpy(), part, colour, accuracy_name(accuracy))
        nulls = with_input(shown, reached[-1] if reached else np.nan)
        for part in comparable(nulls, run):
            draw_null(axes, part["depth"].to_numpy(), part)
        scale_axis(axes, shown, nulls)
        axes.set_xticks(layers, names, **(STEEP if len(layers) > FEW_LAYERS else {}))
    entries: dict[str, Artist] = {
        accuracy_text(accuracy) + ("" if accuracy in reached else " (not reached)"): marked_line(colour)
        for accuracy, colour in colours.items()
    }
    if reached:
        entries[f"Gaussian clouds at {accuracy_text(reached[-1])}"] = area(NULL_COLOUR)
    add_line_legend(figure, run, "training accuracy", entries)
    return figure


def with_input(rows: pd.DataFrame, accuracy: float) -> pd.DataFrame:
    """The rows of one accuracy behind that of the input, by layer."""
    return rows[rows["snapshot"].isna() | np.isclose(rows["snapshot"], accuracy)].sort_values("depth")


def comparable(rows: pd.DataFrame, run: Results) -> list[pd.DataFrame]:
    """The rows in parts that a line may join: the last layer stands alone where it has its own distance."""
    if len(run.config.distances) == 1:
        return [rows]
    is_output = rows["depth"] == run.config.output_layer
    return [part for part in (rows[~is_output], rows[is_output]) if len(part)]
