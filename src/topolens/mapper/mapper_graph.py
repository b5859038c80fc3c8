"""Mapper graphs of clouds of vectors as in TopoAct (Rathore et al. 2021): lens = norm, clusters by DBSCAN."""

from typing import Any

import numpy as np
from kmapper import Cover, KeplerMapper
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.neighbors import NearestNeighbors

from topolens.arguments import checked_count, checked_number
from topolens.errors import TopolensError
from topolens.mapper.graph import MapperGraph
from topolens.topology.distances import checked_points, euclidean

# Norms that differ by less than this share of the largest are equal: the rest is rounding of the vectors.
EQUAL_NORMS = 1e-9
# Distances come from a matrix product, which is off by this share of the cloud's radius for coincident points.
COINCIDENT = 1e-7
# Distances to the chord are equal up to this share of the curve's height.
ROUNDING = 1e-12
# The elbow is the distance of a pair of points; this share above it, rounding does not decide whether they are near.
MARGIN = 1e-9


class ClosedCover(Cover):
    """KeplerMapper's intervals, a billionth longer, so that rounding leaves no point between two of them."""

    def fit(self, data: np.ndarray) -> Any:
        """The centres of the intervals over the range of the lens, `data` = (n, 1 + lenses), row numbers first."""
        centres = super().fit(data)
        self.radius_: list[float] = [radius * (1 + MARGIN) for radius in self.radius_]
        return centres


class DensityClusters(ClusterMixin, BaseEstimator):
    """DBSCAN (Ester et al. 1996) whose distances have all their digits and whose result does not hang on row order.

    A point within reach of several clusters, core of none, goes to that of its nearest core point; of equally near
    ones to that of the smallest coordinates. scikit-learn gives it to the first one found, from distances that lose
    their digits to cancellation in spread clouds.
    """

    def __init__(self, eps: float = 0.5, min_samples: int = 5) -> None:
        self.eps, self.min_samples = eps, min_samples

    def fit(self, points: np.ndarray, y: None = None) -> "DensityClusters":
        """Sets `labels_`, (n,) clusters numbered by their first core point, -1 for noise."""
        distances = euclidean(points)
        near = distances <= self.eps
        core = np.flatnonzero(near.sum(axis=1) >= self.min_samples)
        self.labels_ = np.full(len(points), -1)
        if len(core) == 0:
            return self
        _, found = connected_components(csr_array(near[np.ix_(core, core)]), directed=False)
        _, first, numbers = np.unique(found, return_index=True, return_inverse=True)
        self.labels_[core] = np.argsort(np.argsort(first))[numbers]
        by_value = core[np.lexsort(points[core].T[::-1])]
        border = np.setdiff1d(np.flatnonzero(near[:, core].any(axis=1)), core)
        self.labels_[border] = self.labels_[by_value[distances[np.ix_(border, by_value)].argmin(axis=1)]]
        return self


def elbow(points: np.ndarray, neighbours: int = 5) -> float:
    """DBSCAN's radius by the elbow of the sorted distances to the k-th nearest other point (Ester et al. 1996).

    The source says "elbow" and no more. Here it is the point of the ascending curve that lies farthest below the
    chord from its first to its last point (ASSUME; Satopää et al. 2011), which no scaling of the axes changes. Of
    equal ones the largest distance is taken, so that a curve without a bend gives its largest value.

    Args:
        points: (n, d), finite.
        neighbours: Which neighbour, the point itself not counted; below n.

    Returns:
        A billionth more than a distance between points; 0 where that many points coincide.

    Raises:
        TopolensError: no finite (n, d) array, or neighbours out of range.
    """
    points = checked_points(points)
    neighbours = checked_count(neighbours, "neighbours", 1, len(points) - 1)
    centred = points - points.mean(axis=0)
    model = NearestNeighbors(n_neighbors=neighbours, algorithm="brute").fit(centred)
    curve = np.sort(model.kneighbors()[0][:, -1])
    below = np.linspace(curve[0], curve[-1], len(curve)) - curve
    place = np.flatnonzero(below >= below.max() - ROUNDING * curve[-1])[-1]
    radius = np.sqrt(np.einsum("ij,ij->i", centred, centred).max())
    return float(curve[place] * (1 + MARGIN)) if curve[place] > COINCIDENT * radius else 0.0


def mapper_graph(
    points: np.ndarray, *, intervals: int, overlap: float, min_samples: int = 5, eps: float | None = None
) -> MapperGraph:
    """The Mapper graph of a cloud (Singh et al. 2007) under its Euclidean norm, by KeplerMapper.

    The range of the norms is parted into intervals of equal length, each widened until it shares the portion
    `overlap` of its own length with the next one; the points of each are clustered by density; each cluster is a
    node, and nodes that share points are joined. Clouds whose norms are all equal have one interval.

    Args:
        points: (n, d), finite, n >= min_samples.
        intervals: Number of intervals, at least 1; those without points or clusters leave no node, and keep their
            number.
        overlap: Strictly between 0 and 1. Above 0.5 more than two intervals meet.
        min_samples: Points within `eps` of a core point, itself included, at least 1.
        eps: DBSCAN's radius in the points' unit; without it the elbow of the distances to the 5th neighbour.

    Returns:
        The graph, nodes ordered by interval and then by first core point. It has no node where all is noise.

    Raises:
        TopolensError: no finite (n, d) array, too few points, an argument out of range, or no `eps` and an elbow of
            0.
    """
    points = checked_points(points)
    intervals, min_samples = checked_count(intervals, "intervals"), checked_count(min_samples, "min_samples")
    _check(len(points), overlap, min_samples, eps)
    if eps is None:
        eps = elbow(points)
        if eps == 0:
            raise TopolensError("eps: the elbow is 0, since many points coincide; expected a radius > 0, give eps")
    lens = np.linalg.norm(points, axis=1)
    spread = np.ptp(lens) > EQUAL_NORMS * lens.max()
    # KeplerMapper's cover loses points to rounding where its range is one value that the norms only nearly have.
    seen = lens[:, None] if spread else np.zeros((len(lens), 1))
    cover = ClosedCover(n_cubes=intervals if spread else 1, perc_overlap=overlap)
    clusterer = DensityClusters(eps, min_samples)
    found = KeplerMapper().map(seen, points - points.mean(axis=0), clusterer=clusterer, cover=cover)
    members = [np.array(rows, dtype=np.int64) for rows in found["nodes"].values()]
    numbers = {name: number for number, name in enumerate(found["nodes"])}
    # KeplerMapper numbers the intervals that hold points; a node's interval counts the empty ones too.
    numbered = np.column_stack([np.arange(len(seen)), seen])
    occupied = [place for place, centre in enumerate(cover.centers_) if len(cover.transform_single(numbered, centre))]
    cubes = [int(name.removeprefix("cube").split("_")[0]) for name in numbers]
    pairs = [sorted((numbers[a], numbers[b])) for a, ends in found["links"].items() for b in ends]
    edges = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return MapperGraph(
        members=members,
        intervals=np.array([occupied[cube] for cube in cubes], dtype=np.int64),
        lens=lens,
        edges=edges,
        jaccard=np.array([_jaccard(members[a], members[b]) for a, b in edges], dtype=np.float64),
    )


def _jaccard(a: np.ndarray, b: np.ndarray) -> float:
    """Shared over all entries of two sets of rows."""
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)


def _check(size: int, overlap: float, min_samples: int, eps: float | None) -> None:
    portion = "a portion strictly between 0 and 1, such as 0.3"
    if not 0 < checked_number(overlap, "overlap", portion) < 1:
        raise TopolensError(f"overlap={overlap}: expected {portion}")
    if size < min_samples:
        raise TopolensError(f"points: expected at least min_samples={min_samples}, found {size}; give more points")
    if eps is not None and not 0 < checked_number(eps, "eps", "a finite radius > 0") < np.inf:
        raise TopolensError(f"eps={eps}: expected a finite radius > 0")
