"""Statistics of landscapes, all from inner products: tests, distances, stability, classification of layers."""

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np

from topolens.config.analyses import Intervals, PermutationTests
from topolens.inference.intervals import (
    NOTHING,
    SHARES,
    SIZES,
    Estimate,
    mean_of_known,
    mean_of_units,
    tail_levels,
)
from topolens.inference.permutation import (
    ROUNDING,
    centred_gram,
    holm,
    permutation_test_gram,
    squares_of_combinations,
)
from topolens.seeding import child_generator, child_seed
from topolens.statistics.networks_left_out import order_rows, pair_products, variance_row
from topolens.statistics.rows import Row, mean_row, null_band
from topolens.topology.landscape_table import inner_products

# Seeds are named by what columns were called when their numbers were first published, so that the numbers stay.
FORMER_NAMES = {"depth": "layer", "snapshot": "threshold", "snapshot_difference": "threshold_difference"}
RESPLITS = 999  # of networks into halves, behind the share of significant tests
FEWEST_HALVED = 8  # networks: four against four


def present(gram: np.ndarray) -> np.ndarray:
    """Which rows of a Gram matrix were recorded at all."""
    return ~np.isnan(np.diagonal(gram))


def difference_rows(gram: np.ndarray, networks: int, steps: dict[str, Row], permutations: int, seed: int) -> list[Row]:
    """Permutation tests between neighbouring groups of `networks` rows; one entry of `steps` per pair.

    The entries name the seed of their test and hold the columns of the later group of their pair. Pairs across
    different grids, with fewer than two rows on a side or without any difference to permute are left out. p-values are
    adjusted within one call.
    """
    rows, p_values = [], []
    for place, (name, step) in enumerate(steps.items()):
        first = _rows_of(gram, place, networks)
        second = _rows_of(gram, place + 1, networks)
        both = np.concatenate([first, second])
        pair = gram[np.ix_(both, both)]
        if min(len(first), len(second)) < 2 or np.isnan(pair).any() or _all_equal(pair):
            continue
        result = permutation_test_gram(pair, len(first), permutations, child_seed(seed, "permutation", name))
        rows.append(step | {"estimate": result.statistic, "n": len(both), "p_value": result.p_value})
        p_values.append(result.p_value)
    return [row | {"p_holm": adjusted} for row, adjusted in zip(rows, holm(np.array(p_values)).tolist(), strict=True)]


def _rows_of(gram: np.ndarray, group: int, networks: int) -> np.ndarray:
    rows = np.arange(group * networks, (group + 1) * networks)
    return rows[present(gram)[rows]]


def _all_equal(gram: np.ndarray) -> bool:
    """Whether all rows behind a Gram matrix are the same but for rounding."""
    return bool(np.diagonal(centred_gram(gram)).max() <= ROUNDING * np.diagonal(gram).max())


def half_distances(gram: np.ndarray, splits: int, generator: np.random.Generator) -> np.ndarray:
    """Distances between the averages of two random halves of the rows, (splits,); empty below two rows."""
    size = len(gram)
    if size < 2:
        return np.empty(0)
    half = size // 2
    weights = np.concatenate([np.full(half, 1 / half), np.full(size - half, -1 / (size - half))])
    relabelled = generator.permuted(np.tile(weights, (splits, 1)), axis=1)
    return np.sqrt(squares_of_combinations(centred_gram(gram), relabelled))


def stability_rows(
    gram: np.ndarray, networks: int, cells: dict[str, Row], splits: int, confidence: float, seed: int
) -> Iterator[Row]:
    """How far averages over random halves of the networks lie apart, for each group of rows."""
    for place, (name, cell) in enumerate(cells.items()):
        rows = _rows_of(gram, place, networks)
        distances = half_distances(gram[np.ix_(rows, rows)], splits, child_generator(seed, "halves", name))
        if len(distances):
            low, high = np.quantile(distances, tail_levels(confidence))
            median = Estimate(float(np.median(distances)), float(low), float(high), len(rows))
            yield cell | {"statistic": "split_half"} | median.row("network")


def half_test_row(grams: list[np.ndarray], permutations: int, intervals: Intervals, seed: int) -> Row:
    """How many tests between two halves of the networks are significant, where there is nothing to find.

    Networks take part in all tests, so that these succeed and fail together: one random order of the networks halves
    them in every group, and the null is what other orders give. Groups with fewer than eight networks are left out.

    Args:
        grams: Inner products of the rows of each group, one a network, NaN where it has none.
        permutations: Of each test.
        intervals: At which level a test is significant, and how wide the null is.
        seed: Of the orders and of the tests.

    Returns:
        Without an interval; n is the number of networks in the smallest group. `null_high` lies half a test above the
        upper end of the null, since shares come in steps: a share that is no larger than that end lies below.
    """
    kept = {number: gram for number, gram in enumerate(grams) if present(gram).sum() >= FEWEST_HALVED}
    if not kept:
        return NOTHING.row("network") | null_band([], intervals.confidence)
    networks = len(next(iter(kept.values())))
    generator = child_generator(seed, "halves of networks")
    orders = generator.permuted(np.tile(np.arange(networks), (1 + RESPLITS, 1)), axis=1)
    significance = 1 - intervals.confidence
    p_values, null = [], np.zeros(1 + RESPLITS)
    for number, gram in kept.items():
        halved = orders[present(gram)[orders]].reshape(1 + RESPLITS, -1)
        own = gram[np.ix_(halved[0], halved[0])]
        named = child_seed(seed, "half test", number)
        p_values.append(permutation_test_gram(own, halved.shape[1] // 2, permutations, named).p_value)
        null += _half_p_values(gram, halved) <= significance
    share = float(np.mean(np.array(p_values) <= significance))
    low, high = np.quantile(null / len(kept), tail_levels(intervals.confidence), method="inverted_cdf")
    ends: Row = {"null_low": float(low), "null_high": float(high) + 0.5 / len(kept)}
    return (
        Estimate(share, np.nan, np.nan, min(int(present(gram).sum()) for gram in kept.values())).row("network") | ends
    )


def _half_p_values(gram: np.ndarray, halved: np.ndarray) -> np.ndarray:
    """The p-value of each split among all of them: (splits, rows) numbers to (splits,)."""
    splits, size = halved.shape
    half = size // 2
    weights = np.zeros((splits, len(gram)))
    np.put_along_axis(weights, halved[:, :half], 1 / half, axis=1)
    np.put_along_axis(weights, halved[:, half:], -1 / (size - half), axis=1)
    kept = present(gram)
    statistics = squares_of_combinations(centred_gram(gram[np.ix_(kept, kept)]), weights[:, kept])
    tolerance = ROUNDING * statistics.max()
    as_large = splits - np.searchsorted(np.sort(statistics), statistics - tolerance, side="left")
    return as_large / splits


def layer_accuracies(gram: np.ndarray, networks: int) -> tuple[np.ndarray, float]:
    """How well a layer can be read off its landscape: nearest average of the other networks, network left out.

    Layers that can be compared with no other, because their grid is another one, take no part.

    Returns:
        (networks,) share of a network's layers that are told right, NaN without landscapes or other networks;
        and the share that guessing reaches.
    """
    layers = len(gram) // networks
    products = gram.reshape(layers, networks, layers, networks)
    comparable = ~np.isnan(mean_of_known(products, axis=(1, 3)))
    competing = comparable.sum(axis=1) > 1
    accuracies = np.full(networks, np.nan)
    for network in range(networks):
        others = np.arange(networks) != network
        to_means = mean_of_known(products[:, network][..., others], axis=-1)
        squares = [mean_of_known(products[layer][others][:, layer][:, others], axis=(0, 1)) for layer in range(layers)]
        distances = np.array(squares) - 2 * to_means  # but for the layer's own square, the same in each row
        told = competing & ~np.isnan(distances).all(axis=1)
        if told.any():
            accuracies[network] = np.mean(np.nanargmin(distances[told], axis=1) == np.flatnonzero(told))
    return accuracies, 1 / max(competing.sum(), 1)


def landscape_rows(
    arrays: dict[str, np.ndarray], tests: PermutationTests, intervals: Intervals, accuracies: list[float], seed: int
) -> Iterator[Row]:
    """What the inner products say, for each degree: along the layers, along training, and over both."""
    depths = arrays["layers"].tolist()
    degrees = sorted(name.removeprefix("by_layer.") for name in arrays if name.startswith("by_layer."))
    layer_pairs: dict[str, list[np.ndarray]] = {degree: [] for degree in degrees}
    snapshot_pairs: dict[str, list[np.ndarray]] = {degree: [] for degree in degrees}
    for degree in degrees:
        by_layer, by_snapshot = arrays[f"by_layer.{degree}"], arrays[f"by_snapshot.{degree}"]
        networks = by_layer.shape[1] // len(depths)
        for gram, accuracy in zip(by_layer, accuracies, strict=True):
            cells = [{"degree": degree, "depth": depth, "snapshot": accuracy} for depth in depths]
            yield from _along_layers(gram, cells, tests, intervals, networks, seed)
            layer_pairs[degree] += pair_products(gram, networks)
        groups: list[np.ndarray] = []
        for gram, depth in zip(by_snapshot, depths, strict=True):
            if depth > 0:
                cells = [{"degree": degree, "depth": depth, "snapshot": accuracy} for accuracy in accuracies]
                yield from _along_snapshots(gram, cells, tests, intervals, networks, seed)
                snapshot_pairs[degree] += pair_products(gram, networks)
                groups += [gram[rows, rows] for rows in _group_slices(gram, networks)]
        halves = half_test_row(groups, tests.permutations, intervals, child_seed(seed, "calibration", degree))
        yield {"statistic": "half_tests_significant", "degree": degree} | halves
    yield from order_rows("layers_told_apart", layer_pairs, intervals, seed)
    yield from order_rows("snapshots_told_apart", snapshot_pairs, intervals, seed)


def _group_slices(gram: np.ndarray, networks: int) -> list[slice]:
    return [slice(start, start + networks) for start in range(0, len(gram), networks)]


def _along_snapshots(
    gram: np.ndarray, cells: list[Row], tests: PermutationTests, intervals: Intervals, networks: int, seed: int
) -> Iterator[Row]:
    """Tests between neighbouring snapshots of one layer, and how stable averages are there."""
    yield from difference_rows(gram, networks, _steps(cells[1:], "snapshot_difference"), tests.permutations, seed)
    named = {_seed_name(cell): cell for cell in cells}
    yield from stability_rows(gram, networks, named, tests.splits, intervals.confidence, seed)


def _along_layers(
    gram: np.ndarray, cells: list[Row], tests: PermutationTests, intervals: Intervals, networks: int, seed: int
) -> Iterator[Row]:
    """Tests between neighbouring layers at one snapshot, how well layers are told apart and how they vary there."""
    yield from difference_rows(gram, networks, _steps(cells[1:], "layer_difference"), tests.permutations, seed)
    named = child_seed(seed, "variance", *map(str, (cells[0]["degree"], cells[0]["snapshot"])))
    variance = variance_row(gram, [int(str(cell["depth"])) for cell in cells], intervals, named)
    if variance is not None:
        yield cells[0] | {"depth": None} | variance
    accuracies, chance = layer_accuracies(gram, networks)
    {FORMER_NAMES.get(key, key): value for key, value in cells[0].items()}
    mean = mean_row(accuracies, "network", intervals, seed, within=SHARES)
    if mean["n"]:
        nulls = {"null_low": chance, "null_high": chance}
        yield cells[0] | {"statistic": "layer_accuracy", "depth": None} | nulls | mean


def _steps(cells: list[Row], statistic: str) -> dict[str, Row]:
    """The tests of one family by the name of their seed."""
    rows = [cell | {"statistic": statistic} for cell in cells]
    return {_seed_name(row): row | {"unit": "network"} for row in rows}


def _seed_name(cell: Row) -> str:
    former = {FORMER_NAMES.get(key, key): FORMER_NAMES.get(str(value), value) for key, value in cell.items()}
    return "/".join(f"{key}={value}" for key, value in former.items())


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
    named = child_seed(seed, "paired", *names)
    paired = mean_of_units(between, intervals.bootstrap, named, intervals.confidence, SIZES)
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
