"""Diagrams and barcodes of one cloud under every metric, side by side."""

from collections.abc import Iterable

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from persim import plot_diagrams

from topolens.config.conditions import CLEAN
from topolens.figures.metric_panels import layer_cloud, metric_text
from topolens.figures.panels import add_legend, line, panel_grid
from topolens.figures.style import DEGREE_COLOURS, DEGREE_NAMES, PALETTE, SMALL
from topolens.figures.tables import rows_of
from topolens.results import Results
from topolens.topology.diagram_distances import scaled
from topolens.topology.persistence import finite_bars

COLOURS = {**DEGREE_COLOURS, "2": PALETTE[2]}
LONGEST = 25  # bars of each degree in a barcode
DIAGRAM_WIDTH = 1.45  # of a barcode, which is as high


def draw(run: Results, network: str | None = None, layer: str | None = None) -> Figure:
    """Rows: base metrics; columns: normalisations; in each cell the diagram and its longest bars, all to one scale."""
    cloud = layer_cloud(run, network, layer)
    metrics, bases = [*run.config.all_distances], run.config.bases
    hows = len(metrics) // len(bases)
    found = {metric: scaled_diagrams(run, cloud.network, cloud.layer, metric) for metric in metrics}
    highest = 1.05 * max(map(last_death, found.values()))
    widths = [DIAGRAM_WIDTH, 1] * hows
    figure, grid = panel_grid(len(bases), 2 * hows, 1.45 * len(bases) + 1.0, width_ratios=widths)
    for number, metric in enumerate(metrics):  # all bases under one normalisation after another
        how, base = divmod(number, len(bases))
        diagram, barcode = grid[base, 2 * how : 2 * how + 2]
        draw_diagram(diagram, found[metric], highest)
        draw_barcode(barcode, found[metric], highest)
        diagram.set_title(metric_text(metric).replace("\n", " "), loc="left")
        barcode.set_box_aspect(DIAGRAM_WIDTH)
        # Names and numbers at the left and lower edge only: all panels have the same.
        left, bottom = how == 0, base == len(bases) - 1
        diagram.set(xlabel="birth" if bottom else "", ylabel="death" if left else "", yticks=diagram.get_xticks()[1:-1])
        diagram.tick_params(labelbottom=bottom, labelleft=left)
        barcode.set_xlabel("scale" if bottom else "")
        barcode.tick_params(labelbottom=bottom, labelleft=False)
    figure.suptitle(f"{cloud.network}, {cloud.layer}: {len(cloud.points)} images", fontsize=8)
    looks = {DEGREE_NAMES[str(degree)]: COLOURS[str(degree)] for degree in run.diagrams.degrees}
    entries = {name: line(colour, marker="o", ms=3) for name, colour in looks.items()}
    title = f"scales in units of each metric's mean distance in the cloud; barcodes: up to {LONGEST} longest bars each"
    add_legend(figure, entries, title, is_quiet=True, ncols=3)
    return figure


def scaled_diagrams(run: Results, network: str, layer: str, metric: str) -> list[np.ndarray]:
    """The diagrams of the first clean cloud, in units of its mean distance."""
    clean = rows_of(run.diagrams.clouds, condition=CLEAN, is_main=True, repeat=0)
    cloud = rows_of(clean, network=network, layer=layer, metric=metric)
    (number,), (size,) = cloud.index, cloud["mean_distance"]
    return [scaled(run.diagrams.diagram(number, degree), size) for degree in run.diagrams.degrees]


def last_death(diagrams: Iterable[np.ndarray]) -> float:
    """The last death of a finite bar of any degree."""
    return float(max(finite_bars(bars).max(initial=0.1) for bars in diagrams))


def draw_diagram(axes: Axes, diagrams: list[np.ndarray], highest: float) -> None:
    """Birth against death of the finite bars by persim, in the figure's own colours."""
    with mpl.rc_context():  # persim sets a style of its own for all that follows
        names = [DEGREE_NAMES[str(degree)] for degree in range(len(diagrams))]
        limits = [-0.03 * highest, highest] * 2
        plot_diagrams(list(map(finite_bars, diagrams)), ax=axes, legend=False, size=5, xy_range=limits, labels=names)
    axes.lines[0].set(color="0.7", linewidth=0.8, linestyle="-", zorder=0)
    for degree, points in enumerate(axes.collections):
        points.set(facecolor=COLOURS[str(degree)], linewidth=0, alpha=0.8)
    axes.set(xlabel="", ylabel="", title="")
    axes.tick_params(labelsize=SMALL)


def draw_barcode(axes: Axes, diagrams: list[np.ndarray], highest: float) -> None:
    """The longest bars of each degree, lower degrees at the top; essential ones to the edge."""
    place, width = 0, min(0.9, 45 / max(1, sum(len(bars[:LONGEST]) for bars in diagrams)))
    for degree, bars in enumerate(diagrams):
        longest = bars[:LONGEST]
        places = place - np.arange(len(longest))
        ends = np.minimum(longest[:, 1], highest)
        axes.hlines(places, longest[:, 0], ends, color=COLOURS[str(degree)], linewidth=width)
        place -= len(longest) + 2
    axes.set(yticks=[], xlim=(0, highest), xlabel="scale")
    axes.tick_params(labelsize=SMALL)
    axes.spines["left"].set_visible(False)
