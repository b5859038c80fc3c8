"""How far honest runs lie apart: moderated spreads, prediction intervals that hold as often as said, exact tests."""

import numpy as np
import pytest
from scipy import stats

from topolens.verification.spread import moderated_spread, share_p_values


def spread_of(values, sizes=None):
    return moderated_spread(
        values.mean(axis=0),
        values.std(axis=0, ddof=1),
        len(values),
        np.ones(values.shape[1]) if sizes is None else sizes,
    )


def test_rows_of_one_spread_share_it():
    generator = np.random.default_rng(0)
    found = spread_of(3 + 0.5 * generator.normal(size=(4, 500)))
    assert found.freedom > 20
    np.testing.assert_allclose(found.deviation, 0.5, rtol=0.1)


def test_rows_of_unlike_spreads_keep_their_own():
    generator = np.random.default_rng(0)
    scales = np.exp(3 * generator.normal(size=300))
    values = scales * generator.normal(size=(8, 300))
    found = spread_of(values)
    assert found.freedom < 9
    assert np.median(np.abs(np.log(found.deviation / values.std(axis=0, ddof=1)))) < 0.1


def test_the_prior_is_that_of_the_distribution_that_variances_come_from():
    # Variances from a scaled inverse chi-squared distribution of 6 degrees of freedom and scale 4.
    generator = np.random.default_rng(1)
    variances = 4 * 6 / generator.chisquare(6, size=20_000)
    values = np.sqrt(variances) * generator.normal(size=(5, 20_000))
    assert spread_of(values).freedom - 4 == pytest.approx(6, rel=0.1)


@pytest.mark.parametrize("runs", [3, 5, 8])
@pytest.mark.parametrize("unlike", [0.0, 0.5, 1.5])
def test_one_further_run_lies_inside_as_often_as_said(runs, unlike):
    generator = np.random.default_rng(2)
    scales = np.exp(unlike * generator.normal(size=4000))
    values = scales * generator.normal(size=(runs + 1, 4000))
    found = spread_of(values[:runs])
    inside = np.abs(values[runs] - found.mean) <= found.reach(0.99)
    assert inside.mean() == pytest.approx(0.99, abs=0.006)


def test_spread_is_measured_by_the_size_of_a_row():
    generator = np.random.default_rng(0)
    sizes = 10.0 ** np.arange(-3, 4).repeat(50)
    found = spread_of(sizes * generator.normal(size=(4, 350)), sizes)
    np.testing.assert_allclose(found.deviation / sizes, 1, rtol=0.15)


def test_there_is_never_no_spread():
    found = spread_of(np.tile([1.0, 1000.0], (5, 1)))
    assert (found.reach(0.99) > 0).all()
    assert (found.reach(0.99) < 1e-4 * found.mean).all()
    assert (spread_of(np.zeros((5, 4))).reach(0.99) > 0).all()


def test_shares_are_compared_exactly():
    cases = [(9, 10, 40, 80), (0, 12, 30, 96), (5, 10, 40, 80), (10, 10, 80, 80)]
    successes, units, others, of = (np.array(column) for column in zip(*cases, strict=True))
    found = share_p_values(successes, units, others, of)
    for p_value, (a, b, c, d) in zip(found, cases, strict=True):
        sides = [stats.fisher_exact([[a, b - a], [c, d - c]], alternative=side).pvalue for side in ("less", "greater")]
        assert p_value == pytest.approx(min(1, 2 * min(sides)))
