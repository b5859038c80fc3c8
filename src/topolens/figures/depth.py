"""What landscapes, Mapper graphs and planes of convolutional networks say, layer by layer."""

from collections.abc import Callable
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.config.architectures import block_of
from topolens.errors import TopolensError
from topolens.figures import latent_panels as latent
from topolens.figures.panels import (
    add_legend,
    area,
    draw_line,
    draw_null,
    labelled,
    line,
    marked_line,
    panel_grid,
    ratio_axes,
    say,
)
from topolens.figures.style import MEASURES, NETWORK_MARKERS, NULL_COLOUR, OVER_GAUSSIAN, PALETTE, STEEP
from topolens.figures.tables import confidence_of, depth_rows, null_ranges, over_gaussian, statistic_rows
from topolens.results import Results

# Runs of the study that are shown where they exist: their names and lines.
CONTROLS: dict[str, tuple[str, dict[str, Any]]] = {
    "random": ("untrained", latent.CHANCE_LINE | {"color": "0.35"}),
    "constant": ("constant", {"color": "0.35", "linestyle": (0, (1, 1)), "linewidth": 1.0}),
}
UP = "-UpReLU"
POINTS: dict[str, Any] = {"ms": 3, "linewidth": 0.6}
SPREAD = 0.6  # of the distance between two layers, over which the networks stand side by side
METHODS = {"landscape": "landscapes", "plane": "plane", "plane_shape": "plane, clouds centred"}
MARKERS = "osD"  # of the methods


def complexity(run: Results) -> Figure:
    """A line for each class or network, beside controls, means over all of these; last as multiples of Gaussians."""
    layers, has_nulls = run.config.layers, statistic_rows(run, "complexity_l2")["null_low"].notna().any()
    figure, panels = panel_grid(len(MEASURES) + int(has_nulls), 1, 3.7 + 1.5 * has_nulls, sharex=True)
    for axes, (measure, label) in zip(panels.flat, MEASURES.items(), strict=False):
        draw_complexity(axes, run, measure)
        axes.set_ylabel(label)
    if has_nulls:
        draw_over_gaussian(panels[-1, 0], run)
    for axes in panels.flat:
        latent.mark_blocks(axes, layers)
        axes.set_xlim(-0.5, len(layers) - 0.5)
    panels[-1, 0].set_xticks(range(len(layers)), layers, **STEEP)
    figure.align_ylabels()
    entries: dict[str, Artist] = {
        side.name: marked_line(side.colour, marker) for side, marker in marked_sides(run).items()
    }
    for control, raw in control_means(run, "complexity_l2").items():
        name, look = CONTROLS[control]
        entries[name + " (0 throughout)" * bool(raw.max() == 0)] = line(**look)
    if has_nulls:
        entries["Gaussian clouds"] = area(NULL_COLOUR)
    title = f"mean over {latent.clouds_text(run)} with its {confidence_of(run)} interval"
    add_legend(figure, entries, title, handlelength=1.8, columnspacing=1.0)
    return figure


def marked_sides(run: Results) -> dict[latent.Side, str]:
    """What the lines are of, each with a marker besides its colour."""
    return dict(zip(latent.sides_of(run), cycle(NETWORK_MARKERS), strict=False))


def draw_complexity(axes: Axes, run: Results, measure: str) -> None:
    """One measure: sides with their intervals, controls as lines without."""
    layers, table, controls = run.config.layers, statistic_rows(run, measure), control_means(run, measure)
    places = np.arange(len(layers))
    draw_controls(axes, controls)
    for side, marker in marked_sides(run).items():
        draw_line(axes, places, side.rows(run, measure, layers), side.colour, side.name, marker)
    positive = [means for means in controls.values() if means.max() > 0]
    estimates = np.concatenate([table["estimate"], *positive])
    latent.scale_axis(axes, estimates, np.nanmax([*estimates, *table["high"]]))


def draw_over_gaussian(axes: Axes, run: Results) -> None:
    """Sides and controls, each as multiples of the raw complexity of its own Gaussian clouds."""
    layers, table = run.config.layers, over_gaussian(statistic_rows(run, "complexity_l2"))
    places, controls = np.arange(len(layers)), control_means(run, "complexity_l2", over_gaussian)
    draw_null(axes, places, null_ranges(table, layers))
    draw_controls(axes, controls)
    for side, marker in marked_sides(run).items():
        rows = over_gaussian(side.rows(run, "complexity_l2", layers))
        draw_line(axes, places, rows, side.colour, side.name, marker)
    shown = table[["estimate", "low", "high", "null_low", "null_high"]].to_numpy().ravel()
    ratio_axes([axes], np.concatenate([shown, *controls.values()]))
    axes.set_ylabel(OVER_GAUSSIAN)


def draw_controls(axes: Axes, controls: dict[str, pd.Series]) -> None:
    """The means of the controls as lines."""
    for control, means in controls.items():
        name, look = CONTROLS[control]
        axes.plot(np.arange(len(means)), means, label=name, **look)


def control_means(
    run: Results, measure: str, seen: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows
) -> dict[str, pd.Series]:
    """The controls that the study has: estimates by layer, mean over all classes or networks; `seen` turns the rows."""
    tables = {name: seen(statistic_rows(run.other(name), measure)) for name in CONTROLS if name in run.study.runs}
    return {name: table.groupby("layer")["estimate"].mean().loc[run.config.layers] for name, table in tables.items()}


def upconvolution(run: Results) -> Figure:
    """The decoder of every network: the ReLU behind each up-convolution, before the skip connection, and those after.

    Left: raw complexity; right: scale-free.
    """
    levels = {block_of(layer) for layer in run.config.layers if layer.endswith(UP)}
    layers = [layer for layer in run.config.layers if block_of(layer) in levels]
    if not layers:
        raise TopolensError(f"upconvolution: run {run.name!r} needs layers behind up-convolutions, as in a U-Net")
    figure, [panels] = panel_grid(1, len(MEASURES), 3.4)
    for axes, (measure, label) in zip(panels, MEASURES.items(), strict=True):
        draw_levels(axes, run, measure, layers)
        label_levels(axes, layers)
        axes.set_ylabel(label)
    title = f"mean over {run.config.position_clouds.repeats} images with its {confidence_of(run)} interval"
    looks = {side.name: line(side.colour, **POINTS, marker=marker) for side, marker in marked_sides(run).items()}
    add_legend(figure, looks, title)
    return figure


def draw_levels(axes: Axes, run: Results, measure: str, layers: list[str]) -> None:
    """Mean and interval of every network at every layer; a line joins the layers of one level."""
    sides, shown = marked_sides(run), []
    levels = np.array(list(map(block_of, layers)))
    offsets = (np.arange(len(sides)) - (len(sides) - 1) / 2) * SPREAD / len(sides)
    for (side, marker), offset in zip(sides.items(), offsets, strict=True):
        table, places = side.rows(run, measure, layers), np.arange(len(layers)) + offset
        for level in dict.fromkeys(levels):
            rows, own = table[levels == level], places[levels == level]
            axes.plot(own, rows["estimate"], color=side.colour, label=side.name, marker=marker, **POINTS)
            axes.vlines(own, rows["low"], rows["high"], color=side.colour, linewidth=1.0)
        shown.append(table)
    everything = pd.concat(shown)
    latent.scale_axis(axes, everything["estimate"].to_numpy(), everything["high"].max())


def label_levels(axes: Axes, layers: list[str]) -> None:
    """Names of the layers within a level, the level below them; layers behind an up-convolution are shaded."""
    axes.set_xticks(np.arange(len(layers)), [layer.rpartition("-")[2] for layer in layers], **STEEP)
    for place, layer in enumerate(layers):
        if layer.endswith(UP):
            axes.axvspan(place - 0.5, place + 0.5, color="0.93", linewidth=0, zorder=-1)
    middles = pd.Series(range(len(layers))).groupby([*map(block_of, layers)], sort=False).mean()
    for level, middle in middles.items():
        axes.text(middle, 1.0, str(level), transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=7)
    axes.set_xlim(-0.5, len(layers) - 0.5)


class Number(NamedTuple):
    """One panel: a statistic, what it is against, and the statistic that says what chance gives."""

    statistic: str
    title: str
    against: str | None = None
    chance: str | None = None
    is_share: bool = False


def mapper_numbers(run: Results) -> Figure:
    """Means over positions of what the graphs hold, layer by layer, with their intervals, beside noise and chance."""
    mapper = latent.mapper_of(run)
    pair = f"purity of {' and '.join(mapper.pair)}\nin the nodes, above chance" if mapper.pair else "no pair of classes"
    stability = "Jaccard index of\ntwo positions' nodes"
    shown = [
        Number("mapper_forks", "forks"),
        Number("mapper_separating", "share of the forks\nthat part classes", is_share=True),
        Number("mapper_node_purity", "purity of nodes", is_share=True),
        Number("mapper_loops", "loops"),
        Number("pair_excess", pair),
        Number("mapper_match", stability, "repeats", "mapper_chance_match", is_share=True),
    ]
    figure, grid = panel_grid(2, 3, 3.6, sharex=True)
    for axes, number in zip(grid.flat, shown, strict=True):
        draw_number(axes, run, number)
        axes.tick_params(labelbottom=axes in grid[-1])
    entries: dict[str, Artist] = {"channel vectors": marked_line(PALETTE[0]), "chance": line(**latent.CHANCE_LINE)}
    entries["noise"] = area(NULL_COLOUR)
    add_legend(
        figure, entries, f"mean over the graphs of {mapper.repeats} positions, with its {confidence_of(run)} interval"
    )
    return figure


def draw_number(axes: Axes, run: Results, number: Number) -> None:
    """One number with its noise as a band and its chance as a dashed line, where it has them."""
    layers, is_difference = run.config.mapper_layers, number.statistic == "pair_excess"
    places, rows = np.arange(len(layers)), depth_rows(run, number.statistic, layers, against=number.against)
    if rows["estimate"].isna().all():
        say(axes, "none")
    draw_null(axes, places, rows)
    if number.chance:
        axes.plot(
            places, depth_rows(run, number.chance, layers, against=number.against)["estimate"], **latent.CHANCE_LINE
        )
    if is_difference:
        axes.axhline(0, **latent.CHANCE_LINE)
    draw_line(axes, places, rows, PALETTE[0], number.title)
    latent.name_layers(axes, layers)
    axes.set_title(number.title)
    if number.is_share:
        axes.set_ylim(0, 1.04)
    elif not is_difference:  # counts from 0, differences as they come
        top = np.nanmax([1.0, *rows["high"], *rows["null_high"]])
        axes.set_ylim(-0.02 * top, 1.06 * top)


def separation(run: Results) -> Figure:
    """Accuracy of the neighbours' vote on the class of a cloud, by layer: landscapes beside principal components.

    Of the first network from its first seed.
    """
    layers, clouds = run.config.layers, run.config.position_clouds
    places = np.arange(len(layers))
    figure, [[axes]] = panel_grid(1, 1, 2.6)
    first = {"network": run.config.networks[0].name, "seed": run.config.seeds[0]}
    rows = {method: depth_rows(run, "separation", layers, method=method, **first) for method in METHODS}
    everything = pd.concat(rows.values())
    draw_null(axes, places, null_ranges(everything, layers))
    for (method, name), colour, marker in zip(METHODS.items(), PALETTE, MARKERS, strict=False):
        draw_line(axes, places, rows[method], colour, name, marker)
    if everything["estimate"].isna().all():
        say(axes, "this run compares no planes")
    latent.mark_blocks(axes, layers)
    latent.name_layers(axes, layers)
    axes.set(ylim=(0, 1.04), ylabel="accuracy of the\nneighbours' vote")
    title = f"{clouds.repeats} clouds each of {', '.join(latent.known_classes(run))}; {confidence_of(run)} intervals"
    add_legend(figure, labelled(axes) | {"shuffled labels": area(NULL_COLOUR)}, title)
    return figure
