"""Pairwise distances of point clouds: float64 throughout, exact zeros on the diagonal, symmetric."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from scipy.linalg import lapack, solve_triangular
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist, squareform

from topolens.errors import TopolensError, unknown_name
from topolens.topology.relative import RELATIVE_NORMALISATIONS, check_k, relative_normalise

# Measured: pdist wins in low dimensions, the matrix product above.
PRODUCT_FROM_DIMENSION = 64
# The product is off by a few units of 1e-16 of the norms, which is too much for squared distances below this share.
CANCELLATION = 1e-5
MANY_CLOSE_PAIRS = 20  # per point; beyond that pdist needs less memory
SIMPLEX_TOLERANCE = 1e-5
# Largest condition number of correlations that are inverted: whitened points keep at least half of their digits.
WELL_CONDITIONED = 1e8
ROWS = 256  # handled together where a whole matrix of indices or flags would not fit


def pairwise_distances(
    points: np.ndarray,
    metric: str = "euclidean",
    *,
    neighbours: int = 12,
    normalise: str | None = None,
    k: int | None = None,
) -> np.ndarray:
    """All pairwise distances of a cloud.

    Needs the memory of at most three (n, n) float64 matrices, the returned one included, for d up to n / 2 and but
    for `geodesic`.

    Args:
        points: (n, d) finite array, n >= 1.
        metric: `euclidean`; `cosine`, 1 - cos of the angle at the origin, in [0, 2]; `mahalanobis`, euclidean after
            whitening by the cloud's own covariance (see estimate_covariance); `geodesic`, hops on the symmetrised
            graph of the `neighbours` nearest neighbours, unreachable pairs infinite (Naitzat et al. 2020);
            `sphere`, the angle arccos<sqrt(p), sqrt(q)> in [0, pi/2] between probability vectors (rows sum to 1);
            `sphere-similarity`, <sqrt(p), sqrt(q)> off the diagonal, which is not a distance but what the
            code of Wheeler et al. 2021 uses for one, kept as a control.
        neighbours: Neighbours of the geodesic graph; below n.
        normalise: None, or divide by the `mean` or `max` of the finite off-diagonal distances, or divide each
            distance by the larger (`relative-max`) or the geometric mean (`relative-geometric`) of both points'
            distances to their k-th nearest other points (see relative_normalise). A cloud whose points all
            coincide stays 0.
        k: Which neighbour, 1 <= k < n; for the relative normalisations, and only for them.

    Returns:
        (n, n) float64, symmetric, zero diagonal. In the points' units for `euclidean`, hops for `geodesic`, radians
        for `sphere`, else and after a normalisation without unit. Infinite where the geodesic graph is disconnected,
        and between points apart whose relative divisor is 0.

    Raises:
        TopolensError: points not a finite (n, d) array, unknown name, an argument out of range, k without a relative
            normalisation or the reverse, or no invertible covariance for `mahalanobis`.
    """
    points = checked_points(points)
    if metric not in METRICS:
        raise unknown_name("metric", metric, METRICS)
    if normalise not in (None, *NORMALISATIONS, *RELATIVE_NORMALISATIONS):
        raise unknown_name("normalisation", normalise, [*NORMALISATIONS, *RELATIVE_NORMALISATIONS])
    if normalise in RELATIVE_NORMALISATIONS:
        check_k(k, len(points), normalise)
    elif k is not None:
        raise TopolensError(
            f"k={k}: only the normalisations {' and '.join(RELATIVE_NORMALISATIONS)} take k, not {normalise}; leave "
            "it out"
        )
    measure = partial(geodesic, neighbours=neighbours) if metric == "geodesic" else METRICS[metric]
    distances = measure(points)
    if normalise in NORMALISATIONS:
        size = NORMALISATIONS[normalise](distances)
        if size > 0:
            distances /= size
    elif normalise is not None and k is not None:
        distances = relative_normalise(distances, k, normalise)
    return distances


def checked_points(points: np.ndarray) -> np.ndarray:
    """`points` as a finite float64 (n, d) array with n >= 1, or a TopolensError that says what is wrong."""
    points = np.asarray(points)
    if points.ndim != 2 or len(points) == 0:
        raise TopolensError(f"points: expected an array of shape (n, d) with n >= 1, found shape {points.shape}")
    points = points.astype(np.float64, copy=False)
    bad = ~np.isfinite(points).all(axis=1)
    if bad.any():
        raise TopolensError(
            f"points: {bad.sum()} of {len(points)} rows hold NaN or infinite values, the first is row {bad.argmax()}"
        )
    return points


def euclidean(points: np.ndarray) -> np.ndarray:
    """Euclidean distances; in many dimensions through a centred float64 matrix product."""
    if points.shape[1] < PRODUCT_FROM_DIMENSION:
        return squareform(pdist(points))
    points = points - points.mean(axis=0)
    squares = np.einsum("ij,ij->i", points, points)
    distances = points @ points.T
    distances *= -2
    distances += squares[:, None]
    distances += squares
    # Close pairs cancel in the product: they are measured directly.
    close = _close_pairs(distances, CANCELLATION * squares.max(), MANY_CLOSE_PAIRS * len(points))
    if close is None:
        del distances  # else one matrix too many
        return squareform(pdist(points))
    np.maximum(distances, 0, out=distances)
    np.sqrt(distances, out=distances)
    rows, columns = close
    for start in range(0, len(rows), ROWS):
        some, others = rows[start : start + ROWS], columns[start : start + ROWS]
        distances[some, others] = np.linalg.norm(points[some] - points[others], axis=1)
    np.fill_diagonal(distances, 0)
    return _symmetric(distances)


def _close_pairs(squares: np.ndarray, limit: float, most: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Rows and columns of the entries below `limit` above the diagonal; None if there are more than `most`."""
    found, count = [], 0
    for start in range(0, len(squares), ROWS):
        rows, columns = np.nonzero(np.triu(squares[start : start + ROWS] < limit, start + 1))
        count += len(rows)
        if count > most:
            return None
        found.append((rows + start, columns))
    return np.concatenate([rows for rows, _ in found]), np.concatenate([columns for _, columns in found])


def _symmetric(distances: np.ndarray) -> np.ndarray:
    """The matrix with its lower triangle replaced by the upper: a product need not be symmetric to the bit."""
    for start in range(0, len(distances), ROWS):
        rows = slice(start, start + ROWS)
        distances[rows, :start] = distances[:start, rows].T
        block = distances[rows, rows]
        lower = np.tril_indices(len(block), -1)
        block[lower] = block.T[lower]
    return distances


def cosine(points: np.ndarray) -> np.ndarray:
    """1 - cos of the angle between points as seen from the origin, in [0, 2].

    Computed as half the squared chord of unit vectors, since 1 - cos loses all digits of small angles; what is left
    below some 1e-31 is rounding of the unit vectors. A zero vector has no direction and counts as orthogonal to
    everything: its distance is 1 to any other vector, and 0 to another zero vector.
    """
    largest = np.abs(points).max(axis=1, keepdims=True, initial=0)
    zero = largest[:, 0] == 0
    # Divided by the largest entry first: squares of tiny or huge ones would leave the range.
    units = points / np.where(largest > 0, largest, 1)
    units[~zero] /= np.linalg.norm(units[~zero], axis=1, keepdims=True)
    distances = euclidean(units)
    np.square(distances, out=distances)
    distances /= 2
    np.minimum(distances, 2, out=distances)
    distances[zero] = distances[:, zero] = 1
    distances[np.ix_(zero, zero)] = 0
    return distances


@dataclass(frozen=True)
class Covariance:
    """Covariance of a cloud, (d, d) in squared units of the points, and how it was estimated.

    `shrinkage` is the weight in [0, 1] of the multiple of the identity; 0 for the empirical covariance.
    """

    matrix: np.ndarray
    estimator: Literal["empirical", "ledoit-wolf"]
    shrinkage: float


def estimate_covariance(points: np.ndarray) -> Covariance:
    """The empirical covariance of a cloud where it can be inverted safely, else a shrunk one.

    Empirical (over n - 1) when n > d and the condition number of the correlations is at most WELL_CONDITIONED, which
    does not depend on the units of the coordinates. Otherwise, with too few points or with constant or dependent
    coordinates, shrunk towards a multiple of the identity (Ledoit and Wolf 2004, as in scikit-learn, over n).

    Args:
        points: (n, d) finite array.

    Raises:
        TopolensError: points not a finite (n, d) array, all equal, or with a covariance that shrinkage does not make
            invertible (two points in several dimensions, for instance).
    """
    points = checked_points(points)
    n, d = points.shape
    constant = (points == points[0]).all(axis=0)
    if constant.all():
        raise TopolensError(
            f"mahalanobis: all {n} points are equal, so they have no covariance; leave the cloud out or take the "
            "euclidean metric"
        )
    # The mean of equal values may miss them by a rounding error, which would pass for variance.
    centred = np.where(constant, 0.0, points - points.mean(axis=0))
    if n > d:
        matrix = centred.T @ centred / (n - 1)
        if _is_well_conditioned(matrix):
            return Covariance(matrix, "empirical", 0.0)
    from sklearn.covariance import ledoit_wolf  # here, since scikit-learn loads slowly

    matrix, shrinkage = ledoit_wolf(centred, assume_centered=True)
    if not _is_well_conditioned(matrix):
        raise TopolensError(
            f"mahalanobis: the covariance of {n} points in {d} dimensions stays singular after Ledoit-Wolf shrinkage "
            f"by {shrinkage:.3g}; take more points, leave out coordinates that repeat others, or take the euclidean "
            "metric"
        )
    return Covariance(matrix, "ledoit-wolf", float(shrinkage))


def _is_well_conditioned(covariance: np.ndarray) -> bool:
    """Whether the condition number (1-norm) of the correlations is at most WELL_CONDITIONED."""
    variances = np.diagonal(covariance)
    if not (variances > 0).all():
        return False
    deviations = np.sqrt(variances)
    correlations = covariance / deviations / deviations[:, None]
    try:
        factor = np.linalg.cholesky(correlations)
    except np.linalg.LinAlgError:
        return False
    reciprocal, _ = lapack.dpocon(factor, np.linalg.norm(correlations, 1), uplo="L")
    return bool(reciprocal * WELL_CONDITIONED >= 1)


def mahalanobis(points: np.ndarray) -> np.ndarray:
    """sqrt((x - y)' C^-1 (x - y)) with the cloud's own covariance C, as estimate_covariance has it.

    Unchanged by any invertible affine map of the points where C is empirical. Euclidean after whitening through the
    Cholesky factor of C.
    """
    factor = np.linalg.cholesky(estimate_covariance(points).matrix)
    whitened = solve_triangular(factor, (points - points.mean(axis=0)).T, lower=True, overwrite_b=True).T
    # Columns are not solved alike to the bit: equal points take the solution of the first, so that they stay equal.
    seen: dict[bytes, int] = {}
    firsts = np.array([seen.setdefault((point + 0.0).tobytes(), place) for place, point in enumerate(points)])
    del seen
    again = firsts != np.arange(len(points))
    whitened[again] = whitened[firsts[again]]
    return euclidean(whitened)


def geodesic(points: np.ndarray, neighbours: int = 12) -> np.ndarray:
    """Hops on the symmetrised nearest-neighbour graph; unreachable pairs are infinite.

    Two points are joined when either is among the other's `neighbours` nearest, itself not counted.
    """
    if not 1 <= neighbours < len(points):
        raise TopolensError(f"neighbours={neighbours}: expected 1 to {len(points) - 1} for {len(points)} points")
    _, nearest = cKDTree(points).query(points, k=neighbours + 1)
    # With duplicates a point need not come first in its own list: drop it by name, keep `neighbours` others.
    own = nearest == np.arange(len(points))[:, None]
    own[~own.any(axis=1), -1] = True
    targets = nearest[~own]
    sources = np.repeat(np.arange(len(points)), neighbours)
    graph = csr_array((np.ones(len(targets)), (sources, targets)), shape=(len(points),) * 2)
    return shortest_path(graph, method="D", directed=False, unweighted=True)


def _roots(points: np.ndarray) -> np.ndarray:
    """Square roots of rows that are probability vectors: points of the unit sphere."""
    sums = points.sum(axis=1, keepdims=True)
    off = np.abs(sums - 1).max()
    if (points < 0).any() or off > SIMPLEX_TOLERANCE:
        raise TopolensError(
            "sphere: rows must be non-negative and sum to 1; "
            f"smallest entry {points.min():.3g}, largest deviation of a sum {off:.3g}. Take a softmax first."
        )
    return np.sqrt(points / sums)


def sphere(points: np.ndarray) -> np.ndarray:
    """Geodesic distance of probability vectors on the positive orthant of the sphere, in [0, pi/2].

    Equal to arccos<sqrt(p), sqrt(q)>, computed from the chord as 2 arcsin(chord / 2), since arccos loses
    half of the digits where the distance is small.
    """
    angles = squareform(pdist(_roots(points)))
    angles /= 2
    np.minimum(angles, np.sqrt(0.5), out=angles)
    np.arcsin(angles, out=angles)
    angles *= 2
    return angles


def sphere_similarity(points: np.ndarray) -> np.ndarray:
    """<sqrt(p), sqrt(q)> with a zero diagonal: large for equal points, so not a distance (a control)."""
    roots = _roots(points)
    similarity = roots @ roots.T
    np.clip(similarity, 0, 1, out=similarity)
    np.fill_diagonal(similarity, 0)
    return _symmetric(similarity)


def mean_distance(distances: np.ndarray) -> float:
    """Mean of the finite off-diagonal distances; 0 for a single point."""
    pairs = squareform(distances, checks=False)  # the upper triangle
    pairs = pairs[np.isfinite(pairs)]
    return float(pairs.mean()) if len(pairs) else 0.0


def max_distance(distances: np.ndarray) -> float:
    """Largest finite distance; 0 for a single point."""
    return float(np.max(distances, where=np.isfinite(distances), initial=0.0))


def percentile_normalise(points: np.ndarray, q: float = 0.9) -> np.ndarray:
    """Divide by the q-quantile of the norms and pull points beyond it back to the unit sphere.

    Args:
        points: (n, d).
        q: Quantile in (0, 1].

    Returns:
        (n, d) float64 with norms at most 1. A cloud whose quantile is 0 is returned unchanged. Wheeler et
        al. identify the pulled points; here they keep their directions and only share the radius.
    """
    points = checked_points(points)
    if not 0 < q <= 1:
        raise TopolensError(f"q={q}: expected a quantile in (0, 1]")
    norms = np.linalg.norm(points, axis=1, keepdims=True)
    radius = np.quantile(norms, q)
    if radius == 0:
        return points.copy()
    return points / np.maximum(norms, radius)


METRICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "euclidean": euclidean,
    "cosine": cosine,
    "mahalanobis": mahalanobis,
    "geodesic": geodesic,
    "sphere": sphere,
    "sphere-similarity": sphere_similarity,
}
# By one number for the whole cloud; those of RELATIVE_NORMALISATIONS differ from pair to pair.
NORMALISATIONS: dict[str, Callable[[np.ndarray], float]] = {"mean": mean_distance, "max": max_distance}
