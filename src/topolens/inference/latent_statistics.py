"""Statistics of latent landscapes: complexities along the depth, distances between groups, clusters of clouds.

A group is a class of images under one network; its independent units are its repeats (clouds of other images),
averaged over the network's seeds.
"""

from collections.abc import Iterator
from itertools import combinations, pairwise, permutations

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.stats import spearmanr
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from topolens.config.latent import ALL, LatentStatistics
from topolens.inference.intervals import bootstrap_mean, tail_levels
from topolens.inference.landscape_statistics import difference_rows
from topolens.inference.permutation import ROUNDING, holm, permutation_test_gram
from topolens.seeding import child_generator, child_seed
from topolens.topology.complexity import SCALING
from topolens.topology.landscape_table import inner_products

Row = dict[str, object]
MEASURES = [*(f"{name}{twin}" for name in SCALING for twin in ("", "_scale_free")), "sampled"]
# Restarts of k-means.
STARTS = 10


def complexity_rows(table: pd.DataFrame, settings: LatentStatistics, seed: int) -> Iterator[Row]:
    """Mean of each measure over the repeats of each network, group and layer, beside its Gaussian clouds."""
    for (network, group, layer), rows in table.groupby(["network", "group", "layer"], sort=False):
        cell = {"network": network, "group": group, "layer": layer}
        real, gaussian = rows[~rows["gaussian"]], rows[rows["gaussian"]]
        for measure in MEASURES:
            own = child_seed(seed, "bootstrap", measure, *map(str, cell.values()))
            units = real.groupby("repeat")[measure].mean()
            estimate = bootstrap_mean(units.to_numpy(), settings.bootstrap, own, settings.confidence)
            null = gaussian[measure].dropna()
            low, high = np.quantile(null, tail_levels(settings.confidence)) if len(null) else (np.nan, np.nan)
            yield (
                cell | {"statistic": f"complexity_{measure}"} | estimate.columns | {"null_low": low, "null_high": high}
            )
        own = child_seed(seed, "bootstrap", "constant", *map(str, cell.values()))
        shares = (real["constant"] / real["channels"]).groupby(real["repeat"]).mean()
        estimate = bootstrap_mean(shares.to_numpy(), settings.bootstrap, own, settings.confidence)
        yield cell | {"statistic": "constant_channels"} | estimate.columns


def depth_correlations(table: pd.DataFrame, layers: list[str], measure: str) -> pd.DataFrame:
    """Spearman's correlation of depth and a measure for each network, group and repeat (mean over seeds first)."""
    real = table[~table["gaussian"]]
    means = real.groupby(["network", "group", "repeat", "layer"], sort=False)[measure].mean().unstack()[layers]
    depth = np.arange(len(layers))
    values = [spearmanr(depth, row).statistic if row.nunique() > 1 else 0.0 for _, row in means.iterrows()]
    return pd.Series(values, index=means.index, name="correlation", dtype=float).reset_index()


def trend_rows(table: pd.DataFrame, layers: list[str], settings: LatentStatistics, seed: int) -> Iterator[Row]:
    """The mean correlation of depth and complexity of each network and group."""
    if len(layers) < 3:
        return
    for measure in ("l2", "l2_scale_free"):
        correlations = depth_correlations(table, layers, measure)
        for (network, group), rows in correlations.groupby(["network", "group"], sort=False):
            own = child_seed(seed, "bootstrap", "depth", measure, str(network), str(group))
            estimate = bootstrap_mean(rows["correlation"].to_numpy(), settings.bootstrap, own, settings.confidence)
            yield {"statistic": f"depth_correlation_{measure}", "network": network, "group": group} | estimate.columns


def depth_rows(arrays: dict[str, np.ndarray], settings: LatentStatistics, seed: int) -> Iterator[Row]:
    """Permutation tests between neighbouring layers, on landscapes of clouds divided by their mean distance."""
    layers = arrays["layers"].tolist()
    for network in arrays["networks"].tolist():
        for group in arrays["groups"].tolist():
            gram = arrays[f"depth.{network}.{group}"]
            steps: list[Row] = [
                {"statistic": "layer_difference", "network": network, "group": group, "layer": layer, "other": before}
                for before, layer in pairwise(layers)
            ]
            yield from difference_rows(gram, len(gram) // len(layers), steps, settings.resamples, seed)


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


def distance_rows(arrays: dict[str, np.ndarray], settings: LatentStatistics, seed: int) -> Iterator[Row]:
    """Distances between sides, per layer and over the whole network (layers side by side), with permutation tests.

    Sides are groups under one network, or networks on one group; `other` is the other group or network.
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
        cell: Row = {"network": one[0], "group": one[1], "other": other[1] if one[0] == other[0] else other[0]}
        rows = []
        both = np.concatenate([np.arange(place * size, (place + 1) * size) for place in (first, second)])
        for layer in layers:
            rows += _pair_rows(grams[layer][np.ix_(both, both)], cell | {"layer": layer}, settings, seed)
        yield from _with_holm(rows)
        last += _pair_rows(whole[np.ix_(both, both)], cell, settings, seed)
    yield from _with_holm(last)


def _pair_rows(own: np.ndarray, cell: Row, settings: LatentStatistics, seed: int) -> list[Row]:
    """The two distances of a pair from the inner products of its rows, one side behind the other."""
    size = len(own) // 2
    names = [str(value) for value in cell.values()]
    squares = np.diagonal(own)
    between = np.sqrt(np.maximum(squares[:size] + squares[size:] - 2 * np.diagonal(own[:size, size:]), 0))
    paired = bootstrap_mean(between, settings.bootstrap, child_seed(seed, "paired", *names), settings.confidence)
    resamples = settings.resamples if "layer" in cell else settings.network_resamples
    test = permutation_test_gram(own, size, resamples, child_seed(seed, "permutation", *names))
    low, high = np.quantile(test.null, tail_levels(settings.confidence))
    return [
        cell | {"statistic": "paired_distance"} | paired.columns,
        cell
        | {
            "statistic": "average_distance",
            "estimate": test.statistic,
            "n": 2 * size,
            "null_low": float(low),
            "null_high": float(high),
            "p_value": test.p_value,
        },
    ]


def _with_holm(rows: list[Row]) -> list[Row]:
    """Adjusts the p-values of the rows that have one."""
    tested = [row for row in rows if "p_value" in row]
    adjusted = holm(np.array([row["p_value"] for row in tested]))
    for row, p_value in zip(tested, adjusted, strict=True):
        row["p_holm"] = float(p_value)
    return rows


def cluster(vectors: dict[str, np.ndarray], settings: LatentStatistics) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """PCA and k-means of groups' landscapes.

    Args:
        vectors: For each group (repeats, levels, samples).
        settings: Its share of the variance.

    Returns:
        Labels (n,) by number of the group, clusters (n,), numbered so that they match the labels best, and the
        first two principal components (n, 2).
    """
    rows = np.concatenate([own.reshape(len(own), -1) for own in vectors.values()]).astype(np.float64)
    labels = np.repeat(np.arange(len(vectors)), [len(own) for own in vectors.values()])
    if (rows == rows[0]).all():
        return labels, np.zeros_like(labels), np.zeros((len(rows), 2))
    components = PCA(settings.variance, svd_solver="full").fit_transform(rows)
    found = KMeans(len(vectors), n_init=STARTS, random_state=0).fit_predict(components)
    _, match = linear_sum_assignment(-contingency(found, labels, len(vectors)))
    plane = np.pad(components, ((0, 0), (0, max(0, 2 - components.shape[1]))))[:, :2]
    return labels, match[found], plane


def cluster_sets(groups: list[str]) -> list[list[str]]:
    """What is clustered: the classes among each other, and each class against all."""
    classes = [group for group in groups if group != ALL]
    sets = [classes] if len(classes) > 1 else []
    return sets + [[group, ALL] for group in classes if ALL in groups]


def cluster_rows(arrays: dict[str, np.ndarray], settings: LatentStatistics, seed: int) -> Iterator[Row]:
    """Adjusted Rand index and matched accuracy of each clustering beside shuffled labels, and its confusion matrix.

    `group` joins the clustered groups with +; in the rows `cluster_count` it is the true group and `other` the
    cluster, called by the group it matches, behind the set.
    """
    for network in arrays["networks"].tolist():
        for layer in settings.cluster_layers:
            for members in cluster_sets(arrays["groups"].tolist()):
                vectors = {group: side_vectors(arrays, (network, group), layer) for group in members}
                cell: Row = {"network": network, "group": "+".join(members), "layer": layer}
                names = [str(value) for value in cell.values()]
                labels, found, _ = cluster(vectors, settings)
                generator = child_generator(seed, "shuffled labels", *names)
                shuffled = generator.permuted(np.tile(labels, (settings.shuffles, 1)), axis=1)
                for statistic, score in (("cluster_ari", adjusted_rand), ("cluster_accuracy", matched_accuracy)):
                    value = float(score(contingency(labels, found, len(members))))
                    null = score(contingency(shuffled, found, len(members)))
                    low, high = np.quantile(null, tail_levels(settings.confidence))
                    yield cell | {
                        "statistic": statistic,
                        "estimate": value,
                        "n": len(labels),
                        "null_low": low,
                        "null_high": high,
                        "p_value": (1 + np.sum(null >= value - ROUNDING)) / (1 + len(null)),
                    }
                counts = contingency(labels, found, len(members))
                for (true, cluster_number), count in np.ndenumerate(counts):
                    yield cell | {
                        "statistic": "cluster_count",
                        "group": members[true],
                        "other": f"{'+'.join(members)}: {members[cluster_number]}",
                        "estimate": int(count),
                        "n": int(counts[true].sum()),
                    }


def contingency(labels: np.ndarray, found: np.ndarray, groups: int) -> np.ndarray:
    """How many rows of each label lie in each cluster: (..., n) numbers below `groups` to (..., groups, groups)."""
    pairs = np.asarray(labels * groups + found)
    counts = np.stack([(pairs == pair).sum(axis=-1) for pair in range(groups**2)], axis=-1)
    return counts.reshape(*counts.shape[:-1], groups, groups)


def adjusted_rand(counts: np.ndarray) -> np.ndarray:
    """The adjusted Rand index (Hubert and Arabie 1985) of contingency tables, (..., k, k) to (...); many at once.

    1 where labels and clusters both have a single group or are all alone, as in scikit-learn.
    """

    def pairs(numbers: np.ndarray) -> np.ndarray:
        return numbers * (numbers - 1) / 2

    together = pairs(counts).sum(axis=(-2, -1))
    by_label, by_cluster = pairs(counts.sum(axis=-1)).sum(axis=-1), pairs(counts.sum(axis=-2)).sum(axis=-1)
    chance = by_label * by_cluster / pairs(counts.sum(axis=(-2, -1)))
    above, most = together - chance, (by_label + by_cluster) / 2 - chance
    return np.divide(above, most, out=np.ones_like(above), where=most > 0)


def matched_accuracy(counts: np.ndarray) -> np.ndarray:
    """Share of rows in the cluster that their group is matched with, under the best matching; (..., k, k) to (...)."""
    groups = np.arange(counts.shape[-1])
    matchings = [counts[..., groups, match].sum(axis=-1) for match in permutations(groups)]
    return np.max(matchings, axis=0) / counts.sum(axis=(-2, -1))
