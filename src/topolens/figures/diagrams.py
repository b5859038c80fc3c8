"""Persistence diagrams and barcodes of one cloud at the input and in the first layer of a network."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.panels import panel_grid, say
from topolens.figures.style import DEGREE_COLOURS, DEGREE_NAMES, QUIET, accuracy_name, layer_name, paler
from topolens.figures.tables import rows_of
from topolens.results import Results
from topolens.topology.complexity import largest_gap
from topolens.topology.persistence import finite_bars, lifetimes

DEGREES = (0, 1)
SHOWN_BARS = 30
MARKED_DEGREE = 1


@dataclass(frozen=True)
class Shown:
    """One cloud's diagrams by degree, and what to call it."""

    name: str
    diagrams: list[np.ndarray]

    @property
    def end(self) -> float:
        """Where the axes end: a little behind the last finite death."""
        return 1.08 * max((finite_bars(diagram)[:, 1].max(initial=0.0) for diagram in self.diagrams), default=0) or 1.0


def draw(run: Results) -> Figure:
    """One row per cloud: its diagram, and the longest bars of degree 0 and of degree 1."""
    figure, panels = panel_grid(2, 1 + len(DEGREES), 5.2, width_ratios=[1.25, 1, 1])
    for line, shown in zip(panels, chosen_clouds(run), strict=True):
        if shown is None:
            for axes in line:
                axes.axis("off")
            say(line[0], "last snapshot not reached\nby any network")
            continue
        draw_diagram(line[0], shown)
        line[0].set_title(shown.name)
        for axes, degree in zip(line[1:], DEGREES, strict=True):
            draw_barcode(axes, shown, degree)
    for axes in panels[-1]:
        axes.set_xlabel("birth" if axes is panels[-1, 0] else "scale of the filtration")
    return figure


def chosen_clouds(run: Results) -> tuple[Shown | None, Shown | None]:
    """The same points at the input and in layer 1 of the first network that reached the last snapshot."""
    clouds, accuracies = rows_of(run.diagrams.clouds, null=False), run.config.snapshot_accuracies
    inputs = rows_of(clouds, depth=0)
    trained = rows_of(clouds[clouds["depth"] > 0], snapshot=len(accuracies) - 1)
    if trained.empty:
        return _shown(run, inputs, "input"), None
    first = rows_of(trained, depth=trained["depth"].min())
    layer, network, repeat = first.iloc[0][["depth", "network", "repeat"]].astype(int)
    place = layer_name(layer, run.config.output_layer)
    name = f"layer {place} of network {network + 1}, {accuracy_name(accuracies[-1])}"
    return _shown(run, rows_of(inputs, repeat=repeat), "input"), _shown(run, first, name)


def _shown(run: Results, clouds: pd.DataFrame, name: str) -> Shown | None:
    if clouds.empty:
        return None
    cloud = int(clouds.index[0])
    return Shown(name, [run.diagrams.diagram(cloud, degree) for degree in DEGREES])


def draw_diagram(axes: Axes, shown: Shown) -> None:
    """Birth against death; essential bars lie on a dashed line at infinity."""
    end = shown.end
    infinity = 1.06 * end
    axes.plot([0, end], [0, end], color="0.7", linewidth=0.8, zorder=0)
    axes.axhline(infinity, color=QUIET, linewidth=0.8, linestyle="--", zorder=0)
    for degree, diagram in zip(DEGREES, shown.diagrams, strict=True):
        colour, bars = DEGREE_COLOURS[str(degree)], finite_bars(diagram)
        births = diagram[np.isinf(diagram[:, 1]), 0]
        label = f"{DEGREE_NAMES[str(degree)]}: {len(diagram)} bars"
        axes.scatter(bars[:, 0], bars[:, 1], s=7, color=colour, linewidths=0, alpha=0.8, label=label, clip_on=False)
        endless = np.full(len(births), infinity)
        axes.scatter(births, endless, s=22, marker="^", color=colour, linewidths=0, clip_on=False)
    axes.text(1.02 * end, infinity, "∞", fontsize=9, color=QUIET, va="center")
    axes.set(xlim=(0, end), ylim=(0, infinity), aspect="equal", ylabel="death")
    axes.legend(loc="lower right", handletextpad=0.1, borderpad=0.1)


def draw_barcode(axes: Axes, shown: Shown, degree: int) -> None:
    """The longest bars, the longest at the top; in degree 1 those behind the largest gap are paler."""
    diagram = shown.diagrams[DEGREES.index(degree)]
    bars, colour = diagram[:SHOWN_BARS], DEGREE_COLOURS[str(degree)]
    ends = np.minimum(bars[:, 1], shown.end)
    places = 1 + np.arange(len(bars))
    gap = largest_gap(lifetimes(diagram)) + int(np.isinf(diagram[:, 1]).sum()) if degree == MARKED_DEGREE else 0
    behind = (places > gap) & (gap > 0)
    axes.hlines(places, bars[:, 0], ends, colors=[paler(colour, 0.55 * pale) for pale in behind], linewidth=1.6)
    for place in places[np.isinf(bars[:, 1])]:
        axes.plot(shown.end, place, marker=">", ms=3.5, color=colour, clip_on=False)
    if 0 < gap <= SHOWN_BARS:
        axes.axhline(gap + 0.5, color=QUIET, linewidth=0.8, linestyle="--")
    axes.set(xlim=(0, shown.end), ylim=(SHOWN_BARS + 1, 0), yticks=[1, 10, 20, 30], ylabel="bar, by lifetime")
    note = f"dashed: largest gap, after bar {gap}" if gap else "arrow: never dies"
    title = f"{DEGREE_NAMES[str(degree)]}: {min(SHOWN_BARS, len(diagram))} longest of {len(diagram)} bars"
    axes.set_title(f"{title}\n{note}", fontsize=7)
