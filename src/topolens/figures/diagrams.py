"""Persistence diagrams and barcodes of one cloud at the input and in the first layer of a network."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.panels import draw_points, panel_grid, say
from topolens.figures.style import DEGREE_COLOURS, DEGREE_NAMES, QUIET, accuracy_name, layer_name, paler
from topolens.figures.tables import rows_of
from topolens.results import Results
from topolens.topology.complexity import largest_gap
from topolens.topology.persistence import finite_bars, lifetimes

DEGREES = (0, 1)
SHOWN_BARS = 30
MARKED_DEGREE = 1


def draw(run: Results) -> Figure:
    """One row per cloud: its diagram, and the longest bars of degree 0 and of degree 1."""
    figure, panels = panel_grid(2, 1 + len(DEGREES), 5.2, width_ratios=[1.25, 1, 1])
    for row, (name, clouds) in zip(panels, chosen_clouds(run).items(), strict=True):
        if clouds.empty:
            for axes in row:
                axes.axis("off")
            say(row[0], "last snapshot not reached\nby any network")
            continue
        diagrams = [run.diagrams.diagram(int(clouds.index[0]), degree) for degree in DEGREES]
        # The axes end a little behind the last finite death.
        end = 1.08 * max(finite_bars(diagram)[:, 1].max(initial=0.0) for diagram in diagrams) or 1.0
        draw_diagram(row[0], diagrams, end)
        row[0].set_title(name)
        for axes, degree, diagram in zip(row[1:], DEGREES, diagrams, strict=True):
            draw_barcode(axes, degree, diagram, end)
    for axes in panels[-1]:
        axes.set_xlabel("birth" if axes is panels[-1, 0] else "scale of the filtration")
    return figure


def chosen_clouds(run: Results) -> dict[str, pd.DataFrame]:
    """The same points at the input and in layer 1 of the first network that reached the last snapshot, by name."""
    clouds, accuracies = rows_of(run.diagrams.clouds, null=False), run.config.snapshot_accuracies
    inputs = rows_of(clouds, depth=0)
    trained = rows_of(clouds[clouds["depth"] > 0], snapshot=len(accuracies) - 1)
    if trained.empty:
        return {"input": inputs, "not reached": trained}
    first = rows_of(trained, depth=trained["depth"].min())
    layer, network, repeat = first.iloc[0][["depth", "network", "repeat"]].astype(int)
    place = layer_name(layer, run.config.output_layer)
    name = f"layer {place} of network {network + 1}, {accuracy_name(accuracies[-1])}"
    return {"input": rows_of(inputs, repeat=repeat), name: first}


def draw_diagram(axes: Axes, diagrams: list[np.ndarray], end: float) -> None:
    """Birth against death; essential bars lie on a dashed line at infinity."""
    infinity = 1.06 * end
    axes.plot([0, end], [0, end], color="0.7", linewidth=0.8, zorder=0)
    axes.axhline(infinity, color=QUIET, linewidth=0.8, linestyle="--", zorder=0)
    for degree, diagram in zip(DEGREES, diagrams, strict=True):
        colour, essential = DEGREE_COLOURS[str(degree)], diagram[np.isinf(diagram[:, 1]), 0]
        label = f"{DEGREE_NAMES[str(degree)]}: {len(diagram)} bars"
        endless = np.column_stack([essential, np.full(len(essential), infinity)])
        draw_points(axes, finite_bars(diagram), s=7, alpha=0.8, label=label, color=colour, clip_on=False)
        draw_points(axes, endless, s=22, marker="^", color=colour, clip_on=False)
    axes.text(1.02 * end, infinity, "∞", fontsize=9, color=QUIET, va="center")
    axes.set(xlim=(0, end), ylim=(0, infinity), aspect="equal", ylabel="death")
    axes.legend(loc="lower right", handletextpad=0.1, borderpad=0.1)


def draw_barcode(axes: Axes, degree: int, diagram: np.ndarray, end: float) -> None:
    """The longest bars, the longest at the top; in degree 1 those behind the largest gap are paler."""
    bars, colour = diagram[:SHOWN_BARS], DEGREE_COLOURS[str(degree)]
    places, is_essential = 1 + np.arange(len(bars)), np.isinf(bars[:, 1])
    gap = largest_gap(lifetimes(diagram)) + int(np.isinf(diagram[:, 1]).sum()) if degree == MARKED_DEGREE else 0
    colours = [paler(colour, 0.55 * pale) for pale in (places > gap) & (gap > 0)]
    axes.hlines(places, bars[:, 0], np.minimum(bars[:, 1], end), colors=colours, linewidth=1.6)
    for place in places[is_essential]:
        axes.plot(end, place, marker=">", ms=3.5, color=colour, clip_on=False)
    if 0 < gap <= SHOWN_BARS:
        axes.axhline(gap + 0.5, color=QUIET, linewidth=0.8, linestyle="--")
    axes.set(xlim=(0, end), ylim=(SHOWN_BARS + 1, 0), yticks=[1, 10, 20, 30], ylabel="bar, by lifetime")
    note = f"largest gap after bar {gap}" if gap else ""
    title = f"{DEGREE_NAMES[str(degree)]}: {min(SHOWN_BARS, len(diagram))} longest of {len(diagram)} bars"
    axes.set_title(f"{title}\n{note}", fontsize=7)
