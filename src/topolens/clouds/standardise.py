"""Clouds of channel vectors, standardised channel by channel."""

import numpy as np


def standardise(points: np.ndarray) -> tuple[np.ndarray, int]:
    """Every channel to mean 0 and variance 1 (the population's), constant channels to 0.

    A channel counts as constant when its values are all equal, not when they are merely close: a ReLU that fires
    at one position of five hundred keeps its bit of information, as it does under scikit-learn's StandardScaler.

    Args:
        points: (n, channels).

    Returns:
        (n, channels) float64, and the number of constant channels.
    """
    points = np.asarray(points, dtype=np.float64)
    constant = (points == points[0]).all(axis=0)
    centred = np.where(constant, 0.0, points - points.mean(axis=0))
    deviations = np.where(constant, 1.0, np.sqrt((centred**2).mean(axis=0)))
    return centred / deviations, int(constant.sum())
