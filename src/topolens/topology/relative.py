"""Distances relative to the neighbourhoods of their two points, so that dense and sparse regions look alike."""

from collections.abc import Callable

import numpy as np

from topolens.errors import TopolensError, unknown_name

ROWS = 256  # measured together


def relative_normalise(distances: np.ndarray, k: int, how: str = "relative-max") -> np.ndarray:
    """Every distance divided by the larger or the geometric mean of both points' distances to their k-th neighbours.

    Args:
        distances: (n, n) symmetric, not negative, zero diagonal, n >= 2; may hold infinite entries. Not changed.
        k: Which nearest other point, 1 <= k < n; coinciding points count as others.
        how: `relative-max`, d(x, y) / max(d(x, x_k), d(y, y_k)) (poster of Athreya and Rosen), or
            `relative-geometric`, d(x, y) / sqrt(d(x, x_k) d(y, y_k)) (Athreya et al., HOLE, arXiv 2512.07988),
            which is nowhere smaller.

    Returns:
        (n, n) float64 without unit, symmetric to the bit, zero diagonal. Coinciding points stay 0, also where k
        others coincide with them. Points apart over a divisor of 0 are infinitely far, that is, never joined; so
        are those whose distance was infinite. Not a metric: the triangle inequality may fail.

    Raises:
        TopolensError: unknown name, k out of range, or a point with fewer than k others at a finite distance.
    """
    check_k(k, len(distances), how)
    if how not in RELATIVE_NORMALISATIONS:
        raise unknown_name("normalisation", how, RELATIVE_NORMALISATIONS)
    near = neighbour_distances(distances, k)
    if np.isinf(near).any():
        lonely = int(np.isinf(near).argmax())
        others = int(np.isfinite(distances[lonely]).sum()) - 1
        raise TopolensError(
            f"{how}: k={k}, but point {lonely} has {others} others at a finite distance; "
            "lower k, or raise the neighbours of the geodesic graph"
        )
    relative = np.empty(distances.shape)
    for start in range(0, len(distances), ROWS):
        rows = slice(start, start + ROWS)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            np.divide(distances[rows], RELATIVE_NORMALISATIONS[how](near[rows], near), out=relative[rows])
        relative[rows][distances[rows] == 0] = 0
    return relative


def check_k(k: int | None, n: int, how: str) -> None:
    """Refuse a k that is missing or out of range for n points, with the range."""
    if n < 2:
        raise TopolensError(f"{how}: expected at least 2 points, found {n}")
    if k is None:
        raise TopolensError(f"{how}: needs k, the neighbour to compare with; expected 1 to {n - 1} for {n} points")
    if not 1 <= k < n:
        raise TopolensError(f"{how}: k={k}: expected 1 to {n - 1} for {n} points")


def neighbour_distances(distances: np.ndarray, k: int) -> np.ndarray:
    """(n,) distances to the k-th nearest other points; `distances` has a zero diagonal."""
    blocks = (distances[start : start + ROWS] for start in range(0, len(distances), ROWS))
    # A row's own zero is its smallest entry, so the k-th other has place k.
    return np.concatenate([np.partition(block, k, axis=1)[:, k] for block in blocks])


def larger(some: np.ndarray, all_: np.ndarray) -> np.ndarray:
    """(m, n) larger ones of (m,) and (n,) values."""
    return np.maximum(some[:, None], all_)


def geometric_mean(some: np.ndarray, all_: np.ndarray) -> np.ndarray:
    """(m, n) geometric means of (m,) and (n,) values; scaled by a power of two, since tiny products are 0.

    Rounding the root of a product keeps it at most the larger of the two values.
    """
    exponent = np.frexp(all_.max())[1]
    means = np.ldexp(some, -exponent)[:, None] * np.ldexp(all_, -exponent)
    np.sqrt(means, out=means)
    return np.ldexp(means, exponent, out=means)


RELATIVE_NORMALISATIONS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "relative-max": larger,
    "relative-geometric": geometric_mean,
}
