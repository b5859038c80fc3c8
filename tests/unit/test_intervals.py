"""Estimates with intervals: tabulated values, second implementations, coverage by simulation, missing units."""

import math

import numpy as np
import pytest
from scipy import stats

from topolens.inference.intervals import (
    CORRELATIONS,
    NOTHING,
    SHARES,
    SIZES,
    Estimate,
    bootstrap_weights,
    correlation_of_units,
    crossed_mean,
    mean_of_units,
    median_of_units,
    middle_of,
    rank_among,
    share_of_units,
    simultaneous_means,
    student_quantile,
    surest_rise,
    tail_levels,
)

NAN = math.nan


def covered(estimate, truth):
    return estimate.low <= truth <= estimate.high


# Shares


def test_shares_of_newcombes_examples():
    # Newcombe (1998), table I, method 5 (Clopper-Pearson): 81/263, 15/148, 0/20, 1/29.
    for successes, n, low, high in [
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ]:
        estimate = share_of_units(successes, n)
        assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=1e-4)
        assert (estimate.value, estimate.n) == (successes / n, n)


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (3, 7), (50, 100), (999, 1000)])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_shares_equal_scipy(successes, n, confidence):
    expected = stats.binomtest(successes, n).proportion_ci(confidence, method="exact")
    estimate = share_of_units(successes, n, confidence)
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("n", [1, 3, 5, 10, 40])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9, 0.98])
def test_intervals_of_shares_are_never_too_short(n, share):
    weights = stats.binom.pmf(np.arange(n + 1), n, share)
    assert np.dot(weights, [covered(share_of_units(successes, n), share) for successes in range(n + 1)]) >= 0.95


def test_units_may_succeed_in_part():
    assert share_of_units(2.5, 5).value == 0.5
    assert share_of_units(2.5, 5).low == pytest.approx(1 - share_of_units(2.5, 5).high)


# Means


@pytest.mark.parametrize("within", [None, SHARES])
@pytest.mark.parametrize("n", [5, 10, 30])
def test_means_are_covered_as_often_as_they_say(n, within):
    generator = np.random.default_rng(n)
    draw = generator.standard_normal if within is None else lambda n: generator.binomial(5, 0.9, n) / 5
    truth = 0.0 if within is None else 0.9
    hits = [covered(mean_of_units(draw(n), 300, seed, within=within), truth) for seed in range(400)]
    assert np.mean(hits) >= 0.92  # 0.95 less three standard errors


def test_with_many_units_all_agree():
    values = np.random.default_rng(0).beta(2, 3, 2000)
    error = values.std() / np.sqrt(2000)
    for estimate in (mean_of_units(values, 4000, 1), mean_of_units(values, 4000, 1, within=SHARES)):
        assert estimate.low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
        assert estimate.high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_two_units_are_as_far_apart_as_students_t_says():
    estimate = mean_of_units(np.array([0.0, 2.0]), 100, 0)
    assert (estimate.low, estimate.high) == pytest.approx((1 - 12.706, 1 + 12.706), abs=1e-3)


def test_the_bootstrapped_t_is_that_of_values_drawn_one_by_one():
    values, n = np.random.default_rng(3).exponential(size=9), 9
    estimate = mean_of_units(values, 1000, 7)
    drawn = values[np.random.default_rng(7).integers(n, size=(1000, n))]
    with np.errstate(divide="ignore"):
        t = (drawn.mean(axis=1) - values.mean()) / (drawn.std(axis=1, ddof=1) / 3)
    low, high = np.quantile(t[np.isfinite(t)], [0.025, 0.975]) * values.std(ddof=1) / 3
    student = stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / 3
    expected = (values.mean() - max(high, student), values.mean() - min(low, -student))
    assert (estimate.low, estimate.high) == pytest.approx(expected)
    assert -low > student  # so that the bootstrap decides this end


def test_resamples_of_ties_have_no_spread():
    weights = bootstrap_weights(0, 3, 50)
    assert weights.sum(axis=1) == pytest.approx(np.ones(50))
    assert mean_of_units(np.array([0.1, 0.1, 0.3]), 50, 0).high < 1
    with pytest.raises(ValueError, match="read-only"):
        weights[0, 0] = 1


def test_means_of_few_units_reach_at_least_as_far_as_students_t():
    for seed in range(20):
        values = np.random.default_rng(seed).exponential(size=6)
        estimate = mean_of_units(values, 500, seed)
        low, high = stats.t.interval(0.95, 5, values.mean(), stats.sem(values))
        assert estimate.low <= low + 1e-12
        assert estimate.high >= high - 1e-12


def test_equal_units_of_known_range_are_as_many_successes():
    for value, within in ((1.0, SHARES), (-1.0, CORRELATIONS)):
        estimate = mean_of_units(np.full(6, value), 100, 0, within=within)
        exact = share_of_units(6 if value > 0 else 0, 6)
        ends = sorted([within[0] + (within[1] - within[0]) * end for end in (exact.low, exact.high)])
        assert [estimate.low, estimate.high] == pytest.approx(ends)
    assert mean_of_units(np.full(6, 1.0), 100, 0, within=SHARES).low == pytest.approx(0.025 ** (1 / 6))


def test_equal_units_of_unknown_range_have_no_width_and_one_unit_has_no_interval():
    estimate = mean_of_units(np.full(9, 7.0), 100, 0)
    assert (estimate.value, estimate.low, estimate.high) == (7, 7, 7)
    single = mean_of_units(np.array([7.0]), 100, 0)
    assert single.value == 7
    assert math.isnan(single.low)


def test_sizes_are_not_below_nothing():
    values = np.array([0.1, 0.2, 5.0])
    free, cut = mean_of_units(values, 100, 0), mean_of_units(values, 100, 0, within=SIZES)
    assert free.low < 0
    assert (cut.low, cut.high, cut.value) == (0, free.high, free.value)


def test_korn_and_graubard_by_hand():
    # Variance of the mean 0.01 / 4 at the share 0.5: as 100 units, times (1.96 / 3.182)^2 for three degrees of freedom.
    values = np.array([0.4, 0.5, 0.5, 0.6]) + np.array([-0.0155, 0, 0, 0.0155])
    variance = values.var(ddof=1) / 4
    units = 0.25 / variance * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 3)) ** 2
    expected = stats.beta.ppf(0.025, units / 2, units / 2 + 1), stats.beta.ppf(0.975, units / 2 + 1, units / 2)
    estimate = mean_of_units(values, 100, 0, within=SHARES)
    assert (estimate.low, estimate.high) == pytest.approx(expected)


def test_wider_confidence_gives_wider_intervals_and_the_seed_fixes_them():
    values = np.random.default_rng(0).normal(size=25)
    narrow, wide = mean_of_units(values, 500, 3, 0.8), mean_of_units(values, 500, 3, 0.99)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high
    assert mean_of_units(values, 500, 3, 0.8) == narrow
    assert mean_of_units(values, 500, 3, 0.8, CORRELATIONS) == mean_of_units(values, 500, 4, 0.8, CORRELATIONS)


# Medians


def test_medians_between_order_statistics_by_hand():
    # Of 10 units the 2nd and the 9th: 1 - 2 (1 + 10) / 1024 = 0.979 (tables of the sign test).
    estimate = median_of_units(np.arange(1.0, 11))
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (5.5, 2, 9, 10)
    assert (median_of_units(np.arange(1.0, 6)).low, median_of_units(np.arange(1.0, 6)).high) == (1, 5)
    assert math.isnan(median_of_units(np.array([3.0])).low)


@pytest.mark.parametrize("n", [6, 10, 31, 100])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_medians_equal_scipys_quantile_test(n, confidence):
    values = np.random.default_rng(n).normal(size=n)
    expected = stats.quantile_test(values, p=0.5).confidence_interval(confidence)
    estimate = median_of_units(values, confidence)
    assert (estimate.low, estimate.high) == (expected.low, expected.high)


# Correlations


def test_correlations_by_hand():
    # z of 0.5 is 0.5493; its error for 12 units is sqrt(1.125 / 9) = 0.3536.
    estimate = correlation_of_units(0.5, 12)
    assert (estimate.low, estimate.high) == pytest.approx(
        (np.tanh(0.5493 - 0.6930), np.tanh(0.5493 + 0.6930)), abs=1e-4
    )


def test_a_perfect_correlation_of_few_units_is_not_certain():
    estimate = correlation_of_units(-1.0, 5)
    assert estimate.low == -1
    assert -0.5 < estimate.high < 0
    assert math.isnan(correlation_of_units(1.0, 3).low)
    assert math.isnan(correlation_of_units(math.nan, 9).low)


@pytest.mark.parametrize("n", [8, 15, 40])
def test_correlations_are_covered_about_as_often_as_they_say(n):
    generator = np.random.default_rng(n)
    truth = 6 / np.pi * np.arcsin(0.6 / 2)  # Spearman's of normal pairs with correlation 0.6
    hits = []
    for _ in range(400):
        a, b = generator.normal(size=(2, n))
        hits.append(covered(correlation_of_units(float(stats.spearmanr(a, 0.6 * a + 0.8 * b)[0]), n), truth))
    assert np.mean(hits) >= 0.92


# Seeds and units


@pytest.mark.parametrize("seeds", [3, 5, 8])
@pytest.mark.parametrize("spread", [0.2, 1.0, 3.0])
def test_few_seeds_count_as_few(seeds, spread):
    generator = np.random.default_rng(seeds)
    hits = []
    for _ in range(400):
        values = (
            generator.normal(0, spread, (seeds, 1))
            + generator.normal(size=(1, 30))
            + generator.normal(size=(seeds, 30))
        )
        hits.append(covered(crossed_mean(values), 0.0))
    assert np.mean(hits) >= 0.92


def test_seeds_alone_are_students_t():
    by_seed = np.array([1.0, 2.0, 4.0, 9.0])
    estimate = crossed_mean(np.repeat(by_seed[:, None], 50, axis=1))
    expected = stats.t.interval(0.95, 3, by_seed.mean(), stats.sem(by_seed))
    assert (estimate.low, estimate.high) == pytest.approx(expected)
    assert estimate.n == 4


def test_one_seed_says_nothing_of_others():
    estimate = crossed_mean(np.random.default_rng(0).normal(size=(1, 40)))
    assert estimate.n == 1
    assert math.isnan(estimate.low)


# What is missing


def test_no_unit_says_nothing():
    none, unknown = np.array([]), np.array([np.nan])
    for estimate in (share_of_units(0, 0), *(f(v) for f in (median_of_units, mean_in) for v in (none, unknown))):
        assert estimate.n == 0
        assert all(math.isnan(number) for number in (estimate.value, estimate.low, estimate.high))
    assert NOTHING.n == 0


def mean_in(values):
    return mean_of_units(values, 100, 0)


def test_missing_units_are_left_out_and_not_counted():
    values, known = np.array([1.0, np.nan, 3.0, np.nan, 8.0]), np.array([1.0, 3.0, 8.0])
    assert mean_in(values) == mean_in(known)
    assert median_of_units(values) == median_of_units(known)
    assert (mean_in(values).n, mean_in(values).value) == (3, 4)


def test_levels_and_quantiles():
    assert tail_levels(0.95) == pytest.approx((0.025, 0.975))
    assert tail_levels(0.5) == pytest.approx((0.25, 0.75))
    assert student_quantile(0.95, math.inf) == pytest.approx(1.95996, abs=1e-5)
    assert student_quantile(0.95, 4) == pytest.approx(2.77645, abs=1e-5)


def test_simultaneous_means_are_students_at_a_shared_level():
    values = np.array([[1.0, 5.0, NAN], [2.0, 5.0, NAN], [4.0, 5.0, 3.0]])
    found = simultaneous_means(values, 0.94)
    reach = stats.t.ppf(1 - 0.01, 2) * values[:, 0].std(ddof=1) / np.sqrt(3)
    np.testing.assert_allclose(
        [found[0].value, found[0].low, found[0].high], [7 / 3, 7 / 3 - reach, 7 / 3 + reach], rtol=1e-12
    )
    assert found[1] == Estimate(5, 5, 5, 3)
    assert (found[2].value, found[2].n) == (3, 1)
    assert math.isnan(found[2].low)


def test_simultaneous_means_all_hold_as_often_as_said():
    generator = np.random.default_rng(0)
    held = [
        all(one.low <= 0 <= one.high for one in simultaneous_means(generator.normal(size=(6, 8)))) for _ in range(2000)
    ]
    assert np.mean(held) >= 0.945


def test_the_middle_of_estimates_and_the_surest_rise():
    found = [Estimate(1, 0.5, 2, 9), Estimate(3, -1, 4, 8), Estimate(2, 1, 5, 10), NOTHING]
    assert middle_of(found) == Estimate(2, 0.5, 4, 8)
    assert surest_rise(found) == Estimate(2, 1, math.inf, 10)
    assert math.isnan(middle_of([NOTHING]).value)
    assert math.isnan(surest_rise([]).value)


# A number among others


def test_a_rank_among_others_by_hand():
    others = np.arange(19.0)
    found = rank_among(20.0, np.append(others, NAN))
    assert (found.value, found.low, found.high, found.n) == (11, 2, 20, 19)
    assert rank_among(17.5, others).low < 0 < rank_among(17.5, others).high
    assert rank_among(-1.0, others).high == -1
    # Of 39 the second highest of 40 is as seldom as the highest of 20.
    assert rank_among(37.5, np.arange(39.0)).low == 0.5
    assert rank_among(3.0, others[::-1]) == rank_among(3.0, others)


def test_too_few_others_give_no_interval():
    assert np.isnan(rank_among(20.0, np.arange(18.0)).low)
    assert rank_among(20.0, np.array([NAN])) == rank_among(NAN, np.arange(19.0)) == NOTHING


def test_one_of_their_kind_stands_out_among_others_no_more_often_than_told():
    numbers = np.random.default_rng(0).normal(size=(1000, 20))
    found = [rank_among(row[0], row[1:]) for row in numbers]
    # 5 % of 1,000 are 50, with a standard deviation of 7.
    assert 30 < sum(one.low > 0 for one in found) < 70
    assert 30 < sum(one.high < 0 for one in found) < 70
