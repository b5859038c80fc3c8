"""Names beside what they name, placed where they cover least."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from topolens.figures.style import QUIET, SMALL

DIRECTIONS = 16
REACHES = (5.0, 14.0, 26.0)  # points from what is named to its name, the nearest first
COVERED, OUTSIDE = 1.0, 0.05  # what a covered point costs, and a pixel beyond the panel
CROSSED = 4.0  # what another name costs
FAR = 0.4  # what each further reach costs

Box = np.ndarray  # left, bottom, right, top in pixels


def place_names(
    axes: Axes, ends: np.ndarray, texts: Sequence[str], shown: np.ndarray, away: np.ndarray | None = None, **look: Any
) -> list[Annotation]:
    """A name beside each end, one after the other, where it covers fewest of the points and of the names before it.

    The panel must hold all that decides on its limits.

    Args:
        axes: A panel of a figure with a layout engine.
        ends: (n, 2) what is named, in data coordinates.
        texts: n names.
        shown: (m, 2) points that should stay visible.
        away: (n, 2) directions in which names are tried first; without, to the right.
        look: Of the text.
    """
    figure = axes.figure
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()  # so that places in pixels are known
    points, starts = axes.transData.transform(shown), axes.transData.transform(ends)
    away = np.tile([1.0, 0.0], (len(texts), 1)) if away is None else away
    dots, placed = figure.dpi / 72, []
    taken: list[Box] = []
    line = {"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2}
    for end, start, text, first in zip(ends, starts, texts, away, strict=True):
        name = axes.annotate(
            text, end, (0, 0), textcoords="offset points", arrowprops=line, **({"fontsize": SMALL} | look)
        )
        name.set_in_layout(False)
        name.set_horizontalalignment("center")
        name.set_verticalalignment("center")
        size = np.array(name.get_window_extent().size)
        offsets = _offsets(size, first, dots)
        boxes = [np.concatenate([start + offset - size / 2, start + offset + size / 2]) for offset in offsets]
        costs = [_cost(box, points, taken, axes) + FAR * (place // DIRECTIONS) for place, box in enumerate(boxes)]
        best = int(np.argmin(costs))
        name.set_position(tuple(offsets[best] / dots))
        taken.append(boxes[best])
        placed.append(name)
    return placed


def _offsets(size: np.ndarray, first: np.ndarray, dots: float) -> list[np.ndarray]:
    """Where the middle of a name of this size may lie, in pixels from its end: near first, then along `first`."""
    turns = np.arctan2(first[1], first[0]) + 2 * np.pi * np.array(sorted(range(DIRECTIONS), key=_aside)) / DIRECTIONS
    directions = np.column_stack([np.cos(turns), np.sin(turns)])
    return [
        way * reach * dots + np.clip(way * size.max(), *(-size / 2, size / 2))
        for reach in REACHES
        for way in directions
    ]


def _aside(turn: int) -> int:
    """Sorts turns to those nearest to straight ahead."""
    return min(turn, DIRECTIONS - turn)


def _cost(box: Box, points: np.ndarray, taken: list[Box], axes: Axes) -> float:
    """How much a name in this box would hide, and how far it would lie beyond the panel."""
    covered = ((points > box[:2]) & (points < box[2:])).all(axis=1).sum()
    crossed = sum(bool((box[:2] < other[2:]).all() and (box[2:] > other[:2]).all()) for other in taken)
    panel = axes.get_window_extent().extents
    beyond = np.maximum(0, np.concatenate([panel[:2] - box[:2], box[2:] - panel[2:]])).sum()
    return float(COVERED * covered + CROSSED * crossed + OUTSIDE * beyond)
