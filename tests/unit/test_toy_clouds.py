"""The known answers of the toy clouds, through distances and homology."""

import numpy as np
import pytest

from topolens.data.toy_clouds import dense_and_sparse_ring, elongated_ring, two_directions
from topolens.figures.metric_diagrams import prominence, toy_diagrams
from topolens.topology.clusters import components_at, largest_gap_scale
from topolens.topology.distances import pairwise_distances
from topolens.topology.persistence import lifetimes, persistence

SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
def test_only_mahalanobis_sees_a_round_ring(seed):
    points = elongated_ring(seed)
    euclidean, mahalanobis = (lifetimes(toy_diagrams(points, metric)[1]) for metric in ("euclidean", "mahalanobis"))
    assert mahalanobis[0] > 10 * mahalanobis[1:].max(initial=1e-9)
    assert mahalanobis[0] > 4 * euclidean[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_relative_distances_see_both_rings_alike(seed):
    points = dense_and_sparse_ring(seed)
    assert prominence(toy_diagrams(points, "euclidean"), 1) > 5
    relative = lifetimes(toy_diagrams(points, "euclidean relative-max")[1])
    assert 0.8 < relative[1] / relative[0] <= 1
    assert relative[2:].max(initial=0) < 0.3 * relative[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_cosine_sees_two_directions(seed):
    points = two_directions(seed)
    bundles = np.repeat([0, 1], len(points) // 2)
    for metric, found in (("cosine", True), ("euclidean", False)):
        distances = pairwise_distances(points, metric)
        labels = components_at(distances, largest_gap_scale(persistence(distances, 0).finite(0)[:, 1]))
        assert np.array_equal(labels, bundles) == found


@pytest.mark.parametrize("make", [elongated_ring, dense_and_sparse_ring, two_directions])
def test_the_same_seed_gives_the_same_cloud(make):
    assert np.array_equal(make(3), make(3))
    assert not np.array_equal(make(3), make(4))
