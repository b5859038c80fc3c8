"""Standardised clouds: by hand, beside scikit-learn's StandardScaler, constant and nearly dead channels."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from topolens.clouds.standardise import standardise


def test_a_cloud_by_hand():
    # Means 2 and 5; the deviations of the population are 1 and 3.
    found, constant = standardise(np.array([[1.0, 2.0], [3.0, 8.0], [1.0, 8.0], [3.0, 2.0]]))
    np.testing.assert_array_equal(found, [[-1, -1], [1, 1], [-1, 1], [1, -1]])
    assert constant == 0
    assert found.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clouds_are_those_of_scikit_learn(dtype):
    generator = np.random.default_rng(0)
    points = (generator.normal(size=(200, 30)) * generator.uniform(0.01, 100, 30) + 5).astype(dtype)
    points = np.maximum(points, 0)
    points[:, [3, 7]] = 0
    points[:, 11] = 4.25
    found, constant = standardise(points)
    np.testing.assert_allclose(found, StandardScaler().fit_transform(points.astype(np.float64)), rtol=1e-9, atol=1e-12)
    assert constant == 3


def test_constant_channels_are_zero_and_counted_whatever_their_value():
    points = np.full((7, 4), 0.1, np.float32)  # its mean is not 0.1 to the last bit
    points[:, 0], points[:, 1] = 0, -3e7
    points[:, 2] = np.arange(7)
    found, constant = standardise(points)
    assert constant == 3
    np.testing.assert_array_equal(found[:, [0, 1, 3]], 0)
    assert found[:, 2].std() == pytest.approx(1)


@pytest.mark.parametrize("value", [1.0, 1e-30, np.finfo(np.float32).tiny])
def test_a_channel_that_fires_once_keeps_its_bit(value):
    # One of n points lies at sqrt(n - 1) deviations, the others at -1 / sqrt(n - 1), however faintly it fires.
    points = np.zeros((500, 1), np.float32)
    points[123] = value
    found, constant = standardise(points)
    assert constant == 0
    assert found[123, 0] == pytest.approx(np.sqrt(499))
    np.testing.assert_allclose(np.delete(found, 123), -1 / np.sqrt(499))


def test_squared_distances_average_to_twice_the_channels_that_live():
    # Of each channel, over all ordered pairs: twice the variance.
    points = np.random.default_rng(0).normal(size=(50, 9))
    points[:, :2] = 1
    found, _ = standardise(points)
    squares = ((found[:, None] - found) ** 2).sum(axis=-1)
    assert squares.mean() == pytest.approx(2 * 7)


def test_shifts_and_scales_of_channels_change_nothing():
    generator = np.random.default_rng(0)
    points = generator.normal(size=(40, 6))
    moved = points * generator.uniform(0.1, 10, 6) + generator.normal(size=6)
    np.testing.assert_allclose(standardise(moved)[0], standardise(points)[0], atol=1e-12)


def test_a_single_point_is_all_constant():
    found, constant = standardise(np.array([[1.0, 2.0, 3.0]]))
    np.testing.assert_array_equal(found, [[0, 0, 0]])
    assert constant == 3


def test_the_cloud_itself_is_left_alone():
    points = np.arange(6.0).reshape(3, 2)
    standardise(points)
    np.testing.assert_array_equal(points, np.arange(6.0).reshape(3, 2))
