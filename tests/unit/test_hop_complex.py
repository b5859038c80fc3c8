"""Betti numbers of hops: by hand, against the full filtration, gudhi and all hops, and on collapsed clouds."""

import gudhi
import numpy as np
import psutil
import pytest

from topolens.errors import TopolensError
from topolens.topology import hop_complex
from topolens.topology.distances import pairwise_distances
from topolens.topology.hop_complex import hop_betti_numbers, linked_points
from topolens.topology.persistence import betti_number, persistence


def ring(points, radius=1.0):
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_by_hand():
    # Two neighbours make a polygon; within two hops each point sees four others. A circle of n points whose cliques
    # span a third of it or more is filled: with reach 2 that is n <= 6.
    assert hop_betti_numbers(ring(12), 2, 2.5, 1).betti == (1, 1)
    assert hop_betti_numbers(ring(6), 2, 1.0, 1).betti == (1, 1)
    assert hop_betti_numbers(ring(5), 2, 2.5, 1).betti == (1, 0)
    # Six points with reach 2 are the octahedron, whose flag complex is a sphere.
    assert hop_betti_numbers(ring(6), 2, 2.5, 2).betti == (1, 0, 1)
    two = np.concatenate([ring(12), ring(12) + 100])
    assert hop_betti_numbers(two, 2, 2.5, 2).betti == (2, 2, 0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [1.0, 2.5, 3.0])
def test_equals_the_full_filtration_of_all_hops(seed, scale):
    points = np.random.default_rng(seed).normal(size=(90, 3))
    hops = pairwise_distances(points, "geodesic", neighbours=4)
    # Points come out sorted; the complex is the same up to their order.
    order = np.lexsort(points.T[::-1])
    assert np.array_equal(linked_points(points, 4, scale).toarray(), (hops <= scale)[np.ix_(order, order)])
    diagrams = persistence(hops, 2, scale, engine="gudhi")
    expected = tuple(betti_number(diagrams[degree], scale) for degree in range(3))
    assert hop_betti_numbers(points, 4, scale, 2).betti == expected


def test_equals_simplicial_homology_by_gudhi():
    points = np.random.default_rng(7).normal(size=(60, 2))
    hops = pairwise_distances(points, "geodesic", neighbours=5)
    edges = [(i, j) for i in range(60) for j in range(i) if hops[i, j] <= 2.5]
    tree = gudhi.SimplexTree()
    for i in range(60):
        tree.insert([i])
    for edge in edges:
        tree.insert(edge)
    tree.expansion(3)
    tree.compute_persistence(homology_coeff_field=2, persistence_dim_max=True)
    assert hop_betti_numbers(points, 5, 2.5, 2).betti == (*tree.betti_numbers(), 0, 0)[:3]


def test_points_that_coincide_count_once():
    circle = ring(12)
    again = np.concatenate([circle, circle[:5], np.repeat(circle[:1], 40, axis=0), -0.0 * circle[:0]])
    found = hop_betti_numbers(again, 2, 2.5, 1)
    assert found.betti == (1, 1)
    assert found.distinct == 12


def test_collapsed_clouds_are_trivial():
    assert hop_betti_numbers(np.zeros((50, 3)), 14, 2.5, 2).betti == (1, 0, 0)
    assert hop_betti_numbers(np.array([[0.0], [-0.0]]), 1, 2.5, 1) == hop_complex.HopBetti((1, 0), 1)
    # Fewer different points than neighbours: all are neighbours, however far apart.
    few = np.repeat(ring(5, radius=100.0), 20, axis=0)
    assert hop_betti_numbers(few, 14, 2.5, 1) == hop_complex.HopBetti((1, 0), 5)


def test_neither_order_nor_size_nor_position_matters():
    points = np.random.default_rng(3).normal(size=(80, 4))
    found = hop_betti_numbers(points, 5, 2.5, 2)
    assert hop_betti_numbers(points[::-1] * 8 + 3, 5, 2.5, 2) == found


@pytest.mark.parametrize(
    ("neighbours", "scale", "degree"), [(0, 2.5, 1), (3, 0.5, 1), (3, np.inf, 1), (3, np.nan, 1), (3, 2.5, 3)]
)
def test_arguments_out_of_range(neighbours, scale, degree):
    with pytest.raises(TopolensError, match="expected"):
        hop_betti_numbers(ring(12), neighbours, scale, degree)


def test_what_does_not_fit_is_refused_in_degree_two_alone(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 100}))
    monkeypatch.setattr(hop_complex, "NEVER_REFUSED", 0)
    assert hop_betti_numbers(ring(12), 2, 2.5, 1).betti == (1, 1)
    with pytest.raises(TopolensError, match="degree 2 of 12 points may need"):
        hop_betti_numbers(ring(12), 2, 2.5, 2)
