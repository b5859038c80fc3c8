"""Statistics of disturbances: by hand."""

import numpy as np
import pytest
from distance_tables import INTERVALS, distances, only, performance

from topolens.statistics.robustness import accuracy_rows, correlation, losses


def test_accuracy_and_what_is_lost_by_hand():
    rows = list(accuracy_rows(performance(), INTERVALS, 0))
    assert only(rows, statistic="accuracy", network="B", other="clean")["estimate"] == 0.75
    lost = only(rows, statistic="accuracy_loss", network="A", other="gaussian 0.1")
    assert (lost["estimate"], lost["n"]) == (0.25, 4)
    assert lost["low"] <= 0.25 <= lost["high"]
    assert only(rows, statistic="accuracy_loss", network="A", other="int8")["estimate"] == 0
    assert only(rows, statistic="quantised_share", network="B")["estimate"] == 0.7
    assert not [row for row in rows if row["statistic"] == "accuracy_loss" and row["other"] == "clean"]


def test_losses_pair_each_condition_with_its_distance():
    table = losses(performance(), distances(), "bottleneck", 1)
    assert table["A"]["cosine"] == pytest.approx(np.array([[0.25, 2.5], [0.0, 0.5]]))


def test_correlation_of_a_monotone_relation_is_one():
    pairs = np.stack([np.arange(8.0), np.arange(8.0) ** 3], axis=1)
    estimate = correlation(pairs, INTERVALS, 0)
    assert (estimate.value, estimate.high, estimate.n) == (pytest.approx(1), pytest.approx(1), 8)
    assert np.isnan(correlation(pairs * [1, 0], INTERVALS, 0).value)
