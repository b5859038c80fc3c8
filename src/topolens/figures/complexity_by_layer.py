"""Complexity against layer, a line for each training threshold, beside Gaussian clouds."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from topolens.figures.complexity_panels import Panel, add_legend, draw_line, draw_null, panels_of, scale_axis
from topolens.figures.style import NULL_COLOUR, accuracy_name, accuracy_text, layer_name, threshold_colours
from topolens.results import Results


def draw(run: Results) -> Figure:
    """Rows: raw and scale-free complexity; columns: degrees. The input stands under every threshold."""
    thresholds = run.config.training.thresholds
    figure, panels = panels_of(run.table("statistics"))
    last = run.config.output_layer
    reached = reached_thresholds(run.table("statistics"))
    for panel in panels:
        for threshold, colour in zip(thresholds, threshold_colours(len(thresholds)), strict=True):
            rows = with_input(panel.rows, threshold)
            if threshold in reached:
                for part in comparable(rows, run):
                    draw_line(panel.axes, part["layer"].to_numpy(), part, colour, accuracy_name(threshold))
        nulls = with_input(panel.rows, reached[-1] if reached else np.nan)
        for part in comparable(nulls, run):
            draw_null(panel.axes, part["layer"].to_numpy(), part)
        scale_axis(panel, nulls)
        _label(panel, run.config.layers, last)
    add_legend(figure, run, "training accuracy", _entries(thresholds, reached))
    return figure


def reached_thresholds(table: pd.DataFrame) -> list[float]:
    """The thresholds at which some network left a complexity, in order."""
    rows = table[table["statistic"] == "complexity_l2"]
    return sorted(rows["threshold"].dropna().unique().tolist())


def with_input(rows: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """The rows of one threshold behind that of the input, by layer."""
    return rows[rows["threshold"].isna() | np.isclose(rows["threshold"], threshold)].sort_values("layer")


def comparable(rows: pd.DataFrame, run: Results) -> list[pd.DataFrame]:
    """The rows in parts that a line may join: the last layer stands alone where it has its own distance."""
    if run.config.output_distance is None:
        return [rows]
    is_output = rows["layer"] == run.config.output_layer
    return [part for part in (rows[~is_output], rows[is_output]) if len(part)]


def _label(panel: Panel, layers: list[int], last: int) -> None:
    panel.axes.set_xticks(layers, [layer_name(layer, last) for layer in layers])
    if len(layers) > 6:  # the two words would run into their neighbours
        for label in panel.axes.get_xticklabels():
            label.set(rotation=90, fontsize=6.5)
    if panel.is_lowest:
        panel.axes.set_xlabel("layer")


def _entries(thresholds: list[float], reached: list[float]) -> Iterator[tuple[Artist, str]]:
    for threshold, colour in zip(thresholds, threshold_colours(len(thresholds)), strict=True):
        name = accuracy_text(threshold) + ("" if threshold in reached else " (not reached)")
        yield plt.Line2D([], [], color=colour, marker="o", markersize=2.5), name
    if reached:
        yield (
            plt.Rectangle((0, 0), 1, 1, color=NULL_COLOUR),
            f"Gaussian clouds at {accuracy_text(reached[-1])}",
        )
