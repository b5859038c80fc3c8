"""Betti numbers of one Vietoris-Rips complex of hops on a neighbour graph, at one fixed scale.

The statistic of Naitzat, Zhitnikov and Lim (JMLR 2020). The complex is a flag complex, so all that matters is which
points are within the scale of each other: hops beyond it are never computed, and components are taken one by one.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from topolens.errors import TopolensError
from topolens.memory import NEVER_REFUSED, free_memory
from topolens.topology.distances import checked_points
from topolens.topology.persistence import ENGINES, betti_number, chosen_engine

LARGEST_CLOUD = 5000  # points: beyond it every layer's complex would cost minutes
BYTES_PER_TRIANGLE = 16  # of the engine in degree 2, a generous bound


@dataclass(frozen=True)
class HopBetti:
    """Betti numbers, degree 0 first, and how many different points they are of."""

    betti: tuple[int, ...]
    distinct: int


def check_betti_numbers(
    points: np.ndarray, neighbours: int, scale: float, expected: tuple[int, ...], where: str
) -> None:
    """Refuse a cloud whose Betti numbers, degree 0 first, are not the expected ones, or that is too large.

    Raises:
        TopolensError: which begins with `where`.
    """
    if len(points) > LARGEST_CLOUD:
        raise TopolensError(f"{where}: {len(points)} points, at most {LARGEST_CLOUD} expected; change its options")
    found = hop_betti_numbers(points, neighbours, scale, len(expected) - 1).betti
    if found != expected:
        raise TopolensError(
            f"{where} has Betti numbers {found} at scale {scale:g} with {neighbours} neighbours, expected {expected}; "
            "take denser points or other neighbours"
        )


def hop_betti_numbers(points: np.ndarray, neighbours: int, scale: float, max_degree: int) -> HopBetti:
    """Betti numbers of the Rips complex at `scale` of the hops on the symmetrised nearest-neighbour graph.

    Points that coincide are at distance 0, so they count once, and do not use up each other's neighbours. A cloud
    with no more than `neighbours` + 1 different points is one clique; a single point has (1, 0, ...).

    Args:
        points: (n, d) finite, n >= 1.
        neighbours: Neighbours of the graph, at least 1.
        scale: In hops, at least 1.
        max_degree: 0, 1 or 2.

    Raises:
        TopolensError: malformed points, an argument out of range, or a complex that does not fit into memory.
    """
    linked = linked_points(points, neighbours, scale)
    if max_degree not in (0, 1, 2):
        raise TopolensError(f"max_degree={max_degree}: expected 0, 1 or 2")
    count, labels = connected_components(linked, directed=False)
    dense = linked.toarray()
    parts = [np.flatnonzero(labels == part) for part in range(count)] if count > 1 else []
    numbers = [_betti_of(dense[np.ix_(part, part)], max_degree) for part in parts] or [_betti_of(dense, max_degree)]
    return HopBetti(tuple(map(int, np.sum(numbers, axis=0))), len(dense))


def linked_points(points: np.ndarray, neighbours: int, scale: float) -> csr_array:
    """Which different points are within `scale` hops of each other: (m, m) bool, symmetric, true on the diagonal."""
    if neighbours < 1 or not 1 <= scale < np.inf:
        raise TopolensError(f"neighbours={neighbours}, scale={scale}: expected both at least 1, and finite")
    points = np.unique(checked_points(points) + 0.0, axis=0)  # + 0.0: -0.0 is 0.0
    nearest = min(neighbours, len(points) - 1)
    _, targets = cKDTree(points).query(points, k=[*range(1, nearest + 2)])
    sources = np.repeat(np.arange(len(points)), nearest + 1)
    graph = csr_array((np.ones(targets.size, bool), (sources, targets.ravel())), shape=(len(points),) * 2)
    joined = linked = graph + graph.T  # of truth values, sums are "or" and products of matrices are paths
    for _ in range(int(scale) - 1):
        linked = linked @ joined
    return linked


def _betti_of(linked: np.ndarray, max_degree: int) -> np.ndarray:
    """Betti numbers of a connected flag complex, (max_degree + 1,)."""
    if len(linked) == 1:
        return np.array([1] + [0] * max_degree)
    _refuse_what_does_not_fit(linked, max_degree)
    distances = np.where(linked, 1.0, 2.0)
    np.fill_diagonal(distances, 0)
    diagrams = ENGINES[chosen_engine("auto")](distances, max_degree, 1.0)
    return np.array([betti_number(np.reshape(diagram, (-1, 2)), 1.0) for diagram in diagrams])


def _refuse_what_does_not_fit(linked: np.ndarray, max_degree: int) -> None:
    """Raise a TopolensError with both numbers when the triangles of a complex exceed the free memory."""
    # So many ends of edges span at most ends^(3/2) / 6 triangles (Kruskal and Katona): mostly no need to count them.
    most = np.count_nonzero(linked) ** 1.5 / 6
    if max_degree < 2 or most * BYTES_PER_TRIANGLE <= NEVER_REFUSED:
        return
    ones = csr_array(linked, dtype=np.float32)
    needed, free = float((ones @ ones).multiply(ones).sum()) / 6 * BYTES_PER_TRIANGLE, free_memory()
    if needed > free:
        raise TopolensError(
            f"degree 2 of {len(linked)} points may need {needed / 2**30:.1f} GiB; {free / 2**30:.1f} GiB are free. "
            "Take fewer points or neighbours, or degree 1"
        )
