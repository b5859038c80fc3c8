"""Permutation tests and distances between averages of latent landscapes: of layers, groups and networks."""

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np

from topolens.config.analyses import Intervals, PermutationTests
from topolens.inference.intervals import bootstrap_mean
from topolens.inference.permutation import holm, permutation_test_gram
from topolens.seeding import child_seed
from topolens.statistics.rows import Row, null_band
from topolens.statistics.tests import difference_rows
from topolens.topology.landscape_table import inner_products


def depth_rows(arrays: dict[str, np.ndarray], tests: PermutationTests, seed: int) -> Iterator[Row]:
    """Permutation tests between neighbouring layers, on landscapes of clouds divided by their mean distance."""
    layers = arrays["layers"].tolist()
    for network in arrays["networks"].tolist():
        for group in arrays["groups"].tolist():
            gram = arrays[f"depth.{network}.{group}"]
            steps: dict[str, Row] = {}
            for before, layer in pairwise(layers):
                name = f"statistic=layer_difference/network={network}/group={group}/layer={layer}/other={before}"
                cell: Row = {"network": network, "classes": group, "layer": layer, "against": before}
                steps[name] = {"statistic": "layer_difference", "unit": "repeat"} | cell
            yield from difference_rows(gram, len(gram) // len(layers), steps, tests.permutations, seed)


def sides_of(arrays: dict[str, np.ndarray]) -> list[tuple[str, str]]:
    """What is compared with each other: every network and group."""
    return [(network, group) for network in arrays["networks"].tolist() for group in arrays["groups"].tolist()]


def side_vectors(arrays: dict[str, np.ndarray], side: tuple[str, str], layer: str) -> np.ndarray:
    """Landscapes of one side at one layer, mean over seeds, (repeats, levels, samples)."""
    network, group = side
    place = arrays["groups"].tolist().index(group)
    mean: np.ndarray = arrays[f"vectors.{network}.{layer}"][:, place].mean(axis=0)
    return mean


def layer_gram(arrays: dict[str, np.ndarray], layer: str) -> np.ndarray:
    """Inner products of all sides' landscapes at one layer, (sides * repeats, same).

    Where the networks' grids differ (as coded), sampled vectors are compared as they are, as if the grids agreed.
    """
    sides = sides_of(arrays)
    grids = [arrays[f"grid.{network}.{layer}"] for network, _ in sides]
    same = all(np.array_equal(grid, grids[0]) for grid in grids)
    grid = grids[0] if same else np.arange(len(grids[0]), dtype=float)
    return inner_products(np.concatenate([side_vectors(arrays, side, layer) for side in sides]), grid)


def distance_rows(
    arrays: dict[str, np.ndarray], tests: PermutationTests, intervals: Intervals, seed: int
) -> Iterator[Row]:
    """Distances between sides, per layer and over the whole network (layers side by side), with permutation tests.

    Sides are groups under one network, or networks on one group; `against` is the other group or network.
    `paired_distance` is the mean of the distances of clouds of equal number; `average_distance` that of the average
    landscapes, tested one-sided, with Holm's correction over the layers of a pair, or over the pairs of whole networks.
    """
    sides = sides_of(arrays)
    layers = arrays["layers"].tolist()
    grams = {layer: layer_gram(arrays, layer) for layer in layers}
    whole = np.sum(list(grams.values()), axis=0)
    size = len(whole) // len(sides)
    last: list[Row] = []
    for (first, one), (second, other) in combinations(enumerate(sides), 2):
        if one[0] != other[0] and one[1] != other[1]:
            continue
        against = other[1] if one[0] == other[0] else other[0]
        cell: Row = {"network": one[0], "classes": one[1], "against": against}
        rows = []
        both = np.concatenate([np.arange(place * size, (place + 1) * size) for place in (first, second)])
        for layer in layers:
            rows += _pair_rows(grams[layer][np.ix_(both, both)], cell | {"layer": layer}, tests, intervals, seed)
        yield from _with_holm(rows)
        last += _pair_rows(whole[np.ix_(both, both)], cell, tests, intervals, seed)
    yield from _with_holm(last)


def _pair_rows(own: np.ndarray, cell: Row, tests: PermutationTests, intervals: Intervals, seed: int) -> list[Row]:
    """The two distances of a pair from the inner products of its rows, one side behind the other."""
    size = len(own) // 2
    names = [str(value) for value in cell.values()]
    squares = np.diagonal(own)
    between = np.sqrt(np.maximum(squares[:size] + squares[size:] - 2 * np.diagonal(own[:size, size:]), 0))
    paired = bootstrap_mean(between, intervals.bootstrap, child_seed(seed, "paired", *names), intervals.confidence)
    permutations = tests.permutations if "layer" in cell else tests.network_permutations
    test = permutation_test_gram(own, size, permutations, child_seed(seed, "permutation", *names))
    tested: Row = {"estimate": test.statistic, "n": 2 * size, "unit": "repeat", "p_value": test.p_value}
    return [
        cell | {"statistic": "paired_distance"} | paired.row("repeat"),
        cell | {"statistic": "average_distance"} | tested | null_band(test.null, intervals.confidence),
    ]


def _with_holm(rows: list[Row]) -> list[Row]:
    """Adjusts the p-values of the rows that have one."""
    tested = [row for row in rows if "p_value" in row]
    adjusted = holm(np.array([row["p_value"] for row in tested]))
    for row, p_value in zip(tested, adjusted, strict=True):
        row["p_holm"] = float(p_value)
    return rows
