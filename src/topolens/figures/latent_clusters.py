"""Clusters of latent landscapes: where clouds lie on two principal components, and how clusters match classes."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.errors import TopolensError
from topolens.figures.latent_panels import group_colours
from topolens.figures.panels import add_legend, dot, draw_cells, panel_grid
from topolens.figures.style import QUIET, SLANTED, SMALL, number_text
from topolens.figures.tables import confidence_of, rows_of, statistic_rows
from topolens.results import Results
from topolens.statistics.clusters import cluster_sets

MARKERS = "osD^vPX*<>"


def draw(run: Results) -> Figure:
    """Rows: the clustered layers; a projection and the confusions of the classes, then of each class against all.

    Of a network from several seeds the first is shown.
    """
    settings, sets = run.config, cluster_sets(run.config.position_clouds.groups)
    layers = settings.clusters.layers if settings.clusters else []
    if not layers or not sets or len(settings.networks) > 1:
        raise TopolensError(f"latent_clusters: run {run.name!r} needs `clusters`, two groups and one network")
    widths = [2.0, 1.6, *[1.0] * (len(sets) - 1)]
    figure, grid = panel_grid(len(layers), len(widths), 0.6 + 2.15 * len(layers), width_ratios=widths)
    for layer, line in zip(layers, grid, strict=True):
        draw_projection(line[0], run, sets[0], layer)
        for axes, members in zip(line[1:], sets, strict=True):
            draw_confusion(axes, run, members, layer)
            # To the left of the panel's right edge there is room above the names of its rows.
            axes.set_title(title_of(run, members, layer, is_first=members == sets[0]), loc="right", fontsize=SMALL)
        line[1].set(xlabel="cluster", ylabel="class")
    colours = group_colours(settings.position_clouds.groups)
    entries = {group: dot(colours[group], ms=4.5) for group in sets[0]}
    for marker, group in zip(MARKERS, sets[0], strict=False):
        entries[f"in the cluster of {group}"] = dot(QUIET, ms=4.5, marker=marker, mfc="none")
    title = f"in brackets: {confidence_of(run)} intervals of shuffled labels"
    add_legend(figure, entries, title, is_quiet=True, handletextpad=0.2, columnspacing=1.0)
    return figure


def draw_projection(axes: Axes, run: Results, members: list[str], layer: str) -> None:
    """The clouds of some groups at one layer: coloured by group, marked by cluster."""
    clouds = rows_of(run.table("clusters"), classes="+".join(members), layer=layer, seed=run.config.seeds[0])
    colours = group_colours(run.config.position_clouds.groups)
    for label, group in enumerate(members):
        for cluster in np.unique(rows_of(clouds, label=label)["cluster"]):
            rows = rows_of(clouds, label=label, cluster=cluster)
            look: dict[str, Any] = {"marker": MARKERS[cluster], "color": colours[group], "alpha": 0.8}
            axes.scatter(rows["first"], rows["second"], s=13, linewidth=0, **look)
    axes.set(xlabel="first principal component", ylabel="second", title=layer)
    axes.tick_params(labelsize=SMALL)


def draw_confusion(axes: Axes, run: Results, members: list[str], layer: str) -> None:
    """How many clouds of each group fall into each cluster; clusters in the order of the groups that they match."""
    name = "+".join(members)
    rows = statistic_rows(run, "cluster_count", layer=layer, seed=run.config.seeds[0])
    found = rows.set_index(["against", "classes"])["estimate"]
    counts = np.array([[int(found[f"{name}: {cluster}", true]) for cluster in members] for true in members])
    shares = counts / counts.sum(axis=1, keepdims=True)
    draw_cells(axes, shares, counts.astype(str), pale_up_to=0.6, fontsize=7, cmap="Blues", vmin=0, vmax=1)
    places = np.arange(len(members))
    axes.set_xticks(places, members, rotation=35, fontsize=SMALL, **SLANTED)
    axes.set_yticks(places, members, fontsize=SMALL)
    axes.tick_params(pad=2)


def title_of(run: Results, members: list[str], layer: str, is_first: bool) -> str:
    """What is clustered, the adjusted Rand index and where it lies under shuffled labels."""
    chosen = {"classes": "+".join(members), "layer": layer, "seed": run.config.seeds[0]}
    row = statistic_rows(run, "cluster_ari", **chosen).iloc[0]
    what = "classes" if is_first else f"{members[0]}, {members[1]}"
    null = f"{number_text(row['null_low'])} to {number_text(row['null_high'])}"
    score = f"ARI {number_text(row['estimate'])}"
    return f"{what}: {score}\n(shuffled {null})" if is_first else f"{what}\n{score}\n({null})"
