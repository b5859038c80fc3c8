"""Statistics behind the claims on tests and on the stability of averages."""

import pandas as pd
import pytest
from perceptron_tables import evidence

from topolens.claims.model import Rule
from topolens.claims.registry import STATISTICS
from topolens.inference.intervals import NOTHING, Estimate


def statistics_table(*rows):
    return pd.DataFrame(rows)


def test_orders_are_the_row_over_all_degrees():
    rows = [
        {"statistic": f"{groups}_told_apart", "degree": degree, "estimate": value, "low": 0.4, "high": 0.9, "n": 12}
        for groups, degree, value in [("layers", "0", 0.1), ("layers", "all", 0.7), ("snapshots", "all", 0.6)]
    ]
    found = evidence(statistics=statistics_table(*rows))
    assert STATISTICS["told_apart"](found, groups="layers") == Estimate(0.7, 0.4, 0.9, 12)
    assert STATISTICS["told_apart"](found, groups="snapshots").value == 0.6
    assert STATISTICS["told_apart"](evidence(statistics=statistics_table(rows[0])), groups="layers") == NOTHING


def test_the_variance_between_layers_is_the_row_of_the_last_snapshot():
    rows = [
        {"statistic": "variance_between_layers", "degree": degree, "snapshot": snapshot, "estimate": value,
         "low": 0.2, "high": 0.8, "n": 9}
        for degree, snapshot, value in [("1", 0.7, 0.3), ("1", 1.0, 0.6), ("0", 1.0, 0.1)]
    ]  # fmt: skip
    found = evidence(statistics=statistics_table(*rows), accuracies=[0.7, 1.0])
    assert STATISTICS["variance_between_layers"](found, degree=1) == Estimate(0.6, 0.2, 0.8, 9)
    # An earlier snapshot never stands in for the last.
    assert STATISTICS["variance_between_layers"](evidence(statistics=statistics_table(rows[0])), degree=1) == NOTHING


def test_excess_layer_accuracy_is_that_of_the_last_snapshot_above_chance():
    rows = [
        {"statistic": "layer_accuracy", "degree": degree, "snapshot": snapshot, "estimate": value, "low": value - 0.1,
         "high": value + 0.1, "n": 7, "null_low": 0.25}
        for degree, snapshot, value in [("1", 0.5, 0.3), ("1", 0.9, 0.75), ("0", 1.0, 0.1)]
    ]  # fmt: skip
    estimate = STATISTICS["excess_layer_accuracy"](evidence(statistics=statistics_table(*rows)), degree=1)
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == pytest.approx((0.5, 0.4, 0.6, 7))


def test_half_tests_are_held_against_the_upper_end_of_other_halves():
    rows = [
        {"statistic": "half_tests_significant", "degree": degree, "estimate": value, "null_low": 0.0,
         "null_high": 0.25, "n": 30}
        for degree, value in [("0", 0.5), ("1", 0.125)]
    ]  # fmt: skip
    found = evidence(statistics=statistics_table(*rows))
    within, beyond = (STATISTICS["half_tests"](found, degree=degree) for degree in (1, 0))
    assert within == Estimate(-0.125, -0.125, -0.125, 30)
    assert [Rule(below=0).verdict(one, 8) for one in (within, beyond)] == ["reproduced", "not reproduced"]
    few = rows[1] | {"n": 6}
    assert Rule(below=0).verdict(STATISTICS["half_tests"](evidence(statistics=statistics_table(few)), degree=1), 8) == (
        "undecided"
    )
