"""How a cloud becomes a barcode: points, growing balls, the Vietoris-Rips complex, one bar per feature."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection, PolyCollection
from matplotlib.figure import Figure

from topolens.figures.panels import bare
from topolens.figures.style import DEGREE_COLOURS, DEGREE_NAMES, QUIET, SMALL, WIDTH, paler
from topolens.results import Results
from topolens.seeding import child_generator
from topolens.topology.distances import pairwise_distances
from topolens.topology.persistence import Diagrams, betti_number, persistence

POINTS = 24
NOISE = 0.09  # standard deviation of the points' distances from the unit circle
SCALES = (0.2, 0.4, 0.8, 1.6)
FEATURES = ("component", "loop")  # in degrees 0 and 1
NOTE = "balls have half the scale as radius: an edge where two meet, a filled triangle where three meet in pairs"
BALL_COLOUR = "0.92"
TRIANGLE_COLOUR = paler(DEGREE_COLOURS["1"], 0.6)


def draw(run: Results, seed: int) -> Figure:
    """A noisy circle, drawn by this seed, at four scales of the filtration, and its barcode; needs no results."""
    points = toy_circle(seed)
    distances = pairwise_distances(points)
    diagrams = persistence(distances, 1)
    figure = plt.figure(figsize=(WIDTH, 4.0))
    grid = figure.add_gridspec(2, len(SCALES) + 1, height_ratios=[1.0, 1.5])
    for place, scale in enumerate((0.0, *SCALES)):
        axes = figure.add_subplot(grid[0, place])
        draw_complex(axes, points, distances, scale)
        title = f"scale {scale:g}\n{counted(diagrams, scale)}" if scale else "the points\n"
        axes.set_title(title, fontsize=7)
        if place == len(SCALES) // 2:
            axes.set_xlabel(NOTE, fontsize=SMALL, color=QUIET)
    draw_barcode(figure.add_subplot(grid[1, :]), diagrams)
    return figure


def toy_circle(seed: int) -> np.ndarray:
    """A few points near the unit circle at jittered angles, (POINTS, 2)."""
    generator = child_generator(seed, "filtration")
    angles = 2 * np.pi * (np.arange(POINTS) + generator.uniform(-0.45, 0.45, POINTS)) / POINTS
    radii = 1 + NOISE * generator.standard_normal(POINTS)
    return radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])


def counted(diagrams: Diagrams, scale: float) -> str:
    """What is alive at one scale, as `3 components, 1 loop`."""
    numbers = [betti_number(diagrams[degree], scale) for degree in range(len(diagrams))]
    return ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in zip(numbers, FEATURES, strict=True))


def edges_of(distances: np.ndarray, scale: float) -> np.ndarray:
    """Pairs of points at most `scale` apart, (edges, 2)."""
    return np.argwhere(np.triu(distances <= scale, 1))


def triangles_of(distances: np.ndarray, scale: float) -> np.ndarray:
    """Triples of points whose pairwise distances are all at most `scale`, (triangles, 3)."""
    near = np.triu(distances <= scale, 1)
    return np.argwhere(near[:, :, None] & near[:, None, :] & near[None, :, :])


def draw_complex(axes: Axes, points: np.ndarray, distances: np.ndarray, scale: float) -> None:
    """Balls of half the scale around the points, and the Vietoris-Rips complex with filled triangles."""
    sizes = np.full(len(points), scale)
    look: dict[str, Any] = {"facecolors": BALL_COLOUR, "edgecolors": "0.8", "linewidths": 0.3, "zorder": 1}
    where: dict[str, Any] = {"units": "xy", "offsets": points, "transOffset": axes.transData}
    axes.add_collection(EllipseCollection(sizes, sizes, np.zeros_like(sizes), **where, **look))
    triangles = points[triangles_of(distances, scale)]
    axes.add_collection(PolyCollection(list(triangles), facecolors=TRIANGLE_COLOUR, edgecolors="none", zorder=2))
    width = 0.2 + min(0.6, 30 / (len(points) + len(triangles)))  # many edges would hide the triangles
    segments = points[edges_of(distances, scale)]
    axes.add_collection(LineCollection(list(segments), colors="0.3", linewidths=width, zorder=3))
    axes.scatter(points[:, 0], points[:, 1], s=6, color="black", linewidths=0, zorder=4)
    limit = 1.02 * (np.abs(points).max() + max(SCALES) / 2)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    bare(axes)


def draw_barcode(axes: Axes, diagrams: Diagrams) -> None:
    """One line per bar, H1 above H0, with the four scales marked; the essential bar ends in an arrow."""
    end = 1.12 * max(SCALES)
    height = 0
    for degree in range(len(diagrams)):
        bars = diagrams[degree]
        heights = height + np.arange(len(bars))
        colour = DEGREE_COLOURS[str(degree)]
        axes.hlines(heights, bars[:, 0], np.minimum(bars[:, 1], end), color=colour, linewidth=1.6)
        for place in heights[np.isinf(bars[:, 1])]:
            axes.plot(end, place, marker=">", ms=4, color=colour, clip_on=False)
        height += len(bars) + 1
    axes.vlines(SCALES, -1, height + 2, color=QUIET, linewidth=0.7, linestyle="--", zorder=0)
    axes.set(xlim=(0, end), ylim=(-1, height + 2), yticks=[], xlabel="scale of the filtration (largest edge)")
    axes.set_title("barcode: one bar per feature, from the scale of its birth to that of its death", loc="left")
    axes.spines["left"].set_visible(False)
    names = [f"{DEGREE_NAMES[str(degree)]}: {what}s" for degree, what in enumerate(FEATURES)]
    colours = [DEGREE_COLOURS[str(degree)] for degree in range(len(FEATURES))]
    beside = diagrams.finite(0)[:, 1].max() + 0.03
    axes.text(beside, len(diagrams[0]) / 2, names[0], color=colours[0], fontsize=8, va="center")
    above = len(diagrams[0]) + len(diagrams[1]) + 0.7
    axes.text(diagrams[1].mean(), above, names[1], color=colours[1], fontsize=8, ha="center", va="bottom")
