"""Distances: values by hand, scipy and networkx as second implementations, invariants, refused input."""

import tracemalloc
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist, pdist, squareform
from sklearn.covariance import ledoit_wolf
from sklearn.neighbors import NearestNeighbors

from topolens import pairwise_distances, percentile_normalise
from topolens.errors import TopolensError
from topolens.topology.distances import (
    MANY_CLOSE_PAIRS,
    METRICS,
    NORMALISATIONS,
    PRODUCT_FROM_DIMENSION,
    ROWS,
    max_distance,
    mean_distance,
    whiten,
)
from topolens.topology.relative import RELATIVE_NORMALISATIONS, relative_normalise

TRIANGLE = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
RELATIVE = [*RELATIVE_NORMALISATIONS]
EVERY_NORMALISATION = [None, *NORMALISATIONS, *RELATIVE]


def random_cloud(points, dimensions, seed=0):
    return np.random.default_rng(seed).normal(size=(points, dimensions))


def on_simplex(points, dimensions, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(dimensions), points)


def direct(points):
    """Second implementation: each pair's difference, squared and summed."""
    points = np.asarray(points, np.longdouble)
    return np.sqrt(((points[:, None] - points) ** 2).sum(axis=-1)).astype(float)


def relative_error(found, expected):
    off = ~np.eye(len(expected), dtype=bool)
    return np.max(np.abs(found - expected)[off] / expected[off])


def hops_by_networkx(points, neighbours):
    """Second implementation: join each point to its nearest others, count hops by breadth-first search."""
    near = np.argsort(cdist(points, points) + np.diag(np.full(len(points), np.inf)), axis=1)[:, :neighbours]
    graph = nx.Graph()
    graph.add_nodes_from(range(len(points)))
    graph.add_edges_from((i, int(j)) for i in range(len(points)) for j in near[i])
    hops = np.full((len(points),) * 2, np.inf)
    for source, lengths in nx.all_pairs_shortest_path_length(graph):
        hops[source, list(lengths)] = list(lengths.values())
    return hops


# Euclidean


def test_sides_of_the_3_4_5_triangle():
    np.testing.assert_array_equal(pairwise_distances(TRIANGLE), [[0, 3, 5], [3, 0, 4], [5, 4, 0]])


def test_sides_of_the_3_4_5_triangle_in_many_dimensions():
    points = np.zeros((3, PRODUCT_FROM_DIMENSION))
    points[:, [5, 40]] = TRIANGLE
    np.testing.assert_allclose(pairwise_distances(points), [[0, 3, 5], [3, 0, 4], [5, 4, 0]], rtol=1e-14)


@pytest.mark.parametrize("dimensions", [1, 2, 15, 63, 64, 65, 512])
def test_euclidean_equals_scipy_on_both_sides_of_the_change_of_method(dimensions):
    points = random_cloud(80, dimensions)
    found = pairwise_distances(points)
    assert found.dtype == np.float64
    assert relative_error(found, cdist(points, points)) < 1e-12


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6])
@pytest.mark.parametrize("gap", [1e-6, 1e-3])
def test_near_duplicates_far_from_the_origin_keep_their_digits(offset, gap):
    points = random_cloud(40, 256) + offset
    points = np.vstack([points, points[:10] + gap * random_cloud(10, 256, seed=1)])
    assert relative_error(pairwise_distances(points), direct(points)) < 1e-9


@pytest.mark.parametrize("share", [1e-9, 9e-8, 1.1e-7, 1e-6, 1e-5, 1e-3, 1e-1])
def test_no_pair_loses_digits_whatever_its_share_of_the_clouds_size(share):
    points = random_cloud(60, 512)
    size = ((points - points.mean(axis=0)) ** 2).sum(axis=1).max()
    step = random_cloud(10, 512, seed=1)
    step *= np.sqrt(share * size) / np.linalg.norm(step, axis=1, keepdims=True)
    points = np.vstack([points, points[:10] + step])
    assert relative_error(pairwise_distances(points), direct(points)) < 1e-9


def test_a_cloud_of_nothing_but_close_pairs_and_one_outlier_keeps_its_digits():
    points = 1e-5 * random_cloud(3 * MANY_CLOSE_PAIRS, 100)
    points[0] += 1e3
    assert relative_error(pairwise_distances(points), direct(points)) < 1e-9


def test_duplicates_have_distance_exactly_zero_in_many_dimensions():
    points = random_cloud(20, 300) + 1e4
    distances = pairwise_distances(np.vstack([points, points]))
    assert (np.diagonal(distances, 20) == 0).all()
    assert (distances[:20, :20][~np.eye(20, dtype=bool)] > 1).all()


@pytest.mark.parametrize("dimensions", [3, 64, 200])
def test_euclidean_is_invariant_under_translation_rotation_and_order(dimensions):
    points = random_cloud(50, dimensions)
    rotation, _ = np.linalg.qr(random_cloud(dimensions, dimensions, seed=1))
    order = np.random.default_rng(2).permutation(50)
    distances = pairwise_distances(points)
    np.testing.assert_allclose(pairwise_distances(points @ rotation + 7), distances, rtol=1e-10)
    np.testing.assert_allclose(pairwise_distances(points[order]), distances[np.ix_(order, order)], rtol=1e-12)


@pytest.mark.parametrize("points", [ROWS - 1, ROWS, ROWS + 1, 2 * ROWS + 3])
def test_blocks_of_rows_leave_no_seam(points):
    cloud = random_cloud(points, PRODUCT_FROM_DIMENSION)
    cloud[-1] = cloud[0] + 1e-7  # a close pair across the blocks
    distances = pairwise_distances(cloud)
    assert relative_error(distances, direct(cloud)) < 1e-9
    np.testing.assert_array_equal(distances, distances.T)


# What holds for all metrics


def k_for(normalise, k=7):
    return k if normalise in RELATIVE else None


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dimensions", [3, 100])
@pytest.mark.parametrize("normalise", EVERY_NORMALISATION)
def test_every_matrix_is_symmetric_with_zero_diagonal_to_the_bit(metric, dimensions, normalise):
    points = on_simplex(61, dimensions)
    distances = pairwise_distances(points, metric, normalise=normalise, neighbours=5, k=k_for(normalise))
    assert distances.shape == (61, 61)
    assert distances.dtype == np.float64
    np.testing.assert_array_equal(distances, distances.T)
    assert not np.diagonal(distances).any()
    assert (distances >= 0).all()


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "sphere", "sphere-similarity"])
@pytest.mark.parametrize("dimensions", [2, 100])
@pytest.mark.parametrize("normalise", [None, "mean", "max"])
def test_a_single_point_has_the_one_by_one_zero_matrix(metric, dimensions, normalise):
    np.testing.assert_array_equal(
        pairwise_distances(np.full((1, dimensions), 1 / dimensions), metric, normalise=normalise), [[0.0]]
    )


@pytest.mark.parametrize("metric", ["euclidean", "mahalanobis", "sphere"])
@pytest.mark.parametrize("dimensions", [5, 80])
def test_the_triangle_inequality_holds(metric, dimensions):
    distances = pairwise_distances(on_simplex(30, dimensions), metric)
    detours = distances[:, :, None] + distances[None]
    assert (distances <= detours.min(axis=1) + 1e-12).all()


def test_the_input_is_not_changed():
    points = random_cloud(30, 100)
    copy = points.copy()
    for metric in ["euclidean", "cosine", "mahalanobis", "geodesic"]:
        pairwise_distances(points, metric, normalise="mean")
    percentile_normalise(points, 0.5)
    np.testing.assert_array_equal(points, copy)


def peak_in_matrices(points, metric, normalise):
    """Most memory in use, the returned matrix included, in matrices of n x n float64."""
    tracemalloc.start()
    try:
        pairwise_distances(points, metric, normalise=normalise, k=k_for(normalise))
        return tracemalloc.get_traced_memory()[1] / (8 * len(points) ** 2)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("metric", [metric for metric in METRICS if metric != "geodesic"])
@pytest.mark.parametrize("dimensions", [8, 128])
@pytest.mark.parametrize("normalise", EVERY_NORMALISATION)
def test_no_more_than_three_matrices_are_held_at_once(metric, dimensions, normalise):
    pairwise_distances(on_simplex(300, 128), metric)  # imports do not count
    assert peak_in_matrices(on_simplex(1500, dimensions), metric, normalise) < 3


@pytest.mark.parametrize("normalise", EVERY_NORMALISATION)
@pytest.mark.parametrize("close", ["all", "as many as are measured directly"])
def test_close_pairs_in_many_dimensions_need_no_more_memory_either(close, normalise):
    points = 1e-5 * random_cloud(1500, 128)
    points[0] += 1e3
    if close != "all":
        centres = random_cloud(1500 // (2 * MANY_CLOSE_PAIRS) + 1, 128)
        points[1:] += np.repeat(centres, 2 * MANY_CLOSE_PAIRS, axis=0)[:1499]
        points[0] = 0
    assert peak_in_matrices(points, "euclidean", normalise) < 3


def test_integers_and_float32_are_taken_as_float64():
    np.testing.assert_array_equal(pairwise_distances(TRIANGLE.astype(int)), pairwise_distances(TRIANGLE))
    points = random_cloud(20, 128).astype(np.float32)
    np.testing.assert_array_equal(pairwise_distances(points), pairwise_distances(points.astype(float)))


# Geodesic


def test_hops_along_a_path_are_differences_of_positions():
    # Slightly growing gaps, so that the nearest neighbour is always the one before.
    points = np.cumsum(1 + 0.01 * np.arange(8))[:, None]
    position = np.arange(8)
    np.testing.assert_array_equal(
        pairwise_distances(points, "geodesic", neighbours=1), abs(position[:, None] - position)
    )


@pytest.mark.parametrize("size", [7, 12])
def test_hops_around_a_ring_take_the_shorter_way(size):
    angles = 2 * np.pi * np.arange(size) / size
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    steps = abs(np.arange(size)[:, None] - np.arange(size))
    np.testing.assert_array_equal(pairwise_distances(ring, "geodesic", neighbours=2), np.minimum(steps, size - steps))


def test_two_separate_pieces_are_infinitely_far_apart():
    pieces = np.concatenate([[0.0, 1.0, 2.1], [100.0, 101.0, 102.1]])[:, None]
    hops = pairwise_distances(pieces, "geodesic", neighbours=2)
    assert np.isinf(hops[:3, 3:]).all()
    np.testing.assert_array_equal(hops[:3, :3], 1 - np.eye(3))
    np.testing.assert_array_equal(hops[3:, 3:], 1 - np.eye(3))


def test_one_sided_neighbours_are_joined_as_well():
    # The outlier is nobody's nearest neighbour, but has one itself.
    hops = pairwise_distances(np.array([[0.0], [1.0], [10.0]]), "geodesic", neighbours=1)
    np.testing.assert_array_equal(hops, [[0, 1, 2], [1, 0, 1], [2, 1, 0]])


@pytest.mark.parametrize("neighbours", [1, 2, 5, 12])
@pytest.mark.parametrize("dimensions", [2, 10])
def test_hops_equal_networkx(neighbours, dimensions):
    points = random_cloud(90, dimensions, seed=neighbours)
    np.testing.assert_array_equal(
        pairwise_distances(points, "geodesic", neighbours=neighbours), hops_by_networkx(points, neighbours)
    )


def test_twelve_neighbours_are_the_default():
    points = random_cloud(60, 2)
    np.testing.assert_array_equal(
        pairwise_distances(points, "geodesic"), pairwise_distances(points, "geodesic", neighbours=12)
    )


@pytest.mark.parametrize("normalise", [None, "mean", "max"])
@pytest.mark.parametrize("neighbours", [1, 2, 4])
def test_B4_coincident_points_are_one_place(neighbours, normalise):
    hops = pairwise_distances(np.zeros((6, 2)), "geodesic", neighbours=neighbours, normalise=normalise)
    np.testing.assert_array_equal(hops, np.zeros((6, 6)))


def test_B4_copies_use_up_no_neighbours():
    points = random_cloud(30, 2)
    copied = np.concatenate([points, points[[3, 3, 3, 7]], -0.0 + points[:2]])
    hops = pairwise_distances(points, "geodesic", neighbours=3)
    rows = [*range(30), 3, 3, 3, 7, 0, 1]
    np.testing.assert_array_equal(pairwise_distances(copied, "geodesic", neighbours=3), hops[np.ix_(rows, rows)])


@pytest.mark.parametrize(
    ("points", "neighbours"),
    [
        (np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]]), 1),
        (np.array([[0.1 * i, 0.1 * j] for i in range(5) for j in range(4)]), 3),
        (np.eye(7), 2),
        (np.array([[0.0], [1], [2], [3], [10]]), 1),
    ],
)
def test_B5_ties_are_not_decided_by_the_order_of_rows(points, neighbours):
    hops = pairwise_distances(points, "geodesic", neighbours=neighbours)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(points))
        found = pairwise_distances(points[order], "geodesic", neighbours=neighbours)
        np.testing.assert_array_equal(found, hops[np.ix_(order, order)])


def test_B5_the_corners_of_a_square_by_hand():
    square = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]])
    np.testing.assert_array_equal(
        pairwise_distances(square, "geodesic", neighbours=1), [[0, 1, 1, 2], [1, 0, 2, 1], [1, 2, 0, 1], [2, 1, 1, 0]]
    )


@pytest.mark.parametrize("neighbours", [0, -1, 5, 12])
def test_neighbours_out_of_range_are_refused_with_the_range(neighbours):
    with pytest.raises(TopolensError, match=rf"neighbours={neighbours}: expected a whole number, 1 to 4"):
        pairwise_distances(random_cloud(5, 2), "geodesic", neighbours=neighbours)


def test_all_points_are_neighbours_at_the_largest_allowed_number():
    np.testing.assert_array_equal(pairwise_distances(random_cloud(5, 2), "geodesic", neighbours=4), 1 - np.eye(5))


# Sphere


def test_different_one_hot_vectors_are_a_quarter_circle_apart():
    np.testing.assert_allclose(pairwise_distances(np.eye(4), "sphere"), np.pi / 2 * (1 - np.eye(4)), rtol=1e-15)


def test_equal_probability_vectors_have_distance_zero():
    assert not pairwise_distances(np.tile(on_simplex(1, 10), (5, 1)), "sphere").any()


def test_one_hot_against_uniform_by_hand():
    # <sqrt(1, 0), sqrt(1/2, 1/2)> = sqrt(1/2): an eighth of the circle.
    distances = pairwise_distances(np.array([[1.0, 0.0], [0.5, 0.5]]), "sphere")
    assert distances[0, 1] == pytest.approx(np.pi / 4, rel=1e-15)


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_sphere_equals_the_arc_cosine_formula(classes):
    points = on_simplex(50, classes)
    cosines = np.sqrt(points) @ np.sqrt(points).T
    off = ~np.eye(50, dtype=bool)
    found = pairwise_distances(points, "sphere")
    np.testing.assert_allclose(np.cos(found[off]), cosines[off], rtol=1e-12, atol=1e-14)
    assert found.max() <= np.pi / 2


def test_small_angles_keep_their_digits_where_the_arc_cosine_loses_them():
    angle = 1e-7
    points = np.array([[1.0, 0.0], [np.cos(angle) ** 2, np.sin(angle) ** 2]])
    assert pairwise_distances(points, "sphere")[0, 1] == pytest.approx(angle, rel=1e-6)


@pytest.mark.parametrize("metric", ["sphere", "sphere-similarity"])
@pytest.mark.parametrize("row", [[0.5, 0.6], [0.2, 0.2], [1.5, -0.5], [1e3, -999.0]])
def test_rows_that_are_no_probability_vectors_are_refused(metric, row):
    with pytest.raises(TopolensError, match="sum to 1"):
        pairwise_distances(np.array([[0.5, 0.5], row]), metric)


def test_rows_that_miss_one_by_float32_rounding_are_accepted():
    points = on_simplex(20, 10).astype(np.float32)
    exact = points / points.astype(float).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(pairwise_distances(points, "sphere"), pairwise_distances(exact, "sphere"), rtol=1e-12)


def test_similarity_is_one_for_equal_and_zero_for_orthogonal_vectors():
    points = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    half = np.sqrt(0.5)
    np.testing.assert_allclose(
        pairwise_distances(points, "sphere-similarity"),
        [[0, 1, 0, half], [1, 0, 0, half], [0, 0, 0, half], [half, half, half, 0]],
        rtol=1e-15,
    )


def test_similarity_is_the_cosine_of_the_sphere_distance_off_the_diagonal():
    points = on_simplex(30, 10)
    off = ~np.eye(30, dtype=bool)
    np.testing.assert_allclose(
        pairwise_distances(points, "sphere-similarity")[off],
        np.cos(pairwise_distances(points, "sphere"))[off],
        rtol=1e-12,
    )


# Cosine


def test_cosine_of_right_angles_opposites_and_60_degrees_by_hand():
    points = np.array([[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0], [3.0, 3 * np.sqrt(3)]])
    expected = [[0, 1, 2, 0.5], [1, 0, 1, 1 - np.sqrt(0.75)], [2, 1, 0, 1.5], [0.5, 1 - np.sqrt(0.75), 1.5, 0]]
    np.testing.assert_allclose(pairwise_distances(points, "cosine"), expected, rtol=1e-14)


@pytest.mark.parametrize("dimensions", [1, 2, 63, 64, 300])
def test_cosine_equals_scipy(dimensions):
    points = random_cloud(70, dimensions) + 0.5
    found = pairwise_distances(points, "cosine")
    np.testing.assert_allclose(found, cdist(points, points, "cosine"), rtol=1e-10, atol=1e-14)
    assert found.min() >= 0
    assert found.max() <= 2


@pytest.mark.parametrize("dimensions", [2, 100])
@pytest.mark.parametrize("angle", [1e-2, 1e-5, 1e-7])
def test_cosine_of_small_angles_keeps_its_digits(dimensions, angle):
    points = np.zeros((3, dimensions))
    points[0, 0] = points[2, 1] = 1
    points[1, :2] = 7 * np.cos(angle), 7 * np.sin(angle)
    assert pairwise_distances(points, "cosine")[0, 1] == pytest.approx(2 * np.sin(angle / 2) ** 2, rel=1e-7, abs=0)


@pytest.mark.parametrize("dimensions", [3, 90])
def test_cosine_does_not_see_lengths_nor_rotations(dimensions):
    points = random_cloud(40, dimensions)
    distances = pairwise_distances(points, "cosine")
    lengths = 10.0 ** np.random.default_rng(1).integers(-300, 300, (40, 1))
    np.testing.assert_allclose(pairwise_distances(lengths * points, "cosine"), distances, rtol=1e-10, atol=1e-14)
    rotation, _ = np.linalg.qr(random_cloud(dimensions, dimensions, seed=1))
    np.testing.assert_allclose(pairwise_distances(points @ rotation, "cosine"), distances, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("dimensions", [2, 80])
def test_zero_vectors_count_as_orthogonal_to_all_but_each_other(dimensions):
    points = random_cloud(6, dimensions)
    points[[1, 4]] = 0
    distances = pairwise_distances(points, "cosine")
    others = [0, 2, 3, 5]
    assert (distances[np.ix_([1, 4], others)] == 1).all()
    assert not distances[np.ix_([1, 4], [1, 4])].any()
    np.testing.assert_array_equal(
        distances[np.ix_(others, others)] > 0, pairwise_distances(points[others], "cosine") > 0
    )
    assert not pairwise_distances(np.zeros((5, dimensions)), "cosine").any()


@pytest.mark.parametrize("dimensions", [3, 64, 200])
@pytest.mark.parametrize("metric", ["cosine", "sphere"])
@pytest.mark.parametrize("normalise", [None, "mean", "max"])
def test_B3_rounding_of_equal_directions_is_not_scaled_up(dimensions, metric, normalise):
    direction = np.abs(random_cloud(1, dimensions))
    points = direction * np.random.default_rng(1).uniform(0.1, 10, (100, 1))
    if metric == "sphere":
        points = points / points.sum(axis=1, keepdims=True)
    assert not pairwise_distances(points, metric, normalise=normalise).any()


def test_B3_nearly_equal_points_are_equal_once_they_are_normalised():
    points = 1e6 + np.random.default_rng(0).integers(-2, 3, (50, 4)) * np.spacing(1e6)
    assert pairwise_distances(points).any()
    assert not pairwise_distances(points, normalise="mean").any()


def test_B3_small_angles_keep_their_digits():
    angles = np.array([0.0, 1e-12, 3e-12])
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    expected = np.abs(angles[:, None] - angles) ** 2 / 2
    np.testing.assert_allclose(pairwise_distances(points, "cosine"), expected, rtol=1e-3)


@pytest.mark.parametrize("dimensions", [3, 80])
@pytest.mark.parametrize("size", [1e155, 1e300, 1e-200, 1e-300])
@pytest.mark.parametrize("metric", ["euclidean", "cosine", "mahalanobis", "geodesic"])
def test_B9_huge_and_tiny_coordinates_stay_within_the_range(metric, dimensions, size):
    points = random_cloud(40, dimensions)
    expected = pairwise_distances(points, metric) * (size if metric == "euclidean" else 1)
    np.testing.assert_allclose(pairwise_distances(points * size, metric), expected, rtol=1e-9)


def test_B9_a_huge_coordinate_beside_ordinary_ones():
    points = np.array([[0.0, 0], [3, 4], [1e200, 0]])
    distances = pairwise_distances(points)
    assert distances[0, 1] == pytest.approx(5)
    assert distances[0, 2] == 1e200


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.ones((3, 2)) + 1j, "found complex ones; stack real and imaginary parts"),
        (np.ma.masked_equal([[1.0, 999], [2, 3]], 999), "found a masked array; drop or fill"),
        ([["a", "b"], ["c", "d"]], "expected numbers, found"),
        ([[1, 2], [3]], "expected rows of equal length"),
        (np.ones((5, 4, 6, 6)), r"found shape \(5, 4, 6, 6\); of activation maps .* channel_vectors"),
        (np.ones((5, 17, 16)), r"found shape \(5, 17, 16\); of tokens .* x\[:, 0\]"),
    ],
    ids=["A6-B15 complex", "B15 masked", "B17 text", "B17 ragged", "A22 maps", "A22 tokens"],
)
def test_what_is_no_cloud_is_refused_with_the_mend(points, message):
    with pytest.raises(TopolensError, match=message):
        pairwise_distances(points)


def test_A29_tensors_that_require_gradients_are_taken_as_numbers():
    points = random_cloud(10, 3)
    tensor = torch.from_numpy(points).requires_grad_()
    np.testing.assert_array_equal(pairwise_distances(tensor), pairwise_distances(points))
    half = torch.ones(3, 2, dtype=torch.bfloat16)
    assert not pairwise_distances(half).any()


def test_A21_more_points_than_memory_are_refused_with_both_numbers(monkeypatch):
    monkeypatch.setattr("topolens.topology.distances.free_memory", lambda: 2**30)
    cloud = np.zeros((120_000, 2), np.float32)
    with pytest.raises(TopolensError, match=r"120,000 points need 107\.3 GiB; 1\.0 GiB are free.*random 6,688"):
        pairwise_distances(cloud)


# Mahalanobis


def test_mahalanobis_of_a_cross_by_hand():
    # Variances (4 + 4) / 3 and (1 + 1) / 3, no covariance: both arms become equally long.
    points = np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1]])
    whitened = whiten(points)
    np.testing.assert_allclose(np.cov(whitened.points.T), np.eye(2), atol=1e-15)
    assert (whitened.estimator, whitened.shrinkage) == ("empirical", 0)
    long, short = np.sqrt(6), np.sqrt(3)
    np.testing.assert_allclose(
        pairwise_distances(points, "mahalanobis"),
        [[0, long, short, short], [long, 0, short, short], [short, short, 0, long], [short, short, long, 0]],
        rtol=1e-14,
    )


@pytest.mark.parametrize(
    ("points", "dimensions", "estimator"),
    [
        (60, 1, "empirical"),
        (60, 5, "empirical"),
        (200, 70, "empirical"),
        (60, 60, "ledoit-wolf"),
        (40, 300, "ledoit-wolf"),
    ],
)
def test_mahalanobis_equals_scipy_with_the_reported_covariance(points, dimensions, estimator):
    mix = random_cloud(dimensions, dimensions, seed=1)
    cloud = random_cloud(points, dimensions) @ mix + 100
    whitened = whiten(cloud)
    assert whitened.estimator == estimator
    if estimator == "empirical":
        matrix, shrinkage = np.cov(cloud.T).reshape(dimensions, dimensions), 0
    else:
        matrix, shrinkage = ledoit_wolf(cloud)
        assert 0 < shrinkage < 1
    assert whitened.shrinkage == pytest.approx(shrinkage)
    expected = squareform(pdist(cloud, "mahalanobis", VI=np.linalg.inv(matrix)))
    assert relative_error(pairwise_distances(cloud, "mahalanobis"), expected) < 1e-8


@pytest.mark.parametrize("dimensions", [2, 10, 70])
def test_mahalanobis_does_not_see_invertible_affine_maps(dimensions):
    points = random_cloud(200, dimensions)
    units = 10.0 ** np.random.default_rng(2).integers(-6, 6, dimensions)
    mapped = (points @ (random_cloud(dimensions, dimensions, seed=1) + 3 * np.eye(dimensions)) + 7) * units
    assert whiten(mapped).estimator == "empirical"
    np.testing.assert_allclose(
        pairwise_distances(mapped, "mahalanobis"), pairwise_distances(points, "mahalanobis"), rtol=1e-8
    )


def test_the_sum_of_squared_whitened_distances_is_known():
    # Sum over ordered pairs of (x - y)' C^-1 (x - y) = 2 n (n - 1) trace(C C^-1).
    n, dimensions = 50, 6
    distances = pairwise_distances(random_cloud(n, dimensions), "mahalanobis")
    assert (distances**2).sum() == pytest.approx(2 * n * (n - 1) * dimensions, rel=1e-12)


@pytest.mark.parametrize("constant", [0.0, 3.7, 1e6 / 3])
def test_a_constant_coordinate_falls_to_shrinkage_and_adds_nothing(constant):
    points = np.hstack([random_cloud(80, 3), np.full((80, 1), constant)])
    matrix, shrinkage = ledoit_wolf(points - points.mean(axis=0) * [1, 1, 1, 0] - constant * np.eye(4)[3])
    assert whiten(points).estimator == "ledoit-wolf"
    assert whiten(points).shrinkage == pytest.approx(shrinkage)
    differences = points[:, None, :3] - points[:, :3]
    inverse = np.linalg.inv(matrix[:3, :3])
    expected = np.sqrt(np.einsum("ijk,kl,ijl->ij", differences, inverse, differences))
    assert relative_error(pairwise_distances(points, "mahalanobis"), expected) < 1e-9


@pytest.mark.parametrize(("noise", "estimator"), [(1e-2, "empirical"), (1e-6, "empirical"), (0.0, "ledoit-wolf")])
def test_dependent_coordinates_fall_to_shrinkage(noise, estimator):
    points = random_cloud(80, 3)
    points[:, 2] = points[:, 0] - points[:, 1] + noise * points[:, 2]
    assert whiten(points).estimator == estimator


@pytest.mark.parametrize("dimensions", [2, 3, 10])
@pytest.mark.parametrize("outlier", [1.0, 1e4, 1e6])
def test_B12_a_rotation_changes_no_mahalanobis_distance(dimensions, outlier):
    points = random_cloud(20, dimensions)
    points[3] *= outlier
    turn = np.linalg.qr(random_cloud(dimensions, dimensions, seed=3))[0]
    before, after = (pairwise_distances(cloud, "mahalanobis") for cloud in (points, points @ turn))
    np.testing.assert_allclose(after, before, rtol=1e-6)


def test_B12_a_rotation_changes_no_distance_under_a_shrunk_covariance():
    points = random_cloud(20, 30) * np.geomspace(1e-3, 1e3, 30)
    turn = np.linalg.qr(random_cloud(30, 30, seed=3))[0]
    before, after = (pairwise_distances(cloud, "mahalanobis") for cloud in (points, points @ turn))
    np.testing.assert_allclose(after, before, rtol=1e-8)


@pytest.mark.parametrize("dimensions", [3, 70, 200])
def test_duplicates_have_mahalanobis_distance_exactly_zero(dimensions):
    points = np.vstack([random_cloud(45, dimensions), random_cloud(45, dimensions)])
    assert (np.diagonal(pairwise_distances(points, "mahalanobis"), 45) == 0).all()


@pytest.mark.parametrize("points", [np.full((10, 3), 0.1), np.zeros((10, 1)), np.ones((1, 4))])
def test_equal_points_have_no_covariance_and_are_refused(points):
    for function in (lambda: whiten(points), lambda: pairwise_distances(points, "mahalanobis")):
        with pytest.raises(TopolensError, match=rf"all {len(points)} points are equal.*leave the cloud out"):
            function()


def test_a_covariance_that_shrinkage_leaves_singular_is_refused_with_the_mend():
    with pytest.raises(TopolensError, match=r"2 points in 3 dimensions stays singular .* take more points"):
        pairwise_distances(np.array([[0.0, 1, 2], [1, 1, 5]]), "mahalanobis")


# Relative-neighbour normalisation

LINE = np.array([[0.0], [1.0], [3.0], [7.0]])


def relative_by_loops(points, k, how):
    """Second implementation: neighbours by scikit-learn, one pair at a time."""
    near = NearestNeighbors(n_neighbors=k).fit(points).kneighbors()[0][:, -1]
    relative = np.zeros((len(points),) * 2)
    for i in range(len(points)):
        for j in range(len(points)):
            distance = np.linalg.norm(points[i] - points[j])
            divisor = max(near[i], near[j]) if how == "relative-max" else np.sqrt(near[i] * near[j])
            if distance > 0:
                relative[i, j] = distance / divisor if divisor > 0 else np.inf
    return relative


@pytest.mark.parametrize(
    ("how", "k", "upper"),
    [
        # Nearest other points at 1, 1, 2, 4; second nearest at 3, 2, 3, 6; third at 7, 6, 4, 7.
        ("relative-max", 1, [1, 3 / 2, 7 / 4, 2 / 2, 6 / 4, 4 / 4]),
        ("relative-max", 2, [1 / 3, 3 / 3, 7 / 6, 2 / 3, 6 / 6, 4 / 6]),
        ("relative-max", 3, [1 / 7, 3 / 7, 7 / 7, 2 / 6, 6 / 7, 4 / 7]),
        ("relative-geometric", 1, [1, 3 / 2**0.5, 7 / 2, 2 / 2**0.5, 6 / 2, 4 / 8**0.5]),
        ("relative-geometric", 2, [1 / 6**0.5, 3 / 3, 7 / 18**0.5, 2 / 6**0.5, 6 / 12**0.5, 4 / 18**0.5]),
    ],
)
def test_four_points_on_a_line_by_hand(how, k, upper):
    found = pairwise_distances(LINE, normalise=how, k=k)
    np.testing.assert_allclose(found[np.triu_indices(4, 1)], upper, rtol=1e-15)
    np.testing.assert_array_equal(found, found.T)


@pytest.mark.parametrize("how", RELATIVE)
@pytest.mark.parametrize("k", [1, 2, 7, 49])
@pytest.mark.parametrize("dimensions", [1, 3, 100])
def test_relative_distances_equal_loops_over_pairs(how, k, dimensions):
    points = random_cloud(50, dimensions)
    np.testing.assert_allclose(
        pairwise_distances(points, normalise=how, k=k), relative_by_loops(points, k, how), rtol=1e-10
    )


@pytest.mark.parametrize("how", RELATIVE)
@pytest.mark.parametrize("metric", ["cosine", "mahalanobis", "sphere", "geodesic"])
def test_any_metric_can_be_made_relative(how, metric):
    points = on_simplex(40, 5)
    distances = pairwise_distances(points, metric)
    near = np.sort(distances, axis=1)[:, 4]
    divisors = np.maximum.outer(near, near) if how == "relative-max" else np.sqrt(np.outer(near, near))
    np.testing.assert_allclose(pairwise_distances(points, metric, normalise=how, k=4), distances / divisors, rtol=1e-14)


@pytest.mark.parametrize("how", RELATIVE)
@pytest.mark.parametrize("metric", ["euclidean", "cosine", "mahalanobis"])
@pytest.mark.parametrize("factor", [1e-6, 0.3, 1e5])
def test_relative_distances_do_not_see_the_scale(how, metric, factor):
    points = random_cloud(40, 3)
    np.testing.assert_allclose(
        pairwise_distances(factor * points, metric, normalise=how, k=5),
        pairwise_distances(points, metric, normalise=how, k=5),
        rtol=1e-9,
    )


@pytest.mark.parametrize("how", RELATIVE)
@pytest.mark.parametrize("factor", [1e-250, 1e250])
def test_not_even_where_products_of_distances_leave_the_range(how, factor):
    distances = pairwise_distances(random_cloud(40, 3))
    copy = distances.copy()
    np.testing.assert_allclose(
        relative_normalise(factor * distances, 5, how), relative_normalise(distances, 5, how), rtol=1e-14
    )
    np.testing.assert_array_equal(distances, copy)


@pytest.mark.parametrize("how", RELATIVE)
@pytest.mark.parametrize("dimensions", [1, 4, 80])
def test_relative_distances_never_grow_with_k(how, dimensions):
    points = random_cloud(30, dimensions)
    points[20:25] = points[0]
    steps = [pairwise_distances(points, normalise=how, k=k) for k in range(1, 30)]
    assert all((after <= before).all() for before, after in pairwise(steps))


@pytest.mark.parametrize("k", [1, 5, 6, 39])
@pytest.mark.parametrize("dimensions", [1, 3, 100])
def test_relative_max_is_nowhere_above_relative_geometric(k, dimensions):
    points = random_cloud(40, dimensions)
    points[30:35] = points[0]
    largest = pairwise_distances(points, normalise="relative-max", k=k)
    assert (largest <= pairwise_distances(points, normalise="relative-geometric", k=k)).all()


def test_with_k_one_every_point_has_another_at_relative_max_at_most_one():
    # The nearest neighbour lies at d(x, x_1), which the divisor reaches at least.
    distances = pairwise_distances(random_cloud(60, 4), normalise="relative-max", k=1)
    assert ((distances <= 1).sum(axis=1) >= 2).all()


@pytest.mark.parametrize(
    ("how", "between", "to_outlier"), [("relative-max", np.inf, 1.0), ("relative-geometric", np.inf, np.inf)]
)
def test_copies_stay_together_and_are_infinitely_far_from_others_over_a_divisor_of_zero(how, between, to_outlier):
    points = np.array([[0.0], [0.0], [5.0], [5.0], [7.0]])
    found = pairwise_distances(points, normalise=how, k=1)
    assert found[0, 1] == found[2, 3] == 0
    assert (found[:2, 2:4] == between).all()
    assert (found[2:4, 4] == to_outlier).all()
    assert not np.isnan(found).any()
    np.testing.assert_array_equal(found, found.T)
    assert np.isfinite(pairwise_distances(points, normalise=how, k=2)).all()


@pytest.mark.parametrize("how", RELATIVE)
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dimensions", [3, 90])
def test_relative_distances_of_equal_points_stay_zero(how, metric, dimensions):
    assert not pairwise_distances(np.full((12, dimensions), 3.7), metric, normalise=how, k=4).any()


@pytest.mark.parametrize("how", RELATIVE)
def test_infinite_hops_stay_infinite_and_an_infinite_neighbour_is_refused(how):
    pieces = np.array([0.0, 1.0, 2.1, 100.0, 101.0, 102.1])[:, None]
    plain = pairwise_distances(pieces, "geodesic", neighbours=1)
    found = pairwise_distances(pieces, "geodesic", neighbours=1, normalise=how, k=2)
    np.testing.assert_array_equal(np.isinf(found), np.isinf(plain))
    with pytest.raises(TopolensError, match=r"k=3, but point 0 has 2 others at a finite distance; lower k"):
        pairwise_distances(pieces, "geodesic", neighbours=1, normalise=how, k=3)


@pytest.mark.parametrize("how", RELATIVE)
@pytest.mark.parametrize("k", [-1, 0, 4, 5])
def test_k_out_of_range_is_refused_with_the_range(how, k):
    for function in (
        lambda: pairwise_distances(LINE, normalise=how, k=k),
        lambda: relative_normalise(pairwise_distances(LINE), k, how),
    ):
        with pytest.raises(TopolensError, match=rf"{how}: k={k}: expected 1 to 3 for 4 points"):
            function()


@pytest.mark.parametrize("how", RELATIVE)
def test_relative_distances_need_k_and_a_second_point(how):
    with pytest.raises(TopolensError, match=f"{how}: needs k, .* expected 1 to 3 for 4 points"):
        pairwise_distances(LINE, normalise=how)
    with pytest.raises(TopolensError, match="at least 2 points, found 1"):
        pairwise_distances(LINE[:1], normalise=how, k=1)


def test_relative_normalisation_of_a_matrix_refuses_other_names():
    with pytest.raises(TopolensError, match="Valid: relative-geometric, relative-max"):
        relative_normalise(pairwise_distances(LINE), 1, "mean")


@pytest.mark.parametrize("normalise", [None, "mean", "max"])
def test_k_is_refused_without_a_normalisation_that_takes_it(normalise):
    with pytest.raises(TopolensError, match=r"k=2: only .*relative-max and relative-geometric take k"):
        pairwise_distances(TRIANGLE, normalise=normalise, k=2)


# Normalisation


def test_mean_and_maximum_of_the_triangle_by_hand():
    distances = pairwise_distances(TRIANGLE)
    assert mean_distance(distances) == 4
    assert max_distance(distances) == 5
    np.testing.assert_allclose(pairwise_distances(TRIANGLE, normalise="mean"), distances / 4, rtol=1e-15)
    np.testing.assert_allclose(pairwise_distances(TRIANGLE, normalise="max"), distances / 5, rtol=1e-15)


@pytest.mark.parametrize("normalise", ["mean", "max"])
@pytest.mark.parametrize("dimensions", [3, 90])
@pytest.mark.parametrize("factor", [1e-6, 0.3, 1e5])
def test_normalised_distances_do_not_see_the_scale(normalise, dimensions, factor):
    points = random_cloud(40, dimensions)
    np.testing.assert_allclose(
        pairwise_distances(factor * points, normalise=normalise),
        pairwise_distances(points, normalise=normalise),
        rtol=1e-10,
    )


@pytest.mark.parametrize("dimensions", [3, 90])
@pytest.mark.parametrize("normalise", ["mean", "max"])
def test_a_cloud_of_equal_points_stays_zero(normalise, dimensions):
    assert not pairwise_distances(np.full((12, dimensions), 3.7), normalise=normalise).any()


def test_normalisation_is_over_finite_distances_and_leaves_infinite_ones():
    pieces = np.array([0.0, 1.0, 2.1, 100.0, 101.0, 102.1])[:, None]
    plain = pairwise_distances(pieces, "geodesic", neighbours=1)
    finite = np.isfinite(plain)
    assert not finite.all()
    for normalise, size in (("mean", (1 + 1 + 2) / 3), ("max", 2)):
        found = pairwise_distances(pieces, "geodesic", neighbours=1, normalise=normalise)
        np.testing.assert_allclose(found[finite], plain[finite] / size, rtol=1e-15)
        assert np.isinf(found[~finite]).all()


# Percentile normalisation


def test_percentile_normalisation_by_hand():
    # Norms 1 to 5: the median is 3; longer ones are pulled to radius 1 in their own direction.
    points = np.array([[1.0, 0], [0, 2], [-3, 0], [0, -4], [3, 4]])
    found = percentile_normalise(points, 0.5)
    np.testing.assert_allclose(found, [[1 / 3, 0], [0, 2 / 3], [-1, 0], [0, -1], [0.6, 0.8]], rtol=1e-15)


@pytest.mark.parametrize("q", [0.1, 0.9, 1.0])
def test_percentile_normalisation_bounds_norms_by_one_and_keeps_directions(q):
    points = random_cloud(200, 5)
    found = percentile_normalise(points, q)
    norms, before = np.linalg.norm(found, axis=1), np.linalg.norm(points, axis=1)
    assert norms.max() <= 1 + 1e-15
    assert np.mean(norms < 1 - 1e-9) == pytest.approx(q, abs=0.01)
    np.testing.assert_allclose(found / norms[:, None], points / before[:, None], rtol=1e-12)


def test_percentile_normalisation_does_not_see_the_scale():
    points = random_cloud(50, 4)
    np.testing.assert_allclose(percentile_normalise(1e4 * points), percentile_normalise(points), rtol=1e-12)


def test_percentile_normalisation_leaves_a_cloud_at_the_origin():
    points = np.zeros((9, 2))
    points[8] = 5
    np.testing.assert_array_equal(percentile_normalise(points, 0.5), points)


@pytest.mark.parametrize("q", [0.0, -0.1, 1.1, np.nan])
def test_a_quantile_outside_0_to_1_is_refused(q):
    with pytest.raises(TopolensError, match="quantile"):
        percentile_normalise(random_cloud(5, 2), q)


# Refused input


@pytest.mark.parametrize("function", [pairwise_distances, percentile_normalise])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite_points_are_refused_with_count_and_row(function, bad):
    points = random_cloud(10, 3)
    points[4, 1] = points[7, 0] = bad
    with pytest.raises(TopolensError, match=r"2 of 10 rows .* the first is row 4"):
        function(points)


@pytest.mark.parametrize("shape", [(0, 3), (5,), (), (2, 3, 4), (0,)])
def test_anything_but_a_table_of_points_is_refused_with_its_shape(shape):
    with pytest.raises(TopolensError, match=r"expected an array of shape \(n, d\)") as caught:
        pairwise_distances(np.zeros(shape))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "near"), [("euclidian", "euclidean"), ("geodesics", "geodesic"), ("Sphere", "sphere")]
)
def test_an_unknown_metric_is_answered_with_the_nearest_and_all_names(name, near):
    with pytest.raises(TopolensError, match=f"unknown metric '{name}'.*Did you mean '{near}'") as caught:
        pairwise_distances(TRIANGLE, name)
    assert all(metric in str(caught.value) for metric in METRICS)


def test_an_unknown_normalisation_is_answered_with_the_valid_names():
    with pytest.raises(
        TopolensError,
        match=r"unknown normalisation 'maximum'.*'max'.*Valid: max, mean, relative-geometric, relative-max",
    ):
        pairwise_distances(TRIANGLE, normalise="maximum")
