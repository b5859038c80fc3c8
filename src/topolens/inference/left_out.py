"""What each unit of groups of landscapes (or any vectors) says when it is left out whole, from inner products alone.

Units are networks: each has a row in every group, NaN where it has none there.
"""

import numpy as np

from topolens.inference.permutation import ROUNDING


def difference_products(gram: np.ndarray) -> np.ndarray:
    """Inner products of the differences between each unit's rows of two groups.

    Args:
        gram: (2 n, 2 n) inner products, the first n rows of the first group.

    Returns:
        (n, n), NaN for a unit without both rows; 0 where a product is no more than rounding.
    """
    size = len(gram) // 2
    first, second = slice(None, size), slice(size, None)
    products = gram[second, second] - gram[second, first] - gram[first, second] + gram[first, first]
    squares = np.diagonal(gram)
    noise = ROUNDING * squares[~np.isnan(squares)].max(initial=0.0)
    return np.where(np.abs(products) <= noise, 0.0, products)


def rightly_ordered(products: np.ndarray, reversals: np.ndarray) -> np.ndarray:
    """In which share of pairs of groups the other units tell which of a unit's two rows belongs to which group.

    The others' direction is the mean over them of the difference of their rows; a unit is right where its own
    difference has a positive inner product with it, half right where it has none. A unit that is told from the first
    group to the second as well as from the second to the first is right in one half, so that this is the mean where
    groups do not differ, however few the units are.

    Args:
        products: (pairs, n, n) as of `difference_products`.
        reversals: (resamples, n) of 1 and -1: units whose differences count backwards, in all pairs. Without an order
            they are as good as they are.

    Returns:
        (resamples, n), NaN for a unit without both rows, or without others that have them, in every pair.
    """
    size = products.shape[-1]
    right, counted = np.zeros((len(reversals), size)), np.zeros(size)
    for own in products:
        known = ~np.isnan(np.diagonal(own))
        if known.sum() > 1:
            with_others = np.where(np.outer(known, known) & ~np.eye(size, dtype=bool), own, 0.0)
            right += known * (0.5 + 0.5 * np.sign((reversals @ with_others) * reversals))
            counted += known
    return right / np.where(counted > 0, counted, np.nan)


def share_between(products: np.ndarray) -> tuple[float, np.ndarray]:
    """The intraclass correlation of vectors: the share of their variance that lies between groups (Fisher 1925).

    One-way analysis of variance in the space of the vectors, whose sums of squares are those of all coordinates; below
    0 where groups lie closer than their units' spread explains. NaN without any variance, or for fewer than two units.

    Args:
        products: (groups, n, groups, n) inner products of n units in at least two groups, none of them NaN.

    Returns:
        The share, and (n,) the share without each unit.
    """
    groups, units = products.shape[:2]
    own = np.einsum("gihi->igh", products)  # a unit's rows with each other
    with_all = np.einsum("gihj->igh", products)  # a unit's rows with the sums over groups
    every = products.sum(axis=(1, 3))
    squares = np.einsum("igg->i", own)
    left = every - with_all - with_all.transpose(0, 2, 1) + own  # sums over the other units
    shares = _share(squares.sum() - squares, left, groups, units - 1)
    return float(_share(squares.sum()[None], every[None], groups, units)[0]), shares


def _share(squares: np.ndarray, sums: np.ndarray, groups: int, units: int) -> np.ndarray:
    """From the summed squares of all rows, (m,), and the products of the groups' sums, (m, groups, groups)."""
    if units < 2:
        return np.full(len(squares), np.nan)
    within = squares - np.einsum("mgg->m", sums) / units
    between = np.einsum("mgg->m", sums) / units - sums.sum(axis=(1, 2)) / (groups * units)
    within_mean, between_mean = within / (groups * (units - 1)), between / (groups - 1)
    between_variance = (between_mean - within_mean) / units
    total = between_variance + within_mean
    noise = ROUNDING * squares / (groups * units)
    return np.divide(between_variance, total, out=np.full(len(squares), np.nan), where=total > noise)
