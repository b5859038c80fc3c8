"""Tests and distances between average landscapes, their stability, classification of layers: by hand."""

from itertools import pairwise

import numpy as np
import pytest
from landscape_tables import INTERVALS, LAYERS, SAMPLES, TESTS, arrays_of, found, rows_of, weighted
from scipy import stats

from topolens.config.analyses import Intervals
from topolens.inference.intervals import jackknifed
from topolens.inference.left_out import share_between
from topolens.inference.permutation import PermutationResult, holm, permutation_test
from topolens.seeding import child_seed
from topolens.statistics import tests as statistics_of_tests
from topolens.statistics.networks_left_out import order_rows, pair_products, variance_row
from topolens.statistics.tests import (
    _half_p_values,
    depth_rows,
    difference_rows,
    distance_rows,
    half_distances,
    half_test_row,
    layer_accuracies,
    layer_gram,
    present,
    side_vectors,
    sides_of,
    stability_rows,
)
from topolens.topology.landscape_table import inner_products

NAN = np.nan


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
    steps = {"layer=1": {"depth": 1}, "layer=2": {"depth": 2}}
    rows = difference_rows(gram_of(vectors), 6, steps, 199, 0)
    assert [row["depth"] for row in rows] == [1, 2]
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
    row = difference_rows(gram_of(vectors), 6, {"layer=1": {"depth": 1}}, 99, 0)[0]
    expected = permutation_test(vectors[0, [0, 1, 2, 3, 5]], vectors[1, 1:], 9, 0).statistic
    assert row["n"] == 10
    assert row["estimate"] == pytest.approx(expected)


def test_difference_rows_leave_out_pairs_that_cannot_be_compared():
    vectors = random_vectors(4, 3, 0)
    vectors[1, 1:] = NAN  # a single network on one side
    gram = gram_of(vectors)
    gram[9:, :9] = gram[:9, 9:] = NAN  # another grid
    rows = difference_rows(gram, 3, {f"layer={i}": {"depth": i} for i in (1, 2, 3)}, 19, 0)
    assert rows == []


def test_difference_rows_leave_out_groups_without_any_difference_to_permute():
    # As the docstring promises: the same landscape in every row of both groups.
    gram = gram_of(np.ones((2, 4, 3)))
    assert difference_rows(gram, 4, {"layer=1": {"depth": 1}}, 19, 0) == []


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
    rows = list(stability_rows(gram_of(vectors), 2, {f"layer={i}": {"depth": i} for i in range(3)}, 9, 0.95, 0))
    assert [row["depth"] for row in rows] == [0, 2]
    for row in rows:
        expected = np.linalg.norm(vectors[row["depth"], 0] - vectors[row["depth"], 1])
        assert row["estimate"] == pytest.approx(expected)
        assert row["low"] == pytest.approx(expected)
        assert (row["statistic"], row["n"]) == ("split_half", 2)


def halves_of(vectors, permutations=99, seed=0):
    """The row of tests between halves, from (groups, networks, features)."""
    grams = [own @ own.T for own in vectors]
    return half_test_row(grams, permutations, Intervals(confidence=0.95), seed)


def test_halves_of_one_group_are_as_often_significant_as_other_halves():
    # All groups hold the same networks, so that their tests succeed and fail together.
    generator = np.random.default_rng(0)
    rows = []
    for seed in range(60):
        own = generator.normal(size=(1, 10, 5)) + 0.1 * generator.normal(size=(12, 10, 5))
        rows.append(halves_of(own, seed=seed))
    shares, ends = np.array([(row["estimate"], row["null_high"]) for row in rows]).T
    assert np.mean(shares) == pytest.approx(0.05, abs=0.05)
    assert np.mean(shares > ends) <= 0.1
    # Far more than the end of as many independent tests, of which hardly four of twelve would be significant.
    assert np.median(ends) > 0.5
    assert {row["n"] for row in rows} == {10}
    assert np.isnan(rows[0]["low"])


def test_p_values_of_splits_are_their_ranks_among_all_splits():
    own = np.random.default_rng(1).normal(size=(8, 3))
    halved = np.stack([np.random.default_rng(seed).permutation(8) for seed in range(50)])
    found = _half_p_values(own @ own.T, halved)
    distances = [np.linalg.norm(own[half[:4]].mean(axis=0) - own[half[4:]].mean(axis=0)) for half in halved]
    np.testing.assert_allclose(found, [np.mean(np.array(distances) >= one - 1e-12) for one in distances])


def test_tests_that_find_what_is_not_there_exceed_the_end_of_other_halves(monkeypatch):
    # A test that calls every split significant is what the control is for.
    result = PermutationResult(1.0, 0.001, np.ones(1))
    monkeypatch.setattr(statistics_of_tests, "permutation_test_gram", lambda *arguments: result)
    row = halves_of(random_vectors(12, 10))
    assert row["estimate"] == 1 > row["null_high"]


def test_half_tests_need_four_networks_against_four_and_leave_out_the_missing():
    vectors = random_vectors(3, 9)
    vectors[0, :2] = NAN
    vectors[2, :1] = NAN
    assert halves_of(vectors)["n"] == 8
    nobody = halves_of(vectors[:1])
    assert nobody["n"] == 0
    assert np.isnan([nobody["estimate"], nobody["null_high"]]).all()


def test_a_network_is_told_by_the_others_which_group_comes_first():
    vectors = random_vectors(3, 8, [0, 5, 10])
    pairs = pair_products(gram_of(vectors), 8)
    assert len(pairs) == 2
    rows = {row["degree"]: row for row in order_rows("told", {"0": pairs, "1": pairs[:1]}, INTERVALS, 0)}
    assert set(rows) == {"0", "1", "all"}
    for row in rows.values():
        assert (row["statistic"], row["estimate"], row["n"], row["unit"]) == ("told", 1, 8, "network")
        assert row["null_low"] < 0.5 < row["null_high"]
        assert row["low"] > 0.5


def test_pairs_that_cannot_be_compared_are_no_pairs():
    vectors = random_vectors(4, 3, 0)
    vectors[1, 1:] = NAN  # a single network on one side
    gram = gram_of(vectors)
    gram[9:, :9] = gram[:9, 9:] = NAN  # another grid
    assert pair_products(gram, 3) == []
    assert list(order_rows("told", {"0": []}, INTERVALS, 0)) == []


@pytest.mark.parametrize(("networks", "groups"), [(8, 6), (12, 2)])
def test_an_order_that_is_not_there_is_rarely_found(networks, groups):
    found = 0
    for seed in range(120):
        pairs = pair_products(gram_of(random_vectors(groups, networks, seed=seed, features=2)), networks)
        (row,) = [row for row in order_rows("told", {"0": pairs}, INTERVALS, seed) if row["degree"] == "all"]
        found += row["low"] > 0.5
    assert found <= 0.06 * 120


def test_the_variance_between_layers_is_that_of_layers_above_the_input_on_one_grid():
    vectors = random_vectors(5, 6, [100, 0, 3, 6, 50])
    gram = gram_of(vectors)
    gram[24:, :24] = gram[:24, 24:] = NAN  # the last layer has another grid
    row = variance_row(gram, [0, 1, 2, 3, 4], INTERVALS, 0)
    own = vectors[1:4].reshape(18, -1)
    value, left_out = share_between((own @ own.T).reshape(3, 6, 3, 6))
    assert (row["estimate"], row["n"]) == (pytest.approx(value), 6)
    assert row["low"] == pytest.approx(
        jackknifed(value, left_out, 200, child_seed(0, "bootstrap", "variance between layers")).low
    )
    vectors[2, 1] = NAN
    assert variance_row(gram_of(vectors), [0, 1, 2, 3, 4], INTERVALS, 0)["n"] == 5
    assert variance_row(gram_of(vectors[:2]), [0, 1], INTERVALS, 0) is None


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


NAN = np.nan


def test_steps_between_layers_are_permutation_tests_on_the_raw_vectors_corrected_over_the_layers():
    arrays = arrays_of({("A", "cat", "ReLU53"): 3.0})
    rows = rows_of(depth_rows(arrays, TESTS, 0))
    assert rows[["classes", "against", "layer"]].values.tolist() == [
        [group, before, layer] for group in ("cat", "dog") for before, layer in pairwise(LAYERS)
    ]
    assert set(rows["statistic"]) == {"layer_difference"}
    for _, row in rows.iterrows():
        a, b = (weighted(arrays, ("A", row["classes"]), layer) for layer in (row["against"], row["layer"]))
        assert row["estimate"] == pytest.approx(permutation_test(a, b, 9, 0).statistic, rel=1e-6)
        assert row["n"] == 12
    for group, own in rows.groupby("classes"):
        np.testing.assert_allclose(own["p_holm"], holm(own["p_value"].to_numpy()))
        assert (own["p_holm"].iloc[1] < 0.05) == (group == "cat")
    assert rows["p_holm"].iloc[0] > 0.05


def test_layers_without_any_difference_have_no_test():
    assert list(depth_rows(arrays_of({}, noise=0.0), TESTS, 0)) == []
    assert list(depth_rows(arrays_of({}, repeats=1), TESTS, 0)) == []
    assert list(depth_rows(arrays_of({}, layers=["ReLU11"]), TESTS, 0)) == []


def test_sides_are_groups_under_networks_and_seeds_are_averaged():
    arrays = arrays_of({}, networks=("A", "B"), seeds=3)
    assert sides_of(arrays) == [("A", "cat"), ("A", "dog"), ("B", "cat"), ("B", "dog")]
    np.testing.assert_allclose(
        side_vectors(arrays, ("B", "dog"), "ReLU11"), arrays["vectors.B.ReLU11"][:, 1].mean(axis=0)
    )


def test_distances_by_hand():
    # Constant landscapes of heights h on [0, 2] lie sqrt(2) |h - h'| apart.
    arrays = arrays_of({}, repeats=2, layers=["ReLU11", "ReLU12"])
    for layer, factor in (("ReLU11", 1), ("ReLU12", 2)):
        heights = factor * np.array([[1.0, 2.0], [4.0, 3.0]])  # cat, dog: two clouds each
        arrays[f"vectors.A.{layer}"] = np.tile(heights[None, :, :, None, None], (1, 1, 1, 1, SAMPLES))
    rows = list(distance_rows(arrays, TESTS, INTERVALS, 0))
    root = np.sqrt(2)
    for layer, factor in (("ReLU11", 1), ("ReLU12", 2), (None, np.sqrt(5))):
        paired = found(rows, statistic="paired_distance", layer=layer)
        assert (paired["network"], paired["classes"], paired["against"], paired["n"]) == ("A", "cat", "dog", 2)
        # Pairs lie 3 and 1 apart, averages 1.5 and 3.5.
        assert paired["estimate"] == pytest.approx(factor * root * 2)
        assert paired["high"] - paired["estimate"] == pytest.approx(12.706 * factor * root, rel=1e-4)
        average = found(rows, statistic="average_distance", layer=layer)
        assert average["estimate"] == pytest.approx(factor * root * 2)
        assert average["n"] == 4
        assert average["null_high"] <= average["estimate"] * (1 + 1e-9)


def test_paired_distances_are_those_of_clouds_of_equal_number():
    arrays = arrays_of({("A", "dog", "ReLU32"): 2.0})
    row = found(distance_rows(arrays, TESTS, INTERVALS, 0), statistic="paired_distance", layer="ReLU32")
    a, b = (weighted(arrays, ("A", group), "ReLU32") for group in ("cat", "dog"))
    assert row["estimate"] == pytest.approx(np.linalg.norm(a - b, axis=1).mean(), rel=1e-6)


def test_average_distances_are_tested_as_raw_vectors_are_and_whole_networks_layers_side_by_side():
    arrays = arrays_of({("A", "dog", "ReLU53"): 1.5})
    rows = list(distance_rows(arrays, TESTS, INTERVALS, 7))
    vectors = {layer: [weighted(arrays, ("A", group), layer) for group in ("cat", "dog")] for layer in LAYERS}
    side_by_side = [np.concatenate([vectors[layer][side] for layer in LAYERS], axis=1) for side in (0, 1)]
    p_values = []
    for layer, (a, b), resamples in (*((layer, vectors[layer], 99) for layer in LAYERS), (None, side_by_side, 49)):
        names = ["A", "cat", "dog", *([layer] if layer else [])]
        expected = permutation_test(a, b, resamples, child_seed(7, "permutation", *names))
        row = found(rows, statistic="average_distance", layer=layer)
        assert row["estimate"] == pytest.approx(expected.statistic, rel=1e-6)
        assert row["p_value"] == expected.p_value
        np.testing.assert_allclose(
            [row["null_low"], row["null_high"]], np.quantile(expected.null, [0.025, 0.975]), rtol=1e-5
        )
        p_values.append(row["p_value"])
    corrected = [found(rows, statistic="average_distance", layer=layer)["p_holm"] for layer in LAYERS]
    np.testing.assert_allclose(corrected, holm(np.array(p_values[:3])))
    assert np.argmin(corrected) == 2
    # A single pair of whole networks needs no correction.
    assert found(rows, statistic="average_distance", layer=None)["p_holm"] == p_values[3]


def test_whole_networks_are_corrected_over_the_pairs():
    rows = rows_of(distance_rows(arrays_of({}, groups=("cat", "dog", "all")), TESTS, INTERVALS, 0))
    whole = rows[rows["layer"].isna() & (rows["statistic"] == "average_distance")]
    assert whole[["classes", "against"]].values.tolist() == [["cat", "dog"], ["cat", "all"], ["dog", "all"]]
    np.testing.assert_allclose(whole["p_holm"], holm(whole["p_value"].to_numpy()))
    assert rows.loc[rows["statistic"] == "paired_distance", ["p_value", "p_holm"]].isna().all(axis=None)


def test_pairs_differ_in_their_group_or_in_their_network_and_every_row_has_a_name_of_its_own():
    rows = rows_of(distance_rows(arrays_of({}, networks=("A", "B"), layers=["ReLU11"]), TESTS, INTERVALS, 0))
    keys = ["statistic", "network", "classes", "against", "layer"]
    assert not rows.duplicated(keys).any()
    assert set(map(tuple, rows[keys[1:4]].values.tolist())) == {
        ("A", "cat", "dog"),
        ("B", "cat", "dog"),
        ("A", "cat", "B"),
        ("A", "dog", "B"),
    }


def test_equal_groups_lie_at_distance_zero_with_p_value_one():
    arrays = arrays_of({}, noise=0.0)
    for _, row in rows_of(distance_rows(arrays, TESTS, INTERVALS, 0)).iterrows():
        assert row["estimate"] == 0
        assert row["p_value"] == 1 or row["statistic"] == "paired_distance"


def test_a_single_side_has_no_distances():
    assert list(distance_rows(arrays_of({}, groups=("all",)), TESTS, INTERVALS, 0)) == []


def test_groups_of_one_distribution_are_significant_at_the_nominal_rate():
    tests = TESTS.model_copy(update={"permutations": 99})
    intervals = INTERVALS.model_copy(update={"bootstrap": 2})
    layers = [f"L{number}" for number in range(150)]
    rows = rows_of(distance_rows(arrays_of({}, layers=layers), tests, intervals, 0))
    p_values = rows.loc[(rows["statistic"] == "average_distance") & rows["layer"].notna(), "p_value"]
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    assert (rows["p_holm"].dropna() <= 0.05).mean() < 0.02


def test_networks_on_grids_of_their_own_are_compared_sample_by_sample():
    grids = {"A": np.linspace(0, 2, SAMPLES), "B": np.linspace(1, 9, SAMPLES)}
    arrays = arrays_of({}, networks=("A", "B"), groups=("all",), grids=grids)
    rows = np.concatenate([side_vectors(arrays, side, "ReLU11") for side in sides_of(arrays)])
    np.testing.assert_allclose(layer_gram(arrays, "ReLU11"), inner_products(rows, np.arange(5.0)))
    same = arrays_of({}, networks=("A", "B"), groups=("all",))
    np.testing.assert_allclose(layer_gram(same, "ReLU11"), inner_products(rows, grids["A"]))
