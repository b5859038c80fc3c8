"""The legend below a figure's panels, and what stands beside its names."""

from collections.abc import Iterable, Mapping
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from topolens.figures.style import QUIET, SMALL, Colour, class_colour


def line(color: Colour | str, **look: Any) -> Line2D:
    """A line, as for plt.plot."""
    return Line2D([], [], color=color, **look)


def dotted_line(color: Colour | str) -> Line2D:
    """A line with a marker at each estimate, as in panels.draw_line."""
    return line(color, marker="o", ms=2.5)


def dot(color: Colour | str, ms: float = 4, marker: str = "o", **look: Any) -> Line2D:
    """A marker without a line."""
    return line(color, ls="", marker=marker, ms=ms, **look)


def area(color: Colour | str, **look: Any) -> Rectangle:
    """A filled rectangle, as of a band."""
    return Rectangle((0, 0), 1, 1, color=color, **look)


def entries_of(axes: Axes) -> dict[str, Artist]:
    """What the panel itself has named."""
    handles, names = axes.get_legend_handles_labels()
    return dict(zip(names, handles, strict=True))


def longest_entries(panels: Iterable[Axes]) -> dict[str, Artist]:
    """What the panel with most names has named."""
    return max(map(entries_of, panels), key=len)


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
