"""The Gaussian null: mean and covariance in the limit, singular covariances, small clouds."""

import numpy as np
import pytest

from topolens.topology.gaussian import gaussian_cloud


def correlated_cloud(points, seed=0):
    generator = np.random.default_rng(seed)
    mixing = np.array([[2.0, 0.0, 0.0], [1.0, 0.5, 0.0], [-1.0, 0.3, 0.2]])
    return generator.uniform(-1, 1, size=(points, 3)) @ mixing.T + [5.0, -3.0, 100.0]


def test_mean_and_covariance_are_those_of_the_cloud_in_the_limit():
    points = correlated_cloud(60)
    generator = np.random.default_rng(1)
    samples = np.concatenate([gaussian_cloud(points, generator) for _ in range(2000)])
    covariance = np.cov(points, rowvar=False)
    error = np.sqrt(np.diagonal(covariance) / len(samples))
    assert (abs(samples.mean(axis=0) - points.mean(axis=0)) < 5 * error).all()
    np.testing.assert_allclose(np.cov(samples, rowvar=False), covariance, atol=0.03 * covariance.max())


def test_single_coordinates_are_normal():
    # Third and fourth standardised moments of a normal distribution: 0 and 3; the uniform ones were 0 and 1.8.
    generator = np.random.default_rng(1)
    points = correlated_cloud(50)
    first = np.concatenate([gaussian_cloud(points, generator)[:, 0] for _ in range(2000)])
    standard = (first - first.mean()) / first.std()
    assert np.mean(standard**3) == pytest.approx(0, abs=0.05)
    assert np.mean(standard**4) == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("shape", [(60, 3), (5, 40), (1, 7), (2, 2), (30, 1)])
def test_shape_and_type_are_kept(shape):
    points = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = gaussian_cloud(points, np.random.default_rng(1))
    assert found.shape == shape
    assert found.dtype == np.float64
    assert np.isfinite(found).all()


def test_more_dimensions_than_points_stay_in_the_affine_span_of_the_cloud():
    points = np.random.default_rng(0).normal(size=(5, 40)) + 10
    sample = gaussian_cloud(points, np.random.default_rng(1))
    centred = points - points.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred)
    span = directions[: int(np.sum(sizes > 1e-9))]
    off = (sample - points.mean(axis=0)) - (sample - points.mean(axis=0)) @ span.T @ span
    assert len(span) == 4
    assert abs(off).max() < 1e-10


def test_the_covariance_is_right_also_with_more_dimensions_than_points():
    points = np.random.default_rng(0).normal(size=(4, 9))
    generator = np.random.default_rng(1)
    samples = np.concatenate([gaussian_cloud(points, generator) for _ in range(20_000)])
    covariance = np.cov(points, rowvar=False)
    np.testing.assert_allclose(
        (samples - points.mean(axis=0)).T @ (samples - points.mean(axis=0)) / len(samples),
        covariance,
        atol=0.03 * covariance.max(),
    )


def test_a_constant_coordinate_stays_constant():
    points = correlated_cloud(50)
    points[:, 1] = 7.0
    np.testing.assert_allclose(gaussian_cloud(points, np.random.default_rng(1))[:, 1], 7.0, rtol=1e-12)


def test_linearly_dependent_coordinates_stay_so():
    points = correlated_cloud(50)
    points[:, 2] = points[:, 0] - 2 * points[:, 1]
    sample = gaussian_cloud(points, np.random.default_rng(1))
    np.testing.assert_allclose(sample[:, 2], sample[:, 0] - 2 * sample[:, 1], atol=1e-10)


@pytest.mark.parametrize("points", [np.full((6, 3), 2.5), np.full((1, 3), 2.5)])
def test_a_cloud_without_extent_is_its_own_null(points):
    np.testing.assert_allclose(gaussian_cloud(points, np.random.default_rng(0)), points, rtol=1e-12)


def test_the_generator_alone_decides_the_sample():
    points = correlated_cloud(20)
    first, again, other = (gaussian_cloud(points, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_a_large_cloud_is_drawn_in_blocks_of_the_same_weights():
    points = correlated_cloud(1100)
    weights = np.random.default_rng(3).standard_normal((1100, 1100))
    expected = points.mean(axis=0) + weights @ (points - points.mean(axis=0)) / np.sqrt(1099)
    np.testing.assert_allclose(gaussian_cloud(points, np.random.default_rng(3)), expected, rtol=1e-10)


def test_no_small_pivot_decides_the_sample():
    # A nearly singular covariance: a change of the points in their last digits changes the sample no more than that.
    points = np.random.default_rng(0).normal(size=(80, 40)) * np.logspace(0, -14, 40)
    shifted = points * (1 + 1e-13 * np.random.default_rng(1).normal(size=points.shape))
    one, other = (gaussian_cloud(cloud, np.random.default_rng(2)) for cloud in (points, shifted))
    np.testing.assert_allclose(other, one, rtol=0, atol=1e-11)
