"""Average latent landscapes: layers from left to right, classes or networks from top to bottom."""

import numpy as np
from matplotlib.figure import Figure

from topolens.errors import TopolensError
from topolens.figures.landscape_grid import Column, add_level_legend, draw_cell, label_column
from topolens.figures.latent_panels import block_bounds, clouds_text, side_word, sides_of
from topolens.figures.panels import panel_grid, tight
from topolens.figures.style import DEGREE_NAMES
from topolens.results import Results

WIDEST = 13  # columns that a page holds; more are split between two blocks of the network
ROW_HEIGHTS = {1: 0.72, 2: 0.5}  # inches, by number of strips


def draw(run: Results) -> Figure:
    """The average landscape of every layer under every network or class, mean over clouds and seeds."""
    if run.config.sampled.grid != "width":
        raise TopolensError(f"latent_grid: run {run.name!r} needs `landscapes: {{grid: width}}`, one grid per layer")
    sides = sides_of(run)
    strips = strips_of(columns_of(run), block_bounds(run.config.layers))
    rows, wide = len(sides), max(map(len, strips))
    height = 1.1 + len(strips) * (0.4 + ROW_HEIGHTS[len(strips)] * rows)
    figure, grid = panel_grid(len(strips) * rows, wide, height, layout=tight())
    for number, strip in enumerate(strips):
        panels = grid[number * rows : (number + 1) * rows]
        for place, column in enumerate(strip):
            for axes, levels in zip(panels[:, place], column.averages, strict=True):
                draw_cell(axes, column, levels)
            label_column(panels[:, place], column, run.config.layers[column.layer - 1])
        for axes in panels[:, len(strip) :].flat:
            axes.set_axis_off()
        for axes, side in zip(panels[:, 0], sides, strict=True):
            axes.set_ylabel(side.name, rotation=0, ha="right", va="center", fontsize=7)
    degree = run.config.sampled.degree
    title = (
        f"Rows: {side_word(run)}, mean over {clouds_text(run)}. Across: scale of the filtration, range by layer.\n"
        f"Up: height of the levels in degree {degree} ({DEGREE_NAMES[str(degree)]}), one scale per layer; its highest "
        "value stands under the layer's name.\nLines: level of the average landscape"
    )
    add_level_legend(figure, strips[0][0].averages.shape[1], title)
    return figure


def columns_of(run: Results) -> list[Column]:
    """One column per layer, numbered from 1 along the depth, a row per side."""
    sides, arrays, groups = sides_of(run), run.arrays("landscapes"), run.arrays("landscapes")["groups"].tolist()
    columns = []
    for number, layer in enumerate(run.config.layers, 1):
        of_sides = [arrays[f"vectors.{side.network}.{layer}"][:, groups.index(side.group)] for side in sides]
        averages = np.array([vectors.mean(axis=(0, 1)) for vectors in of_sides])
        columns.append(Column(number, averages, arrays[f"grid.{sides[-1].network}.{layer}"]))
    return columns


def strips_of(columns: list[Column], bounds: list[int]) -> list[list[Column]]:
    """The columns in one strip, or in two where they are too many: split where a block begins, near the middle."""
    middle = len(columns) / 2
    if len(columns) <= WIDEST:
        return [columns]
    split = min(bounds, key=lambda bound: abs(bound - middle), default=round(middle))
    return [columns[:split], columns[split:]]
