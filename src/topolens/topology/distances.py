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

from topolens.arguments import checked_array, checked_count
from topolens.errors import TopolensError, unknown_name
from topolens.memory import NEVER_REFUSED, free_memory
from topolens.topology.relative import RELATIVE_NORMALISATIONS, check_k, relative_normalise

# Measured: pdist wins in low dimensions, the matrix product above.
PRODUCT_FROM_DIMENSION = 64
# The product is off by a few units of 1e-16 of the norms, which is too much for squared distances below this share.
CANCELLATION = 1e-5
MANY_CLOSE_PAIRS = 20  # per point; beyond that pdist needs less memory
SIMPLEX_TOLERANCE = 1e-5
# Largest condition number of correlations that are inverted: whitened points keep at least half of their digits.
WELL_CONDITIONED = 1e8
# Beyond it the cloud itself is decomposed, whose condition number is the root: independent up to the same bound.
INDEPENDENT = 1e-8
# Smallest variance along any axis of a shrunk covariance, as a share of the largest.
LEAST_VARIANCE = 1e-14
# Coordinates of unit vectors are rounded, so chords below some of these units say nothing.
ROUNDING = 8 * np.finfo(np.float64).eps
# Largest coordinates from 2^-SAFE to 2^SAFE: their squares, summed, stay within the range of float64.
SAFE = 400
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
    for `geodesic`; refused where not even the returned one fits.

    Args:
        points: (n, d) finite array, n >= 1.
        metric: `euclidean`; `cosine`, 1 - cos of the angle at the origin, in [0, 2]; `mahalanobis`, euclidean after
            whitening by the cloud's own covariance (see mahalanobis); `geodesic`, hops on the symmetrised graph of
            the `neighbours` nearest neighbours, unreachable pairs infinite (Naitzat et al. 2020, see geodesic);
            `sphere`, the angle arccos<sqrt(p), sqrt(q)> in [0, pi/2] between probability vectors (rows sum to 1);
            `sphere-similarity`, <sqrt(p), sqrt(q)> off the diagonal, which is not a distance but what the
            code of Wheeler et al. 2021 uses for one, kept as a control.
        neighbours: Neighbours of the geodesic graph; below n.
        normalise: None, or divide by the `mean` or `max` of the finite off-diagonal distances, or divide each
            distance by the larger (`relative-max`) or the geometric mean (`relative-geometric`) of both points'
            distances to their k-th nearest other points (see relative_normalise). A cloud whose points all
            coincide, to the rounding of their coordinates, is 0 after `mean` and `max`.
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
    _refuse_what_does_not_fit(len(points))
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
        if metric == "euclidean" and max_distance(distances) <= ROUNDING * np.abs(points).max(initial=0.0):
            distances[:] = 0  # rounding must not be scaled up to size 1
        size = NORMALISATIONS[normalise](distances)
        if size > 0:
            distances /= size
    elif normalise is not None and k is not None:
        distances = relative_normalise(distances, k, normalise)
    return distances


def checked_points(points: np.ndarray) -> np.ndarray:
    """`points` as a finite float64 (n, d) array with n >= 1, or a TopolensError that says what is wrong."""
    points = checked_array(points, "points")
    if points.ndim != 2 or len(points) == 0:
        hints = {
            3: "of tokens (samples, tokens, width) take one, x[:, 0], their mean, or channel_vectors",
            4: "of activation maps take their means, x.mean(axis=(2, 3)), x.reshape(len(x), -1), or channel_vectors",
        }
        hint = f"; {hints[points.ndim]}" if points.ndim in hints else ""
        raise TopolensError(f"points: expected an array of shape (n, d) with n >= 1, found shape {points.shape}{hint}")
    bad = ~np.isfinite(points).all(axis=1)
    if bad.any():
        raise TopolensError(
            f"points: {bad.sum()} of {len(points)} rows hold NaN or infinite values, the first is row {bad.argmax()}"
        )
    return points


def _refuse_what_does_not_fit(n: int) -> None:
    """Raise a TopolensError with both numbers when the matrix of distances exceeds the free memory."""
    needed = 8 * n**2
    if needed > NEVER_REFUSED and needed > (free := free_memory()):
        raise TopolensError(
            f"points: the distances of {n:,} points need {needed / 2**30:.1f} GiB; {free / 2**30:.1f} GiB are free. "
            f"Take fewer points, such as a random {int((free / 24) ** 0.5):,} of them"
        )


def euclidean(points: np.ndarray) -> np.ndarray:
    """Euclidean distances; in many dimensions through a centred float64 matrix product.

    Points whose squares would leave the range of float64 are scaled by a power of two, which rounds nothing.
    """
    exponent = _exponent_beyond_safe(points)
    if exponent:
        return np.ldexp(euclidean(np.ldexp(points, -exponent)), exponent)
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


def _exponent_beyond_safe(points: np.ndarray) -> int:
    """The power of two by which the largest coordinate leaves the safe range; 0 inside of it."""
    exponent = int(np.frexp(max(points.max(initial=0.0), -points.min(initial=0.0)))[1])
    return 0 if exponent == 0 else exponent - max(-SAFE, min(exponent, SAFE))


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

    Computed as half the squared chord of unit vectors, since 1 - cos loses all digits of small angles; chords within
    the rounding of unit vectors are 0. A zero vector has no direction and counts as orthogonal to
    everything: its distance is 1 to any other vector, and 0 to another zero vector.
    """
    largest = np.abs(points).max(axis=1, keepdims=True, initial=0)
    zero = largest[:, 0] == 0
    # Divided by the largest entry first: squares of tiny or huge ones would leave the range.
    units = points / np.where(largest > 0, largest, 1)
    units[~zero] /= np.linalg.norm(units[~zero], axis=1, keepdims=True)
    distances = euclidean(units)
    distances[distances <= ROUNDING] = 0
    np.square(distances, out=distances)
    distances /= 2
    np.minimum(distances, 2, out=distances)
    distances[zero] = distances[:, zero] = 1
    distances[np.ix_(zero, zero)] = 0
    return distances


@dataclass(frozen=True)
class Whitened:
    """A cloud in coordinates of unit covariance, (n, at most d), and how its covariance was estimated.

    `shrinkage` is the weight in [0, 1] of the multiple of the identity; 0 for the empirical covariance.
    """

    points: np.ndarray
    estimator: Literal["empirical", "ledoit-wolf"]
    shrinkage: float


def whiten(points: np.ndarray) -> Whitened:
    """A cloud in coordinates in which its empirical covariance, or else a shrunk one, is the identity.

    Empirical (over n - 1) when n > d and no coordinate depends on the others, whatever their units and however the
    cloud is turned. Otherwise, with too few points or with constant or dependent coordinates, shrunk towards a multiple
    of the identity (Ledoit and Wolf 2004, as in scikit-learn, over n).

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
    points = np.ldexp(points, -np.frexp(np.abs(points).max())[1])  # fourth powers must stay within the range
    # The mean of equal values may miss them by a rounding error, which would pass for variance.
    centred = np.where(constant, 0.0, points - points.mean(axis=0))
    if n > d and not constant.any():
        whitened = _whitened_empirically(centred / centred.std(axis=0, ddof=1))
        if whitened is not None:
            return Whitened(whitened, "empirical", 0.0)
    from sklearn.covariance import ledoit_wolf_shrinkage  # here, since scikit-learn loads slowly

    shrinkage = float(ledoit_wolf_shrinkage(centred, assume_centered=True))
    variances, scores = _principal_components(centred)
    shrunk = (1 - shrinkage) * variances + shrinkage * np.square(centred).sum() / (n * d)
    smallest = shrunk.min() if len(shrunk) == d else shrunk.min() - (1 - shrinkage) * variances.min()
    if not smallest > LEAST_VARIANCE * shrunk.max():
        raise TopolensError(
            f"mahalanobis: the covariance of {n} points in {d} dimensions stays singular after Ledoit-Wolf shrinkage "
            f"by {shrinkage:.3g}; take more points, leave out coordinates that repeat others, or take the euclidean "
            "metric"
        )
    return Whitened(scores / np.sqrt(shrunk), "ledoit-wolf", shrinkage)


def _whitened_empirically(standardised: np.ndarray) -> np.ndarray | None:
    """From a centred cloud of unit variances, (n, d); None where a coordinate depends on the others."""
    correlations = standardised.T @ standardised / (len(standardised) - 1)
    try:
        factor = np.linalg.cholesky(correlations)
        reciprocal, _ = lapack.dpocon(factor, np.linalg.norm(correlations, 1), uplo="L")
    except np.linalg.LinAlgError:
        reciprocal = 0.0
    if reciprocal * WELL_CONDITIONED >= 1:
        return np.ascontiguousarray(solve_triangular(factor, standardised.T, lower=True).T)
    left, sizes, _ = np.linalg.svd(standardised, full_matrices=False)
    return left * np.sqrt(len(left) - 1) if sizes[-1] > INDEPENDENT * sizes[0] else None


def _principal_components(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variances (over n) along the principal axes that n points of d coordinates have, and their scores, (n, axes)."""
    n, d = centred.shape
    if n > d:
        variances, axes = np.linalg.eigh(centred.T @ centred / n)
        return np.maximum(variances, 0), centred @ axes
    variances, left = np.linalg.eigh(centred @ centred.T / n)
    variances = np.maximum(variances, 0)
    return variances, left * np.sqrt(n * variances)


def mahalanobis(points: np.ndarray) -> np.ndarray:
    """sqrt((x - y)' C^-1 (x - y)) with the cloud's own covariance C: Euclidean distances of the whitened cloud.

    Unchanged by any invertible affine map of the points where C is empirical, and by any rotation where it is shrunk.
    """
    whitened = whiten(points).points
    # Rows are not solved alike to the bit: equal points take the solution of the first, so that they stay equal.
    seen: dict[bytes, int] = {}
    firsts = np.array([seen.setdefault((point + 0.0).tobytes(), place) for place, point in enumerate(points)])
    del seen
    again = firsts != np.arange(len(points))
    whitened[again] = whitened[firsts[again]]
    return euclidean(whitened)


def geodesic(points: np.ndarray, neighbours: int = 12) -> np.ndarray:
    """Hops on the symmetrised nearest-neighbour graph; unreachable pairs are infinite.

    Two points are joined when either is among the other's `neighbours` nearest, itself not counted. Points that
    coincide are one place, at distance 0, and use up no neighbours; of equally near places all are joined, so that the
    order of the points does not matter.
    """
    neighbours = checked_count(neighbours, "neighbours", 1, len(points) - 1)
    places, place_of = np.unique(np.ldexp(points, -_exponent_beyond_safe(points)) + 0.0, axis=0, return_inverse=True)
    sources, targets = nearest_places(places, min(neighbours, len(places) - 1))
    graph = csr_array((np.ones(len(targets)), (sources, targets)), shape=(len(places),) * 2)
    hops = shortest_path(graph, method="D", directed=False, unweighted=True)
    return hops[np.ix_(place_of, place_of)]


def nearest_places(places: np.ndarray, neighbours: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges from each of (m, d) different points to its nearest others; of equally near ones to all."""
    asked = min(neighbours + 2, len(places))  # the place itself, its neighbours, and the next one
    tree = cKDTree(places)
    apart, nearest = tree.query(places, k=[*range(1, asked + 1)])
    sources, targets = np.repeat(np.arange(len(places)), neighbours), nearest[:, 1 : neighbours + 1].ravel()
    if asked == neighbours + 2:
        reach = apart[:, -2] * (1 + ROUNDING)
        tied = np.flatnonzero(apart[:, -1] <= reach)
        more = tree.query_ball_point(places[tied], reach[tied])
        sources = np.concatenate([sources, np.repeat(tied, [*map(len, more)])])
        targets = np.concatenate([targets, *map(np.asarray, more)]).astype(np.int64)
    keep = sources != targets
    return sources[keep], targets[keep]


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
    angles[angles <= ROUNDING] = 0
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
