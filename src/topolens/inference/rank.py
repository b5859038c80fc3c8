"""The one rank correlation of the project."""

import numpy as np

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
