"""How clouds are seen: one distance with its settings, several ones, all stacked, relative ones with further k."""

import numpy as np
import pytest
from scipy.special import softmax

from topolens import pairwise_distances, percentile_normalise
from topolens.config.homology import Distance, Distances
from topolens.topology import views
from topolens.topology.views import view_of, views_of

POINTS = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
NAMED = {
    one.name: one
    for one in Distances(
        metric=["euclidean", "cosine"], normalise=[None, "relative-max", "relative-geometric"], k=4
    ).all
}


def mean_of(distances):
    return distances[np.triu_indices(len(distances), 1)].mean()


def test_settings_of_the_distance_are_passed_on():
    distance = Distance(metric="geodesic", neighbours=4, normalise="max", percentile=0.8)
    expected = pairwise_distances(percentile_normalise(POINTS, 0.8), "geodesic", neighbours=4, normalise="max")
    found = view_of(POINTS, distance)
    np.testing.assert_array_equal(found.distances, expected)
    assert (found.key, found.is_single) == ({}, True)


def test_the_softmax_is_taken_before_the_distance():
    expected = pairwise_distances(softmax(POINTS.astype(float), axis=1), "sphere")
    np.testing.assert_array_equal(view_of(POINTS, Distance(metric="sphere", softmax=True)).distances, expected)


def test_a_cloud_is_seen_by_every_distance_in_order_then_by_all_stacked():
    found = list(views_of(POINTS, NAMED, []))
    assert [view.key["metric"] for view in found] == [
        *("euclidean", "cosine", "euclidean relative-max", "cosine relative-max"),
        *("euclidean relative-geometric", "cosine relative-geometric", "stacked"),
    ]
    assert [view.key["k"] for view in found] == [0, 0, 4, 4, 4, 4, 0]
    assert all(view.key["is_main"] for view in found)
    assert [view.is_single for view in found] == [True] * 6 + [False]
    for view in found[:-1]:
        metric, _, how = view.key["metric"].partition(" ")
        expected = pairwise_distances(POINTS, metric, normalise=how or None, k=4 if how else None)
        np.testing.assert_allclose(view.distances, expected, rtol=1e-12)


def test_stacked_is_the_mean_of_all_distances_each_divided_by_its_mean():
    *single, stacked = views_of(POINTS, NAMED, [])
    expected = np.mean([view.distances / mean_of(view.distances) for view in single], axis=0)
    np.testing.assert_allclose(stacked.distances, expected, rtol=1e-12)
    assert mean_of(stacked.distances) == pytest.approx(1)


def test_distances_that_are_all_zero_do_not_count_in_the_stack():
    # Points on one ray: their cosine distances are 0.
    ray = np.arange(1.0, 9)[:, None] * [1.0, 0.0]
    both = {name: NAMED[name] for name in ("euclidean", "cosine")}
    euclidean, cosine, stacked = views_of(ray, both, [])
    assert not cosine.distances.any()
    np.testing.assert_allclose(stacked.distances, euclidean.distances / mean_of(euclidean.distances))


def test_a_point_is_a_cloud_without_any_distance():
    *_, stacked = views_of(np.ones((5, 2)), {"euclidean": Distance()}, [])
    assert not stacked.distances.any()


def test_relative_distances_alone_are_seen_with_further_k_and_not_again_with_their_own():
    found = list(views_of(POINTS, NAMED, [4, 7, 9]))[7:]
    assert [(view.key["metric"], view.key["k"]) for view in found] == [
        (f"{metric} {how}", k)
        for how in ("relative-max", "relative-geometric")
        for metric in ("euclidean", "cosine")
        for k in (7, 9)
    ]
    assert not any(view.key["is_main"] for view in found)
    expected = pairwise_distances(POINTS, "euclidean", normalise="relative-max", k=7)
    np.testing.assert_allclose(found[0].distances, expected, rtol=1e-12)


def test_the_distances_of_a_metric_are_computed_once(monkeypatch):
    calls = []

    def counted(points, metric, **named):
        calls.append((metric, named["normalise"]))
        return pairwise_distances(points, metric, **named)

    monkeypatch.setattr(views, "pairwise_distances", counted)
    list(views_of(POINTS, NAMED, [4, 7]))
    assert calls == [("euclidean", None), ("cosine", None)]
