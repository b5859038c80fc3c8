"""Average landscapes: layers from left to right, training from top to bottom."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.panels import add_legend, bare, line, panel_grid, say, tight
from topolens.figures.style import DEGREE_NAMES, QUIET, accuracy_name, layer_name, level_colours
from topolens.results import Results

LEVELS = 9  # as many as there are disks
ROW_HEIGHT = 0.72  # inches
VISIBLE = 0.005  # of a column's highest value: below it a line cannot be told from the axis


@dataclass(frozen=True)
class Column:
    """One layer's average landscapes, (rows, levels, samples); along training the input, then the snapshots."""

    layer: int
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


def draw(run: Results, degree: int) -> Figure:
    """The first levels of the average landscape of every layer at every training snapshot, in one degree."""
    columns = columns_of(run, degree)
    accuracies = run.config.snapshot_accuracies
    last = run.config.output_layer
    height = 1.25 + ROW_HEIGHT * len(accuracies)
    figure, panels = panel_grid(len(accuracies), len(columns), height, layout=tight())
    for place, column in enumerate(columns):
        for row, axes in enumerate(panels[:, place]):
            if column.layer == 0 and row > 0:  # the input has no training, so it stands in the first row only
                bare(axes)
                continue
            levels = column.averages[0 if column.layer == 0 else row + 1]
            draw_cell(axes, column, levels)
            if np.isnan(levels).all():
                axes.spines[:].set_visible(False)
                say(axes, "not\nreached")
        label_column(panels[:, place], column, layer_name(column.layer, last))
    for axes, accuracy in zip(panels[:, 0], accuracies, strict=True):
        axes.set_ylabel(accuracy_name(accuracy).replace(" ", "\n"), rotation=0, ha="right", va="center", fontsize=7)
    figure.suptitle("layer", fontsize=8)
    title = (
        f"Across: scale of the filtration, range by layer. Up: height of the levels in degree {degree} "
        f"({DEGREE_NAMES[str(degree)]}), one scale per layer;\nits highest value stands under "
        "the layer's name. The input knows no training and is shown once.\n"
        "Lines: level of the average landscape"
    )
    add_level_legend(figure, min(LEVELS, columns[0].averages.shape[1]), title)
    return figure


def columns_of(run: Results, degree: int) -> list[Column]:
    """The layers from input to logits; the last one on the output grid, where the run has one."""
    arrays = run.arrays("landscapes")
    output = run.config.output_layer
    columns = []
    for layer, averages in zip(arrays["layers"].tolist(), arrays[f"average.{degree}"], strict=True):
        grid = arrays[f"output_grid.{degree}" if layer == output else f"grid.{degree}"]
        columns.append(Column(layer, averages[:, :LEVELS, : len(grid)], grid))
    return columns


def draw_cell(axes: Axes, column: Column, levels: np.ndarray) -> None:
    """A landscape, (levels, samples), the first level on top; all panels of a column have its scales."""
    axes.tick_params(length=2, labelsize=6, pad=1.5)
    axes.set(xlim=column.span, ylim=(-0.03 * (column.top or 1.0), 1.06 * (column.top or 1.0)), xticks=[], yticks=[])
    axes.spines[["left", "bottom"]].set(color="0.6", linewidth=0.5)
    for level, colour in reversed(list(zip(levels, level_colours(len(levels)), strict=True))):
        axes.plot(column.grid, level, color=colour, linewidth=0.8)


def label_column(panels: np.ndarray, column: Column, name: str) -> None:
    """The layer and its highest value above, the ends of its range below its lowest panel that is in use."""
    panels[0].set_title(f"{name}\n", fontsize=8, pad=2)
    top = f"{column.top:.2g}"
    panels[0].annotate(top, (0.5, 1), xycoords="axes fraction", xytext=(0, 2), textcoords="offset points",
                       ha="center", fontsize=6, color=QUIET)  # fmt: skip
    lowest = panels[0] if column.layer == 0 else panels[-1]
    ticks = [tick for tick in plt.MaxNLocator(2).tick_values(*column.span) if column.span[0] <= tick <= column.span[1]]
    lowest.set_xticks(ticks, [f"{tick:g}" for tick in ticks])


def add_level_legend(figure: Figure, levels: int, title: str) -> None:
    """The colours of the levels below the panels, under an explanation."""
    entries = {f"{level}": line(colour) for level, colour in enumerate(level_colours(levels), 1)}
    add_legend(figure, entries, title, is_quiet=True, handlelength=1.2, columnspacing=1.0)
