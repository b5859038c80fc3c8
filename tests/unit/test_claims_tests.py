"""Statistics behind the claims on tests and on the stability of averages."""

import pandas as pd
import pytest
from perceptron_tables import evidence

from topolens.claims.registry import STATISTICS
from topolens.inference.intervals import Estimate, share_of_units


def statistics_table(*rows):
    return pd.DataFrame(rows)


def test_half_to_layer_ratio_is_the_median_over_cells_that_have_both():
    rows = [
        {"statistic": name, "degree": "1", "depth": layer, "snapshot": snapshot, "estimate": value}
        for name, layer, snapshot, value in [
            ("split_half", 1, 0.5, 1), ("layer_difference", 1, 0.5, 10),
            ("split_half", 2, 0.5, 1), ("layer_difference", 2, 0.5, 4),
            ("split_half", 2, 0.9, 3), ("layer_difference", 2, 0.9, 1),
            ("split_half", 3, 0.9, 100),
        ]
    ]  # fmt: skip
    rows.append(rows[0] | {"degree": "0", "estimate": 77})
    estimate = STATISTICS["half_to_layer_ratio"](evidence(statistics=statistics_table(*rows)), degree=1)
    assert (estimate.value, estimate.n) == (0.25, 3)


def test_significant_share_counts_tests_of_one_kind_after_holm():
    rows = [
        {"statistic": name, "p_value": 0.001, "p_holm": p}
        for name, p in [("layer_difference", 0.01), ("layer_difference", 0.2), ("snapshot_difference", 0.01)]
    ]
    estimate = STATISTICS["significant_share"](
        evidence(statistics=statistics_table(*rows)), statistic="layer_difference"
    )
    assert estimate == share_of_units(1, 2)


def test_excess_layer_accuracy_is_that_of_the_last_snapshot_above_chance():
    rows = [
        {"statistic": "layer_accuracy", "degree": degree, "snapshot": snapshot, "estimate": value, "low": value - 0.1,
         "high": value + 0.1, "n": 7, "null_low": 0.25}
        for degree, snapshot, value in [("1", 0.5, 0.3), ("1", 0.9, 0.75), ("0", 1.0, 0.1)]
    ]  # fmt: skip
    estimate = STATISTICS["excess_layer_accuracy"](evidence(statistics=statistics_table(*rows)), degree=1)
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == pytest.approx((0.5, 0.4, 0.6, 7))


def test_half_tests_repeat_their_row():
    rows = [
        {"statistic": "half_tests_significant", "degree": degree, "estimate": value, "low": 0.0, "high": 0.2, "n": 30}
        for degree, value in [("0", 0.5), ("1", 0.1)]
    ]
    estimate = STATISTICS["half_tests"](evidence(statistics=statistics_table(*rows)), degree=1)
    assert estimate == Estimate(0.1, 0.0, 0.2, 30)
