"""How well classes are told apart by features: numbers of a plane of principal components, beside landscapes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from topolens.arguments import checked_count
from topolens.errors import TopolensError
from topolens.inference.intervals import Estimate, share_of_units, tail_levels
from topolens.inference.neighbours import leave_one_out_accuracy
from topolens.seeding import child_generator
from topolens.topology.distances import checked_points, pairwise_distances

# A deviation below this share of a size is what rounding leaves of none.
LEAST_DEVIATION = 1e-12


@dataclass(frozen=True)
class Separation:
    """How well neighbours tell classes apart.

    Attributes:
        accuracy: Leave-one-out accuracy with its interval over points; n = points.
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
    shuffles = checked_count(shuffles, "shuffles")
    distances = pairwise_distances(_standardised(features) if standardise else features)
    accuracy = leave_one_out_accuracy(distances, labels, neighbours)
    generator = child_generator(seed, "shuffled labels")
    null = [leave_one_out_accuracy(distances, generator.permutation(labels), neighbours) for _ in range(shuffles)]
    low, high = np.quantile(null, tail_levels(confidence))
    n = len(labels)
    reached = int((np.array(null) >= accuracy).sum())
    return Separation(
        share_of_units(round(accuracy * n), n, confidence), float(low), float(high), (1 + reached) / (1 + shuffles)
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


RADIAL_LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
# Columns of plane_statistics; 1 and 2 are the plane's axes.
STATISTICS = (
    *("mean_1", "mean_2", "deviation_1", "deviation_2", "covariance"),
    *("skewness_1", "skewness_2", "kurtosis_1", "kurtosis_2"),
    *(f"radius_{level:g}" for level in RADIAL_LEVELS),
)


def plane_statistics(clouds: Sequence[np.ndarray], reference: Sequence[np.ndarray] | None = None) -> np.ndarray:
    """What can be read off the projection of each cloud on one plane, as numbers.

    The plane is spanned by the first two principal components of all clouds together, without labels. A plane of
    its own for each cloud would turn and mirror them at will, and put every mean at 0: nothing that has a direction
    could be compared.

    Args:
        clouds: Of (m, channels) points, m >= 2, finite; m may differ.
        reference: Clouds to fit the plane to, when it is not to depend on those that are described.

    Returns:
        (clouds, p) float64, columns as in STATISTICS: mean and standard deviation along both axes, their covariance,
        skewness and excess kurtosis (moments over m; 0 where the deviation is 0), and quantiles of the distance to
        the cloud's own mean in the plane. In the points' units, but for skewness and kurtosis.

    Raises:
        TopolensError: no cloud, one of fewer than two points, points that are not finite, or unequal or fewer than
            two channels.
    """
    described = _checked_clouds(clouds)
    fitted = described if reference is None else _checked_clouds(reference)
    channels = {cloud.shape[1] for cloud in [*described, *fitted]}
    if len(channels) > 1 or channels == {1}:
        raise TopolensError(f"clouds: expected points with as many channels, at least two, found {sorted(channels)}")
    plane = PCA(2, svd_solver="covariance_eigh").fit(np.concatenate(fitted))
    return np.stack([_describe(plane.transform(cloud)) for cloud in described])


def own_plane(points: np.ndarray) -> tuple[np.ndarray, float]:
    """A cloud in the plane that keeps most of its variance, that of its own first two principal components.

    Args:
        points: (n, channels), finite.

    Returns:
        Positions in the plane, (n, 2), and the share of the variance that is left; NaN where there is none.
    """
    points = checked_points(points)
    axes, sizes, _ = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    total = float((sizes**2).sum())
    positions = np.pad(axes[:, :2] * sizes[:2], ((0, 0), (0, max(0, 2 - len(sizes)))))
    return positions, float((sizes[:2] ** 2).sum()) / total if total > 0 else np.nan


def in_one_unit(statistics: np.ndarray) -> np.ndarray:
    """Statistics of planes in the points' unit throughout, to be compared without scaling each by itself.

    Scaled to one deviation each, what does not tell clouds apart weighs as much as what does: clouds whose means lie
    far apart in the plane would be lost among a dozen numbers that are noise.

    Args:
        statistics: (clouds, p) as from plane_statistics.

    Returns:
        (clouds, p): skewness and excess kurtosis times the deviation along their axis, covariance over the root of
        both deviations' product, the rest as it is.
    """
    found = dict(zip(STATISTICS, statistics.T, strict=True))
    size = np.sqrt(found["deviation_1"] * found["deviation_2"])
    found["covariance"] = np.divide(found["covariance"], size, out=np.zeros_like(size), where=size > 0)
    for axis in (1, 2):
        for shape in ("skewness", "kurtosis"):
            found[f"{shape}_{axis}"] = found[f"{shape}_{axis}"] * found[f"deviation_{axis}"]
    return np.stack(list(found.values()), axis=1)


def _describe(positions: np.ndarray) -> np.ndarray:
    """(m, 2) to the numbers of STATISTICS."""
    mean = positions.mean(axis=0)
    centred = positions - mean
    deviation = np.sqrt((centred**2).mean(axis=0))
    varies = deviation > LEAST_DEVIATION * np.abs(positions).max()
    unit = np.divide(centred, deviation, out=np.zeros_like(centred), where=varies)
    # Without deviation there is no shape, neither -3 nor any other.
    kurtosis = np.where(varies, (unit**4).mean(axis=0) - 3, 0)
    radii = np.quantile(np.hypot(*centred.T), RADIAL_LEVELS)
    covariance = [centred.prod(axis=1).mean()]
    return np.concatenate([mean, deviation, covariance, (unit**3).mean(axis=0), kurtosis, radii])


def _checked_clouds(clouds: Sequence[np.ndarray]) -> list[np.ndarray]:
    if len(clouds) == 0:
        raise TopolensError("clouds: expected at least one")
    checked = []
    for number, cloud in enumerate(clouds):
        try:
            points = checked_points(cloud)
        except TopolensError as error:
            raise TopolensError(f"cloud {number}: {error}") from error
        if len(points) < 2:
            raise TopolensError(f"cloud {number}: expected at least two points, found {len(points)}")
        checked.append(points)
    return checked
