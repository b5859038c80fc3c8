"""What metrics make of layers: how far their diagrams lie apart, and how well classes are told apart by depth."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from topolens.config.conditions import CLEAN
from topolens.config.homology import STACKED
from topolens.figures.metric_panels import base_text, how_text, metric_text, metrics_by_base
from topolens.figures.panels import add_legend, area, draw_cells, line, panel_grid
from topolens.figures.style import BAND_ALPHA, METRIC_LINES, QUIET, SLANTED, SMALL, STEEP, metric_style
from topolens.figures.tables import confidence_of, rows_of, statistic_rows
from topolens.results import Results

DEGREES = (0, 1)
DARK = 0.85  # of the colour scale: numbers are white from here on
TICKS = (1, 2, 4, 8, 16, 32)  # of the colour bar, and their inverses
SCORES = {
    "ari": "ARI of components,\nscale without labels",
    "best_ari": "ARI of components,\nscale chosen by labels",
    "neighbours": "accuracy of the\nneighbours' vote",
}
CONTROL = "random"
CONTROL_LINE: dict[str, Any] = {"color": "0.5", "linestyle": (0, (5, 2)), "linewidth": 1.4}
FAINT = 0.07  # nine bands lie on one another
MANY_LAYERS = 8  # so many names stand steeply


def matrix(run: Results, measure: str = "bottleneck") -> Figure:
    """How far two metrics move a cloud's diagrams, in units of how far other images move them; a matrix per network.

    Components stand below the diagonal and loops above it, all on one logarithmic scale around 1.
    """
    networks, metrics = [*run.config.layers_by_network], metrics_by_base(run)
    matrices = [ratio_matrix(run, network, measure) for network in networks]
    highest = max(map(furthest_from_one, matrices))
    look: dict[str, Any] = {"cmap": "PuOr_r", "norm": LogNorm(1 / highest, highest)}
    figure, [panels] = panel_grid(1, len(networks), 4.3, sharey=True)
    for axes, network, ratios in zip(panels, networks, matrices, strict=True):
        draw_matrix(axes, ratios, metrics, look)
        axes.set_title(network, loc="left")
        axes.set_title("below the diagonal H₀, above H₁", loc="right", fontsize=SMALL, color=QUIET)
    ticks = [tick for tick in (*TICKS, *(1 / tick for tick in TICKS)) if 1 / highest <= tick <= highest]
    label = f"{measure} distance between two metrics ÷ between clouds of other images"
    bar = figure.colorbar(panels[0].images[0], ax=panels, location="bottom", aspect=45, pad=0.03, label=label)
    bar.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks], minor=False)
    bar.minorticks_off()
    return figure


def ratio_matrix(run: Results, network: str, measure: str) -> np.ndarray:
    """(metrics, metrics) distances between metrics over those between clouds of other images: H0 below, H1 above."""
    components, loops = (ratios_of(mean_matrix(run, network, measure, degree)) for degree in DEGREES)
    return np.where(np.tri(len(loops), dtype=bool), components, loops)


def ratios_of(means: np.ndarray) -> np.ndarray:
    """Mean distances between metrics over the mean of both metrics' own, which stand on the diagonal.

    So weighted by these, ratios have a mean above 1 exactly where metrics lie further apart than clouds of other
    images, on average over all of them: claims on metrics contrast the same means, for each pair of clouds.
    """
    own = np.diag(means)
    with np.errstate(divide="ignore", invalid="ignore"):  # of clouds without a loop
        return np.asarray(2 * means / np.add.outer(own, own))


def mean_matrix(run: Results, network: str, measure: str, degree: int) -> np.ndarray:
    """(metrics, metrics) mean distances over layers and clouds; on the diagonal those between two clouds."""
    metrics = metrics_by_base(run)
    table = rows_of(run.table("diagram_distances"), network=network, degree=degree)
    means = rows_of(table, kind="between").groupby(["metric", "against"])[measure].mean().unstack()
    matrix = means.combine_first(means.T).reindex(index=metrics, columns=metrics).to_numpy(copy=True)
    within = rows_of(table, kind="paired").groupby("metric")[measure].mean()
    np.fill_diagonal(matrix, within.loc[metrics])
    return matrix


def furthest_from_one(ratios: np.ndarray) -> float:
    """The largest finite ratio or, where that is larger, the inverse of the smallest; 2 at least."""
    finite = ratios[np.isfinite(ratios) & (ratios > 0)]
    return float(max(finite.max(initial=2.0), 1 / finite.min(initial=0.5)))


def number_text(value: float) -> str:
    """Two digits that fit into a cell: `.25`, `1.2`, `12`; `∞`, and `–` where there is none."""
    if not np.isfinite(value):
        return "–" if np.isnan(value) else "∞"
    digits = 0 if value >= 9.95 else 1 if value >= 0.995 else 2
    return f"{value:.{digits}f}".removeprefix("0")


def draw_matrix(axes: Axes, ratios: np.ndarray, metrics: list[str], look: dict[str, Any]) -> None:
    """Cells with their numbers; the diagonal, where both clouds are seen by one metric, is 1; lines between bases."""
    texts = np.vectorize(number_text, otypes=[object])(ratios)
    np.fill_diagonal(texts, "1")
    draw_cells(axes, ratios, texts, DARK, ink="k", **look)
    bases = [metric.partition(" ")[0] for metric in metrics]
    is_first = [place == 0 or bases[place - 1] != base for place, base in enumerate(bases)]
    for place in np.flatnonzero(is_first)[1:] - 0.5:
        axes.axhline(place, color="white", linewidth=2)
        axes.axvline(place, color="white", linewidth=2)
    for place in range(len(metrics)):
        corner = (place - 0.5, place - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=QUIET, linewidth=0.8, clip_on=False, zorder=3))
    # Of a base only the first of its metrics bears its name: the others follow it.
    names = [
        metric_text(metric, " ") if first else how_text(metric.partition(" ")[2])
        for metric, first in zip(metrics, is_first, strict=True)
    ]
    axes.set_xticks(range(len(metrics)), names, **STEEP)
    axes.set_yticks(range(len(metrics)), names, fontsize=SMALL)


def by_depth(run: Results) -> Figure:
    """How well classes are told apart: rows: scores; columns: networks; a line per metric, intervals over clouds."""
    networks = run.config.layers_by_network
    figure, grid = panel_grid(len(SCORES), len(networks), 1.6 * len(SCORES) + 1.0, sharey="row", sharex="col")
    for row, (score, label) in zip(grid, SCORES.items(), strict=True):
        for axes, (network, layers) in zip(row, networks.items(), strict=True):
            draw_lines(axes, run, network, score, [*layers])
        row[0].set_ylabel(label)
    for column, (network, layers) in zip(grid.T, networks.items(), strict=True):
        column[0].set_title(network)
        angle = 60 if len(layers) > MANY_LAYERS else 30
        column[-1].set_xticks(range(len(layers)), [*layers], rotation=angle, **SLANTED)
    title = f"means over {run.config.image_clouds.repeats + 1} clouds, {confidence_of(run)} intervals"
    add_legend(figure, looks_of(run), title, is_quiet=True, ncols=4, handlelength=3.0)
    return figure


def looks_of(run: Results) -> dict[str, Artist]:
    """What colours, dashes and the two lines that are no metric's mean, each said once."""
    hows = dict.fromkeys(metric.partition(" ")[2] for metric in run.config.all_distances)
    entries: dict[str, Artist] = {
        base_text(base): area(metric_style(base)["color"], linewidth=0) for base in run.config.bases
    }
    entries[STACKED] = line(**metric_style(STACKED))
    entries |= {how_text(how): line(QUIET, linestyle=METRIC_LINES[how], linewidth=1.0) for how in hows}
    if CONTROL in run.study.runs:
        entries["untrained"] = line(**CONTROL_LINE)
    return entries


def draw_lines(axes: Axes, run: Results, network: str, score: str, layers: list[str]) -> None:
    """One score of one network: the untrained network's mean below, the metrics, all stacked on top."""
    table, places = score_rows(run, network, score), np.arange(len(layers))
    if CONTROL in run.study.runs:
        untrained = score_rows(run.other(CONTROL), network, score)["estimate"].drop(STACKED, level="metric")
        means = untrained.groupby("layer").mean().loc[layers]
        axes.plot(places, means, label="untrained", **CONTROL_LINE)
    for metric in [*run.config.all_distances, STACKED]:
        rows, style = table.loc[metric].loc[layers], metric_style(metric)
        alpha = BAND_ALPHA if metric == STACKED else FAINT
        axes.plot(places, rows["estimate"], label=metric, **style)
        axes.fill_between(places, rows["low"], rows["high"], color=style["color"], alpha=alpha, linewidth=0)
    axes.set_xlim(-0.3, len(layers) - 0.7)


def score_rows(run: Results, network: str, score: str) -> pd.DataFrame:
    """Estimates of clean clouds, index metric and layer."""
    rows = statistic_rows(run, score, network=network)
    return rows[rows["condition"] == CLEAN].set_index(["metric", "layer"])[["estimate", "low", "high"]].sort_index()
