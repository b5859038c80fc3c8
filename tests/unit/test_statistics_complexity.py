"""Statistics of complexities and of shares of classes: by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from perceptron_tables import cloud, grid_table, table_of
from scipy import stats

from topolens.config.analyses import Intervals
from topolens.inference.intervals import SHARES, mean_of_units, share_of_units
from topolens.statistics.complexity import (
    by_network,
    class_share_rows,
    complexity_rows,
    first_and_last,
    gap_rows,
    training_slopes,
    trend_rows,
    unit_values,
    with_all_degrees,
)

NAN = np.nan


def test_norms_of_all_degrees_are_sum_root_of_squares_and_maximum():
    table = table_of(
        cloud(degree=0, l1=1, l2=3, sup=5, l2_error=0.5, mean_distance=2.0),
        cloud(degree=1, l1=2, l2=4, sup=1, l2_error=0.25, mean_distance=2.0),
    )
    every = with_all_degrees(table)
    assert sorted(every["degree"]) == ["0", "1", "all"]
    row = every[every["degree"] == "all"].iloc[0]
    assert (row["l1"], row["l2"], row["sup"]) == (3, 5, 5)
    assert row["mean_distance"] == 2
    # The error of sqrt(x^2 + y^2) by propagation.
    assert row["l2_error"] == pytest.approx(math.hypot(3 * 0.5, 4 * 0.25) / 5)


def test_scale_free_norms_of_all_degrees_are_combined_by_themselves():
    table = table_of(
        cloud(
            degree=0, l2=6, l2_scale_free=3, l2_error=1, l2_error_scale_free=0.5, l1_scale_free=1, sup_scale_free=0.5
        ),
        cloud(
            degree=1, l2=8, l2_scale_free=4, l2_error=1, l2_error_scale_free=0.5, l1_scale_free=2, sup_scale_free=0.7
        ),
    )
    row = with_all_degrees(table).query("degree == 'all'").iloc[0]
    assert (row["l1_scale_free"], row["l2_scale_free"], row["sup_scale_free"]) == (3, 5, 0.7)
    assert row["l2_error_scale_free"] == pytest.approx(row["l2_error"] / 2)


def test_degrees_are_joined_cloud_by_cloud_also_among_nulls_with_equal_labels():
    # Two Gaussian clouds share all labels; only their order tells them apart.
    table = table_of(
        cloud(degree=0, null=True, l1=1),
        cloud(degree=0, null=True, l1=10),
        cloud(degree=1, null=True, l1=2),
        cloud(degree=1, null=True, l1=20),
    )
    every = with_all_degrees(table)
    assert sorted(every.loc[every["degree"] == "all", "l1"]) == [3, 30]


def test_many_clouds_keep_their_own_numbers():
    generator = np.random.default_rng(0)
    numbers = generator.uniform(size=(2, 3, 4, 2))
    rows = [
        cloud(depth=layer, network=network, snapshot=snapshot, degree=degree, l2=value)
        for (degree, layer, network, snapshot), value in np.ndenumerate(numbers)
    ]
    every = with_all_degrees(table_of(*rows)).query("degree == 'all'").set_index(["depth", "network", "snapshot"])
    for (layer, network, snapshot), value in np.ndenumerate(np.hypot(*numbers)):
        assert every.loc[(layer, network, snapshot), "l2"] == pytest.approx(value)


def test_empty_diagrams_in_all_degrees_have_norm_and_error_zero():
    row = with_all_degrees(table_of(cloud(degree=0), cloud(degree=1))).query("degree == 'all'").iloc[0]
    assert (row["l2"], row["l2_error"], row["l2_error_scale_free"]) == (0, 0, 0)


def test_units_are_networks_with_the_mean_over_their_draws():
    table = table_of(
        cloud(network=0, repeat=0, l2=1),
        cloud(network=0, repeat=1, l2=3),
        cloud(network=1, repeat=0, l2=10),
        cloud(network=1, repeat=1, l2=20),
        cloud(network=0, repeat=0, l2=1000, null=True),
    )
    values = unit_values(table, "l2")
    assert values[["unit", "l2"]].values.tolist() == [[0, 2], [1, 15]]


def test_units_of_shared_inputs_are_draws():
    table = table_of(
        cloud(depth=0, network=-1, snapshot=-1, repeat=0, l2=1), cloud(depth=0, network=-1, snapshot=-1, repeat=1, l2=5)
    )
    assert unit_values(table, "l2")[["unit", "l2"]].values.tolist() == [[0, 1], [1, 5]]


def test_complexity_rows_hold_means_over_networks_and_the_range_of_the_null():
    nulls = [cloud(depth=1, null=True, l2=value) for value in np.linspace(10, 20, 21)]
    table = table_of(*(cloud(network=network, l2=value) for network, value in enumerate([1.0, 2.0, 6.0])), *nulls)
    table["degree"] = table["degree"].astype(str)
    rows = {row["statistic"]: row for row in complexity_rows(table, Intervals(bootstrap=500, confidence=0.9), 0)}
    row = rows["complexity_l2"]
    assert (row["degree"], row["depth"], row["snapshot"], row["n"]) == ("0", 1, 0, 3)
    assert row["estimate"] == pytest.approx(3)
    assert row["low"] < 1 < 6 < row["high"]  # three networks
    assert (row["null_low"], row["null_high"]) == pytest.approx((10.5, 19.5))
    assert set(rows) == {f"complexity_{name}{twin}" for name in ("l1", "l2", "sup") for twin in ("", "_scale_free")}


def test_complexity_rows_without_a_null_have_none():
    table = table_of(cloud(l2=1.0))
    row = next(iter(complexity_rows(table, Intervals(bootstrap=10), 0)))
    assert np.isnan([row["null_low"], row["null_high"]]).all()


def test_frames_are_networks_by_layer_and_snapshot_without_the_input():
    table = table_of(
        cloud(depth=0, network=0, snapshot=-1, l2=99),
        cloud(depth=1, network=0, snapshot=0, l2=1),
        cloud(depth=1, network=0, snapshot=1, l2=2),
        cloud(depth=1, network=1, snapshot=0, l2=3),
    )
    frame = by_network(with_all_degrees(table), "l2", "0")
    assert list(frame.columns) == [(1, 0), (1, 1)]
    np.testing.assert_array_equal(frame, [[1, 2], [3, NAN]])


def test_first_and_last_snapshot():
    frame = by_network(with_all_degrees(grid_table([[[1, 2], [3, 4], [5, 6]]])), "l2", "0")
    first, last = first_and_last(frame, 3)
    assert first.values.tolist() == [[1, 2]]
    assert last.values.tolist() == [[5, 6]]
    assert list(last.columns) == [1, 2]


def test_no_lower_snapshot_stands_in_for_a_last_one_that_no_network_reached():
    frame = by_network(with_all_degrees(grid_table([[[1, 2], [3, 4]]])), "l2", "0")
    assert first_and_last(frame, 3)[1].isna().all(axis=None)


def test_slopes_of_straight_lines_and_of_incomplete_networks():
    accuracies = [0.5, 0.6, 1.0]
    line = [[3 * x + 1] for x in accuracies]
    frame = by_network(
        with_all_degrees(grid_table([line, [[7], [7], [7]], [[1], [2], [NAN]], [[1], [NAN], [NAN]]])), "l2", "0"
    )
    np.testing.assert_allclose(training_slopes(frame, accuracies)[1], [3, 0, 10, NAN], atol=1e-12)


def test_slopes_equal_scipys_regression_for_every_layer():
    values = np.random.default_rng(0).uniform(size=(3, 4, 2))
    accuracies = [0.5, 0.55, 0.8, 0.9]
    slopes = training_slopes(by_network(with_all_degrees(grid_table(values)), "l2", "0"), accuracies)
    for network in range(3):
        for layer in (1, 2):
            expected = stats.linregress(accuracies, values[network, :, layer - 1]).slope
            assert slopes.loc[network, layer] == pytest.approx(expected)


def test_slopes_keep_their_digits_where_the_measure_is_large():
    accuracies = [0.5, 0.75, 1.0]
    frame = by_network(with_all_degrees(grid_table([[[1e9 + x] for x in accuracies]])), "l2", "0")
    assert training_slopes(frame, accuracies).loc[0, 1] == pytest.approx(1, rel=1e-5)


def test_trend_rows_hold_slope_and_change_paired_by_network():
    values = [[[1, 5], [2, 5], [4, 5]], [[10, 5], [11, 5], [13, 5]], [[0, 0], [NAN, NAN], [NAN, NAN]]]
    rows = list(trend_rows(with_all_degrees(grid_table(values)), [0.5, 0.6, 0.8], Intervals(bootstrap=100), 0))
    found = {(row["statistic"], row["degree"], row["depth"]): row for row in rows}
    change = found["training_change_l2", "0", 1]
    assert (change["estimate"], change["low"], change["high"], change["n"]) == (3, 3, 3, 2)
    assert found["training_slope_l2", "all", 1]["estimate"] == pytest.approx(10)
    assert found["training_slope_l2_scale_free", "0", 2]["estimate"] == pytest.approx(0, abs=1e-12)


def test_the_early_snapshot_may_be_a_later_one():
    frame = by_network(with_all_degrees(grid_table([[[1, 2], [3, 4], [5, 6]]])), "l2", "0")
    early, last = first_and_last(frame, 3, 1)
    assert (early.values.tolist(), last.values.tolist()) == ([[3, 4]], [[5, 6]])


def test_gaps_are_shares_of_units_by_place():
    table = with_all_degrees(
        table_of(
            *(
                cloud(depth=0, network=-1, snapshot=-1, repeat=draw, gap_after=gap)
                for draw, gap in enumerate([9, 9, 4])
            ),
            *(cloud(depth=1, network=0, snapshot=1, repeat=draw, gap_after=gap) for draw, gap in enumerate([9, 4])),
            cloud(depth=1, network=1, snapshot=1, gap_after=9),
            cloud(depth=1, network=0, snapshot=0, gap_after=2),  # an earlier snapshot
            cloud(depth=1, network=0, snapshot=1, gap_after=2, null=True),
            cloud(depth=2, network=0, snapshot=1, gap_after=2),  # a layer that is not looked at
        )
    )
    rows = {(row["depth"], row["against"]): row for row in gap_rows(table, (0, 1), 1, Intervals(bootstrap=10))}
    assert {key: (row["estimate"], row["n"], row["unit"]) for key, row in rows.items()} == {
        (0, 9): (pytest.approx(2 / 3), 3, "repeat"),
        (0, 4): (pytest.approx(1 / 3), 3, "repeat"),
        (1, 9): (0.75, 2, "network"),
        (1, 4): (0.25, 2, "network"),
    }
    assert rows[1, 9]["low"] == share_of_units(1.5, 2).low
    assert [rows[0, 9]["snapshot"], rows[1, 9]["snapshot"]] == [-1, 1]


NAN = np.nan


def test_shares_are_means_over_networks_of_their_repeats_at_each_snapshot_and_for_each_class():
    columns = ["network", "snapshot", "repeat", "group", "share", "shuffled_share", "ratio", "isotropic_ratio"]
    shares = pd.DataFrame(
        [
            (0, 1, 0, 3, 0.2, 0.1, 0.5, 0.8), (0, 1, 1, 3, 0.4, 0.3, 0.7, 0.8), (1, 1, 0, 3, 0.9, 0.4, 0.2, 0.9),
            (1, 1, 0, 5, NAN, 0.6, 0.1, 0.8), (0, 0, 0, 3, 0.7, 0.5, 0.2, 0.8),
        ],
        columns=columns,
    )  # fmt: skip
    rows = {
        (row["statistic"], row["classes"], row["snapshot"]): row
        for row in class_share_rows(shares, Intervals(bootstrap=200), 0)
    }
    assert len(rows) == 4 * 3
    row = rows["class_share", 3, 1]
    expected = mean_of_units(np.array([0.3, 0.9]), 200, 0, within=SHARES)
    assert (row["estimate"], row["low"], row["high"], row["n"]) == pytest.approx((0.6, expected.low, expected.high, 2))
    assert rows["class_share_shuffled", 3, 1]["estimate"] == pytest.approx(0.3)
    assert rows["class_share", 3, 0]["estimate"] == 0.7
    assert rows["class_ratio", 3, 1]["estimate"] == pytest.approx(0.4)
    assert rows["class_ratio_isotropic", 3, 1]["estimate"] == pytest.approx(0.85)
    assert rows["class_share", 5, 1]["n"] == 0
