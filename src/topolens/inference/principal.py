"""How one-dimensional points are."""

import numpy as np


def first_share(points: np.ndarray) -> float:
    """Share of the variance along the first principal axis, in [1/d, 1]; NaN without variance."""
    centred = np.asarray(points, np.float64) - np.mean(points, axis=0, dtype=np.float64)
    variances = np.linalg.svd(centred, compute_uv=False) ** 2
    return float(variances[0] / variances.sum()) if variances.sum() > 0 else float("nan")
