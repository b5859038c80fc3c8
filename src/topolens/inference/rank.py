"""The one rank correlation of the project."""

import math
from itertools import permutations

import numpy as np

from topolens.inference.intervals import Estimate, mean_of_known, tail_levels

FEWEST_PAIRS = 3  # two pairs are always in the same or in the opposite order, which says nothing


def rank_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation along the last axis, many at once; tied values share their average rank.

    There is no correlation, NaN, where one side is constant or fewer than three pairs are known. A NaN correlation is
    no number 0: means over units and intervals over resamples leave it out (see topolens.inference.intervals).

    Args:
        a, b: (..., n), broadcast against each other; a pair with a NaN on either side is left out.

    Returns:
        (...), from -1 to 1.
    """
    a, b = np.broadcast_arrays(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    known = ~(np.isnan(a) | np.isnan(b))
    a, b = (_centred_ranks(values, known) for values in (a, b))
    size = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    defined = (known.sum(axis=-1) >= FEWEST_PAIRS) & (size > 0)
    return np.divide((a * b).sum(axis=-1), size, out=np.full(size.shape, np.nan), where=defined)


def _centred_ranks(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Ranks among the known values less their mean, which ties do not change; 0 where unknown."""
    from scipy.stats import rankdata  # here, since scipy.stats loads slowly and claims are listed before any job

    ranks = rankdata(np.where(known, values, np.nan), axis=-1, nan_policy="omit")
    middle = (known.sum(axis=-1, keepdims=True) + 1) / 2
    return np.where(known, ranks - middle, 0.0)


def mean_correlation(a: np.ndarray, b: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Mean over cells of Spearman's correlation over the same few units, with an interval of all their permutations.

    A unit is one in all cells, so that its order in `b` is permuted in all of them alike. The interval reaches from the
    estimate as far as such means reach by chance: its lower end is at or above 0 in at most half of 1 - confidence of
    all cases where `a` and `b` have nothing to do with each other, whatever the cells have in common. It is too long
    elsewhere, and as long as it can be where there are too few permutations.

    Args:
        a, b: (cells, units), at most 7 units; cells without a correlation are left out.
        confidence: Level of the interval.
    """
    units = a.shape[1]
    orders = np.array([*permutations(range(units))], dtype=int)
    found = np.round(mean_of_known(rank_correlation(a[:, None], b[:, orders]), axis=0), 9)
    value = float(found[0])  # of the order as it is
    if np.isnan(value):
        return Estimate(value, value, value, units)
    tail = tail_levels(confidence)[0]
    low, high = value - _seldom_reached(found, tail), value + _seldom_reached(-found, tail)
    return Estimate(value, max(low, -1.0), min(high, 1.0), units)


def _seldom_reached(values: np.ndarray, share: float) -> float:
    """The smallest of the values that at most this share of them reaches; infinite where there is none."""
    ascending = np.unique(values)
    reached = (values >= ascending[:, None]).mean(axis=1)
    return float(ascending[reached <= share].min(initial=math.inf))
