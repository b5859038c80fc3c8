"""Permutation tests: all relabellings enumerated, scipy beside ours, calibration, power, Holm by hand."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from topolens import permutation_test
from topolens.errors import TopolensError
from topolens.inference.permutation import (
    BLOCK,
    centred_gram,
    holm,
    permutation_test_gram,
    squares_of_combinations,
)


def groups(first, second, features=6, shift=0.0, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(first, features)) + shift, generator.normal(size=(second, features))


def difference(a, b):
    return np.linalg.norm(a.mean(axis=0) - b.mean(axis=0))


def every_relabelling(a, b):
    """The statistic of each way to choose group a."""
    rows = np.concatenate([a, b])
    chosen = [np.isin(np.arange(len(rows)), list(places)) for places in combinations(range(len(rows)), len(a))]
    return np.array([difference(rows[own], rows[~own]) for own in chosen])


# The statistic


def test_the_statistic_by_hand():
    # Means (1, 1) and (4, 5): the 3-4-5 triangle.
    a, b = np.array([[0.0, 0.0], [2.0, 2.0]]), np.array([[4.0, 5.0]])
    assert permutation_test(a, b, 9, 0).statistic == pytest.approx(5, rel=1e-14)


@pytest.mark.parametrize(("first", "second"), [(1, 1), (1, 9), (5, 5), (3, 8)])
def test_the_statistic_is_the_norm_of_the_difference_of_means(first, second):
    a, b = groups(first, second)
    assert permutation_test(a, b, 9, 0).statistic == pytest.approx(difference(a, b), rel=1e-12)


def test_a_far_common_offset_costs_no_digits():
    a, b = groups(6, 7)
    near, far = permutation_test(a, b, 99, 0), permutation_test(a + 1e6, b + 1e6, 99, 0)
    assert far.statistic == pytest.approx(near.statistic, rel=1e-8)
    np.testing.assert_allclose(far.null, near.null, rtol=1e-7)
    assert far.p_value == near.p_value


def test_further_dimensions_are_flattened():
    a, b = groups(5, 6, features=12)
    flat, deep = permutation_test(a, b, 50, 3), permutation_test(a.reshape(5, 3, 4), b.reshape(6, 3, 4), 50, 3)
    assert deep.statistic == flat.statistic
    np.testing.assert_array_equal(deep.null, flat.null)


# Against all relabellings and scipy


@pytest.mark.parametrize(("first", "second", "shift"), [(4, 4, 0.0), (4, 4, 0.7), (3, 5, 0.5), (2, 6, 0.0)])
@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_p_values_are_those_of_all_relabellings_by_scipy_within_sampling_error(first, second, shift, alternative):
    a, b = groups(first, second, shift=shift, seed=first)
    rows, resamples = np.concatenate([a, b]), 20_000
    exact = stats.permutation_test(
        (np.arange(first), np.arange(first, first + second)),
        lambda i, j: difference(rows[i.astype(int)], rows[j.astype(int)]),
        n_resamples=np.inf,
        vectorized=False,
        alternative=alternative,
    ).pvalue
    found = permutation_test(a, b, resamples, 0, alternative).p_value
    assert found == pytest.approx(exact, abs=5 * np.sqrt(0.25 / resamples) * (2 if alternative == "two-sided" else 1))


def test_every_value_of_the_null_is_one_of_the_relabellings():
    a, b = groups(3, 4)
    known = every_relabelling(a, b)
    null = permutation_test(a, b, 500, 0).null
    assert abs(null[:, None] - known).min(axis=1).max() < 1e-10
    assert abs(known[:, None] - null).min(axis=1).max() < 1e-10  # and all 35 occur


def test_the_gram_route_equals_direct_computation_on_the_same_relabellings():
    a, b = groups(6, 9, features=40)
    rows = np.concatenate([a, b])
    weights = np.concatenate([np.full(6, 1 / 6), np.full(9, -1 / 9)])
    relabelled = np.random.default_rng(11).permuted(np.tile(weights, (300, 1)), axis=1)
    direct = np.linalg.norm(relabelled @ rows, axis=1)
    by_rows = permutation_test(a, b, 300, 11)
    by_gram = permutation_test_gram(rows @ rows.T, 6, 300, 11)
    for result in (by_rows, by_gram):
        np.testing.assert_allclose(result.null, direct, rtol=1e-9)
        assert result.statistic == pytest.approx(difference(a, b), rel=1e-9)
        assert result.p_value == (1 + np.sum(direct >= difference(a, b) * (1 - 1e-9))) / 301


def test_more_resamples_than_a_block_are_all_drawn_and_differ():
    a, b = groups(8, 8)
    null = permutation_test(a, b, BLOCK + 500, 0).null
    assert null.shape == (BLOCK + 500,)
    assert not np.array_equal(null[:500], null[BLOCK:])


# p-values


def test_p_is_never_zero():
    a, b = groups(12, 15, shift=50.0)  # unequal, so that no relabelling swaps the groups
    result = permutation_test(a, b, 199, 0)
    assert result.p_value == 1 / 200
    assert (result.null < result.statistic).all()


@pytest.mark.parametrize("first", [2, 3, 4, 5, 10])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_identical_groups_have_p_one(first, seed, scale):
    a, _ = groups(first, 1, seed=seed)
    assert permutation_test(scale * a, scale * a, 199, seed).p_value == 1


@pytest.mark.parametrize("first", [3, 5])
@pytest.mark.parametrize("seed", range(3))
def test_identical_groups_have_p_one_by_their_gram_matrix(first, seed):
    a, _ = groups(first, 1, features=40, seed=seed)
    rows = np.concatenate([a, a]) + 10
    assert permutation_test_gram(rows @ rows.T, first, 199, seed).p_value == 1


@pytest.mark.parametrize("value", [0.0, 0.1, 1e8 + 0.1])
def test_rows_that_are_all_equal_have_p_one(value):
    for alternative in ("greater", "less", "two-sided"):
        assert permutation_test(np.full((3, 5), value), np.full((4, 5), value), 99, 0, alternative).p_value == 1


def test_relabellings_that_give_the_same_groups_count_as_extreme():
    # One against one: both relabellings give the observed statistic, whatever the rounding.
    for seed in range(20):
        a, b = groups(1, 1, seed=seed)
        assert permutation_test(a, b, 99, seed).p_value == 1


def test_p_values_are_uniform_where_there_is_nothing_to_find():
    p_values = np.array([permutation_test(*groups(8, 7, seed=seed), 199, seed).p_value for seed in range(400)])
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    assert np.mean(p_values <= 0.05) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 400))


def test_a_shift_is_found():
    p_values = [permutation_test(*groups(10, 10, shift=1.0, seed=seed), 199, seed).p_value for seed in range(20)]
    assert np.mean(np.array(p_values) <= 0.05) >= 0.95


def test_alternatives_look_at_opposite_tails():
    a, b = groups(6, 6, shift=1.5)
    greater, less, both = (permutation_test(a, b, 999, 0, name).p_value for name in ("greater", "less", "two-sided"))
    assert greater < 0.02
    assert less > 0.95
    assert both == pytest.approx(2 * greater)


def test_two_sided_p_values_never_pass_one():
    for seed in range(20):
        assert permutation_test(*groups(3, 3, seed=seed), 99, seed, "two-sided").p_value <= 1


def test_the_seed_alone_fixes_the_null():
    a, b = groups(6, 6)
    first, again, other = (permutation_test(a, b, 99, seed).null for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


# Pieces


def test_centring_takes_off_the_common_mean():
    rows = np.random.default_rng(0).normal(size=(7, 3)) + 4
    centred = rows - rows.mean(axis=0)
    np.testing.assert_allclose(centred_gram(rows @ rows.T), centred @ centred.T, atol=1e-12)


def test_norms_of_combinations_are_those_of_the_summed_rows():
    rows = np.random.default_rng(0).normal(size=(7, 3))
    weights = np.random.default_rng(1).normal(size=(5, 7))
    np.testing.assert_allclose(
        np.sqrt(squares_of_combinations(rows @ rows.T, weights)), np.linalg.norm(weights @ rows, axis=1), rtol=1e-12
    )


# Refused input


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.zeros((3, 2)), np.zeros((3, 4))),
        (np.zeros((0, 2)), np.zeros((3, 2))),
        (np.zeros((3, 2)), np.zeros((0, 2))),
        (np.zeros(3), np.zeros(3)),
        (np.zeros((3, 2, 2)), np.zeros((3, 4))),
    ],
)
def test_groups_that_do_not_fit_are_refused_with_their_shapes(a, b):
    with pytest.raises(TopolensError, match="groups: expected") as caught:
        permutation_test(a, b, 9, 0)
    assert str(a.shape) in str(caught.value)
    assert str(b.shape) in str(caught.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_groups_with_nan_or_infinity_are_refused(bad):
    a, b = groups(3, 3)
    b[1, 1] = bad
    with pytest.raises(TopolensError, match="NaN or infinite"):
        permutation_test(a, b, 9, 0)


def test_an_unknown_alternative_is_answered_with_the_valid_names():
    with pytest.raises(TopolensError, match=r"unknown alternative 'bigger'.*greater, less, two-sided"):
        permutation_test(*groups(3, 3), 9, 0, "bigger")


@pytest.mark.parametrize("resamples", [0, -1])
def test_fewer_than_one_resample_is_refused(resamples):
    with pytest.raises(TopolensError, match=f"resamples={resamples}"):
        permutation_test(*groups(3, 3), resamples, 0)


# Holm


def test_holm_by_hand():
    # Sorted 0.01 0.02 0.03 0.04 times 4 3 2 1 = 0.04 0.06 0.06 0.04, and never falling.
    np.testing.assert_allclose(holm(np.array([0.03, 0.01, 0.04, 0.02])), [0.06, 0.04, 0.06, 0.06])


def test_holm_stops_at_one_and_keeps_the_order():
    np.testing.assert_allclose(holm(np.array([0.6, 0.001, 0.5])), [1, 0.003, 1])


def test_holm_does_not_count_missing_tests():
    np.testing.assert_allclose(holm(np.array([0.02, np.nan, 0.01, np.nan])), [0.02, np.nan, 0.02, np.nan])


def test_holm_of_one_and_of_no_test():
    np.testing.assert_array_equal(holm(np.array([0.04])), [0.04])
    assert holm(np.array([])).shape == (0,)
    assert np.isnan(holm(np.array([np.nan, np.nan]))).all()


def test_holm_lies_between_the_plain_values_and_bonferroni():
    p_values = np.random.default_rng(0).uniform(size=30) ** 3
    adjusted = holm(p_values)
    assert (adjusted >= p_values).all()
    assert (adjusted <= np.minimum(1, 30 * p_values)).all()
    assert (np.diff(adjusted[np.argsort(p_values)]) >= 0).all()


def test_holm_keeps_the_family_wise_error():
    generator = np.random.default_rng(0)
    false_alarms = [(holm(generator.uniform(size=12)) <= 0.05).any() for _ in range(2000)]
    assert np.mean(false_alarms) == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize("size", [1e160, 1e300, 1e-200, 1e-300])
@pytest.mark.parametrize("studentised", [False, True])
def test_B8_squares_leave_no_range(size, studentised):
    a, b = groups(8, 7, shift=0.5)
    expected = permutation_test(a, b, 999, 0, studentised=studentised)
    found = permutation_test(size * a, size * b, 999, 0, studentised=studentised)
    assert found.p_value == expected.p_value
    assert found.statistic == pytest.approx(expected.statistic * (1 if studentised else size), rel=1e-9)
    assert permutation_test(size * a, size * a, 999, 0, studentised=studentised).p_value == 1


def test_B16_a_studentised_test_keeps_its_level_where_spreads_differ():
    rejected = {True: 0, False: 0}
    for seed in range(200):
        generator = np.random.default_rng(seed)
        a, b = generator.normal(size=(20, 1)), 4 * generator.normal(size=(5, 1))
        for studentised in rejected:
            rejected[studentised] += permutation_test(a, b, 199, seed, studentised=studentised).p_value <= 0.05
    assert rejected[False] > 50  # it tests that the rows can be exchanged, which they cannot
    assert rejected[True] < 30


def test_B16_the_studentised_statistic_by_hand():
    # Means 1 and 5, variances 2 and 8 over two rows each: 4 / sqrt(1 + 4).
    a, b = np.array([[0.0], [2.0]]), np.array([[3.0], [7.0]])
    assert permutation_test(a, b, 9, 0, studentised=True).statistic == pytest.approx(4 / np.sqrt(5))
    with pytest.raises(TopolensError, match="two rows of each, found 1 and 2"):
        permutation_test(a[:1], b, 9, 0, studentised=True)


def test_B16_groups_without_spread_that_differ_are_told_apart():
    a, b = np.zeros((4, 2)), np.ones((4, 2))
    found = permutation_test(a, b, 999, 0, studentised=True)
    assert found.statistic == np.inf
    assert found.p_value == pytest.approx(2 / 70, abs=0.02)


@pytest.mark.parametrize("resamples", [100.0, None, "100", True, 0])
def test_B17_a_number_of_relabellings_that_is_none(resamples):
    with pytest.raises(TopolensError, match=r"resamples=.*expected a whole number, at least 1"):
        permutation_test(*groups(4, 4), resamples, 0)


def test_B15_complex_groups_are_refused():
    a, b = groups(4, 4)
    with pytest.raises(TopolensError, match="expected real numbers"):
        permutation_test(a + 1j, b, 9, 0)
