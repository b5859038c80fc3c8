"""Whether a fork shows in a PCA of its own points and not in one of the whole cloud (Rathore et al. 2021)."""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_samples

from topolens.errors import TopolensError
from topolens.mapper.graph import Fork, MapperGraph
from topolens.mapper.structure import points_of
from topolens.topology.distances import checked_points


@dataclass(frozen=True)
class ForkProjection:
    """A fork's points in two planes.

    Attributes:
        rows: (m,) rows of the points of the branching node and its arms, ascending.
        arm: (m,) number of the arm that holds each; -1 for those of the branching node alone.
        local: (m, 2) in the first two principal components of these points.
        overall: (m, 2) in those of the whole cloud.
        local_separation: Of the arms in `local`, from -1 to 1; see separation.
        overall_separation: The same in `overall`.
        full_separation: The same without any projection.
    """

    rows: np.ndarray
    arm: np.ndarray
    local: np.ndarray
    overall: np.ndarray
    local_separation: float
    overall_separation: float
    full_separation: float


def separation(positions: np.ndarray, groups: np.ndarray) -> float:
    """Mean silhouette (Rousseeuw 1987) of each group, averaged over groups, so that a large one does not decide.

    Args:
        positions: (n, d).
        groups: (n,) integers; at least two distinct ones, fewer than n.

    Returns:
        From -1 to 1; near 0 where groups lie in each other.
    """
    widths = silhouette_samples(positions, groups)
    return float(np.mean([widths[groups == group].mean() for group in np.unique(groups)]))


def project_forks(points: np.ndarray, graph: MapperGraph, forks: list[Fork]) -> list[ForkProjection]:
    """Each fork's points in the plane of their own principal components and in that of all points'.

    Both planes are chosen without labels and without knowing the arms.

    Args:
        points: (n, d), finite, d >= 2; the cloud of the graph.
        graph: Its Mapper graph.
        forks: As from find_forks.

    Raises:
        TopolensError: points that are not those of the graph, or d < 2.
    """
    points = checked_points(points)
    if len(points) != len(graph.lens) or points.shape[1] < 2:
        raise TopolensError(
            f"points: expected ({len(graph.lens)}, d) with d >= 2, found {points.shape}; give the graph's own cloud"
        )
    overall = plane(points)
    projections = []
    for fork in forks:
        arm_of = np.full(len(points), -1)
        for number, arm in enumerate(fork.arms):
            arm_of[points_of(graph, arm)] = number
        rows = np.unique(points_of(graph, [fork.node, *(node for arm in fork.arms for node in arm)]))
        arm = arm_of[rows]
        near, far = plane(points[rows]).transform(points[rows]), overall.transform(points[rows])
        held = arm >= 0
        scores = [separation(positions[held], arm[held]) for positions in (near, far, points[rows])]
        projections.append(ForkProjection(rows, arm, near, far, *scores))
    return projections


def plane_separations(
    points: np.ndarray, overall: PCA, rows: np.ndarray, arm: np.ndarray, most: int, generator: np.random.Generator
) -> tuple[float, float]:
    """Separation of the arms of some points in the plane of these points and in another plane.

    Args:
        points: (n, d), the cloud.
        overall: The other plane.
        rows: (m,) rows of the points.
        arm: (m,) number of the arm of each; -1 for those in none, which make the plane too.
        most: Points whose silhouettes are taken; of more points so many random ones.
        generator: Source of that draw.
    """
    held = np.flatnonzero(arm >= 0)
    if len(held) > most:
        drawn = np.sort(generator.choice(held, most, replace=False))
        held = drawn if len(np.unique(arm[drawn])) == len(np.unique(arm[held])) else held
    own = points[rows]
    local, far = (which.transform(own[held]) for which in (plane(own), overall))
    return separation(local, arm[held]), separation(far, arm[held])


def plane(points: np.ndarray) -> PCA:
    """The first two principal components, by the covariance's eigenvectors; their signs are determined."""
    return PCA(2, svd_solver="covariance_eigh").fit(points)
