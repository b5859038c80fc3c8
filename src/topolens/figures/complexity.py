"""Complexity of clouds of samples in degrees 0 and 1: raw, scale-free, and against their Gaussian clouds."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures import style
from topolens.figures.panels import (
    add_legend,
    area,
    draw_line,
    draw_null,
    line,
    marked_line,
    name_ticks,
    panel_grid,
    ratio_axes,
    say,
)
from topolens.figures.tables import confidence_of, over_gaussian, rows_of, statistic_rows
from topolens.results import Results

DEGREES = ("0", "1")
PER_ROW = 7  # entries of a legend


class Panel(NamedTuple):
    """Axes, and the rows of the table that they show: of one degree, and of one measure or its ratio to Gaussians."""

    axes: Axes
    rows: pd.DataFrame
    is_ratio: bool


def by_layer(run: Results) -> Figure:
    """Against layer, a line for each training snapshot; the input stands under every one of them."""
    layers, colours = run.config.numbered_layers, style.snapshot_colours(run.config.snapshot_accuracies)
    names = [style.layer_name(layer, run.config.output_layer) for layer in layers]
    reached = sorted(statistic_rows(run, "complexity_l2")["snapshot"].dropna().unique())
    figure, panels = panels_of(run, "layer")
    for axes, shown, is_ratio in panels:
        for accuracy in reached:
            for part in comparable(with_input(shown, accuracy), run):
                draw_line(axes, part["depth"].to_numpy(), part, colours[accuracy], style.accuracy_name(accuracy))
        if is_ratio:
            for part in comparable(with_input(shown, reached[-1] if reached else np.nan), run):
                draw_null(axes, part["depth"].to_numpy(), part)
        name_ticks(axes, layers, names)
    scale_axes(panels)
    entries: dict[str, Artist] = {
        style.accuracy_text(accuracy) + ("" if accuracy in reached else " (not reached)"): marked_line(colour)
        for accuracy, colour in colours.items()
    }
    if reached:
        entries[f"Gaussian interval at {style.accuracy_text(reached[-1])}"] = area(style.NULL_COLOUR)
    add_line_legend(figure, run, "training accuracy", entries)
    return figure


def by_snapshot(run: Results) -> Figure:
    """Against training accuracy, a line for each layer; the input knows no training: dashed."""
    accuracies, colours = run.config.snapshot_accuracies, style.layer_colours(run.config.numbered_layers)
    names = {layer: style.layer_name(layer, run.config.output_layer) for layer in colours}
    margin = 0.05 * max(np.ptp(accuracies), 0.1)
    figure, panels = panels_of(run, "training accuracy")
    for axes, shown, _ in panels:
        by_layer = {layer: rows_of(shown, depth=layer).sort_values("snapshot") for layer in colours}
        for layer, rows in by_layer.items():
            colour = colours[layer]
            if layer == 0:
                for estimate, low, high in rows[["estimate", "low", "high"]].to_numpy():
                    axes.axhline(estimate, color=colour, linestyle="--", label="input")
                    axes.axhspan(low, high, color=colour, alpha=style.BAND_ALPHA, linewidth=0)
            elif len(rows):
                draw_line(axes, rows["snapshot"].to_numpy(), rows, colour, names[layer])
        axes.set_xticks(accuracies, map(style.accuracy_text, accuracies))
        axes.set_xlim(accuracies[0] - margin, accuracies[-1] + margin)
    scale_axes(panels)
    entries: dict[str, Artist] = {names[layer]: line(colours[layer], ls="-" if layer else "--") for layer in colours}
    add_line_legend(figure, run, "layer", entries)
    return figure


def panels_of(run: Results, xlabel: str) -> tuple[Figure, list[Panel]]:
    """A figure with a row per measure, the last one against Gaussian clouds, and a column per degree."""
    labels = [*style.MEASURES.values(), style.OVER_GAUSSIAN]
    figure, grid = panel_grid(len(labels), len(DEGREES), 5.4, sharex=True)
    panels = []
    for degree, column in zip(DEGREES, grid.T, strict=True):
        *above, below = column
        of_measures = [statistic_rows(run, measure, degree=degree) for measure in style.MEASURES]
        panels += [Panel(axes, rows, is_ratio=False) for axes, rows in zip(above, of_measures, strict=True)]
        panels.append(Panel(below, over_gaussian(of_measures[0]), is_ratio=True))
        above[0].set_title(style.DEGREE_NAMES[degree])
        below.set_xlabel(xlabel)
    for axes, label in zip(grid[:, 0], labels, strict=True):
        axes.set_ylabel(label)
    figure.align_ylabels(grid[:, 0])
    return figure, panels


def with_input(rows: pd.DataFrame, accuracy: float) -> pd.DataFrame:
    """The rows of one accuracy behind that of the input, by layer."""
    return rows[rows["snapshot"].isna() | np.isclose(rows["snapshot"], accuracy)].sort_values("depth")


def comparable(rows: pd.DataFrame, run: Results) -> list[pd.DataFrame]:
    """The rows in parts that a line may join: the last layer stands alone where it has its own distance."""
    stands_alone = (rows["depth"] == run.config.output_layer) & (len(run.config.distances) > 1)
    return [part for _, part in rows.groupby(stands_alone)]


def scale_axes(panels: list[Panel]) -> None:
    """Ratios on one axis for both degrees; of the others each on its own."""
    ratios = [panel for panel in panels if panel.is_ratio]
    everything = pd.concat([panel.rows[["estimate", "low", "high", "null_high"]] for panel in ratios]).to_numpy()
    ratio_axes([panel.axes for panel in ratios], everything)
    for panel in ratios:
        if panel.rows["estimate"].isna().all():
            say(panel.axes, "no Gaussian clouds")
    for axes, rows, is_ratio in panels:
        if not is_ratio:
            scale_axis(axes, rows[["estimate", "low", "high"]].to_numpy())


def scale_axis(axes: Axes, shown: np.ndarray) -> None:
    """A logarithmic axis where the values differ by orders of magnitude, one from 0 elsewhere."""
    positive = shown[shown > 0]
    if len(positive) == 0:
        return
    if positive.max() > style.WIDE * positive.min():
        axes.set_yscale("log")
        axes.set_ylim(positive.min() / 1.3, positive.max() * 1.3)
    else:
        axes.set_ylim(0, positive.max() * 1.05)


def add_line_legend(figure: Figure, run: Results, what: str, entries: Mapping[str, Artist]) -> None:
    """The legend below the panels; `what` says what a line is."""
    title = f"{what}: mean over networks with its {confidence_of(run)} interval"
    columns = math.ceil(len(entries) / math.ceil(len(entries) / PER_ROW))
    add_legend(figure, entries, title, ncols=columns, handlelength=1.5, columnspacing=1.2)
