"""Tests and distances between averages of landscapes: by hand and on raw vectors."""

from itertools import pairwise

import numpy as np
import pytest
from landscape_tables import INTERVALS, LAYERS, SAMPLES, TESTS, arrays_of, found, rows_of, weighted
from scipy import stats

from topolens.inference.permutation import holm, permutation_test
from topolens.seeding import child_seed
from topolens.statistics.distances import depth_rows, distance_rows, layer_gram, side_vectors, sides_of
from topolens.topology.landscape_table import inner_products

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
        assert (paired["low"], paired["high"]) == pytest.approx((factor * root, factor * root * 3))
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
