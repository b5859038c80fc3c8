"""Complexity along the depth: a line for each class or network, beside untrained networks, constants and noise."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.complexity_panels import MEASURES
from topolens.figures.latent_panels import clouds_text, mark_blocks, measure_rows, scale_axis, side_word, sides_of
from topolens.figures.panels import add_legend, area, draw_line, draw_null, line, marked_line, panel_grid
from topolens.figures.style import NULL_COLOUR, STEEP
from topolens.figures.tables import confidence_of
from topolens.results import Results

# Runs of the study that are shown where they exist: their names and lines.
CONTROLS: dict[str, tuple[str, dict[str, Any]]] = {
    "random": ("untrained", {"color": "0.35", "linestyle": (0, (4, 1.5)), "linewidth": 1.0}),
    "constant": ("constant", {"color": "0.35", "linestyle": (0, (1, 1)), "linewidth": 1.0}),
}


def draw(run: Results) -> Figure:
    """Rows: raw and scale-free complexity. Controls are means over all classes or networks."""
    layers = run.config.layers
    figure, panels = panel_grid(len(MEASURES), 1, 5.2, sharex=True)
    for axes, (measure, label) in zip(panels.flat, MEASURES.items(), strict=True):
        draw_panel(axes, run, measure)
        mark_blocks(axes, layers)
        axes.set(ylabel=label, xlim=(-0.5, len(layers) - 0.5))
    panels[-1, 0].set_xticks(range(len(layers)), layers, **STEEP)
    entries: dict[str, Artist] = {side.name: marked_line(side.colour) for side in sides_of(run)}
    for control in controls_of(run):
        name, look = CONTROLS[control]
        nothing = all(control_means(run, control, measure).max() == 0 for measure in MEASURES)
        entries[name + " (0 throughout)" * nothing] = line(**look)
    if measure_rows(run, "complexity_l2")["null_low"].notna().any():
        entries["Gaussian clouds"] = area(NULL_COLOUR)
    level, word = confidence_of(run), side_word(run)
    title = (
        f"colours: mean over {clouds_text(run)} with its {level} interval; untrained, constant: mean over {word};\n"
        "Gaussian clouds of the same covariance: from the lowest to the highest end of the "
        f"{level} intervals of all {word}"
    )
    add_legend(figure, entries, title, handlelength=1.8, columnspacing=1.0)
    return figure


def draw_panel(axes: Axes, run: Results, measure: str) -> None:
    """One measure: sides with their intervals, controls as lines without, and the range of all Gaussian clouds."""
    table, places = measure_rows(run, measure), np.arange(len(run.config.layers))
    nulls = table.groupby("place").agg(null_low=("null_low", "min"), null_high=("null_high", "max"))
    draw_null(axes, places, nulls)
    controls = {name: control_means(run, name, measure) for name in controls_of(run)}
    for name, means in controls.items():
        axes.plot(places, means, label=CONTROLS[name][0], **CONTROLS[name][1])
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
