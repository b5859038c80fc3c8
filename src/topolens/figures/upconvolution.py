"""Complexity in the decoder: the ReLU behind each up-convolution, before the skip connection, and those after it."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.config.architectures import block_of
from topolens.errors import TopolensError
from topolens.figures.complexity_panels import MEASURES
from topolens.figures.latent_panels import measure_rows, scale_axis, sides_of
from topolens.figures.style import WIDTH
from topolens.results import Results

UP = "-UpReLU"
SPREAD = 0.6  # of the distance between two layers, over which the networks stand side by side


def draw(run: Results) -> Figure:
    """Left: raw complexity of the decoder's layers under every network; right: scale-free.

    Raises:
        TopolensError: no layer behind an up-convolution is recorded.
    """
    layers = decoder_layers(run.config.layers)
    if not layers:
        raise TopolensError(f"upconvolution: run {run.name!r} needs layers behind up-convolutions, as in a U-Net")
    figure, panels = plt.subplots(1, len(MEASURES), figsize=(WIDTH, 3.4))
    for axes, (measure, label) in zip(panels, MEASURES.items(), strict=True):
        draw_panel(axes, run, measure, layers)
        _label(axes, layers)
        axes.set_ylabel(label)
    _add_legend(figure, run)
    return figure


def decoder_layers(layers: list[str]) -> list[str]:
    """The layers of all levels that have an up-convolution, in order of depth."""
    levels = {block_of(layer) for layer in layers if layer.endswith(UP)}
    return [layer for layer in layers if block_of(layer) in levels]


def draw_panel(axes: Axes, run: Results, measure: str, layers: list[str]) -> None:
    """Mean and interval of every network at every layer; a line joins the layers of one level."""
    table, sides = measure_rows(run, measure), sides_of(run)
    table = table[table["layer"].isin(layers)]
    for side, offset in zip(sides, offsets_of(len(sides)), strict=True):
        for level in dict.fromkeys(map(block_of, layers)):
            own = [layer for layer in layers if block_of(layer) == level]
            rows = side.rows(table).set_index("layer").loc[own]
            places = np.array([layers.index(layer) for layer in own]) + offset
            axes.plot(places, rows["estimate"], color=side.colour, marker="o", ms=3, linewidth=0.6, label=side.name)
            axes.vlines(places, rows["low"], rows["high"], color=side.colour, linewidth=1.0)
    scale_axis(axes, table["estimate"].to_numpy(), table["high"].max())


def offsets_of(count: int) -> np.ndarray:
    """Where networks stand beside the place of their layer."""
    return (np.arange(count) - (count - 1) / 2) * SPREAD / count


def _label(axes: Axes, layers: list[str]) -> None:
    """Names of the layers within a level, the level below them; layers behind an up-convolution are shaded."""
    axes.set_xticks(np.arange(len(layers)), [layer.rpartition("-")[2] for layer in layers], rotation=90, fontsize=6.5)
    for place, layer in enumerate(layers):
        if layer.endswith(UP):
            axes.axvspan(place - 0.5, place + 0.5, color="0.93", linewidth=0, zorder=-1)
    levels = list(map(block_of, layers))
    for level in dict.fromkeys(levels):
        middle = np.mean([place for place, own in enumerate(levels) if own == level])
        axes.text(float(middle), 1.0, level, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=7)
    axes.set_xlim(-0.5, len(layers) - 0.5)


def _add_legend(figure: Figure, run: Results) -> None:
    sides = sides_of(run)
    handles = [plt.Line2D([], [], color=side.colour, marker="o", ms=3, linewidth=0.6) for side in sides]
    settings = run.config
    title = (
        f"mean over {settings.clouds.repeats} images with its {settings.statistics.confidence:.0%} interval; "
        "shaded: before the skip connection"
    )
    figure.legend(handles, [side.name for side in sides], loc="outside lower center", ncols=len(sides), title=title,
                  title_fontsize=7)  # fmt: skip
