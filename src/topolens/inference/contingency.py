"""Two labellings of the same things, by how often each pair of labels meets; many tables at once."""

from itertools import permutations

import numpy as np


def contingency(labels: np.ndarray, found: np.ndarray, groups: int) -> np.ndarray:
    """How many rows of each label lie in each cluster: (..., n) numbers below `groups` to (..., groups, groups)."""
    pairs = np.asarray(labels * groups + found)
    counts = np.stack([(pairs == pair).sum(axis=-1) for pair in range(groups**2)], axis=-1)
    return counts.reshape(*counts.shape[:-1], groups, groups)


def adjusted_rand(counts: np.ndarray) -> np.ndarray:
    """The adjusted Rand index (Hubert and Arabie 1985) of contingency tables, (..., labels, clusters) to (...)."""
    return adjusted_rand_of_pairs(
        pairs_of(counts).sum(axis=(-2, -1)),
        pairs_of(counts.sum(axis=-1)).sum(axis=-1),
        pairs_of(counts.sum(axis=-2)).sum(axis=-1),
        pairs_of(counts.sum(axis=(-2, -1))),
    )


def pairs_of(numbers: np.ndarray) -> np.ndarray:
    """How many pairs there are among so many things."""
    return numbers * (numbers - 1) / 2


def adjusted_rand_of_pairs(
    together: np.ndarray, by_label: np.ndarray, by_cluster: np.ndarray, pairs: np.ndarray | float
) -> np.ndarray:
    """The adjusted Rand index from numbers of pairs, arrays of one shape.

    1 where labels and clusters both have a single group or are all alone, as in scikit-learn.

    Args:
        together: Pairs with one label in one cluster.
        by_label, by_cluster: Pairs with one label, in one cluster.
        pairs: All pairs.
    """
    chance = by_label * by_cluster / np.maximum(pairs, 1)
    above, most = together - chance, (by_label + by_cluster) / 2 - chance
    return np.divide(above, most, out=np.ones_like(above), where=most > 0)


def matched_accuracy(counts: np.ndarray) -> np.ndarray:
    """Share of rows in the cluster that their group is matched with, under the best matching; (..., k, k) to (...)."""
    groups = np.arange(counts.shape[-1])
    matchings = [counts[..., groups, match].sum(axis=-1) for match in permutations(groups)]
    return np.max(matchings, axis=0) / counts.sum(axis=(-2, -1))
