"""What noise and quantisation do to accuracy and to the diagrams of the last layer."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.config.conditions import CLEAN, FEWER_IS_STRONGER, INT8, Condition, dose
from topolens.errors import TopolensError
from topolens.figures.metric_panels import metric_text
from topolens.figures.panels import add_legend, area, dot, draw_line, line, page
from topolens.figures.style import DEGREE_NAMES, NULL_COLOUR, QUIET, SMALL, Colour, interval_text, network_colours
from topolens.figures.tables import confidence_of, statistic_rows
from topolens.results import Results

NOISE_NAMES = {"salt_pepper": "salt & pepper", "poisson": "Poisson", "gaussian": "Gaussian"}
MARGIN = 1.3  # factor of free room on both sides of a logarithmic axis


class Side(NamedTuple):
    """A network's rows by condition: accuracy, what is lost, how far the last layer's diagrams move.

    `follows` is the rank correlation of the last two over noises, mean over ranks of strength and metrics.
    """

    network: str
    colour: Colour
    accuracy: pd.DataFrame
    loss: pd.DataFrame
    moved: pd.DataFrame
    follows: pd.Series


def draw(run: Results, measure: str = "bottleneck", degree: int = 1, metric: str = "euclidean") -> Figure:
    """Rows: accuracy, distance to the clean diagram, each against strength; below, one against the other."""
    kinds = [*((run.config.conditions and run.config.conditions.noises) or {})]
    if not kinds:
        raise TopolensError(f"robustness: run {run.name!r} has no noises; set conditions.noises")
    sides = [*sides_of(run, measure, degree, metric)]
    label = f"{measure} distance\nto clean ({DEGREE_NAMES[str(degree)]}, {metric_text(metric, ' ')})"
    figure = page(6.2)
    above, below = figure.subfigures(2, 1, height_ratios=(3, 2))  # type: ignore[misc]
    grid = above.subplots(2, len(kinds), sharey="row", sharex="col", squeeze=False)
    for column, kind in zip(grid.T, kinds, strict=True):
        draw_noise(column, sides, conditions_of(run, kind))
    tops = [side.moved[["estimate", "null_high"]].to_numpy().max() for side in sides]
    grid[0, 0].set(ylabel="accuracy", ylim=(0, 1))
    grid[1, 0].set(ylabel=label, ylim=(0, 1.05 * max(tops)))
    above.supxlabel("strength, relative to the published one", fontsize=8)
    draw_scatter(below.subplots(), sides, label)
    entries: dict[str, Artist] = {side.network: line(side.colour, marker="o", ms=3) for side in sides}
    entries["clean"] = line(QUIET, linewidth=0.8, ls=":")
    entries["other clean images"] = area(NULL_COLOUR, alpha=0.5)
    entries["its upper end"] = line(QUIET, linewidth=0.8, ls="--")
    entries["INT8"] = dot(QUIET, ms=5, marker="x", mew=1.4)
    add_legend(figure, entries, f"{confidence_of(run)} intervals", is_quiet=True, columnspacing=1.2)
    return figure


def sides_of(run: Results, measure: str, degree: int, metric: str) -> Iterator[Side]:
    """All networks, with their rows of the table of statistics."""
    for network, colour in network_colours(run.config.layers_by_network).items():
        of_diagrams = {"network": network, "degree": str(degree), "metric": metric}
        last = [*run.config.layers_by_network[network]][-1]
        accuracy = statistic_rows(run, "accuracy", network=network).set_index("condition")
        loss = statistic_rows(run, "accuracy_loss", network=network).set_index("condition")
        moved = statistic_rows(run, f"disturbed_{measure}", layer=last, **of_diagrams).set_index("condition")
        follows = statistic_rows(run, f"{measure}_follows_accuracy", network=network, degree=str(degree))
        yield Side(network, colour, accuracy, loss, moved, follows[follows["metric"].isna()].iloc[0])


def conditions_of(run: Results, kind: str) -> list[Condition]:
    """The conditions of a noise, the weakest first."""
    conditions = [condition for condition in run.config.all_conditions if condition.kind == kind]
    return sorted(conditions, key=lambda condition: dose(kind, condition.strength or 0))


def relative_strengths(conditions: list[Condition]) -> dict[str, float]:
    """By condition: strength as a multiple of the published one, for Poisson that of 1 / λ."""
    (published,) = (condition.strength or 1.0 for condition in conditions if condition.published)
    shares = {condition.name: (condition.strength or 1.0) / published for condition in conditions}
    return {name: 1 / share if conditions[0].kind in FEWER_IS_STRONGER else share for name, share in shares.items()}


def draw_noise(column: np.ndarray, sides: list[Side], conditions: list[Condition]) -> None:
    """Accuracy, and below it the distance to clean, of all networks against the strength of one noise."""
    strengths, kind, (above, below) = relative_strengths(conditions), conditions[0].kind, column
    places, names = np.array([*strengths.values()]), [*strengths]
    for side in sides:
        moved = side.moved.loc[names]
        draw_line(above, places, side.accuracy.loc[names], side.colour, side.network)
        above.axhline(side.accuracy["estimate"][CLEAN], color=side.colour, linewidth=0.8, linestyle=":")
        low, high = moved[["null_low", "null_high"]].iloc[0]
        below.axhspan(low, high, color=NULL_COLOUR, alpha=0.5, linewidth=0, zorder=0)
        below.axhline(high, color=side.colour, linewidth=0.8, linestyle="--", zorder=1)
        below.plot(places, moved["estimate"], color=side.colour, marker="o", ms=2.5)
    for axes in column:
        axes.axvline(1, color=QUIET, linewidth=0.6, zorder=0)
    below.set(xscale="log", xlim=(places.min() / MARGIN, places.max() * MARGIN))
    below.set_xticks(places, [f"{place:.2g}" for place in places], fontsize=SMALL)
    below.set_xticks([], minor=True)
    (published,) = (condition.strength for condition in conditions if condition.published)
    sign = "λ = " if kind in FEWER_IS_STRONGER else ""
    above.set_title(f"{NOISE_NAMES.get(kind, kind)}\n(published: {sign}{published:g})")


def draw_scatter(axes: Axes, sides: list[Side], label: str) -> None:
    """Lost accuracy against distance to clean over all conditions; above, how they go together over noises."""
    correlations = []
    for side in sides:
        moved = side.moved["estimate"].loc[side.loss.index]
        for name, loss, distance in zip(side.loss.index, side.loss["estimate"], moved, strict=True):
            look: dict[str, Any] = {"mew": 1.4} if name == INT8 else {"mew": 0.4, "mec": "white"}
            marker = "x" if name == INT8 else "o"
            axes.plot(loss, distance, ls="", marker=marker, ms=5, color=side.colour, clip_on=False, **look)
        is_defined = np.isfinite(side.follows["estimate"])
        correlations.append(f"{side.network} {interval_text(side.follows) if is_defined else 'not defined'}")
    axes.set(xlabel="accuracy lost against clean images", ylabel=label)
    axes.set_ylim(bottom=0)
    axes.set_title(f"rank correlation over noises: {', '.join(correlations)}", fontsize=SMALL)
