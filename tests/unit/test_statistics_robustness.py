"""Statistics of disturbances: by hand."""

import numpy as np
import pandas as pd
import pytest
from distance_tables import INTERVALS, distances, only, performance

from topolens.statistics.robustness import accuracy_rows, losses, mean_correlation, robustness_rows


def test_accuracy_and_what_is_lost_by_hand():
    rows = list(accuracy_rows(performance(), INTERVALS, 0))
    assert only(rows, statistic="accuracy", network="B", condition="clean")["estimate"] == 0.75
    lost = only(rows, statistic="accuracy_loss", network="A", condition="gaussian 0.1")
    assert (lost["estimate"], lost["n"]) == (0.25, 4)
    assert lost["low"] <= 0.25 <= lost["high"]
    assert only(rows, statistic="accuracy_loss", network="A", condition="int8")["estimate"] == 0
    assert only(rows, statistic="quantised_share", network="B")["estimate"] == 0.7
    assert not [row for row in rows if row["statistic"] == "accuracy_loss" and row["condition"] == "clean"]


def test_losses_pair_each_condition_with_its_distance():
    table = losses(performance(), distances(), "bottleneck", 1)
    assert table["A", "cosine"] == pytest.approx(np.array([[0.25, 2.5], [0.0, 0.5]]))


def test_correlation_of_a_monotone_relation_is_one():
    pairs = np.stack([np.arange(8.0), np.arange(8.0) ** 3], axis=1)
    estimate = mean_correlation(pairs[None], INTERVALS, 0)
    assert (estimate.value, estimate.high, estimate.n) == (pytest.approx(1), pytest.approx(1), 8)
    assert np.isnan(mean_correlation(pairs[None] * [1, 0], INTERVALS, 0).value)


def test_correlations_of_cells_are_averaged_and_those_without_one_left_out():
    rising = np.stack([np.arange(8.0), np.arange(8.0)], axis=1)
    cells = np.stack([rising, rising * [1, -1], rising, rising * [1, 0]])
    assert mean_correlation(cells, INTERVALS, 0).value == pytest.approx(1 / 3)
    assert mean_correlation(cells, INTERVALS, 0).n == 8


def test_the_mean_over_all_cells_has_a_row_without_network_and_metric():
    both = pd.concat([distances(), distances().assign(network="B")])
    rows = [row for row in robustness_rows(performance(), both, INTERVALS, 0) if "bottleneck" in row["statistic"]]
    assert [(row.get("network"), row.get("metric")) for row in rows] == [("A", "cosine"), ("B", "cosine"), (None, None)]
    assert {row["unit"] for row in rows} == {"condition"}
