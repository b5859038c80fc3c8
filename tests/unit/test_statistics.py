"""Statistics of complexities and landscapes, claims and their rules: small tables with answers worked by hand."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from topolens.config.study import load_study
from topolens.errors import TopolensError
from topolens.inference.claim_statistics import STATISTICS, Evidence
from topolens.inference.claims import NOT_REPRODUCED, REPRODUCED, UNDECIDED, Claim, Rule, load_claims
from topolens.inference.complexity_statistics import (
    by_network,
    complexity_rows,
    first_and_last,
    layer_correlations,
    training_slopes,
    trend_rows,
    unit_values,
    with_all_degrees,
)
from topolens.inference.intervals import Estimate, wilson
from topolens.inference.landscape_statistics import (
    calibration,
    difference_rows,
    half_distances,
    layer_accuracies,
    present,
    stability_rows,
)
from topolens.inference.permutation import permutation_test
from topolens.inference.registry import BY_FLOW, claim_statistic
from topolens.topology.diagram_table import DiagramTable

STUDIES = Path(__file__).parents[2] / "workflow" / "config" / "studies"
INF = np.inf
NAN = np.nan


def cloud(layer=1, network=0, threshold=0, draw=0, degree=0, gaussian=False, mean_distance=1.0, **numbers):
    """A row of the complexity table; scale-free numbers default to the raw ones."""
    row = {
        "layer": layer,
        "network": network,
        "threshold": threshold,
        "draw": draw,
        "gaussian": gaussian,
        "degree": degree,
        "mean_distance": mean_distance,
    }
    numbers = {"l1": 0.0, "l2": 0.0, "sup": 0.0, "l2_error": 0.0, "gap_after": 1, "main_share": 0.5} | numbers
    twins = {f"{name}_scale_free": numbers[name] for name in ("l1", "l2", "sup", "l2_error")}
    return row | twins | numbers


def table_of(*clouds):
    """The complexity table as the stage writes it: degree by degree, clouds in the same order."""
    return pd.DataFrame(sorted(clouds, key=lambda row: row["degree"]))


def grid_table(values, **common):
    """From values[network][threshold][layer - 1] of the L2 norm in degree 0; NaN where not reached."""
    values = np.asarray(values, float)
    return table_of(
        *(
            cloud(layer=layer + 1, network=network, threshold=threshold, l2=value, **common)
            for (network, threshold, layer), value in np.ndenumerate(values)
            if not np.isnan(value)
        )
    )


def evidence(complexity=None, statistics=None, shares=None, diagrams=None):
    tables = [table["threshold"].max() for table in (complexity, shares) if table is not None]
    thresholds = 1 + int(max([0, *tables]))
    return Evidence(complexity, statistics, shares, diagrams, thresholds, bootstrap=200, confidence=0.95, seed=0)


# All degrees together


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
        cloud(degree=0, gaussian=True, l1=1),
        cloud(degree=0, gaussian=True, l1=10),
        cloud(degree=1, gaussian=True, l1=2),
        cloud(degree=1, gaussian=True, l1=20),
    )
    every = with_all_degrees(table)
    assert sorted(every.loc[every["degree"] == "all", "l1"]) == [3, 30]


def test_many_clouds_keep_their_own_numbers():
    generator = np.random.default_rng(0)
    numbers = generator.uniform(size=(2, 3, 4, 2))
    rows = [
        cloud(layer=layer, network=network, threshold=threshold, degree=degree, l2=value)
        for (degree, layer, network, threshold), value in np.ndenumerate(numbers)
    ]
    every = with_all_degrees(table_of(*rows)).query("degree == 'all'").set_index(["layer", "network", "threshold"])
    for (layer, network, threshold), value in np.ndenumerate(np.hypot(*numbers)):
        assert every.loc[(layer, network, threshold), "l2"] == pytest.approx(value)


def test_empty_diagrams_in_all_degrees_have_norm_and_error_zero():
    row = with_all_degrees(table_of(cloud(degree=0), cloud(degree=1))).query("degree == 'all'").iloc[0]
    assert (row["l2"], row["l2_error"], row["l2_error_scale_free"]) == (0, 0, 0)


# Independent units


def test_units_are_networks_with_the_mean_over_their_draws():
    table = table_of(
        cloud(network=0, draw=0, l2=1),
        cloud(network=0, draw=1, l2=3),
        cloud(network=1, draw=0, l2=10),
        cloud(network=1, draw=1, l2=20),
        cloud(network=0, draw=0, l2=1000, gaussian=True),
    )
    values = unit_values(table, "l2")
    assert values[["unit", "l2"]].values.tolist() == [[0, 2], [1, 15]]


def test_units_of_shared_inputs_are_draws():
    table = table_of(
        cloud(layer=0, network=-1, threshold=-1, draw=0, l2=1), cloud(layer=0, network=-1, threshold=-1, draw=1, l2=5)
    )
    assert unit_values(table, "l2")[["unit", "l2"]].values.tolist() == [[0, 1], [1, 5]]


def test_complexity_rows_hold_means_over_networks_and_the_range_of_the_null():
    nulls = [cloud(layer=1, gaussian=True, l2=value) for value in np.linspace(10, 20, 21)]
    table = table_of(*(cloud(network=network, l2=value) for network, value in enumerate([1.0, 2.0, 6.0])), *nulls)
    table["degree"] = table["degree"].astype(str)
    rows = {row["statistic"]: row for row in complexity_rows(table, 500, 0.9, 0)}
    row = rows["complexity_l2"]
    assert (row["degree"], row["layer"], row["threshold"], row["n"]) == ("0", 1, 0, 3)
    assert row["estimate"] == pytest.approx(3)
    assert 1 <= row["low"] < 3 < row["high"] <= 6
    assert (row["null_low"], row["null_high"]) == pytest.approx((10.5, 19.5))
    assert set(rows) == {f"complexity_{name}{twin}" for name in ("l1", "l2", "sup") for twin in ("", "_scale_free")}


def test_complexity_rows_without_a_null_have_none():
    table = table_of(cloud(l2=1.0))
    row = next(iter(complexity_rows(table, 10, 0.95, 0)))
    assert np.isnan([row["null_low"], row["null_high"]]).all()


# Along training and along layers


def test_frames_are_networks_by_layer_and_threshold_without_the_input():
    table = table_of(
        cloud(layer=0, network=0, threshold=-1, l2=99),
        cloud(layer=1, network=0, threshold=0, l2=1),
        cloud(layer=1, network=0, threshold=1, l2=2),
        cloud(layer=1, network=1, threshold=0, l2=3),
    )
    frame = by_network(with_all_degrees(table), "l2", "0")
    assert list(frame.columns) == [(1, 0), (1, 1)]
    np.testing.assert_array_equal(frame, [[1, 2], [3, NAN]])


def test_first_and_last_threshold():
    frame = by_network(with_all_degrees(grid_table([[[1, 2], [3, 4], [5, 6]]])), "l2", "0")
    first, last = first_and_last(frame, 3)
    assert first.values.tolist() == [[1, 2]]
    assert last.values.tolist() == [[5, 6]]
    assert list(last.columns) == [1, 2]


def test_no_lower_threshold_stands_in_for_a_last_one_that_no_network_reached():
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
    rows = list(trend_rows(with_all_degrees(grid_table(values)), [0.5, 0.6, 0.8], 100, 0.95, 0))
    found = {(row["statistic"], row["degree"], row["layer"]): row for row in rows}
    change = found["training_change_l2", "0", 1]
    assert (change["estimate"], change["low"], change["high"], change["n"]) == (3, 3, 3, 2)
    assert found["training_slope_l2", "all", 1]["estimate"] == pytest.approx(10)
    assert found["training_slope_l2_scale_free", "0", 2]["estimate"] == pytest.approx(0, abs=1e-12)


def test_layer_correlations_are_spearmans():
    values = [[[1, 2, 3, 9]], [[9, 3, 2, 1]], [[1, 4, 2, 3]]]
    _, last = first_and_last(by_network(with_all_degrees(grid_table(values)), "l2", "0"), 1)
    found = layer_correlations(last)
    expected = [stats.spearmanr(np.arange(4), value[0]).statistic for value in values]
    np.testing.assert_allclose(found, expected)


# Landscapes: tests, stability, classification


def gram_of(vectors):
    """From (groups, networks, features), NaN rows where nothing was recorded."""
    rows = np.asarray(vectors, float).reshape(-1, np.shape(vectors)[-1])
    return rows @ rows.T


def random_vectors(groups, networks, shifts=0.0, seed=0, features=5):
    shifts = np.broadcast_to(shifts, groups)
    noise = np.random.default_rng(seed).normal(size=(groups, networks, features))
    return noise + np.asarray(shifts, float)[:, None, None]


def test_present_rows_are_those_with_a_square():
    np.testing.assert_array_equal(present(np.diag([1.0, NAN, 0.0])), [True, False, True])


def test_difference_rows_are_permutation_tests_of_neighbouring_groups():
    vectors = random_vectors(3, 6, [0, 0, 4])
    steps = [{"layer": 1}, {"layer": 2}]
    rows = difference_rows(gram_of(vectors), 6, steps, 199, 0)
    assert [row["layer"] for row in rows] == [1, 2]
    for row, (a, b) in zip(rows, [(0, 1), (1, 2)], strict=True):
        assert row["estimate"] == pytest.approx(permutation_test(vectors[a], vectors[b], 9, 0).statistic)
        assert row["n"] == 12
    assert rows[0]["p_value"] > 0.05
    # The smallest p there is with 199 relabellings, unless one of them restores the groups.
    assert rows[1]["p_value"] <= 2 / 200
    assert rows[1]["p_holm"] == pytest.approx(2 * rows[1]["p_value"])


def test_difference_rows_leave_out_missing_networks():
    vectors = random_vectors(2, 6, [0, 3])
    vectors[0, 4] = vectors[1, 0] = NAN
    row = difference_rows(gram_of(vectors), 6, [{"layer": 1}], 99, 0)[0]
    expected = permutation_test(vectors[0, [0, 1, 2, 3, 5]], vectors[1, 1:], 9, 0).statistic
    assert row["n"] == 10
    assert row["estimate"] == pytest.approx(expected)


def test_difference_rows_leave_out_pairs_that_cannot_be_compared():
    vectors = random_vectors(4, 3, 0)
    vectors[1, 1:] = NAN  # a single network on one side
    gram = gram_of(vectors)
    gram[9:, :9] = gram[:9, 9:] = NAN  # another grid
    rows = difference_rows(gram, 3, [{"layer": 1}, {"layer": 2}, {"layer": 3}], 19, 0)
    assert rows == []


def test_difference_rows_leave_out_groups_without_any_difference_to_permute():
    # As the docstring promises: the same landscape in every row of both groups.
    gram = gram_of(np.ones((2, 4, 3)))
    assert difference_rows(gram, 4, [{"layer": 1}], 19, 0) == []


def test_half_distances_of_two_rows_are_their_distance():
    gram = gram_of([[[0.0, 0.0], [3.0, 4.0]]])
    np.testing.assert_allclose(half_distances(gram, 5, np.random.default_rng(0)), 5)


def test_half_distances_are_distances_between_averages_of_two_halves():
    rows = np.random.default_rng(0).normal(size=(5, 3))
    possible = []
    for first in range(5):
        for second in range(first + 1, 5):
            own = np.isin(np.arange(5), [first, second])
            possible.append(np.linalg.norm(rows[own].mean(axis=0) - rows[~own].mean(axis=0)))
    found = half_distances(rows @ rows.T, 200, np.random.default_rng(1))
    assert abs(found[:, None] - possible).min(axis=1).max() < 1e-12
    assert len(np.unique(found.round(9))) == 10


def test_identical_rows_have_halves_at_distance_zero_and_one_row_has_none():
    np.testing.assert_allclose(half_distances(gram_of(np.ones((1, 6, 2))), 7, np.random.default_rng(0)), 0, atol=1e-7)
    assert half_distances(np.ones((1, 1)), 7, np.random.default_rng(0)).shape == (0,)
    assert half_distances(np.empty((0, 0)), 7, np.random.default_rng(0)).shape == (0,)


def test_stability_rows_give_the_median_and_range_of_the_halves_of_each_group():
    vectors = random_vectors(3, 2)
    vectors[1, 0] = NAN
    rows = list(stability_rows(gram_of(vectors), 2, [{"layer": i} for i in range(3)], 9, 0.95, 0))
    assert [row["layer"] for row in rows] == [0, 2]
    for row in rows:
        expected = np.linalg.norm(vectors[row["layer"], 0] - vectors[row["layer"], 1])
        assert row["estimate"] == pytest.approx(expected)
        assert row["low"] == pytest.approx(expected)
        assert (row["statistic"], row["n"]) == ("split_half", 2)


def test_halves_of_one_group_have_uniform_p_values():
    # 300 groups of 10 networks from one distribution each, however far the groups lie apart.
    groups = 300
    vectors = random_vectors(groups, 10, np.arange(groups) * 5.0)
    blocks = np.full((groups * 10,) * 2, NAN)
    for group in range(groups):
        own = slice(group * 10, group * 10 + 10)
        blocks[own, own] = vectors[group] @ vectors[group].T
    p_values = calibration(blocks, 10, groups, 99, 0)
    assert p_values.shape == (groups,)
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_calibration_needs_four_networks():
    vectors = random_vectors(3, 5)
    vectors[0, :2] = NAN
    vectors[2, :1] = NAN
    assert calibration(gram_of(vectors), 5, 3, 9, 0).shape == (2,)


def test_layers_that_lie_far_apart_are_always_told_apart():
    accuracies, chance = layer_accuracies(gram_of(random_vectors(4, 5, [0, 20, 40, 80])), 5)
    np.testing.assert_array_equal(accuracies, np.ones(5))
    assert chance == 0.25


def test_layers_that_are_the_same_are_told_apart_no_better_than_chance():
    accuracies, chance = layer_accuracies(gram_of(random_vectors(4, 200, seed=2)), 200)
    assert accuracies.mean() == pytest.approx(chance, abs=0.08)
    identical, chance = layer_accuracies(gram_of(np.ones((4, 5, 3))), 5)
    np.testing.assert_array_equal(identical, np.full(5, chance))


def test_layer_accuracies_equal_a_direct_nearest_mean_classifier():
    vectors = random_vectors(3, 6, [0, 0.5, 1.0], features=4)
    expected = []
    for network in range(6):
        rest = np.delete(vectors, network, axis=1).mean(axis=1)
        nearest = [np.argmin(np.linalg.norm(rest - vectors[layer, network], axis=1)) for layer in range(3)]
        expected.append(np.mean(np.array(nearest) == np.arange(3)))
    np.testing.assert_allclose(layer_accuracies(gram_of(vectors), 6)[0], expected)
    assert 0 < np.mean(expected) < 1


def test_layer_accuracies_leave_missing_landscapes_out_of_the_averages():
    vectors = random_vectors(3, 6, [0, 0.5, 1.0], features=4)
    vectors[1, 2] = vectors[2, 5] = NAN
    expected = []
    for network in range(6):
        rest = np.nanmean(np.delete(vectors, network, axis=1), axis=1)
        there = [layer for layer in range(3) if not np.isnan(vectors[layer, network]).any()]
        hits = [np.argmin(np.linalg.norm(rest - vectors[layer, network], axis=1)) == layer for layer in there]
        expected.append(np.mean(hits))
    np.testing.assert_allclose(layer_accuracies(gram_of(vectors), 6)[0], expected)


def test_a_layer_on_another_grid_takes_no_part_and_guessing_is_among_the_others():
    gram = gram_of(random_vectors(3, 4, [0, 20, 40]))
    gram[8:, :8] = gram[:8, 8:] = NAN
    accuracies, chance = layer_accuracies(gram, 4)
    np.testing.assert_array_equal(accuracies, np.ones(4))
    assert chance == 0.5


def test_networks_without_landscapes_have_no_accuracy():
    vectors = random_vectors(2, 4, [0, 20])
    vectors[:, 0] = NAN
    np.testing.assert_array_equal(layer_accuracies(gram_of(vectors), 4)[0], [NAN, 1, 1, 1])


def test_a_single_network_has_no_others_to_be_compared_with():
    assert np.isnan(layer_accuracies(gram_of(random_vectors(3, 1, [0, 20, 40])), 1)[0]).all()


# Statistics of claims


def test_gap_share_counts_networks_with_each_ones_share_of_draws():
    table = table_of(
        *(cloud(network=0, draw=draw, threshold=1, gap_after=gap) for draw, gap in enumerate([9, 9, 9, 4])),
        *(cloud(network=1, draw=draw, threshold=1, gap_after=gap) for draw, gap in enumerate([9, 1])),
        cloud(network=0, threshold=0, gap_after=2),  # an earlier threshold
        cloud(network=0, threshold=1, gap_after=2, gaussian=True),
        cloud(network=0, threshold=1, gap_after=2, degree=1),
    )
    assert STATISTICS["gap_share"](evidence(table), layer=1, degree=0, bars=9) == wilson(0.75 + 0.5, 2)


def test_gap_share_at_the_input_counts_draws():
    table = table_of(
        *(
            cloud(layer=0, network=network, threshold=-1, draw=network, gap_after=gap)
            for network, gap in enumerate([9, 9, 8])
        )
    )
    estimate = STATISTICS["gap_share"](evidence(table), layer=0, degree=0, bars=9)
    assert (estimate.value, estimate.n) == (pytest.approx(2 / 3), 3)


def test_gap_place_is_the_median_over_networks_in_the_last_layer():
    table = table_of(
        *(cloud(layer=3, network=network, gap_after=gap) for network, gap in enumerate([9, 9, 12])),
        *(cloud(layer=2, network=network, gap_after=1) for network in range(3)),
    )
    estimate = STATISTICS["gap_place"](evidence(table), layer=-1, degree=0, essential=1)
    assert (estimate.value, estimate.n) == (10, 3)
    assert STATISTICS["gap_place"](evidence(table), layer=2, degree=0).value == 1


def test_betti_is_the_mean_over_input_clouds_without_nulls():
    clouds = pd.DataFrame(
        {
            "layer": [0, 0, 0, 1],
            "network": -1,
            "threshold": -1,
            "draw": 0,
            "gaussian": [False, False, True, False],
            "mean_distance": 1.0,
        }
    )
    diagrams = [
        [np.array([[0.0, INF], [0.0, 3.0]])],
        [np.array([[0.0, INF], [0.0, 1.0]])],
        [np.array([[0.0, INF]] * 50)],
        [np.array([[0.0, INF]] * 70)],
    ]
    table = DiagramTable.collect(clouds, diagrams)
    estimate = STATISTICS["betti"](evidence(diagrams=table), degree=0, scale=2.0)
    assert (estimate.value, estimate.n) == (1.5, 2)


def test_rising_share_is_the_mean_over_networks_of_the_share_of_rising_layers():
    # Network 0 rises in 1 of 2 layers, network 1 in both, network 2 never reached the end.
    values = [[[1, 5], [2, 4]], [[1, 1], [2, 3]], [[9, 9], [NAN, NAN]]]
    estimate = STATISTICS["rising_share"](evidence(grid_table(values)), degree="0")
    assert (estimate.value, estimate.n) == (0.75, 2)


def test_rising_share_counts_no_layer_that_stays():
    estimate = STATISTICS["rising_share"](evidence(grid_table([[[2], [2]]])), degree="all")
    assert estimate.value == 0


def test_the_scale_free_twin_looks_at_its_own_column():
    table = grid_table([[[1], [2]], [[1], [2]]])
    table["l2_scale_free"] = -table["l2"]
    for name in ("rising_share", "layer_correlation", "networks_with_rise", "degree_share_of_rise"):
        assert "scale_free" in STATISTICS[name].__kwdefaults__
    assert STATISTICS["rising_share"](evidence(table), degree="0").value == 1
    assert STATISTICS["rising_share"](evidence(table), degree="0", scale_free=True).value == 0


def test_networks_with_a_rise_beyond_noise_are_counted_at_the_last_threshold():
    # Rises of 1 with noise hypot(e, e): beyond 1.96 sigma for e = 0.1, within it for e = 0.5; falls never count.
    rows = []
    for network, (first, second, error) in enumerate([(1, 2, 0.1), (1, 2, 0.5), (2, 1, 0.0), (1, 1, 0.0)]):
        rows += [
            cloud(layer=1, network=network, threshold=1, l2=first, l2_error=error),
            cloud(layer=2, network=network, threshold=1, l2=second, l2_error=error),
            # Before the last threshold every network rises.
            cloud(layer=1, network=network, threshold=0, l2=1),
            cloud(layer=2, network=network, threshold=0, l2=9),
        ]
    assert STATISTICS["networks_with_rise"](evidence(table_of(*rows)), degree="0") == wilson(1, 4)


def test_networks_with_a_rise_leave_out_those_that_never_reached_the_end():
    values = [[[1, 2], [1, 2]], [[1, 2], [NAN, NAN]]]
    estimate = STATISTICS["networks_with_rise"](evidence(grid_table(values)), degree="0")
    assert (estimate.value, estimate.n) == (1, 1)


def test_layer_correlation_is_the_mean_of_spearmans():
    estimate = STATISTICS["layer_correlation"](
        evidence(grid_table([[[1, 2, 3]], [[3, 2, 1]], [[1, 5, 9]]])), degree="0"
    )
    assert estimate.value == pytest.approx(1 / 3)
    assert estimate.n == 3


def test_main_share_rise_is_the_mean_over_layers_and_networks():
    rows = [
        cloud(layer=layer, network=network, threshold=threshold, degree=1, main_share=share)
        for (network, threshold, layer), share in {
            (0, 0, 1): 0.2, (0, 1, 1): 0.4, (0, 0, 2): 0.5, (0, 1, 2): 0.5,
            (1, 0, 1): 0.1, (1, 1, 1): 0.7, (1, 0, 2): 0.1, (1, 1, 2): 0.5,
        }.items()
    ]  # fmt: skip
    estimate = STATISTICS["main_share_rise"](evidence(table_of(*rows)), degree=1)
    assert (estimate.value, estimate.n) == (pytest.approx((0.1 + 0.5) / 2), 2)


def statistics_table(*rows):
    return pd.DataFrame(rows)


def test_half_to_layer_ratio_is_the_median_over_cells_that_have_both():
    rows = [
        {"statistic": name, "degree": "1", "layer": layer, "threshold": threshold, "estimate": value}
        for name, layer, threshold, value in [
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
        for name, p in [("layer_difference", 0.01), ("layer_difference", 0.2), ("threshold_difference", 0.01)]
    ]
    estimate = STATISTICS["significant_share"](
        evidence(statistics=statistics_table(*rows)), statistic="layer_difference"
    )
    assert estimate == wilson(1, 2)


def test_excess_layer_accuracy_is_that_of_the_last_threshold_above_chance():
    rows = [
        {"statistic": "layer_accuracy", "degree": degree, "threshold": threshold, "estimate": value, "low": value - 0.1,
         "high": value + 0.1, "n": 7, "null_low": 0.25}
        for degree, threshold, value in [("1", 0.5, 0.3), ("1", 0.9, 0.75), ("0", 1.0, 0.1)]
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


def two_degrees(zeroth, first):
    """Complexity table from values[network][threshold] in one layer for both degrees."""
    return table_of(
        *(
            cloud(network=network, threshold=threshold, degree=degree, l2=value)
            for degree, values in enumerate((zeroth, first))
            for (network, threshold), value in np.ndenumerate(np.asarray(values, float))
        )
    )


def test_the_degrees_split_the_rise_of_the_squared_norm_exactly():
    # Squares rise by 3 (1 to 4) in degree 0 and by 9 (16 to 25) in degree 1: a quarter and three quarters.
    table = two_degrees([[1, 2]] * 3, [[4, 5]] * 3)
    shares = [STATISTICS["degree_share_of_rise"](evidence(table), degree=degree) for degree in ("0", "1")]
    assert [share.value for share in shares] == pytest.approx([0.25, 0.75])
    assert shares[0].low == pytest.approx(0.25)
    assert shares[0].high == pytest.approx(0.25)
    assert shares[0].n == 3


def test_the_share_of_the_rise_is_a_ratio_of_means_and_not_a_mean_of_ratios():
    # Rises of the squares: degree 0: 1 and 0, degree 1: 0 and 9. Mean of ratios 1/2, ratio of means 1/10.
    table = two_degrees([[0, 1], [2, 2]], [[3, 3], [4, 5]])
    assert STATISTICS["degree_share_of_rise"](evidence(table), degree="0").value == pytest.approx(0.1)


def test_without_a_rise_there_is_nothing_to_split():
    estimate = STATISTICS["degree_share_of_rise"](evidence(two_degrees([[2, 1]] * 3, [[4, 4]] * 3)), degree="0")
    assert math.isnan(estimate.value)
    assert estimate.n == 3


def test_class_shares_are_means_over_networks_at_the_last_threshold():
    shares = pd.DataFrame(
        [
            {"network": network, "threshold": threshold, "label": label, "share": share, "shuffled_share": 0.25}
            for network, threshold, label, share in [
                (0, 0, 0, 0.0),
                (0, 1, 0, 0.5),
                (0, 1, 1, 0.7),
                (1, 1, 0, 0.9),
                (1, 1, 1, NAN),
            ]
        ]
    )
    found = evidence(shares=shares)
    plain = STATISTICS["class_shares"](found, against_shuffled=False)
    assert (plain.value, plain.n) == (pytest.approx((0.6 + 0.9) / 2), 2)
    assert STATISTICS["class_shares"](found, against_shuffled=True).value == pytest.approx(0.75 - 0.25)


def test_claim_statistics_are_found_by_name_with_their_options():
    table = table_of(cloud(layer=2, gap_after=5))
    assert claim_statistic("gap_place", {"layer": 2, "degree": 0}, "activation")(evidence(table)).value == 5
    with pytest.raises(
        TopolensError, match=r"unknown statistic of the activation flow 'gap_places'.*Did you mean 'gap_place'"
    ):
        claim_statistic("gap_places", {}, "activation")
    with pytest.raises(TopolensError, match=r"unknown option of gap_place 'layr'.*Did you mean 'layer'.*Valid: degree"):
        claim_statistic("gap_place", {"layr": 2}, "activation")


def test_statistics_of_one_flow_are_unknown_to_the_other():
    assert not set(STATISTICS) & set(BY_FLOW["latent"])
    with pytest.raises(TopolensError, match=r"unknown statistic of the latent flow 'gap_place'"):
        claim_statistic("gap_place", {}, "latent")


# Rules


def estimate(value, low, high, n=10):
    return Estimate(value, low, high, n)


@pytest.mark.parametrize(
    ("bounds", "low", "high", "verdict"),
    [
        ({"above": 0.8}, 0.85, 0.95, REPRODUCED),
        ({"above": 0.8}, 0.8, 0.95, REPRODUCED),  # at the bound
        ({"above": 0.8}, 0.7, 0.9, UNDECIDED),
        ({"above": 0.8}, 0.6, 0.79, NOT_REPRODUCED),
        ({"above": 0.8}, 0.6, 0.8, UNDECIDED),
        ({"below": 0.5}, 0.1, 0.5, REPRODUCED),
        ({"below": 0.5}, 0.4, 0.6, UNDECIDED),
        ({"below": 0.5}, 0.51, 0.6, NOT_REPRODUCED),
        ({"above": 9, "below": 11}, 9.5, 10.5, REPRODUCED),
        ({"above": 9, "below": 11}, 10, 12, UNDECIDED),
        ({"above": 9, "below": 11}, 8, 12, UNDECIDED),
        ({"above": 9, "below": 11}, 12, 13, NOT_REPRODUCED),
        ({"above": 9, "below": 11}, 2, 3, NOT_REPRODUCED),
        ({"above": 1, "below": 1}, 1, 1, REPRODUCED),
        ({"above": 0}, -0.2, -0.1, NOT_REPRODUCED),  # a bound of 0 is a bound
        ({"below": 0}, -0.2, -0.1, REPRODUCED),
    ],
)
def test_the_whole_interval_decides(bounds, low, high, verdict):
    assert Rule(**bounds).verdict(estimate((low + high) / 2, low, high), 5) == verdict


def test_too_few_units_or_no_estimate_decide_nothing():
    rule = Rule(above=0)
    assert rule.verdict(estimate(1, 1, 1, n=4), 5) == UNDECIDED
    assert rule.verdict(estimate(1, 1, 1, n=5), 5) == REPRODUCED
    assert rule.verdict(estimate(NAN, NAN, NAN), 5) == UNDECIDED
    assert rule.verdict(estimate(1, NAN, NAN), 5) == UNDECIDED


@pytest.mark.parametrize("bounds", [{"above": 0}, {"below": 0}])
def test_a_tie_decides_nothing(bounds):
    # No difference in any resample is not a difference in the claimed direction.
    assert Rule(**bounds).verdict(estimate(0, 0, 0), 5) == UNDECIDED
    touching = estimate(0.1, 0, 0.2) if "above" in bounds else estimate(-0.1, -0.2, 0)
    assert Rule(**bounds).verdict(touching, 5) == REPRODUCED


def test_rules_read_as_text_and_need_a_bound():
    assert str(Rule(above=0.5)) == "≥ 0.5"
    assert str(Rule(below=0)) == "≤ 0"
    assert str(Rule(above=9, below=11)) == "from 9 to 11"
    assert str(Rule(above=1, below=1)) == "= 1"
    with pytest.raises(ValueError, match="expected `above`, `below` or both"):
        Rule()


# The catalogue of claims

CLAIM = """
- id: W1
  studies: [disks]
  run: holes
  source: s
  wording: w
  statistic: gap_share
  options: {layer: 0, degree: 1, bars: 9}
  holds: {above: 0.8}
  expected: e
"""


@pytest.fixture(scope="module")
def studies():
    return {name: load_study(STUDIES / f"{name}.yaml", "smoke") for name in ("disks", "mnist")}


def claims_of(tmp_path, text, studies):
    file = tmp_path / "claims.yaml"
    file.write_text(text, encoding="utf-8")
    return load_claims(file, studies)


def test_a_claim_is_read_with_its_rule(tmp_path, studies):
    (claim,) = claims_of(tmp_path, CLAIM, studies)
    assert (claim.id, claim.run, claim.holds, claim.fewest) == ("W1", "holes", Rule(above=0.8), 5)


def test_a_twin_is_the_same_claim_on_scale_free_numbers(tmp_path, studies):
    text = CLAIM.replace("gap_share", "rising_share").replace("{layer: 0, degree: 1, bars: 9}", "{degree: '0'}")
    plain, twin = claims_of(tmp_path, text + "  twin: true\n", studies)
    assert (plain.id, twin.id) == ("W1", "W1.scale-free")
    assert plain.options == {"degree": "0"}
    assert twin.options == {"degree": "0", "scale_free": True}
    assert (twin.holds, twin.studies, twin.run) == (plain.holds, plain.studies, plain.run)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("studies: [disks]", "studies: [disk]", "claim 'W1': unknown study 'disk'.*Did you mean 'disks'"),
        ("run: holes", "run: hole", "claim 'W1': unknown run 'hole'.*Did you mean 'holes'"),
        ("run: holes", "run: relu", "unknown run 'relu'"),  # a variant is not made by default
        ("wording: w", "words: w", "claim 'W1': "),
        ("expected: e", "expect: e", "claim 'W1': "),
        ("expected: e", "expected: e\n  fewst: 3", "claim 'W1': unknown key 'fewst'.*Did you mean 'fewest'"),
        ("gap_share", "gap_shares", "unknown statistic of the activation flow 'gap_shares'.*Did you mean 'gap_share'"),
        ("holds: {above: 0.8}", "holds: {}", "claim 'W1': holds"),
        ("holds: {above: 0.8}", "holds: {over: 0.8}", "claim 'W1': unknown key 'holds.over'"),
        ("id: W1", "id: first", "claim 'first': id"),
        ("studies: [disks]", "studies: []", "claim 'W1': studies"),
    ],
)
def test_errors_name_the_file_the_claim_and_what_is_valid(old, new, message, tmp_path, studies):
    with pytest.raises(TopolensError, match=message) as caught:
        claims_of(tmp_path, CLAIM.replace(old, new), studies)
    assert "claims.yaml" in str(caught.value)


def test_a_claim_that_is_decided_twice_is_refused(tmp_path, studies):
    with pytest.raises(TopolensError, match=r"decided twice.*W1.*disks"):
        claims_of(tmp_path, CLAIM + CLAIM, studies)


@pytest.mark.parametrize("scale", ["smoke", "quick", "full"])
def test_the_projects_claims_can_all_be_evaluated(scale):
    studies = {file.stem: load_study(file, scale) for file in STUDIES.glob("*.yaml")}
    claims = load_claims(STUDIES.parent / "claims.yaml", studies)
    assert len({claim.id for claim in claims}) == len(claims)
    for claim in claims:
        (flow,) = {studies[study].flow for study in claim.studies}
        function = BY_FLOW[flow][claim.statistic]
        optional = set(function.__kwdefaults__ or {})
        options = set(function.__annotations__) - {"evidence", "return"}
        assert options - optional <= set(claim.options) <= options


def test_evidence_takes_its_confidence_from_the_run():
    values = np.random.default_rng(0).normal(size=30)
    wide = evidence().mean(values)
    narrow = replace(evidence(), confidence=0.5).mean(values)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_claims_are_immutable(studies, tmp_path):
    (claim,) = claims_of(tmp_path, CLAIM, studies)
    assert isinstance(claim, Claim)
    with pytest.raises(ValueError, match="frozen"):
        claim.holds = Rule(above=0)
