"""Complexity of clouds of samples, raw and scale-free in every degree, beside Gaussian clouds."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures import style
from topolens.figures.panels import add_legend, area, draw_line, draw_null, line, marked_line, name_ticks, panel_grid
from topolens.figures.tables import confidence_of, rows_of, statistic_rows
from topolens.results import Results

PER_ROW = 7  # entries of a legend


def by_layer(run: Results) -> Figure:
    """Against layer, a line for each training snapshot; the input stands under every one of them."""
    layers, colours = run.config.numbered_layers, style.snapshot_colours(run.config.snapshot_accuracies)
    names = [style.layer_name(layer, run.config.output_layer) for layer in layers]
    reached = sorted(statistic_rows(run, "complexity_l2")["snapshot"].dropna().unique())
    figure, panels = panels_of(run, "layer")
    for axes, shown in panels:
        for accuracy in reached:
            for part in comparable(with_input(shown, accuracy), run):
                draw_line(axes, part["depth"].to_numpy(), part, colours[accuracy], style.accuracy_name(accuracy))
        nulls = with_input(shown, reached[-1] if reached else np.nan)
        for part in comparable(nulls, run):
            draw_null(axes, part["depth"].to_numpy(), part)
        scale_axis(axes, shown, nulls)
        name_ticks(axes, layers, names)
    entries: dict[str, Artist] = {
        style.accuracy_text(accuracy) + ("" if accuracy in reached else " (not reached)"): marked_line(colour)
        for accuracy, colour in colours.items()
    }
    if reached:
        entries[f"Gaussian clouds at {style.accuracy_text(reached[-1])}"] = area(style.NULL_COLOUR)
    add_line_legend(figure, run, "training accuracy", entries)
    return figure


def by_snapshot(run: Results) -> Figure:
    """Against training accuracy, a line for each layer; the input knows no training: dashed."""
    accuracies, colours = run.config.snapshot_accuracies, style.layer_colours(run.config.numbered_layers)
    names = {layer: style.layer_name(layer, run.config.output_layer) for layer in colours}
    last = run.config.numbered_layers[-1]
    margin = 0.05 * max(np.ptp(accuracies), 0.1)
    figure, panels = panels_of(run, "training accuracy")
    for axes, shown in panels:
        by_layer = {layer: rows_of(shown, depth=layer).sort_values("snapshot") for layer in colours}
        for layer, rows in by_layer.items():
            colour = colours[layer]
            if layer == 0:
                for estimate, low, high in rows[["estimate", "low", "high"]].to_numpy():
                    axes.axhline(estimate, color=colour, linestyle="--", label="input")
                    axes.axhspan(low, high, color=colour, alpha=style.BAND_ALPHA, linewidth=0)
            elif len(rows):
                draw_line(axes, rows["snapshot"].to_numpy(), rows, colour, names[layer])
        draw_null(axes, by_layer[last]["snapshot"].to_numpy(), by_layer[last])
        scale_axis(axes, shown, by_layer[last])
        axes.set_xticks(accuracies, map(style.accuracy_text, accuracies))
        axes.set_xlim(accuracies[0] - margin, accuracies[-1] + margin)
    entries: dict[str, Artist] = {names[layer]: line(colours[layer], ls="-" if layer else "--") for layer in colours}
    add_line_legend(figure, run, "layer", entries | {f"Gaussian clouds, {names[last]}": area(style.NULL_COLOUR)})
    return figure


def panels_of(run: Results, xlabel: str) -> tuple[Figure, list[tuple[Axes, pd.DataFrame]]]:
    """A figure with a row per measure and a column per degree, `all` last; each panel with the rows that it shows."""
    table = run.table("statistics")
    degrees = sorted(table.loc[table["statistic"].isin(style.MEASURES), "degree"].unique())
    figure, grid = panel_grid(len(style.MEASURES), len(degrees), 4.6, sharex=True)
    panels: list[tuple[Axes, pd.DataFrame]] = []
    for (measure, label), row in zip(style.MEASURES.items(), grid, strict=True):
        row[0].set_ylabel(label)
        panels += zip(row, (statistic_rows(run, measure, degree=degree) for degree in degrees), strict=True)
    for degree, (highest, *_, lowest) in zip(degrees, grid.T, strict=True):
        highest.set_title(style.DEGREE_NAMES[degree])
        lowest.set_xlabel(xlabel)
    return figure, panels


def with_input(rows: pd.DataFrame, accuracy: float) -> pd.DataFrame:
    """The rows of one accuracy behind that of the input, by layer."""
    return rows[rows["snapshot"].isna() | np.isclose(rows["snapshot"], accuracy)].sort_values("depth")


def comparable(rows: pd.DataFrame, run: Results) -> list[pd.DataFrame]:
    """The rows in parts that a line may join: the last layer stands alone where it has its own distance."""
    stands_alone = (rows["depth"] == run.config.output_layer) & (len(run.config.distances) > 1)
    return [part for _, part in rows.groupby(stands_alone)]


def scale_axis(axes: Axes, rows: pd.DataFrame, nulls: pd.DataFrame) -> None:
    """A logarithmic axis where the values differ by orders of magnitude, one from 0 elsewhere."""
    shown = rows[["estimate", "low", "high"]].to_numpy()
    positive = shown[shown > 0]
    if len(positive) == 0:
        return
    top = np.nanmax([positive.max(), *nulls["null_high"]])
    if top > style.WIDE * positive.min():  # the null may run out below: Gaussian clouds can have next to no bar
        axes.set_yscale("log")
        axes.set_ylim(positive.min() / 1.3, top * 1.3)
    else:
        axes.set_ylim(0, top * 1.05)


def add_line_legend(figure: Figure, run: Results, what: str, entries: Mapping[str, Artist]) -> None:
    """The legend below the panels; `what` says what a line is."""
    title = f"{what}: mean over networks with its {confidence_of(run)} interval"
    if len(run.config.distances) > 1:
        title += f"; the logits under their own distance ({run.config.distance(output=True).metric})"
    columns = math.ceil(len(entries) / math.ceil(len(entries) / PER_ROW))
    add_legend(figure, entries, title, ncols=columns, handlelength=1.5, columnspacing=1.2)
