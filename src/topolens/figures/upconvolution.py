"""Complexity in the decoder: the ReLU behind each up-convolution, before the skip connection, and those after it."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.config.architectures import block_of
from topolens.errors import TopolensError
from topolens.figures.complexity_panels import MEASURES
from topolens.figures.latent_panels import measure_rows, scale_axis, sides_of
from topolens.figures.panels import add_legend, line, panel_grid
from topolens.figures.style import STEEP
from topolens.figures.tables import confidence_of
from topolens.results import Results

UP = "-UpReLU"
POINTS: dict[str, Any] = {"marker": "o", "ms": 3, "linewidth": 0.6}
SPREAD = 0.6  # of the distance between two layers, over which the networks stand side by side


def draw(run: Results) -> Figure:
    """Left: raw complexity of the decoder's layers under every network; right: scale-free."""
    levels = {block_of(layer) for layer in run.config.layers if layer.endswith(UP)}
    layers = [layer for layer in run.config.layers if block_of(layer) in levels]
    if not layers:
        raise TopolensError(f"upconvolution: run {run.name!r} needs layers behind up-convolutions, as in a U-Net")
    figure, [panels] = panel_grid(1, len(MEASURES), 3.4)
    for axes, (measure, label) in zip(panels, MEASURES.items(), strict=True):
        draw_panel(axes, run, measure, layers)
        _label(axes, layers)
        axes.set_ylabel(label)
    title = (
        f"mean over {run.config.position_clouds.repeats} images with its {confidence_of(run)} interval; "
        "shaded: before the skip connection"
    )
    add_legend(figure, {side.name: line(side.colour, **POINTS) for side in sides_of(run)}, title)
    return figure


def draw_panel(axes: Axes, run: Results, measure: str, layers: list[str]) -> None:
    """Mean and interval of every network at every layer; a line joins the layers of one level."""
    table, sides = measure_rows(run, measure), sides_of(run)
    table = table[table["layer"].isin(layers)]
    offsets = (np.arange(len(sides)) - (len(sides) - 1) / 2) * SPREAD / len(sides)
    for side, offset in zip(sides, offsets, strict=True):
        for level in dict.fromkeys(map(block_of, layers)):
            own = [layer for layer in layers if block_of(layer) == level]
            rows = side.rows(table).set_index("layer").loc[own]
            places = np.array([layers.index(layer) for layer in own]) + offset
            axes.plot(places, rows["estimate"], color=side.colour, label=side.name, **POINTS)
            axes.vlines(places, rows["low"], rows["high"], color=side.colour, linewidth=1.0)
    scale_axis(axes, table["estimate"].to_numpy(), table["high"].max())


def _label(axes: Axes, layers: list[str]) -> None:
    """Names of the layers within a level, the level below them; layers behind an up-convolution are shaded."""
    axes.set_xticks(np.arange(len(layers)), [layer.rpartition("-")[2] for layer in layers], **STEEP)
    for place, layer in enumerate(layers):
        if layer.endswith(UP):
            axes.axvspan(place - 0.5, place + 0.5, color="0.93", linewidth=0, zorder=-1)
    levels = list(map(block_of, layers))
    for level in dict.fromkeys(levels):
        middle = np.mean([place for place, own in enumerate(levels) if own == level])
        axes.text(float(middle), 1.0, level, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=7)
    axes.set_xlim(-0.5, len(layers) - 0.5)
