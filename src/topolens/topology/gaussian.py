"""The null model of every complexity: a Gaussian cloud of the same size, mean and covariance."""

import numpy as np

BLOCK = 512  # rows that are drawn together: of a large cloud all weights at once would not fit into memory


def gaussian_cloud(points: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A Gaussian sample with the mean and covariance of a cloud, (n, d) to (n, d) float64.

    Each row is the mean plus a sum of all centred points C, each with an independent normal weight over sqrt(n - 1):
    its covariance is C'C / (n - 1), that of the cloud, also where this is singular. Nothing is factored, so that the
    sample hangs on no small pivot and is the same on any processor but for rounding.
    """
    points = np.asarray(points, dtype=np.float64)
    n, mean = len(points), points.mean(axis=0)
    centred = (points - mean) / np.sqrt(max(n - 1, 1))
    starts = range(0, n, BLOCK)
    return mean + np.concatenate([generator.standard_normal((min(BLOCK, n - at), n)) @ centred for at in starts])
