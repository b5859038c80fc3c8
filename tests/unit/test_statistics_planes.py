"""Statistics of projections and separation by neighbours: by hand, invariants, as written anew, refused input."""

import numpy as np
import pytest
from scipy.stats import kurtosis, skew
from sklearn.neighbors import KNeighborsClassifier

from topolens.errors import TopolensError
from topolens.statistics.planes import RADIAL_LEVELS, STATISTICS, own_plane, plane_statistics, separation_accuracy


def clouds(seed=0, number=6, channels=7):
    generator = np.random.default_rng(seed)
    stretch = np.geomspace(5, 0.1, channels)
    return [
        generator.gamma(2, size=(40 + count, channels)) * stretch + generator.normal(size=channels)
        for count in range(number)
    ]


def named(row):
    return dict(zip(STATISTICS, row, strict=True))


def test_by_hand():
    """A cross in three dimensions: the third and the first axis are the plane, the second holds nothing."""
    cross = np.array([[0, 7, -4], [0, 7, 4], [-1, 7, 0], [1, 7, 0.0]])
    row = named(plane_statistics([cross])[0])
    assert [row["mean_1"], row["mean_2"]] == pytest.approx([0, 0], abs=1e-12)
    assert [row["deviation_1"], row["deviation_2"]] == pytest.approx([np.sqrt(8), np.sqrt(0.5)])
    assert [row["covariance"], row["skewness_1"], row["skewness_2"]] == pytest.approx([0, 0, 0], abs=1e-12)
    assert [row["kurtosis_1"], row["kurtosis_2"]] == pytest.approx([-1, -1])  # 2 * 16**2 / 4 / 8**2 - 3
    assert [row[f"radius_{level}"] for level in RADIAL_LEVELS] == pytest.approx([1, 1, 2.5, 4, 4])


def test_means_are_seen_by_all_clouds_in_one_plane():
    """Two clouds side by side along the first axis; a plane of their own would put both at 0."""
    cross = np.array([[0, 0, -1], [0, 0, 1], [-0.5, 0, 0], [0.5, 0, 0.0]])
    shift = np.array([9, 0, 0])
    found = [named(row) for row in plane_statistics([cross - shift, cross + shift])]
    assert sorted(row["mean_1"] for row in found) == pytest.approx([-9, 9])
    assert [row["mean_2"] for row in found] == pytest.approx([0, 0], abs=1e-12)
    assert [row["deviation_2"] for row in found] == pytest.approx([np.sqrt(0.5)] * 2)


def test_as_written_anew():
    """By singular values of the pooled points; an axis may point the other way, which turns odd statistics around."""
    given = clouds()
    pooled = np.concatenate(given)
    axes = np.linalg.svd(pooled - pooled.mean(axis=0), full_matrices=False)[2][:2].T
    for cloud, row in zip(given, plane_statistics(given), strict=True):
        found, seen = named(row), (cloud - pooled.mean(axis=0)) @ axes
        sign = np.sign(seen.mean(axis=0) * row[:2])
        seen *= sign
        radii = np.linalg.norm(seen - seen.mean(axis=0), axis=1)
        wanted = {
            **dict(zip(("mean_1", "mean_2"), seen.mean(axis=0), strict=True)),
            **dict(zip(("deviation_1", "deviation_2"), seen.std(axis=0), strict=True)),
            "covariance": np.cov(seen.T, bias=True)[0, 1],
            **dict(zip(("skewness_1", "skewness_2"), skew(seen), strict=True)),
            **dict(zip(("kurtosis_1", "kurtosis_2"), kurtosis(seen), strict=True)),
            **{f"radius_{level}": np.quantile(radii, level) for level in RADIAL_LEVELS},
        }
        assert found == pytest.approx(wanted, rel=1e-8)


def test_rotations_shifts_and_units():
    given = clouds(1)
    found = plane_statistics(given)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(7, 7)))[0]
    moved = plane_statistics([10 * cloud @ turn + 3 for cloud in given])
    scale = np.array([10] * 4 + [100] + [1] * 4 + [10] * 5)
    assert np.abs(moved) == pytest.approx(np.abs(scale * found), rel=1e-8)


def test_clouds_do_not_change_each_other_with_a_reference():
    given = clouds(2)
    every = plane_statistics(given, reference=given[:3])
    np.testing.assert_allclose(plane_statistics(given[4:5], reference=given[:3]), every[4:5], rtol=1e-10)
    assert not np.allclose(every, plane_statistics(given))


def test_constant_clouds_have_no_shape():
    found = plane_statistics([np.full((5, 3), 0.1), np.full((4, 3), 0.1)])
    np.testing.assert_allclose(found, 0, atol=1e-12)
    line = np.outer(np.arange(6), [0.1, 0.2, 0.7])
    row = named(plane_statistics([line, line + 0.3])[0])
    assert row["kurtosis_1"] == pytest.approx(kurtosis(np.arange(6)))


@pytest.mark.parametrize(("given", "message"), [
    ([], "clouds: expected at least one"),
    ([np.ones((3, 4)), np.full((3, 4), np.nan)], "cloud 1: points: 3 of 3 rows hold NaN"),
    ([np.ones((3, 4)), np.ones((1, 4))], "cloud 1: expected at least two points, found 1"),
    ([np.ones((0, 4))], "cloud 0: points: expected"),
    ([np.ones((3, 4)), np.ones((3, 5))], r"at least two, found \[4, 5\]"),
    ([np.ones((3, 1))], r"at least two, found \[1\]"),
])  # fmt: skip
def test_bad_clouds(given, message):
    with pytest.raises(TopolensError, match=message):
        plane_statistics(given)


def test_separation_by_hand():
    """On a line 0, 1 | 10, 11 with one neighbour all are right; two shuffles of six have pairs together."""
    line = np.array([[0.0], [1], [10], [11]])
    found = separation_accuracy(line, np.array([0, 0, 1, 1]), 1, shuffles=2000)
    assert (found.accuracy.value, found.accuracy.n) == (1, 4)
    assert found.accuracy.low == pytest.approx(0.025 ** (1 / 4))
    assert (found.null_low, found.null_high) == (0, 1)
    assert found.p_value == pytest.approx(1 / 3, abs=0.04)
    assert separation_accuracy(line, np.array([0, 1, 0, 1]), 1).accuracy.value == 0


@pytest.mark.parametrize("standardise", [True, False])
def test_separation_as_scikit_learn(standardise):
    generator = np.random.default_rng(4)
    labels = np.repeat(np.arange(3), 12)
    features = generator.normal(size=(36, 4)) * [1, 1, 1, 30] + labels[:, None] * [1, 1, 0, 0]
    scaled = (features - features.mean(axis=0)) / features.std(axis=0) if standardise else features
    right = 0
    for row in range(36):
        others = np.arange(36) != row
        model = KNeighborsClassifier(1).fit(scaled[others], labels[others])
        right += int(model.predict(scaled[[row]])[0] == labels[row])
    found = separation_accuracy(features, labels, 1, standardise=standardise, shuffles=9)
    assert found.accuracy.value == pytest.approx(right / 36)


def test_units_do_not_matter_when_standardised():
    generator = np.random.default_rng(5)
    labels = np.repeat([0, 1], 20)
    features = generator.normal(size=(40, 3)) + 1.5 * labels[:, None]
    found = separation_accuracy(features, labels)
    assert separation_accuracy(features * [1e6, 1, 1e-6] - 3, labels) == found
    assert found.p_value == 1 / 1000
    assert found.accuracy.value > found.null_high
    constant = np.column_stack([features, np.full(40, 0.1)])
    assert separation_accuracy(constant, labels) == found


def test_nothing_to_tell_is_within_the_null():
    generator = np.random.default_rng(6)
    labels = np.repeat(np.arange(4), 15)
    p_values = []
    for _ in range(60):
        found = separation_accuracy(generator.normal(size=(60, 3)), labels, 3, shuffles=99)
        assert found.null_low < 0.25 < found.null_high
        p_values.append(found.p_value)
    assert np.mean(np.array(p_values) <= 0.2) == pytest.approx(0.2, abs=0.16)


def test_the_seed_names_the_shuffles():
    features, labels = np.random.default_rng(7).normal(size=(40, 3)), np.repeat([0, 1], 20)
    first = separation_accuracy(features, labels, shuffles=50, seed=1)
    assert separation_accuracy(features, labels, shuffles=50, seed=1) == first
    others = [separation_accuracy(features, labels, shuffles=50, seed=seed) for seed in range(2, 6)]
    assert any(other.p_value != first.p_value for other in others)


@pytest.mark.parametrize(("features", "labels", "options", "message"), [
    (np.ones((4, 2)), [0, 0, 1], {}, r"labels: expected \(4,\) integers"),
    (np.ones((4, 2)), [0, 0, 1, -1], {}, "integers >= 0"),
    (np.ones((4, 2)), [0.0, 0, 1, 1], {}, "found float64"),
    (np.ones((4, 2)), [0, 0, 0, 1], {}, r"as many points each, found \[3, 1\] points"),
    (np.ones((4, 2)), [2, 2, 2, 2], {}, "at least two classes"),
    (np.full((4, 2), np.inf), [0, 0, 1, 1], {}, "NaN or infinite"),
    (np.ones((0, 2)), [], {}, "n >= 1"),
    (np.ones((4, 2)), [0, 0, 1, 1], {"neighbours": 4}, "neighbours=4: expected a whole number, 1 to 3"),
    (np.ones((4, 2)), [0, 0, 1, 1], {"shuffles": 0}, "shuffles=0"),
])  # fmt: skip
def test_bad_features(features, labels, options, message):
    with pytest.raises(TopolensError, match=message):
        separation_accuracy(features, np.array(labels), **{"neighbours": 1} | options)


def test_the_own_plane_of_a_cloud_by_hand():
    # Variances 9, 4, 1 along axes of its own, then turned.
    points = np.array([[3, 0, 0], [-3, 0, 0], [0, 2, 0], [0, -2, 0], [0, 0, 1], [0, 0, -1]], float)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    positions, kept = own_plane(points @ turn + 7)
    assert kept == pytest.approx(13 / 14)
    np.testing.assert_allclose(np.abs(positions), np.abs(points[:, :2]), atol=1e-12)


def test_a_cloud_on_a_line_or_without_extent_has_a_plane_too():
    positions, kept = own_plane(np.arange(4.0)[:, None])
    assert positions.shape == (4, 2)
    assert kept == pytest.approx(1)
    positions, kept = own_plane(np.ones((4, 3)))
    assert not positions.any()
    assert np.isnan(kept)


def test_no_plane_keeps_more_than_its_own():
    generator = np.random.default_rng(0)
    points = generator.normal(size=(50, 6))
    _, kept = own_plane(points)
    centred = points - points.mean(axis=0)
    for _ in range(20):
        axes = np.linalg.qr(generator.normal(size=(6, 2)))[0]
        assert ((centred @ axes) ** 2).sum() / (centred**2).sum() < kept
