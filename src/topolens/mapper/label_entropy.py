"""How mixed the class labels of groups of points are, and how mixed they would be by chance."""

import numpy as np
from scipy.stats import random_table

from topolens.errors import TopolensError

# Entropies of equal tables differ by rounding only; that must not decide which is the lower.
ROUNDING = 1e-9


def checked_labels(labels: np.ndarray, points: int) -> np.ndarray:
    """`labels` as a (points,) int64 array of numbers >= 0, or a TopolensError that says what is wrong."""
    labels = np.asarray(labels)
    if labels.shape != (points,):
        raise TopolensError(f"labels: expected one for each of the {points} points, found shape {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer) or (len(labels) and labels.min() < 0):
        raise TopolensError("labels: expected integers >= 0; number the classes")
    return labels.astype(np.int64)


def entropy(counts: np.ndarray) -> np.ndarray:
    """Shannon entropy in bits along the last axis of counts (..., classes); 0 where there is nothing to count."""
    totals = counts.sum(axis=-1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    logarithms = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.abs(np.sum(shares * logarithms, axis=-1))


def mean_entropy(tables: np.ndarray) -> np.ndarray:
    """Entropy of the rows of (..., groups, classes) tables, averaged with the groups' sizes as weights."""
    sizes = tables.sum(axis=-1)
    return np.sum(entropy(tables) * sizes, axis=-1) / sizes.sum(axis=-1)


def purity(table: np.ndarray) -> float:
    """Share of the most frequent class of each row of a (groups, classes) table, weighted by the rows' sizes."""
    return float(table.max(axis=-1).sum() / table.sum())


def permutation_p_value(
    table: np.ndarray, others: np.ndarray, permutations: int, generator: np.random.Generator
) -> float:
    """Whether groups are purer than random groups of the same sizes out of the same points.

    Permuting labels among the points is drawing a table with the same row and column sums (Patefield 1981), at a cost
    that does not depend on the number of points.

    Args:
        table: (groups, classes) counts; the statistic is their mean entropy, and low is extreme.
        others: (classes,) counts of the points among which labels are permuted too, and which are in no group.
        permutations: Permutations, at least 1.
        generator: Source of the permutations.

    Returns:
        (1 + permutations at most as mixed) / (1 + permutations): never 0 (Phipson and Smyth 2010).
    """
    if permutations < 1:
        raise TopolensError(f"permutations={permutations}: expected at least 1")
    full = np.vstack([table, others])
    permuted = random_table(full.sum(axis=1), full.sum(axis=0)).rvs(permutations, random_state=generator)
    null = mean_entropy(permuted.reshape(permutations, *full.shape)[:, :-1])
    return float((1 + np.sum(null <= mean_entropy(table) + ROUNDING)) / (1 + permutations))
