"""What panels share: grids, frames, lines with their intervals, cells with numbers."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from topolens.figures.style import BAND_ALPHA, NULL_COLOUR, QUIET, SMALL, WIDTH, Colour


def panel_grid(rows: int, columns: int, height: float, **more: Any) -> tuple[Figure, np.ndarray]:
    """A figure as wide as the text, with panels in an array of (rows, columns)."""
    return plt.subplots(rows, columns, figsize=(WIDTH, height), squeeze=False, **more)


def tight(w_pad: float = 0.015, h_pad: float = 0.02) -> ConstrainedLayoutEngine:
    """A layout with nearly no room between the panels, in inches."""
    return ConstrainedLayoutEngine(w_pad=w_pad, h_pad=h_pad, wspace=0.0, hspace=0.0)


def bare(axes: Axes) -> None:
    """A panel without ticks and frame."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def say(axes: Axes, text: str) -> None:
    """A word in the middle of a panel that has nothing to show."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=SMALL, color=QUIET)


def draw_line(axes: Axes, places: np.ndarray, rows: pd.DataFrame, colour: Colour, label: str) -> None:
    """Estimates as a line with markers, their intervals as a band, or as a bar where there is one place."""
    axes.plot(places, rows["estimate"], color=colour, label=label, marker="o", markersize=2.5)
    if len(places) == 1:
        axes.vlines(places, rows["low"], rows["high"], color=colour, linewidth=0.8)
    else:
        axes.fill_between(places, rows["low"], rows["high"], color=colour, alpha=BAND_ALPHA, linewidth=0)


def draw_null(axes: Axes, places: np.ndarray, rows: pd.DataFrame) -> None:
    """The null's interval as a grey band; nothing where there is none."""
    if len(places) == 1:  # a band needs two places
        places, rows = places + np.array([-0.25, 0.25]), pd.concat([rows, rows])
    if rows["null_low"].notna().any():
        axes.fill_between(places, rows["null_low"], rows["null_high"], color=NULL_COLOUR, linewidth=0, zorder=0)


def draw_cells(
    axes: Axes,
    values: np.ndarray,
    texts: np.ndarray,
    pale_up_to: float,
    ink: str = "black",
    fontsize: float = SMALL,
    **look: Any,
) -> None:
    """Values as colours under their texts, which are white on what is further along the colours than `pale_up_to`."""
    shares = np.asarray(axes.imshow(values, **look).norm(values))
    for (row, column), text in np.ndenumerate(texts):
        if text:
            colour = "white" if shares[row, column] > pale_up_to else ink
            axes.text(column, row, text, ha="center", va="center", fontsize=fontsize, color=colour)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
