"""Complexity along the depth: a line for each class or network, beside untrained networks, constants and noise."""

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.complexity_panels import MEASURES, draw_line, draw_null
from topolens.figures.latent_panels import (
    clouds_text,
    label_layers,
    mark_blocks,
    measure_rows,
    scale_axis,
    side_word,
    sides_of,
)
from topolens.figures.style import NULL_COLOUR, WIDTH
from topolens.results import Results

# Runs of the study that are shown where they exist: their names and lines.
CONTROLS: dict[str, tuple[str, dict[str, Any]]] = {
    "random": ("untrained", {"color": "0.35", "linestyle": (0, (4, 1.5))}),
    "constant": ("constant", {"color": "0.35", "linestyle": (0, (1, 1))}),
}


def draw(run: Results) -> Figure:
    """Rows: raw and scale-free complexity. Controls are means over all classes or networks."""
    layers = run.config.layers
    size = (WIDTH, 5.2)
    figure, panels = plt.subplots(len(MEASURES), 1, figsize=size, sharex=True)
    for axes, (measure, label) in zip(panels, MEASURES.items(), strict=True):
        draw_panel(axes, run, measure)
        mark_blocks(axes, layers)
        axes.set(ylabel=label, xlim=(-0.5, len(layers) - 0.5))
    label_layers(panels[-1], layers)
    _add_legend(figure, run)
    return figure


def draw_panel(axes: Axes, run: Results, measure: str) -> None:
    """One measure: sides with their intervals, controls as lines without, and the range of all Gaussian clouds."""
    table, places = measure_rows(run, measure), np.arange(len(run.config.layers))
    nulls = table.groupby("place").agg(null_low=("null_low", "min"), null_high=("null_high", "max"))
    draw_null(axes, places, nulls)
    controls = {name: control_means(run, name, measure) for name in controls_of(run)}
    for name, means in controls.items():
        axes.plot(places, means, label=CONTROLS[name][0], linewidth=1.0, **CONTROLS[name][1])
    for side in sides_of(run):
        draw_line(axes, places, side.rows(table), side.colour, side.name)
    positive = [means for means in controls.values() if means.max() > 0]
    estimates = np.concatenate([table["estimate"], *positive])
    scale_axis(axes, estimates, np.nanmax([*estimates, *table["high"], *table["null_high"]]))


def controls_of(run: Results) -> list[str]:
    """The controls that the study has."""
    return [name for name in CONTROLS if name in run.study.runs]


def control_means(run: Results, control: str, measure: str) -> pd.Series:
    """A control's estimates by layer, mean over all its classes or networks."""
    return measure_rows(run.other(control), measure).groupby("place")["estimate"].mean()


def _add_legend(figure: Figure, run: Results) -> None:
    handles, names = zip(*_entries(run), strict=True)
    level, word = f"{run.config.statistics.confidence:.0%}", side_word(run)
    title = (
        f"colours: mean over {clouds_text(run)} with its {level} interval; untrained, constant: mean over {word};\n"
        "Gaussian clouds of the same covariance: from the lowest to the highest end of the "
        f"{level} intervals of all {word}"
    )
    legend = figure.legend(handles, names, loc="outside lower center", ncols=len(names), title=title, title_fontsize=7,
                           handlelength=1.8, columnspacing=1.0)  # fmt: skip
    legend.get_title().set(ha="center")


def _entries(run: Results) -> Iterator[tuple[Artist, str]]:
    for side in sides_of(run):
        yield plt.Line2D([], [], color=side.colour, marker="o", markersize=2.5), side.name
    for control in controls_of(run):
        name, line = CONTROLS[control]
        nothing = all(control_means(run, control, measure).max() == 0 for measure in MEASURES)
        yield plt.Line2D([], [], linewidth=1.0, **line), name + " (0 throughout)" * nothing
    if measure_rows(run, "complexity_l2")["null_low"].notna().any():
        yield plt.Rectangle((0, 0), 1, 1, color=NULL_COLOUR), "Gaussian clouds"
