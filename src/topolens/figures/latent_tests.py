"""p-values of the permutation tests between classes or networks, and between neighbouring layers."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from topolens.config.analyses import PermutationTests
from topolens.errors import TopolensError
from topolens.figures.latent_panels import side_word, sides_of
from topolens.figures.panels import panel_grid
from topolens.figures.style import QUIET, SMALL, STEEP, mako
from topolens.figures.tables import statistic_rows
from topolens.results import Results

GAP = 0.4  # of a column, between the layers and the whole network
ROW_HEIGHT = 0.19  # inches
WHOLE = "whole network"


def draw(run: Results, shared: list[str] | None = None) -> Figure:
    """Above: every pair at every layer and over the whole network; below: every step from a layer to the next.

    `shared` are layers whose clouds share many images, so that their tests are conditional on the pool of images:
    they bear a dagger.
    """
    sides, layers = sides_of(run), run.config.layers
    pairs = [(a, b) for a, b in combinations(sides, 2) if a.network == b.network or a.group == b.group]
    if not pairs:
        raise TopolensError(f"latent_tests: run {run.name!r} needs two groups or two networks")
    heights = [len(pairs), len(sides)]
    figure, [[above], [below]] = panel_grid(2, 1, 1.9 + ROW_HEIGHT * sum(heights), sharex=True, height_ratios=heights)
    names, places = [f"{a.name}, {b.name}" for a, b in pairs], np.arange(len(layers) + 1)
    of_pairs = [(a.network, a.group, b.group if a.network == b.network else b.network) for a, b in pairs]
    values = p_values(run, "average_distance", of_pairs, [*layers, WHOLE])
    mesh = draw_values(above, places, values[:, :-1], run, names)
    draw_values(above, np.array([0, 1]) + len(layers) + GAP, values[:, -1:], run, names)
    steps = p_values(run, "layer_difference", [(side.network, side.group) for side in sides], layers[1:])
    draw_values(below, places[:-1] + 0.5, steps, run, [side.name for side in sides])
    _label(above, below, run, shared or [])
    label = f"p-value after Holm's correction (dot: p ≤ {level_of(run):g})"
    figure.colorbar(mesh, ax=[above, below], label=label, aspect=30, pad=0.01, format="%g")
    return figure


def p_values(run: Results, statistic: str, keys: Sequence[tuple[str, ...]], layers: list[str]) -> np.ndarray:
    """Adjusted p-values by network, group and, in `keys` of three, other (rows) and by layer; NaN without a test."""
    names = ["network", "classes", "against"][: len(keys[0])]
    tests = statistic_rows(run, statistic).fillna({"layer": WHOLE})
    values = tests.set_index([*names, "layer"])["p_holm"].to_dict()
    return np.array([[values.get((*key, layer), np.nan) for layer in layers] for key in keys])


def draw_values(axes: Axes, edges: np.ndarray, values: np.ndarray, run: Results, names: list[str]) -> QuadMesh:
    """A heat map down to the smallest p-value of a test; dots up to the tests' level, dashes where there is no test."""
    tests = run.config.tests or PermutationTests()
    smallest = 1 / (1 + max(tests.permutations, tests.network_permutations))
    rows = np.arange(len(values) + 1)
    look: dict[str, Any] = {"cmap": mako(), "norm": LogNorm(smallest, 1), "edgecolors": "white", "linewidth": 0.8}
    mesh = axes.pcolormesh(edges, rows, values, **look)
    found, where = np.nonzero(values <= level_of(run))
    axes.plot((edges[where] + edges[where + 1]) / 2, found + 0.5, ls="", marker="o", ms=2.6, color="white")
    for row, column in np.argwhere(np.isnan(values)):
        axes.text((edges[column] + edges[column + 1]) / 2, row + 0.5, "–", ha="center", va="center", color=QUIET)
    axes.set_yticks(rows[:-1] + 0.5, names, fontsize=SMALL)
    axes.set(ylim=(len(values), 0))
    axes.tick_params(length=0, pad=2)
    axes.spines[:].set_visible(False)
    return mesh


def level_of(run: Results) -> float:
    """The level of the tests."""
    return round(1 - run.config.intervals.confidence, 12)


def _label(above: Axes, below: Axes, run: Results, shared: list[str]) -> None:
    layers = run.config.layers
    names = [layer + " †" * (layer in shared) for layer in layers]
    ticks = np.append(np.arange(len(layers)) + 0.5, len(layers) + GAP + 0.5)
    above.set_xticks(ticks, [*names, WHOLE.replace(" ", "\n")], **STEEP)
    above.tick_params(labelbottom=True)
    below.tick_params(labelbottom=False)
    above.set_title(f"Do the average landscapes of two {side_word(run)} differ?", loc="left")
    below.set_title("Does a layer differ from the one before it?", loc="left")
