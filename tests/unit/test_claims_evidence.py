"""How estimates of claims get their intervals: each convention once."""

import math

import numpy as np
import pandas as pd
import pytest
from perceptron_tables import evidence

from topolens.inference.intervals import NOTHING, Estimate, mean_of_units, share_of_units

NAN = np.nan


def test_numbers_of_resamples_and_confidence_are_those_of_the_run():
    values = np.random.default_rng(0).normal(size=30)
    wide, narrow = evidence().mean(values), evidence(confidence=0.5).mean(values)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide == mean_of_units(values, 200, 0, 0.95)
    assert evidence().draws(7).shape == (200, 7)
    assert evidence(confidence=0.9).significance == pytest.approx(0.1)
    assert evidence(confidence=0.9).share(3, 7) == share_of_units(3, 7, 0.9)


def test_resamples_without_a_value_are_dropped_and_without_a_value_there_is_no_interval():
    found = evidence().interval(0.5, np.array([NAN, *np.linspace(0, 1, 41), NAN]), 9)
    assert (found.value, found.low, found.high, found.n) == pytest.approx((0.5, 0.025, 0.975, 9))
    nothing = evidence().interval(NAN, np.linspace(0, 1, 41), 9)
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()
    assert nothing.n == 9
    assert math.isnan(evidence().interval(0.5, np.full(4, NAN), 9).low)


def test_a_ratio_is_that_of_means_and_needs_a_denominator_that_is_surely_positive():
    assert evidence().ratio(np.array([[1.0, 4.0], [3.0, 4.0]])).value == 0.5
    assert math.isnan(evidence().ratio(np.array([[1.0, -4.0], [3.0, 5.0]])).value)
    assert evidence().ratio(np.empty((0, 2))) == NOTHING


def test_a_difference_is_a_mean_over_pairs_of_groups_each_resampled_for_itself():
    a, b = pd.Series([1.0, 3.0, NAN]), pd.Series([5.0, 5.0, 5.0])
    found = evidence().difference([(a, b), (pd.Series([2.0] * 4), pd.Series([1.0] * 4)), (a, b[:0])])
    assert (found.value, found.n) == (pytest.approx((-3 + 1) / 2), 2)
    # One group has a spread: its variance 2 over two units and over two pairs squared, at one degree of freedom.
    assert found.high - found.value == pytest.approx(12.706 * np.sqrt(2 / 2 / 4), rel=1e-4)
    assert evidence().difference([(a[:1], b)]) == NOTHING
    assert evidence().difference([(a, b[:0])]) == NOTHING


def test_a_row_is_found_by_its_cell_and_an_empty_column_is_a_value():
    table = pd.DataFrame(
        [
            {"statistic": "s", "network": name, "other": other, "estimate": value, "low": 0.0, "high": 9.0, "n": 5}
            for name, other, value in (("A", "B", 1.0), ("A", None, 2.0), ("B", None, 3.0))
        ]
    )
    found = evidence(statistics=table)
    assert found.row("s", network="A", other="B") == Estimate(1.0, 0.0, 9.0, 5)
    assert found.row("s", network="A", other=None).value == 2
    assert found.row("s", network="C") == found.row("t") == NOTHING
