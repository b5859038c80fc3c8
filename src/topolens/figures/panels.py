"""What figures are made of: grids of panels, frames, lines with their intervals, cells with numbers, legends."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullFormatter

from topolens.figures.style import BAND_ALPHA, NULL_COLOUR, QUIET, SMALL, STEEP, WIDTH, Colour, class_colour


def panel_grid(rows: int, columns: int, height: float, **more: Any) -> tuple[Figure, np.ndarray]:
    """A figure as wide as the text, with panels in an array of (rows, columns)."""
    return plt.subplots(rows, columns, figsize=(WIDTH, height), squeeze=False, **more)


def page(height: float, **more: Any) -> Figure:
    """An empty figure as wide as the text."""
    return plt.figure(figsize=(WIDTH, height), **more)


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


def name_rows(grid: np.ndarray, names: Iterable[str]) -> None:
    """Upright names at the left of the rows of a grid."""
    for axes, name in zip(grid[:, 0], names, strict=True):
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=7)


def name_ticks(axes: Axes, places: Sequence[int], names: Sequence[str], few: int = 6, **flat: Any) -> None:
    """Names below an axis of layers: side by side, with the look `flat`, where they are few; upright elsewhere."""
    axes.set_xticks(places, names, **(STEEP if len(names) > few else flat))


def draw_points(axes: Axes, points: np.ndarray, **look: Any) -> None:
    """Points, (n, 2), or (n, 3) in three dimensions; without outlines unless the look asks for them."""
    axes.scatter(*points.T, **{"linewidth": 0} | look)


def draw_line(
    axes: Axes, places: np.ndarray, rows: pd.DataFrame, colour: Colour, label: str, marker: str = "o"
) -> None:
    """Estimates as a line with markers, their intervals as a band, or as a bar where there is one place."""
    axes.plot(places, rows["estimate"], color=colour, label=label, marker=marker, markersize=2.5)
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


def ratio_axes(panels: Iterable[Axes], shown: np.ndarray, spare: float = 1.2) -> None:
    """The same logarithmic axis in all panels, with a line at 1, for these ratios; what is not above 0 has no place."""
    positive = shown[shown > 0]
    low, high = np.min(positive, initial=0.5) / spare, np.max(positive, initial=2.0) * spare
    for axes in panels:
        axes.set(yscale="log", ylim=(low, high))
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0,) if high > 100 * low else (1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.axhline(1, color=QUIET, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)


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


def grey(photograph: np.ndarray) -> np.ndarray:
    """A photograph (height, width, 3) uint8 without its colours, from 0 to 1 in the same shape."""
    return np.repeat(photograph.mean(axis=2, keepdims=True) / 255, 3, axis=2)


def line(color: Colour | str, **look: Any) -> Line2D:
    """A line of a legend, with the looks that plt.plot knows."""
    return Line2D([], [], color=color, **look)


def marked_line(color: Colour | str, marker: str = "o") -> Line2D:
    """A line with markers, as draw_line draws it."""
    return line(color, marker=marker, ms=2.5)


def dot(color: Colour | str, ms: float = 4, marker: str = "o", **look: Any) -> Line2D:
    """A marker without a line."""
    return line(color, ls="", marker=marker, ms=ms, **look)


def area(color: Colour | str, **look: Any) -> Rectangle:
    """A filled rectangle, as of a band."""
    return Rectangle((0, 0), 1, 1, color=color, **look)


def labelled(axes: Axes) -> dict[str, Artist]:
    """What a panel has labelled, by label."""
    handles, names = axes.get_legend_handles_labels()
    return dict(zip(names, handles, strict=True))


def longest_entries(panels: Iterable[Axes]) -> dict[str, Artist]:
    """What the panel with most labels has labelled."""
    return max(map(labelled, panels), key=len)


def add_legend(
    figure: FigureBase, entries: Mapping[str, Artist], title: str = "", is_quiet: bool = False, **layout: Any
) -> None:
    """Names beside their artists in one row below the panels, under a title, which may be small and grey."""
    size = SMALL if is_quiet else 7
    asked: dict[str, Any] = {"ncols": len(entries), "title_fontsize": size} | layout
    legend = figure.legend([*entries.values()], [*entries], loc="outside lower center", title=title or None, **asked)
    legend.get_title().set(ha="center", **({"color": QUIET} if is_quiet else {}))


def add_class_legend(figure: FigureBase, names: list[str], title: str = "", is_quiet: bool = False) -> None:
    """All classes of a set of images."""
    entries = {name: dot(class_colour(number)) for number, name in enumerate(names)}
    columns = min(10, len(names))
    add_legend(figure, entries, title, is_quiet, ncols=columns, handletextpad=0.1, columnspacing=1.0)
