"""Complexities along the depth: by hand and beside scipy."""

import numpy as np
import pandas as pd
import pytest
from landscape_tables import INTERVALS, LAYERS, cloud, found, rows_of
from scipy import stats

from topolens.statistics.depth import MEASURES, complexity_rows, depth_correlations, network_rows, trend_rows

NAN = np.nan


def test_complexities_are_means_over_repeats_of_the_seeds_means_beside_gaussian_clouds():
    table = pd.DataFrame(
        [
            *(cloud(seed=seed, repeat=repeat, l2=value) for (seed, repeat), value in
              {(0, 0): 1.0, (1, 0): 3.0, (0, 1): 5.0, (1, 1): 11.0}.items()),
            *(cloud(null=True, l2=value) for value in np.linspace(10, 20, 21)),
            cloud(group="dog", l2=100.0),
        ]
    )  # fmt: skip
    row = found(complexity_rows(table, INTERVALS, 0), statistic="complexity_l2", classes="cat")
    # Two repeats with the means 2 and 8.
    assert (row["network"], row["layer"], row["estimate"], row["n"]) == ("A", "ReLU11", 5, 2)
    assert row["high"] - 5 == pytest.approx(12.706 * 3, rel=1e-4)  # Student's t of two units
    assert (row["null_low"], row["null_high"]) == pytest.approx((10.25, 19.75))


def test_every_measure_has_a_row_and_sampled_norms_have_no_null():
    table = pd.DataFrame([cloud(value=2.0), cloud(value=4.0, null=True)])
    rows = rows_of(complexity_rows(table, INTERVALS, 0)).set_index("statistic")
    assert set(rows.index) == {*(f"complexity_{measure}" for measure in MEASURES), "constant_channels"}
    assert set(MEASURES) == {"l1", "l2", "sup", "l1_scale_free", "l2_scale_free", "sup_scale_free", "sampled"}
    assert rows.loc["complexity_l1", "null_low"] == 4
    assert rows.loc["complexity_sampled", ["null_low", "null_high"]].isna().all()
    assert rows.loc["constant_channels", "estimate"] == 0.25


def test_the_share_of_constant_channels_leaves_out_gaussian_clouds():
    table = pd.DataFrame([cloud(constant=1), cloud(repeat=1, constant=3), cloud(null=True, constant=4)])
    assert found(complexity_rows(table, INTERVALS, 0), statistic="constant_channels")["estimate"] == 0.5


def depth_table(values):
    """From values[seed][repeat][layer]."""
    return pd.DataFrame(
        [
            cloud(LAYERS[layer] if layer < 3 else f"ReLU9{layer}", repeat, seed=seed, value=value)
            for (seed, repeat, layer), value in np.ndenumerate(np.asarray(values, float))
        ]
    )


def test_correlations_with_depth_are_spearmans_of_the_seeds_means():
    values = np.random.default_rng(0).uniform(size=(2, 5, 4))
    layers = [*LAYERS, "ReLU93"]
    correlations = depth_correlations(depth_table(values), layers, "l2")
    expected = [stats.spearmanr(np.arange(4), values[:, repeat].mean(axis=0)).statistic for repeat in range(5)]
    np.testing.assert_allclose(correlations["correlation"], expected)
    # The order of depth is that of the layers given, not that of the table or of the alphabet.
    backwards = depth_correlations(depth_table(values), layers[::-1], "l2")
    np.testing.assert_allclose(backwards["correlation"], -np.array(expected))


def test_a_constant_complexity_has_no_trend():
    table = depth_table([[[1, 2, 3], [7, 7, 7]]])
    row = found(trend_rows(table, LAYERS, INTERVALS, 0), statistic="depth_correlation_l2")
    assert (row["network"], row["classes"], row["estimate"], row["n"]) == ("A", "cat", 1, 1)
    assert pd.isna(row["layer"])


def test_raw_and_scale_free_trends_have_rows_of_their_own():
    table = depth_table([[[1, 2, 3], [2, 3, 4]]])
    table["l2_scale_free"] = -table["l2"]
    rows = rows_of(trend_rows(table, LAYERS, INTERVALS, 0)).set_index("statistic")["estimate"]
    assert rows.to_dict() == {
        "depth_correlation_l2": 1,
        "depth_correlation_l2_scale_free": -1,
    }


def test_fewer_than_three_layers_have_no_trend():
    assert list(trend_rows(depth_table([[[1, 2]]]), LAYERS[:2], INTERVALS, 0)) == []


def test_seeds_are_averaged_before_the_correlation():
    # Each seed goes up and down; their mean rises.
    table = pd.DataFrame(
        cloud(layer, repeat, seed=seed, value=value)
        for repeat in range(3)
        for seed, row in enumerate(([1, 4, 2], [1, 0, 8]))
        for layer, value in zip("abc", row, strict=True)
    )
    rows = list(trend_rows(table, ["a", "b", "c"], INTERVALS, 0))
    assert found(rows, statistic="depth_correlation_l2", classes="cat")["estimate"] == pytest.approx(1)


def test_complexities_of_whole_networks_are_means_over_layers_and_clouds_from_each_seed():
    table = pd.DataFrame(
        cloud(layer, repeat, seed=seed, group=group, null=null, value=value + null * 99)
        for null in (False, True)
        for seed in (3, 1)
        for group in ("cat", "dog")
        for repeat in range(4)
        for layer, value in zip("ab", (seed + repeat, seed + repeat + 2.0), strict=True)
    )
    rows = list(network_rows(table, ["a", "b"], INTERVALS, 0))
    for seed in (3, 1):
        row = found(rows, statistic="network_complexity_l2", network="A", seed=seed)
        assert (row["estimate"], row["n"]) == (seed + 1.5 + 1, 4)
        assert row["low"] < row["estimate"] < row["high"]
