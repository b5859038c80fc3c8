"""Statistics of landscapes, all from inner products: tests, stability of averages, classification of layers."""

from collections.abc import Iterator

import numpy as np

from topolens.config.analyses import Intervals, PermutationTests
from topolens.inference.intervals import bootstrap_mean, mean_of_known, tail_levels, wilson
from topolens.inference.permutation import (
    ROUNDING,
    centred_gram,
    holm,
    permutation_test_gram,
    squares_of_combinations,
)
from topolens.seeding import child_generator, child_seed

Row = dict[str, object]
Rows = Iterator[Row]


def present(gram: np.ndarray) -> np.ndarray:
    """Which rows of a Gram matrix were recorded at all."""
    return ~np.isnan(np.diagonal(gram))


def difference_rows(
    gram: np.ndarray, networks: int, steps: list[dict[str, object]], permutations: int, seed: int
) -> list[dict[str, object]]:
    """Permutation tests between neighbouring groups of `networks` rows; one entry of `steps` per pair.

    `steps[i]` names the later group of pair i and is copied into its row. Pairs across different grids, with
    fewer than two rows on a side or without any difference to permute are left out. p-values are adjusted
    within one call.
    """
    rows = []
    for place, step in enumerate(steps):
        first = _rows_of(gram, place, networks)
        second = _rows_of(gram, place + 1, networks)
        both = np.concatenate([first, second])
        own = gram[np.ix_(both, both)]
        if min(len(first), len(second)) < 2 or np.isnan(own).any() or _all_equal(own):
            continue
        name = "/".join(f"{key}={value}" for key, value in step.items())
        result = permutation_test_gram(own, len(first), permutations, child_seed(seed, "permutation", name))
        rows.append(step | {"estimate": result.statistic, "n": len(both), "p_value": result.p_value})
    for row, adjusted in zip(rows, holm(np.array([row["p_value"] for row in rows])), strict=True):
        row["p_holm"] = float(adjusted)
    return rows


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
    gram: np.ndarray, networks: int, cells: list[dict[str, object]], splits: int, confidence: float, seed: int
) -> Rows:
    """How far averages over random halves of the networks lie apart, for each group of rows."""
    for place, step in enumerate(cells):
        rows = _rows_of(gram, place, networks)
        name = "/".join(f"{key}={value}" for key, value in step.items())
        own = gram[np.ix_(rows, rows)]
        distances = half_distances(own, splits, child_generator(seed, "halves", name))
        if len(distances):
            low, high = np.quantile(distances, tail_levels(confidence))
            yield step | {
                "statistic": "split_half",
                "estimate": float(np.median(distances)),
                "low": float(low),
                "high": float(high),
                "n": len(rows),
            }


def calibration(gram: np.ndarray, networks: int, groups: int, permutations: int, seed: int) -> np.ndarray:
    """p-values of tests between two random halves of one group, where there is nothing to find; (groups,)."""
    p_values = []
    for group in range(groups):
        rows = _rows_of(gram, group, networks)
        if len(rows) < 4:
            continue
        rows = child_generator(seed, "calibration", group).permutation(rows)
        own = gram[np.ix_(rows, rows)]
        test = permutation_test_gram(own, len(rows) // 2, permutations, child_seed(seed, "calibration", group))
        p_values.append(test.p_value)
    return np.array(p_values)


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
) -> Rows:
    """What the inner products say, for each degree: along the layers, and along training."""
    layers = arrays["layers"].tolist()
    for degree in sorted(name.removeprefix("by_layer.") for name in arrays if name.startswith("by_layer.")):
        by_layer, by_threshold = arrays[f"by_layer.{degree}"], arrays[f"by_threshold.{degree}"]
        networks = by_layer.shape[1] // len(layers)
        for gram, threshold in zip(by_layer, accuracies, strict=True):
            cells = [{"degree": degree, "layer": layer, "threshold": threshold} for layer in layers]
            yield from _along_layers(gram, cells, tests, intervals, networks, seed)
        p_values = []
        for gram, layer in zip(by_threshold, layers, strict=True):
            if layer > 0:
                cells = [{"degree": degree, "layer": layer, "threshold": threshold} for threshold in accuracies]
                yield from _along_snapshots(gram, cells, tests, intervals, networks, seed)
                own = child_seed(seed, "calibration", degree, layer)
                p_values.append(calibration(gram, networks, len(accuracies), tests.permutations, own))
        halves = np.concatenate(p_values)
        significant = int(np.sum(halves <= 1 - intervals.confidence))
        share = wilson(significant, len(halves), intervals.confidence)
        yield {"statistic": "half_tests_significant", "degree": degree} | share.columns


def _along_layers(
    gram: np.ndarray, cells: list[Row], tests: PermutationTests, intervals: Intervals, networks: int, seed: int
) -> Rows:
    """Tests between neighbouring layers at one snapshot, and how well layers are told apart there."""
    steps = [cell | {"statistic": "layer_difference"} for cell in cells[1:]]
    yield from difference_rows(gram, networks, steps, tests.permutations, seed)
    accuracies, chance = layer_accuracies(gram, networks)
    own = child_seed(seed, "bootstrap", "layer_accuracy", str(cells[0]))
    estimate = bootstrap_mean(accuracies, intervals.bootstrap, own, intervals.confidence)
    if estimate.n:
        nulls = {"null_low": chance, "null_high": chance}
        yield cells[0] | {"statistic": "layer_accuracy", "layer": np.nan} | nulls | estimate.columns


def _along_snapshots(
    gram: np.ndarray, cells: list[Row], tests: PermutationTests, intervals: Intervals, networks: int, seed: int
) -> Rows:
    """Tests between neighbouring snapshots at one layer, and how stable the averages are there."""
    steps = [cell | {"statistic": "threshold_difference"} for cell in cells[1:]]
    yield from difference_rows(gram, networks, steps, tests.permutations, seed)
    yield from stability_rows(gram, networks, cells, tests.splits, intervals.confidence, seed)
