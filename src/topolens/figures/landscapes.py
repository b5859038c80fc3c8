"""Average landscapes: layers from left to right; from top to bottom training, or classes or networks, or overlaid."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.errors import TopolensError
from topolens.figures.latent_panels import block_bounds, clouds_text, sides_of
from topolens.figures.panels import add_legend, bare, labelled, line, name_rows, panel_grid, say, tight
from topolens.figures.style import QUIET, SMALL, accuracy_name, layer_name, level_colours
from topolens.results import Results

LEVELS = 9  # as many as there are disks
VISIBLE = 0.005  # of a column's highest value: below it a line cannot be told from the axis
ROW_HEIGHT = 0.72  # inches
LOW_ROW_HEIGHT = 0.5  # where there are two strips
DASHES: list[Any] = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))]  # of what is overlaid, besides its colour
WIDEST = 13  # columns that a page holds; more are split between two blocks of the network


@dataclass(frozen=True)
class Column:
    """One layer's average landscapes, (rows, levels, samples), on their grid, (samples,)."""

    name: str
    averages: np.ndarray
    grid: np.ndarray

    @property
    def top(self) -> float:
        """The highest value of all rows; 0 where nothing was recorded or nothing is above 0."""
        return float(np.nan_to_num(self.averages).max(initial=0.0))

    @property
    def span(self) -> tuple[float, float]:
        """The part of the grid where some landscape rises visibly above 0, with a margin of 4 %."""
        seen = np.flatnonzero((np.nan_to_num(self.averages) > VISIBLE * self.top).any(axis=(0, 1)))
        if len(seen) == 0:
            return float(self.grid[0]), float(self.grid[-1])
        start, stop = self.grid[max(seen[0] - 1, 0)], self.grid[min(seen[-1] + 1, len(self.grid) - 1)]
        margin = 0.04 * (stop - start)
        return float(start - margin), float(stop + margin)

    def draw(self, panels: Sequence[Axes]) -> None:
        """A panel per row, the first level on top, all to one scale; under the name the highest value."""
        (start, stop), highest = self.span, self.top or 1.0
        for axes, levels in zip(panels, self.averages, strict=True):
            axes.tick_params(length=2, labelsize=SMALL, pad=1.5)
            axes.set(xlim=(start, stop), ylim=(-0.03 * highest, 1.06 * highest), xticks=[], yticks=[])
            axes.spines[["left", "bottom"]].set(color="0.6", linewidth=0.5)
            for level, colour in reversed(list(zip(levels, level_colours(len(levels)), strict=True))):
                axes.plot(self.grid, level, color=colour, linewidth=0.8)
        panels[0].set_title(f"{self.name}\n", fontsize=SMALL, pad=2)
        panels[0].annotate(f"{self.top:.2g}", (0.5, 1), xycoords="axes fraction", xytext=(0, 2),
                           textcoords="offset points", ha="center", fontsize=SMALL, color=QUIET)  # fmt: skip
        ticks = [tick for tick in plt.MaxNLocator(2).tick_values(start, stop) if start <= tick <= stop]
        panels[-1].set_xticks(ticks, [f"{tick:g}" for tick in ticks])


def by_training(run: Results, degree: int) -> Figure:
    """The first levels of the average landscape of every layer at every training snapshot, in one degree."""
    arrays, accuracies, output = run.arrays("landscapes"), run.config.snapshot_accuracies, run.config.output_layer
    layers = arrays["layers"].tolist()
    height = 0.95 + ROW_HEIGHT * len(accuracies)
    figure, panels = panel_grid(len(accuracies), len(layers), height, layout=tight())
    for layer, averages, column in zip(layers, arrays[f"average.{degree}"], panels.T, strict=True):
        grid = arrays[f"output_grid.{degree}" if layer == output else f"grid.{degree}"]
        # The input has no training, so it stands in the first row only.
        rows = averages[1:] if layer else averages[:1]
        Column(layer_name(layer, output), rows[:, :LEVELS, : len(grid)], grid).draw(column[: len(rows)])
        for axes, levels in zip(column, rows, strict=False):
            if np.isnan(levels).all():
                axes.spines[:].set_visible(False)
                say(axes, "not\nreached")
        for axes in column[len(rows) :]:
            bare(axes)
    name_rows(panels, [accuracy_name(accuracy).replace(" ", "\n") for accuracy in accuracies])
    figure.suptitle("layer", fontsize=8)
    add_level_legend(figure, min(LEVELS, arrays[f"average.{degree}"].shape[2]), "level of the average landscape")
    return figure


def by_side(run: Results) -> Figure:
    """The average landscape of every layer under every network or class, mean over clouds and seeds."""
    sides, strips = sides_of(run), strips_of(run.config.layers)
    rows, wide = len(sides), max(map(len, strips))
    height = 0.8 + len(strips) * (0.4 + (ROW_HEIGHT if len(strips) == 1 else LOW_ROW_HEIGHT) * rows)
    figure, grid = panel_grid(len(strips) * rows, wide, height, layout=tight())
    for strip, panels in zip(strips, np.split(grid, len(strips)), strict=True):
        for layer, column in zip(strip, panels.T, strict=False):
            (shown := column_of(run, layer)).draw(column)
        for axes in panels[:, len(strip) :].flat:
            axes.set_axis_off()
        name_rows(panels, [side.name for side in sides])
    add_level_legend(figure, shown.averages.shape[1], f"level of the average landscape of {clouds_text(run)}")
    return figure


def column_of(run: Results, layer: str) -> Column:
    """The average landscapes of one layer, a row for each network or class: means over clouds and seeds.

    Raises:
        TopolensError: landscapes on grids that are not the layer's own.
    """
    if run.config.sampled.grid != "width":
        raise TopolensError(f"landscapes: run {run.name!r} needs `landscapes: {{grid: width}}`, one grid per layer")
    arrays, sides = run.arrays("landscapes"), sides_of(run)
    groups = arrays["groups"].tolist()
    of_sides = [arrays[f"vectors.{side.network}.{layer}"][:, groups.index(side.group)] for side in sides]
    averages = np.array([vectors.mean(axis=(0, 1)) for vectors in of_sides])
    return Column(layer, averages, arrays[f"grid.{sides[-1].network}.{layer}"])


def overlaid(run: Results, layers: Sequence[str]) -> Figure:
    """The first level of every network or class in one panel for each of these layers, if the run has them."""
    shown, sides = [layer for layer in layers if layer in run.config.layers], sides_of(run)
    figure, [panels] = panel_grid(1, len(shown), 2.1)
    for axes, layer in zip(panels, shown, strict=True):
        column = column_of(run, layer)
        for side, levels, dashes in zip(sides, column.averages, cycle(DASHES), strict=False):
            axes.plot(column.grid, levels[0], color=side.colour, linestyle=dashes, label=side.name)
        axes.set(title=layer, xlim=column.span, ylim=(0, 1.06 * column.top or 1.0), xlabel="scale")
        axes.xaxis.set_major_locator(plt.MaxNLocator(4))
    panels[0].set_ylabel("height of the first level")
    title = f"average landscape of {clouds_text(run)}"
    add_legend(figure, labelled(panels[0]), title, is_quiet=True, handlelength=2.2)
    return figure


def strips_of(layers: list[str]) -> list[list[str]]:
    """The layers in one strip, or in two where they are too many: split where a block begins, near the middle."""
    middle = len(layers) / 2
    if len(layers) <= WIDEST:
        return [layers]
    split = min(block_bounds(layers), key=lambda bound: abs(bound - middle), default=round(middle))
    return [layers[:split], layers[split:]]


def add_level_legend(figure: Figure, levels: int, title: str) -> None:
    """The colours of the levels below the panels."""
    entries = {f"{level}": line(colour) for level, colour in enumerate(level_colours(levels), 1)}
    add_legend(figure, entries, title, is_quiet=True, handlelength=1.2, columnspacing=1.0)
