"""How well classes of clouds are told apart by features, the same for landscapes as for any other summary."""

from dataclasses import dataclass

import numpy as np

from topolens.errors import TopolensError
from topolens.inference.intervals import Estimate, tail_levels, wilson
from topolens.inference.neighbours import leave_one_out_accuracy
from topolens.seeding import child_generator
from topolens.topology.distances import checked_points, pairwise_distances

# A deviation below this share of a feature's size is what rounding leaves of none.
LEAST_DEVIATION = 1e-12


@dataclass(frozen=True)
class Separation:
    """How well neighbours tell classes apart.

    Attributes:
        accuracy: Leave-one-out accuracy with Wilson's interval over points; n = points.
        null_low, null_high: Central interval of the accuracy with shuffled labels. It lies around somewhat less than
            1 / classes, because a point that is left out is missing among its own class.
        p_value: (1 + shuffles at or above the accuracy) / (1 + shuffles).
    """

    accuracy: Estimate
    null_low: float
    null_high: float
    p_value: float


def separation_accuracy(
    features: np.ndarray,
    labels: np.ndarray,
    neighbours: int = 5,
    *,
    shuffles: int = 999,
    seed: int = 0,
    confidence: float = 0.95,
    standardise: bool = True,
) -> Separation:
    """Leave-one-out accuracy of the nearest neighbours' vote, by Euclidean distance between features.

    Args:
        features: (n, p), finite, such as landscapes or plane statistics.
        labels: (n,) integers >= 0, of at least two classes with as many points each, so that no class weighs more.
        neighbours: How many vote, below n.
        shuffles: Of the labels, for the null; at least 1.
        seed: Root of the shuffles' seed.
        confidence: Of both intervals.
        standardise: Bring each feature to mean 0 and deviation 1 first (constant ones to 0). Features with one unit,
            such as a landscape's samples, may also be compared as they are.

    Raises:
        TopolensError: features or labels that are not as above, or numbers out of range.
    """
    features = checked_points(features)
    labels = _checked_labels(labels, len(features))
    if shuffles < 1:
        raise TopolensError(f"shuffles={shuffles}: expected at least 1")
    distances = pairwise_distances(_standardised(features) if standardise else features)
    accuracy = leave_one_out_accuracy(distances, labels, neighbours)
    generator = child_generator(seed, "shuffled labels")
    null = [leave_one_out_accuracy(distances, generator.permutation(labels), neighbours) for _ in range(shuffles)]
    low, high = np.quantile(null, tail_levels(confidence))
    n = len(labels)
    reached = int((np.array(null) >= accuracy).sum())
    return Separation(
        wilson(round(accuracy * n), n, confidence), float(low), float(high), (1 + reached) / (1 + shuffles)
    )


def _standardised(features: np.ndarray) -> np.ndarray:
    centred = features - features.mean(axis=0)
    deviation = centred.std(axis=0)
    varies = deviation > LEAST_DEVIATION * np.abs(features).max(axis=0)
    return np.divide(centred, deviation, out=np.zeros_like(centred), where=varies)


def _checked_labels(labels: np.ndarray, n: int) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.shape != (n,) or not np.issubdtype(labels.dtype, np.integer) or (labels < 0).any():
        raise TopolensError(f"labels: expected ({n},) integers >= 0, found {labels.dtype} of shape {labels.shape}")
    sizes = np.unique(labels, return_counts=True)[1]
    if len(sizes) < 2 or len(set(sizes)) > 1:
        raise TopolensError(
            f"labels: expected at least two classes of as many points each, found {sizes.tolist()} points; "
            "draw as many of each"
        )
    return labels.astype(np.int64)
