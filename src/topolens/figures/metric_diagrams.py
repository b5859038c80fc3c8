"""Diagrams and barcodes under many metrics: of one cloud of a layer, and of toys on which metrics disagree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.config.conditions import CLEAN
from topolens.data.toy_clouds import dense_and_sparse_ring, elongated_ring, two_directions
from topolens.figures.metric_panels import base_text, how_text, layer_cloud, metric_text
from topolens.figures.panels import add_legend, dot, draw_points, line, panel_grid
from topolens.figures.style import DEGREE_COLOURS, DEGREE_NAMES, PALETTE, QUIET, SMALL
from topolens.figures.tables import rows_of
from topolens.results import Results
from topolens.topology.diagram_distances import scaled
from topolens.topology.distances import mean_distance, pairwise_distances
from topolens.topology.persistence import Diagrams, finite_bars, lifetimes, persistence

COLOURS = {**DEGREE_COLOURS, "2": PALETTE[2]}
LONGEST = 25  # bars of each degree in a barcode
# Of the toys.
METRICS = ("euclidean", "mahalanobis", "cosine", "euclidean relative-max")
NEIGHBOURS = 5  # of relative distances
ZOOM = (0.04, 0.60, 0.38, 0.38)  # of the panel: the inset


def draw(run: Results) -> Figure:
    """Rows: base metrics; columns: normalisations, network by network; the last layers' diagrams, all to one scale."""
    clouds = [layer_cloud(run, network) for network in run.config.layers_by_network]
    metrics, bases = [*run.config.all_distances], run.config.bases
    hows = len(metrics) // len(bases)
    diagrams = [[scaled_diagrams(run, cloud.network, cloud.layer, metric) for metric in metrics] for cloud in clouds]
    highest = 1.05 * max(map(last_death, chain(*diagrams)))
    figure, grid = panel_grid(len(bases), hows * len(clouds), 1.05 * len(bases) + 0.8, sharex=True, sharey=True)
    for panels, cloud, own in zip(np.split(grid, len(clouds), axis=1), clouds, diagrams, strict=True):
        for axes, bars in zip(panels.T.flat, own, strict=True):  # all bases under one normalisation after another
            draw_diagram(axes, bars, highest)
        for axes, metric in zip(panels[0], metrics[:: len(bases)], strict=True):
            axes.set_title(how_text(metric.partition(" ")[2]), fontsize=SMALL)
        above: dict[str, Any] = {"xytext": (0, 17), "textcoords": "offset points", "ha": "center", "fontsize": 8}
        panels[0, hows // 2].annotate(cloud.name, (0.5, 1), xycoords="axes fraction", **above)
        for axes in panels[:, 0]:
            axes.tick_params(labelleft=True)  # which sets networks apart
    for axes, base in zip(grid[:, 0], bases, strict=True):
        axes.set_ylabel(f"{base_text(base)}\ndeath", fontsize=SMALL)
    for axes in grid[-1]:
        axes.set_xlabel("birth", fontsize=SMALL)
    degrees = [str(degree) for degree in run.diagrams.degrees]
    add_legend(figure, {DEGREE_NAMES[degree]: dot(COLOURS[degree], ms=3) for degree in degrees})
    return figure


def scaled_diagrams(run: Results, network: str, layer: str, metric: str) -> list[np.ndarray]:
    """The diagrams of the first clean cloud, in units of its mean distance."""
    clean = rows_of(run.diagrams.clouds, condition=CLEAN, is_main=True, repeat=0)
    cloud = rows_of(clean, network=network, layer=layer, metric=metric)
    (number,), (size,) = cloud.index, cloud["mean_distance"]
    return [scaled(run.diagrams.diagram(number, degree), size) for degree in run.diagrams.degrees]


def last_death(diagrams: Sequence[np.ndarray]) -> float:
    """The last death of a finite bar of any degree."""
    return float(max(finite_bars(bars).max(initial=0.1) for bars in diagrams))


def draw_diagram(axes: Axes, diagrams: list[np.ndarray], highest: float) -> None:
    """Birth against death of the finite bars by persim, in the figure's own colours."""
    from persim import plot_diagrams  # here, since it loads scikit-learn

    with mpl.rc_context():  # persim sets a style of its own for all that follows
        names = [DEGREE_NAMES[str(degree)] for degree in range(len(diagrams))]
        limits = [-0.04 * highest, highest] * 2
        plot_diagrams(list(map(finite_bars, diagrams)), ax=axes, legend=False, size=4, xy_range=limits, labels=names)
    axes.lines[0].set(color="0.7", linewidth=0.8, linestyle="-", zorder=0)
    for degree, points in enumerate(axes.collections):
        points.set(facecolor=COLOURS[str(degree)], linewidth=0, alpha=0.7)
    axes.set(xlabel="", ylabel="", title="", xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])


def draw_barcode(axes: Axes, diagrams: Sequence[np.ndarray], highest: float) -> None:
    """The longest bars of each degree, lower degrees at the top; essential ones to the edge."""
    place, width = 0, min(0.9, 45 / max(1, sum(len(bars[:LONGEST]) for bars in diagrams)))
    for degree, bars in enumerate(diagrams):
        births, deaths = bars[:LONGEST].T
        places = place - np.arange(len(births))
        axes.hlines(places, births, np.minimum(deaths, highest), color=COLOURS[str(degree)], linewidth=width)
        place -= len(births) + 2
    axes.set(yticks=[], xlim=(0, highest), xlabel="scale")
    axes.tick_params(labelsize=SMALL)
    axes.spines["left"].set_visible(False)


def prominence(diagrams: Diagrams, degree: int) -> float:
    """Longest over second longest finite bar; infinite with a single bar, NaN without any."""
    longest = lifetimes(diagrams[degree])[:2]
    if len(longest) == 0:
        return np.nan
    return float(longest[0] / longest[1]) if len(longest) > 1 else np.inf


def longest_loop(diagrams: Diagrams) -> float:
    """Lifetime of the longest loop; 0 without any."""
    return float(lifetimes(diagrams[1]).max(initial=0.0))


def second_loop(diagrams: Diagrams) -> float:
    """Second longest over longest loop: 1 if both are equally long, 0 with fewer than two."""
    ratio = prominence(diagrams, 1)
    return 0.0 if np.isnan(ratio) else 1 / ratio


@dataclass(frozen=True)
class Toy:
    """A cloud, and the number in which metrics disagree: its name, how it is measured and how it is written."""

    name: str
    make: Callable[[], np.ndarray]
    answer: str
    measure: Callable[[Diagrams], float]
    shown: str
    inset: tuple[float, float, float] | None = None  # middle and half the width of what is shown larger


TOYS = (
    Toy("an elongated ring", elongated_ring, "H₁: L", longest_loop, ".2f"),
    Toy("a small and a large ring", dense_and_sparse_ring, "H₁: L′/L", second_loop, ".2f", (-15, 0, 0.45)),
    Toy("two bundles of rays", two_directions, "H₀: L/L′", lambda bars: prominence(bars, 0), ".3g"),
)


def toys(run: Results) -> Figure:
    """Rows: clouds; columns: the cloud, then its barcode under each metric, in units of the mean distance."""
    figure, grid = panel_grid(len(TOYS), 1 + len(METRICS), 5.2, width_ratios=[1.2, 1, 1, 1, 1])
    for row, toy in zip(grid, TOYS, strict=True):
        points = toy.make()
        draw_toy(row[0], points, toy)
        for axes, metric in zip(row[1:], METRICS, strict=True):
            diagrams = toy_diagrams(points, metric)
            draw_barcode(axes, diagrams.by_degree, 1.1 * last_death(diagrams.by_degree))
            axes.set_xlabel("")
            head = metric_text(metric) + "\n" if toy is TOYS[0] else ""
            axes.set_title(f"{head}{toy.answer} = {toy.measure(diagrams):{toy.shown}}", fontsize=SMALL)
    names = {"0": "components, H₀", "1": "loops, H₁"}
    add_legend(figure, {name: line(COLOURS[degree], linewidth=1.6) for degree, name in names.items()})
    return figure


def toy_diagrams(points: np.ndarray, metric: str) -> Diagrams:
    """Diagrams of a cloud under one of the METRICS, distances divided by their mean."""
    base, _, how = metric.partition(" ")
    distances = pairwise_distances(points, base, normalise=how or None, k=NEIGHBOURS if how else None)
    return persistence(distances / mean_distance(distances), 1)


def draw_toy(axes: Axes, points: np.ndarray, toy: Toy) -> None:
    """The cloud to scale, and what is too small to see once more."""
    look: dict[str, Any] = {"s": 4, "color": PALETTE[7]}
    draw_points(axes, points, **look)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_title(toy.name)
    axes.tick_params(labelsize=SMALL)
    if toy.inset is not None:
        x, y, half = toy.inset
        inset = axes.inset_axes(ZOOM, xlim=(x - half, x + half), ylim=(y - half, y + half), xticks=[], yticks=[])
        draw_points(inset, points, **look)
        inset.set_aspect("equal")
        inset.spines[:].set(visible=True, color=QUIET, linewidth=0.5)
        axes.indicate_inset_zoom(inset, edgecolor=QUIET, linewidth=0.5)
