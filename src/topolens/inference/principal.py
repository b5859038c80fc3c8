"""How one-dimensional points are."""

import numpy as np


def first_share(points: np.ndarray) -> float:
    """Share of the variance along the first principal axis, in [1/d, 1]; NaN without variance."""
    variances = principal_variances(points)
    return float(variances[0] / variances.sum()) if variances.sum() > 0 else float("nan")


def second_over_first(points: np.ndarray) -> float:
    """Variance along the second principal axis over that along the first, 0 on a line; NaN without variance."""
    variances = principal_variances(points)
    return float(variances[1:2].sum() / variances[0]) if variances[0] > 0 else float("nan")


def principal_variances(points: np.ndarray) -> np.ndarray:
    """(n, d) points to their summed squares along the principal axes, decreasing."""
    centred = np.asarray(points, np.float64) - np.mean(points, axis=0, dtype=np.float64)
    return np.linalg.svd(centred, compute_uv=False) ** 2
