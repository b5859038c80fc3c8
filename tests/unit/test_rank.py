"""Spearman's rank correlation: by hand, under monotone maps, beside scipy, and where there is none."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from topolens.inference.rank import mean_correlation, rank_correlation

NAN = np.nan


def test_by_hand():
    # Ranks 1 2 3 4 and 2 1 4 3: 1 - 6 * 4 / (4 * 15).
    assert rank_correlation([1, 2, 3, 4], [20, 10, 40, 30]) == pytest.approx(0.6)
    # Ties have their average rank: 1 2 3 and 1 2.5 2.5.
    assert rank_correlation([1, 2, 3], [0, 7, 7]) == pytest.approx(np.sqrt(3) / 2)


def test_monotone_maps_change_nothing_and_a_reversal_the_sign():
    a, b = np.random.default_rng(0).normal(size=(2, 30))
    found = rank_correlation(a, b)
    assert rank_correlation(np.exp(a), b**3) == found
    assert rank_correlation(-a, b) == pytest.approx(-found)
    assert rank_correlation(b, a) == pytest.approx(found)
    assert rank_correlation(a, np.exp(a)) == pytest.approx(1)


@pytest.mark.parametrize("values", [3, 6, 1000])
def test_many_at_once_are_scipys_with_ties(values):
    a, b = np.random.default_rng(values).integers(values, size=(2, 5, 8, 12)).astype(float)
    found = rank_correlation(a, b)
    assert found.shape == (5, 8)
    expected = [[spearmanr(*pair).statistic for pair in zip(*rows, strict=True)] for rows in zip(a, b, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_one_side_is_broadcast_against_the_other():
    depth, table = np.arange(6), np.random.default_rng(0).normal(size=(4, 6))
    expected = [spearmanr(depth, row).statistic for row in table]
    np.testing.assert_allclose(rank_correlation(depth, table), expected, atol=1e-12)
    assert rank_correlation(table[:0], depth).shape == (0,)


@pytest.mark.parametrize("a", [[5, 5, 5, 5], [0.1, 0.1, 0.1, 0.1]])
def test_a_constant_side_has_no_correlation(a):
    assert np.isnan(rank_correlation(a, [1, 2, 3, 4]))
    assert np.isnan(rank_correlation([1, 2, 3, 4], a))


@pytest.mark.parametrize("size", [0, 1, 2])
def test_fewer_than_three_pairs_have_no_correlation(size):
    assert np.isnan(rank_correlation(np.arange(size), np.arange(size)))


def test_pairs_with_an_unknown_side_are_left_out():
    a, b = np.array([[1, 2, NAN, 4, 3], [1, NAN, NAN, NAN, 3]]), np.array([NAN, 1, 9, 3, 2.0])
    found = rank_correlation(a, b)
    assert found[0] == pytest.approx(spearmanr([2, 4, 3], [1, 3, 2]).statistic)
    assert np.isnan(found[1])


def test_a_mean_correlation_over_cells_by_hand():
    # 1 and 0.6, and a cell without a correlation; of four units only the best of 24 orders is as seldom as 1 in 24.
    a = np.array([[1, 2, 3, 4], [1, 2, 3, 4], [5, 5, 5, 5]])
    found = mean_correlation(a, np.array([[1, 2, 3, 4], [20, 10, 40, 30], [1, 2, 3, 4]]))
    assert (found.value, found.low, found.high, found.n) == (pytest.approx(0.8), -1, 1, 4)
    one = np.arange(5.0)[None]
    perfect = mean_correlation(one, one)
    # One of 120 orders gives 1, four give 0.9: only 1 comes by chance in less than 2.5 % of all cases.
    assert (perfect.value, perfect.low, perfect.high) == (1, 0, 1)
    assert mean_correlation(one, -one).high == 0
    assert mean_correlation(one, np.array([[0, 1, 2, 4, 3.0]])).low == pytest.approx(-0.1)


def test_a_mean_correlation_knows_neither_the_order_of_units_nor_monotone_maps():
    a, b = np.random.default_rng(0).normal(size=(2, 6, 5))
    order = [3, 1, 4, 0, 2]
    assert mean_correlation(a[:, order], b[:, order]) == mean_correlation(a, b) == mean_correlation(np.exp(a), b**3)


def test_a_mean_correlation_of_constants_or_of_no_cells_is_none():
    a = np.arange(5.0)[None]
    for estimate in (mean_correlation(a, 0 * a), mean_correlation(a[:0], a[:0])):
        assert np.isnan([estimate.value, estimate.low, estimate.high]).all()
        assert estimate.n == 5


def test_units_that_are_alike_in_all_cells_are_few_units():
    """What cells have in common does not make up for units: at most 2.5 % of unrelated sides are found to rise."""
    generator = np.random.default_rng(0)
    rises = falls = 0
    for _ in range(400):
        own, other = generator.normal(size=(2, 1, 5))
        a, b = own + 0.1 * generator.normal(size=(9, 5)), other + 0.1 * generator.normal(size=(9, 5))
        found = mean_correlation(a, b)
        rises, falls = rises + (found.low >= 0), falls + (found.high <= 0)
    # 2.5 % of 400 are 10; 19 and more come with a chance of 0.5 %.
    assert max(rises, falls) <= 18
