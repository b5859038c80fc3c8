"""Clusters of latent landscapes: where clouds lie on two principal components, and how clusters match classes."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.errors import TopolensError
from topolens.figures.latent_panels import group_colours, number_text
from topolens.figures.style import QUIET, SMALL, WIDTH, Colour
from topolens.results import Results
from topolens.statistics.clusters import cluster_sets

MARKERS = "osD^vPX*<>"


def draw(run: Results) -> Figure:
    """Rows: the clustered layers; a projection and the confusions of the classes, then of each class against all.

    Raises:
        TopolensError: the run clusters no layers, or has not one network alone.
    """
    settings, sets = run.config, cluster_sets(run.config.clouds.groups)
    layers = settings.statistics.cluster_layers
    if not layers or not sets or len(settings.networks) > 1:
        raise TopolensError(f"latent_clusters: run {run.name!r} needs `cluster_layers`, two groups and one network")
    table = run.table("statistics")
    size = (WIDTH, 0.7 + 2.25 * len(layers))
    widths = [2.1, 1.6, *[1.0] * (len(sets) - 1)]
    figure, grid = plt.subplots(len(layers), len(widths), figsize=size, squeeze=False, width_ratios=widths)
    for layer, line in zip(layers, grid, strict=True):
        draw_projection(line[0], run, sets[0], layer)
        for axes, members in zip(line[1:], sets, strict=True):
            draw_confusion(axes, table, members, layer)
            axes.set_title(title_of(table, members, layer, is_first=members == sets[0]), fontsize=SMALL)
        line[1].set(xlabel="cluster", ylabel="class")
    _add_legend(figure, run, sets[0])
    return figure


def draw_projection(axes: Axes, run: Results, members: list[str], layer: str) -> None:
    """The clouds of some groups at one layer: coloured by group, marked by cluster."""
    clouds = run.table("clusters")
    clouds = clouds[(clouds["members"] == "+".join(members)) & (clouds["layer"] == layer)]
    colours = colours_of(run)
    for label, group in enumerate(members):
        of_group = clouds[clouds["label"] == label]
        for cluster in np.unique(of_group["cluster"]):
            rows = of_group[of_group["cluster"] == cluster]
            x, y = rows["first"], rows["second"]
            axes.scatter(x, y, s=13, marker=MARKERS[cluster], color=colours[group], alpha=0.8, linewidth=0)
    axes.set(xlabel="first principal component", ylabel="second", title=layer)
    axes.tick_params(labelsize=SMALL)


def draw_confusion(axes: Axes, table: pd.DataFrame, members: list[str], layer: str) -> None:
    """How many clouds of each group fall into each cluster."""
    counts = confusion_of(table, members, layer)
    shares = counts / counts.sum(axis=1, keepdims=True)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.6 else "black"
        axes.text(column, row, str(count), ha="center", va="center", fontsize=7, color=colour)
    places = np.arange(len(members))
    axes.set_xticks(places, members, rotation=35, ha="right", rotation_mode="anchor", fontsize=SMALL)
    axes.set_yticks(places, members, fontsize=SMALL)
    axes.tick_params(length=0, pad=2)
    axes.spines[:].set_visible(False)


def confusion_of(table: pd.DataFrame, members: list[str], layer: str) -> np.ndarray:
    """Counts of clouds, (groups, clusters), clusters in the order of the groups that they match."""
    rows = table[(table["statistic"] == "cluster_count") & (table["layer"] == layer)]
    counts = rows.set_index(["other", "group"])["estimate"]
    name = "+".join(members)
    return np.array([[int(counts[f"{name}: {found}", true]) for found in members] for true in members])


def title_of(table: pd.DataFrame, members: list[str], layer: str, is_first: bool) -> str:
    """What is clustered, the adjusted Rand index and where it lies under shuffled labels."""
    name = "+".join(members)
    of_set = (table["statistic"] == "cluster_ari") & (table["group"] == name) & (table["layer"] == layer)
    row = table[of_set].iloc[0]
    what = "classes" if is_first else f"{members[0]}, {members[1]}"
    null = f"{number_text(row['null_low'])} to {number_text(row['null_high'])}"
    score = f"ARI {number_text(row['estimate'])}"
    return f"{what}: {score}\n(shuffled {null})" if is_first else f"{what}\n{score}\n({null})"


def colours_of(run: Results) -> dict[str, Colour]:
    """Colours by group, as in the other figures of the run."""
    groups = run.config.clouds.groups
    return dict(zip(groups, group_colours(groups), strict=True))


def _add_legend(figure: Figure, run: Results, members: list[str]) -> None:
    classes = [plt.Line2D([], [], ls="", marker="o", ms=4.5, color=colours_of(run)[group]) for group in members]
    clusters = [
        plt.Line2D([], [], ls="", marker=MARKERS[n], ms=4.5, mfc="none", color=QUIET) for n in range(len(members))
    ]
    names = [*members, *(f"in the cluster of {group}" for group in members)]
    level = f"{run.config.statistics.confidence:.0%}"
    title = (
        "Left: a point is a cloud. Right: numbers of clouds by class and by cluster, which is called by the class that "
        "it matches;\nabove them the adjusted Rand index (ARI) and, in brackets, "
        f"its {level} interval where labels are shuffled"
    )
    legend = figure.legend([*classes, *clusters], names, loc="outside lower center", ncols=len(names), title=title,
                           handletextpad=0.2, columnspacing=1.0)  # fmt: skip
    legend.get_title().set(fontsize=SMALL, color=QUIET, ha="center")
