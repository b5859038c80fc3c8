"""The statistics behind the claims on latent landscapes: small evidence with a known answer, its sign, and its lack."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import adjusted_rand_score

from topolens.config.latent import LatentStatistics
from topolens.config.study import load_study
from topolens.errors import TopolensError
from topolens.inference.claims import NOT_REPRODUCED, REPRODUCED, UNDECIDED, Claim, Rule, load_claims
from topolens.inference.intervals import wilson
from topolens.inference.latent_claims import (
    LATENT_STATISTICS,
    LatentEvidence,
    block_of,
    complexities,
    contrast,
)
from topolens.inference.latent_statistics import cluster, cluster_rows, side_vectors
from topolens.inference.registry import claim_statistic
from topolens.results import LatentResults
from topolens.stages.claims import decide, evidence_of
from topolens.stages.evaluate_networks import COLUMNS as PERFORMANCE_COLUMNS

CONFIG = Path(__file__).parents[2] / "workflow" / "config"
NAN = np.nan
DECODER = ["E1-ReLU1", "D1-UpReLU", "D1-ReLU1", "D2-UpReLU", "D2-ReLU1"]
SETTINGS = LatentStatistics(bootstrap=200, shuffles=99, cluster_layers=["ReLU32", "ReLU53"])


class Run(SimpleNamespace):
    """What the statistics ask a run for."""

    def other(self, name):
        return self.others[name]


def complexity_of(values, networks, layers, groups=("all",), factor=1.0):
    """From values[network][seed][group][repeat][layer] of the L2 norm; the scale-free one is `factor` times it."""
    rows = [
        {
            "network": networks[network],
            "seed": seed,
            "group": groups[group],
            "repeat": repeat,
            "layer": layers[layer],
            "gaussian": False,
            "l2": value,
            "l2_scale_free": factor * value,
        }
        for (network, seed, group, repeat, layer), value in np.ndenumerate(np.asarray(values, float))
    ]
    # Gaussian clouds never count.
    return pd.DataFrame([*rows, *(row | {"gaussian": True, "l2": 1e9, "l2_scale_free": 1e9} for row in rows[::3])])


def run_of(values=None, networks=("A",), layers=("L1", "L2"), groups=("all",), factor=1.0, **artifacts):
    config = SimpleNamespace(
        layers=list(layers), clouds=SimpleNamespace(groups=list(groups)), statistics=artifacts.pop("settings", SETTINGS)
    )
    table = None if values is None else complexity_of(values, networks, layers, groups, factor)
    return Run(**({"config": config, "complexity": table, "others": {}} | artifacts))


def estimate(name, run, bootstrap=200, **options):
    return claim_statistic(name, options, "latent")(LatentEvidence(run, bootstrap, 0.95, 0))


def performance_of(iou, networks, without=None):
    """From iou[network][seed][image], with and, where given, without skips."""
    rows = [
        {"network": networks[network], "seed": seed, "image": 10 + image, "skips": skips, "iou": value}
        for skips, values in ((True, iou), (False, without))
        if values is not None
        for (network, seed, image), value in np.ndenumerate(np.asarray(values, float))
    ]
    return pd.DataFrame(rows).reindex(columns=PERFORMANCE_COLUMNS)


# Contrasts


def test_contrasts_by_hand():
    found = contrast(pd.Series([3.0, 0.0, 2.0, 0.0]), pd.Series([1.0, 5.0, 2.0, 0.0]))
    assert found.tolist() == [0.5, -1, 0, 0]


def test_what_is_missing_is_not_the_same_as_what_vanishes():
    found = contrast(pd.Series([1.0, NAN, 0.0]), pd.Series([1.0, 1.0, NAN]))
    np.testing.assert_array_equal(found, [0, NAN, NAN])


def test_where_nothing_has_any_complexity_there_is_no_contrast():
    nothing = pd.Series([0.0, 0.0])
    assert contrast(nothing, nothing).isna().all()
    table = contrast(pd.DataFrame({"a": [0.0, 0.0], "b": [1.0, 0.0]}), pd.DataFrame({"a": [0.0, 0.0], "b": [3.0, 0.0]}))
    assert table.values.tolist() == [[0, -0.5], [0, 0]]


def test_complexities_are_a_row_a_cloud_with_layers_in_order_of_depth():
    run = run_of(
        np.arange(2 * 1 * 1 * 2 * 3).reshape(2, 1, 1, 2, 3), ("A", "B"), ("ReLU9", "ReLU10", "ReLU1"), factor=2
    )
    table = complexities(run, scale_free=False)
    assert table.columns.tolist() == ["ReLU9", "ReLU10", "ReLU1"]
    assert table.index.names == ["network", "seed", "group", "repeat"]
    assert table.loc[("B", 0, "all", 1)].tolist() == [9, 10, 11]
    assert complexities(run, scale_free=True).loc[("B", 0, "all", 1)].tolist() == [18, 20, 22]


# Against another run


def test_contrast_with_another_run_is_the_mean_over_layers_and_then_over_repeats():
    ours = run_of([[[[[3, 1], [3, 0]]]]])
    ours.others["random"] = run_of([[[[[1, 1], [1, 0]]]]])
    found = estimate("contrast_with_run", ours, against="random")
    # Repeat 0: (1/2 + 0) / 2, repeat 1: (1/2 + 0) / 2.
    assert (found.value, found.low, found.high, found.n) == (0.25, 0.25, 0.25, 2)
    swapped = ours.others["random"]
    swapped.others["main"] = ours
    assert estimate("contrast_with_run", swapped, against="main").value == -0.25


def test_clouds_that_both_runs_have_are_compared_and_seeds_and_groups_averaged():
    generator = np.random.default_rng(0)
    ours, theirs = generator.uniform(1, 2, (2, 3, 2, 4, 2)), generator.uniform(0, 1, (2, 1, 2, 3, 2))
    run = run_of(ours, ("A", "B"), groups=("cat", "dog"))
    run.others["constant"] = run_of(theirs, ("A", "B"), groups=("cat", "dog"))
    common = ours[:, :1, :, :3]
    expected = ((common - theirs) / (common + theirs)).mean(axis=(0, 1, 2, 4))
    found = estimate("contrast_with_run", run, against="constant")
    assert (found.value, found.n) == (pytest.approx(expected.mean()), 3)
    assert expected.min() - 1e-12 <= found.low < found.high <= expected.max() + 1e-12


def test_layers_that_only_one_run_has_take_no_part():
    run = run_of([[[[[3, 5]]]]], layers=("L1", "L2"))
    run.others["other"] = run_of([[[[[1]]]]], layers=("L1",))
    assert estimate("contrast_with_run", run, against="other").value == 0.5


def test_the_scale_free_twin_looks_at_its_own_column():
    run = run_of([[[[[3, 3]]]]], factor=1)
    run.others["random"] = run_of([[[[[1, 1]]]]], factor=9)
    assert estimate("contrast_with_run", run, against="random").value == 0.5
    assert estimate("contrast_with_run", run, against="random", scale_free=True).value == -0.5
    twins = {name for name, function in LATENT_STATISTICS.items() if "scale_free" in (function.__kwdefaults__ or {})}
    assert twins == {
        "contrast_with_run",
        "depth_correlation",
        "upconvolution_contrast",
        "complexity_against_others",
        "skip_gain_against_others",
        "score_correlation",
    }


def test_constant_channels_have_a_contrast_of_one_and_no_topology_anywhere_has_none():
    nothing = run_of(np.zeros((1, 1, 1, 3, 2)))
    run = run_of(np.ones((1, 1, 1, 3, 2)), others={"constant": nothing})
    found = estimate("contrast_with_run", run, against="constant")
    assert (found.value, found.low, found.high) == (1, 1, 1)
    nothing.others["constant"] = nothing
    assert math.isnan(estimate("contrast_with_run", nothing, against="constant").value)


def test_runs_without_a_common_cloud_have_no_contrast():
    run = run_of(np.ones((1, 1, 1, 3, 2)), ("A",))
    run.others["random"] = run_of(np.ones((1, 1, 1, 3, 2)), ("B",))
    found = estimate("contrast_with_run", run, against="random")
    assert math.isnan(found.value)
    assert found.n == 0


# Clusters


def landscapes_of(shifts, networks=("A",), groups=("cat", "dog", "airplane"), repeats=8, noise=1.0, seed=0):
    """Landscapes of one level at ReLU32 and ReLU53, moved by `shifts[layer][group number]`."""
    generator = np.random.default_rng(seed)
    arrays = {"layers": np.array(["ReLU32", "ReLU53"]), "networks": np.array(networks), "groups": np.array(groups)}
    for network in networks:
        for layer in ("ReLU32", "ReLU53"):
            shift = np.array(shifts.get(layer, np.zeros(len(groups))), float)
            vectors = noise * generator.normal(size=(1, len(groups), repeats, 1, 5)) + shift[:, None, None, None]
            arrays |= {f"vectors.{network}.{layer}": vectors, f"grid.{network}.{layer}": np.linspace(0, 2, 5)}
    return arrays


def clustered(arrays, groups=("cat", "dog", "airplane")):
    table = pd.DataFrame(list(cluster_rows(arrays, SETTINGS, 0)))
    return run_of(groups=groups, landscapes=arrays, statistics=table)


def row_of(run, layer, group="cat+dog+airplane"):
    table = run.statistics
    rows = table[(table["statistic"] == "cluster_ari") & (table["layer"] == layer) & (table["group"] == group)]
    return rows.iloc[0]


FAR = [0, 30, 60]


def test_separated_groups_exceed_their_null_by_one_minus_its_end():
    run = clustered(landscapes_of({"ReLU53": FAR}))
    found = estimate("cluster_excess", run, layer="ReLU53")
    expected = 1 - row_of(run, "ReLU53")["null_high"]
    assert (found.value, found.low, found.high, found.n) == pytest.approx((expected, expected, expected, 24))
    assert found.value > 0.5


def test_the_index_of_the_other_layer_is_the_bar_where_it_lies_above_the_null():
    run = clustered(landscapes_of({"ReLU32": [0, 0, 30], "ReLU53": FAR}))
    found = estimate("cluster_excess", run, layer="ReLU53", over="ReLU32")
    other = row_of(run, "ReLU32")["estimate"]
    assert other > row_of(run, "ReLU53")["null_high"]
    assert found.value == pytest.approx(1 - other)
    assert found.low > 0
    reversed_layers = estimate("cluster_excess", run, layer="ReLU32", over="ReLU53")
    assert reversed_layers.value == pytest.approx(other - 1)
    assert reversed_layers.high < 0


def test_noise_lies_below_the_end_of_its_null():
    run = clustered(landscapes_of({}))
    found = estimate("cluster_excess", run, layer="ReLU53")
    assert found.value == pytest.approx(row_of(run, "ReLU53")["estimate"] - row_of(run, "ReLU53")["null_high"])
    assert found.value < 0


def test_the_interval_resamples_clouds_of_one_clustering():
    run = clustered(landscapes_of({"ReLU53": [0, 1, 2]}))
    found = estimate("cluster_excess", run, layer="ReLU53")
    vectors = {group: side_vectors(run.landscapes, ("A", group), "ReLU53") for group in ("cat", "dog", "airplane")}
    labels, clusters, _ = cluster(vectors, SETTINGS)
    draws = np.random.default_rng(0).integers(24, size=(200, 24))
    scores = [adjusted_rand_score(labels[draw], clusters[draw]) for draw in draws]
    expected = np.quantile(scores, [0.025, 0.975]) - row_of(run, "ReLU53")["null_high"]
    np.testing.assert_allclose([found.low, found.high], expected)


def test_each_class_against_all_is_a_mean_over_classes():
    groups = ("cat", "dog", "all")
    run = clustered(landscapes_of({"ReLU53": [30, 0, 0]}, groups=groups), groups)
    found = estimate("cluster_excess", run, layer="ReLU53", against_all=True)
    rows = [row_of(run, "ReLU53", name) for name in ("cat+all", "dog+all")]
    assert found.value == pytest.approx(np.mean([row["estimate"] - row["null_high"] for row in rows]))
    assert found.n == 16


def test_clusters_of_the_first_network_decide():
    arrays = landscapes_of({"ReLU53": FAR}, networks=("A", "B"))
    arrays["vectors.B.ReLU53"] = np.zeros_like(arrays["vectors.B.ReLU53"])
    assert estimate("cluster_excess", clustered(arrays), layer="ReLU53").value > 0.5


def test_identical_landscapes_are_no_evidence_of_clusters():
    found = estimate("cluster_excess", clustered(landscapes_of({}, noise=0.0)), layer="ReLU53", over="ReLU32")
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert Rule(above=0).verdict(found, 5) == UNDECIDED


@pytest.mark.parametrize(
    ("groups", "options"),
    [
        (("all",), {"layer": "ReLU53"}),
        (("cat",), {"layer": "ReLU53"}),
        (("cat", "dog"), {"layer": "ReLU53", "against_all": True}),
        (("cat", "dog"), {"layer": "ReLU11"}),
        (("cat", "dog"), {"layer": "ReLU53", "over": "ReLU11"}),
    ],
)
def test_without_groups_or_clustered_layers_there_is_no_excess(groups, options):
    run = clustered(landscapes_of({}, groups=groups), groups)
    assert math.isnan(estimate("cluster_excess", run, **options).value)


# The nearest pair


def flat(heights, repeats=3, networks=("A",), groups=("cat", "dog", "airplane", "all"), spread=0.0):
    """Constant landscapes of the given height by group, at ReLU53; repeats spread around it."""
    own = np.array(heights, float)[:, None] + spread * np.linspace(-1, 1, repeats)
    arrays = {"layers": np.array(["ReLU53"]), "networks": np.array(networks), "groups": np.array(groups)}
    for network in networks:
        arrays[f"vectors.{network}.ReLU53"] = np.tile(own[None, :, :, None, None], (1, 1, 1, 1, 5))
        arrays[f"grid.{network}.ReLU53"] = np.linspace(0, 2, 5)
    return run_of(groups=groups, landscapes=arrays)


def test_the_margin_of_the_nearest_pair_by_hand():
    # Distances cat-dog 1, cat-airplane 4, dog-airplane 3: (3 - 1) / (8 / 3); `all` takes no part.
    run = flat([0, 1, 4, 0.5])
    found = estimate("nearest_pair_margin", run, layer="ReLU53", pair=["cat", "dog"])
    assert (found.value, found.n) == (pytest.approx(0.75), 9)
    assert (found.low, found.high) == pytest.approx((0.75, 0.75))
    assert estimate("nearest_pair_margin", run, layer="ReLU53", pair=["dog", "cat"]) == found
    wrong = estimate("nearest_pair_margin", run, layer="ReLU53", pair=["airplane", "cat"])
    assert wrong.value == pytest.approx((1 - 4) / (8 / 3))


def test_the_margins_interval_holds_it_and_narrows_with_more_clouds():
    few, many = (
        estimate("nearest_pair_margin", flat([0, 1, 4, 0], repeats, spread=1.0), layer="ReLU53", pair=["cat", "dog"])
        for repeats in (4, 60)
    )
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 2


def test_the_margin_is_that_of_the_first_network():
    run = flat([0, 1, 4, 0.5], networks=("A", "B"))
    run.landscapes["vectors.B.ReLU53"] = 7 * run.landscapes["vectors.B.ReLU53"] + 1
    found = estimate("nearest_pair_margin", run, layer="ReLU53", pair=["cat", "dog"])
    assert (found.value, found.n) == (pytest.approx(0.75), 9)


@pytest.mark.parametrize(
    ("heights", "groups", "layer", "pair"),
    [
        ([2, 2, 2, 2], ("cat", "dog", "airplane", "all"), "ReLU53", ["cat", "dog"]),  # no distances
        ([0, 1, 4], ("cat", "dog", "all"), "ReLU53", ["cat", "dog"]),  # no other pair
        ([0, 1, 4], ("cat", "dog", "airplane"), "ReLU52", ["cat", "dog"]),
        ([0, 1, 4], ("cat", "dog", "airplane"), "ReLU53", ["cat", "horse"]),
        ([1], ("all",), "ReLU53", ["cat", "dog"]),
    ],
)
def test_without_distances_other_pairs_layer_or_classes_there_is_no_margin(heights, groups, layer, pair):
    assert math.isnan(estimate("nearest_pair_margin", flat(heights, groups=groups), layer=layer, pair=pair).value)


# Along the depth


@pytest.mark.parametrize(
    ("layer", "block"),
    [("ReLU11", "ReLU1"), ("ReLU53", "ReLU5"), ("E1-ReLU2", "E1"), ("B-ReLU1", "B"), ("D3-UpReLU", "D3")],
)
def test_blocks_of_layers(layer, block):
    assert block_of(layer) == block


def steps(*rows):
    columns = ["statistic", "other", "layer", "p_holm"]
    return pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows], columns=columns)


def test_steps_between_blocks_are_counted_after_holm():
    table = steps(
        ("layer_difference", "ReLU11", "ReLU12", 0.001),  # within a block
        ("layer_difference", "ReLU12", "ReLU21", 0.01),
        ("layer_difference", "ReLU22", "ReLU31", 0.05),
        ("layer_difference", "ReLU33", "ReLU41", 0.06),
        ("average_distance", NAN, "ReLU41", 0.001),
    )
    assert estimate("boundary_share", run_of(statistics=table)) == wilson(2, 3)


def test_without_steps_between_blocks_there_is_no_share():
    for table in (steps(), steps(("layer_difference", "ReLU11", "ReLU12", 0.001))):
        found = estimate("boundary_share", run_of(statistics=table))
        assert math.isnan(found.value)
        assert found.n == 0


def test_the_size_of_the_correlation_with_depth_counts_and_not_its_sign():
    values = np.array([[1, 2, 3, 4], [9, 7, 3, 1], [1, 3, 2, 4], [5, 5, 5, 5]], float)
    run = run_of(values[None, None, None], layers=("a", "b", "c", "d"))
    found = estimate("depth_correlation", run)
    expected = [abs(stats.spearmanr(np.arange(4), row).statistic) for row in values[:3]]
    assert (found.value, found.n) == (pytest.approx((sum(expected) + 0) / 4), 4)
    assert 0 <= found.low < found.value < found.high <= 1


def test_seeds_are_averaged_before_the_correlation():
    # Each seed goes up and down; their mean rises.
    values = np.array([[1, 4, 2], [1, 0, 8]], float)[None, :, None, None]
    assert estimate("depth_correlation", run_of(values, layers=("a", "b", "c"))).value == 1


# U-Nets


def unet_run(networks=("RGB", "M1", "M2"), seeds=1, repeats=6, layers=DECODER, change=None, **artifacts):
    """Complexities near 1 in every layer, multiplied by `change[network, layer]`."""
    values = np.random.default_rng(0).uniform(0.9, 1.1, (len(networks), seeds, 1, repeats, len(layers)))
    for (network, layer), factor in (change or {}).items():
        values[networks.index(network), ..., layers.index(layer)] *= factor
    return run_of(values, networks, layers, **artifacts)


def test_up_convolutions_are_compared_with_what_follows_the_concatenation():
    # D1: 1 against 3, D2: 2 against 2; the encoder takes no part.
    run = run_of([[[[[99, 1, 3, 2, 2]] * 5]]], layers=DECODER)
    found = estimate("upconvolution_contrast", run)
    assert (found.value, found.low, found.high, found.n) == (-0.25, -0.25, -0.25, 5)
    assert Rule(below=0).verdict(found, 5) == REPRODUCED


def test_a_level_that_is_silent_counts_as_no_contrast_but_a_silent_network_as_no_estimate():
    run = run_of([[[[[0, 0, 0, 1, 3]] * 5]]], layers=DECODER)
    assert estimate("upconvolution_contrast", run).value == -0.25
    assert math.isnan(estimate("upconvolution_contrast", run_of(np.zeros((1, 1, 1, 5, 5)), layers=DECODER)).value)


def test_levels_whose_layers_are_not_all_recorded_take_no_part():
    run = run_of([[[[[1, 3, 7]] * 5]]], layers=["D1-UpReLU", "D1-ReLU1", "D2-UpReLU"])
    assert estimate("upconvolution_contrast", run).value == -0.5


def test_networks_without_up_convolutions_have_no_such_contrast():
    run = run_of(np.ones((2, 1, 1, 4, 2)), ("A", "B"))
    for name, options in (("upconvolution_contrast", {}), ("skip_gain_against_others", {"network": "A"})):
        assert math.isnan(estimate(name, run, **options).value)


def test_one_networks_complexity_against_the_mean_of_the_others_by_hand():
    # Means over layers: RGB 1, others 2 and 4, of which the mean is 3.
    values = np.array([[1, 1], [1, 3], [4, 4]], float)[:, None, None, None, :] * np.ones((3, 2, 1, 3, 2))
    run = run_of(values, ("RGB", "M1", "M2"))
    found = estimate("complexity_against_others", run, network="RGB")
    assert (found.value, found.low, found.high, found.n) == pytest.approx((-0.5, -0.5, -0.5, 6))
    assert estimate("complexity_against_others", run, network="M2").value == pytest.approx((4 - 1.5) / 5.5)


def test_seeds_and_images_are_both_resampled():
    # Seeds differ much and images not at all: with one seed alone the interval would have no width.
    values = np.ones((2, 3, 1, 20, 2))
    values[0] *= np.array([0.2, 1.0, 3.0])[:, None, None, None]
    run = run_of(values, ("RGB", "M1"))
    found = estimate("complexity_against_others", run, network="RGB")
    contrasts = [(factor - 1) / (factor + 1) for factor in (0.2, 1, 3)]
    assert found.value == pytest.approx(np.mean(contrasts))
    assert (found.low, found.high) == pytest.approx((min(contrasts), max(contrasts)))
    assert found.n == 60


def test_the_gain_behind_the_concatenations_against_the_others():
    # RGB gains nothing, the others (3 - 1) / 4 at both levels.
    rows = {"RGB": [1, 1, 1, 1, 1], "M1": [1, 1, 3, 1, 3], "M2": [1, 1, 3, 1, 3]}
    values = np.array(list(rows.values()), float)[:, None, None, None, :] * np.ones((3, 1, 1, 4, 5))
    found = estimate("skip_gain_against_others", run_of(values, tuple(rows), DECODER), network="RGB")
    assert (found.value, found.n) == (-0.5, 4)


def test_scores_and_what_the_skips_bring_against_the_others():
    networks = ("RGB", "M1", "M2")
    iou, without = np.zeros((3, 2, 4)), np.zeros((3, 2, 4))
    for network, (score, rest) in enumerate([(0.5, 0.4), (0.7, 0.3), (0.9, 0.1)]):
        iou[network], without[network] = score, rest
    run = run_of(performance=performance_of(iou, networks, without))
    found = estimate("score_against_others", run, network="RGB", score="iou")
    assert (found.value, found.n) == (pytest.approx(0.5 - 0.8), 8)
    drop = estimate("score_against_others", run, network="RGB", score="iou_drop")
    assert drop.value == pytest.approx(0.1 - (0.4 + 0.8) / 2)
    assert Rule(below=0).verdict(drop, 5) == REPRODUCED


def test_scores_are_paired_by_image():
    # Images differ much, networks by 0.1 on each: the interval has no width.
    images = np.linspace(0, 0.8, 9)
    run = run_of(performance=performance_of([[images], [images + 0.1]], ("RGB", "M1")))
    found = estimate("score_against_others", run, network="RGB", score="iou")
    assert (found.value, found.low, found.high) == pytest.approx((-0.1, -0.1, -0.1))


@pytest.mark.parametrize("networks", [("RGB",), ("M1",), ("M1", "M2")])
def test_one_network_alone_or_others_alone_give_no_comparison(networks):
    iou = np.full((len(networks), 1, 6), 0.5)
    run = unet_run(networks, performance=performance_of(iou, networks, iou))
    for name, options in (
        ("complexity_against_others", {}),
        ("skip_gain_against_others", {}),
        ("score_against_others", {"score": "iou"}),
        ("score_against_others", {"score": "iou_drop"}),
    ):
        found = estimate(name, run, network="RGB", **options)
        assert math.isnan(found.value)
        assert found.n == 0


def test_no_complexity_at_all_gives_no_comparison():
    run = run_of(np.zeros((2, 1, 1, 6, 5)), ("RGB", "M1"), DECODER)
    for name in ("complexity_against_others", "skip_gain_against_others"):
        found = estimate(name, run, network="RGB")
        assert math.isnan(found.value)
        assert Rule(below=0).verdict(found, 5) == UNDECIDED


def test_untrained_networks_and_classifiers_have_no_scores():
    empty = pd.DataFrame(columns=PERFORMANCE_COLUMNS)
    labels = performance_of([[[NAN] * 4]] * 2, ("RGB", "M1")).assign(skips=NAN, label="cat", correct=1)
    for table in (empty, labels):
        run = unet_run(performance=table)
        for score in ("iou", "iou_drop"):
            assert math.isnan(estimate("score_against_others", run, network="RGB", score=score).value)
        assert math.isnan(estimate("score_correlation", run, without="RGB").value)


def test_scores_without_a_pass_without_skips_have_no_drop():
    run = run_of(performance=performance_of(np.random.default_rng(0).uniform(size=(2, 1, 4)), ("RGB", "M1")))
    assert math.isnan(estimate("score_against_others", run, network="RGB", score="iou_drop").value)


def scored(complexity, iou, networks=("RGB", "M1", "M2", "M3")):
    """Each network, from each seed, with one complexity and one IoU: (networks, seeds)."""
    complexity, iou = np.asarray(complexity, float), np.asarray(iou, float)
    values = complexity[:, :, None, None, None] * np.ones((1, 1, 1, 3, 2))
    return run_of(values, networks, performance=performance_of(iou[:, :, None] * np.ones(4), networks))


def test_scores_and_complexities_are_correlated_over_networks_and_seeds_without_one_network():
    generator = np.random.default_rng(0)
    complexity, iou = generator.uniform(size=(2, 4, 3))
    found = estimate("score_correlation", scored(complexity, iou), without="RGB")
    expected = stats.spearmanr(complexity[1:].ravel(), iou[1:].ravel()).statistic
    assert (found.value, found.n) == (pytest.approx(expected), 9)
    assert -1 <= found.low < found.value < found.high <= 1


def test_a_perfect_order_has_correlation_one_whichever_network_is_left_out():
    order = np.arange(8.0).reshape(4, 2)
    assert estimate("score_correlation", scored(order, order), without="RGB").value == pytest.approx(1)
    assert estimate("score_correlation", scored(order, -order), without="M9").value == pytest.approx(-1)


def test_too_few_networks_or_constant_sides_have_no_correlation():
    order = np.arange(4.0)[:, None]
    assert math.isnan(
        estimate("score_correlation", scored(order[:3], order[:3], ("RGB", "M1", "M2")), without="RGB").value
    )
    for complexity, iou in ((order, np.ones((4, 1))), (np.ones((4, 1)), order)):
        found = estimate("score_correlation", scored(complexity, iou), without="RGB")
        assert math.isnan(found.value)
        assert Rule(above=0).verdict(found, 1) == UNDECIDED


# From the catalogue to the verdict


@pytest.mark.parametrize("scale", ["smoke", "quick", "full"])
def test_the_projects_claims_on_latent_landscapes_all_resolve(scale):
    studies = {file.stem: load_study(file, scale) for file in (CONFIG / "studies").glob("*.yaml")}
    claims = [
        claim for claim in load_claims(CONFIG / "claims.yaml", studies) if studies[claim.studies[0]].flow == "latent"
    ]
    assert {claim.id.split(".")[0] for claim in claims} == {f"L{number}" for number in range(1, 10)}
    for claim in claims:
        for study in claim.studies:
            main = studies[study].runs[claim.run]
            layers = [claim.options[key] for key in ("layer", "over") if key in claim.options]
            assert set(layers) <= set(main.layers)
            if claim.statistic == "cluster_excess":
                assert set(layers) <= set(main.statistics.cluster_layers)
            assert set(claim.options.get("pair", [])) <= set(main.clouds.groups)
            named = {claim.options[key] for key in ("network", "without") if key in claim.options}
            assert named <= {network.name for network in main.networks}
            if claim.options.get("against") == "constant":
                assert claim.fewest <= studies[study].runs["constant"].clouds.repeats


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("contrast_with_run", {"agains": "random"}, r"option of contrast_with_run 'agains'.*Did you mean 'against'"),
        ("boundary_share", {"scale_free": True}, r"unknown option of boundary_share 'scale_free'"),
        ("nearest_pair", {}, r"statistic of the latent flow 'nearest_pair'.*Did you mean 'nearest_pair_margin'"),
        ("gap_share", {}, r"statistic of the latent flow 'gap_share'"),
    ],
)
def test_unknown_statistics_and_options_are_answered_with_the_near_ones(name, options, message):
    with pytest.raises(TopolensError, match=message):
        claim_statistic(name, options, "latent")


def claim_of(**changes):
    settings = {
        "id": "L6",
        "studies": ["crops"],
        "source": "s",
        "wording": "w",
        "statistic": "upconvolution_contrast",
        "holds": Rule(below=0),
        "expected": "e",
    }
    return Claim(**(settings | changes))


@pytest.mark.parametrize(
    ("source", "row", "verdict"),
    [
        ("the photographs", [1, 1, 3, 1, 3], REPRODUCED),
        ("the photographs", [1, 3, 1, 3, 1], NOT_REPRODUCED),
        ("the photographs", [1, 1, 1, 1, 1], UNDECIDED),
        ("the photographs", [0, 0, 0, 0, 0], UNDECIDED),
        ("stand-in: generated", [1, 1, 3, 1, 3], UNDECIDED),
    ],
)
def test_verdicts_on_latent_runs(source, row, verdict, tmp_path):
    study = load_study(CONFIG / "studies" / "crops.yaml", "smoke")
    results = LatentResults(tmp_path, study, "main")
    vars(results).update(  # as if they had been read
        complexity=complexity_of(
            np.tile(np.array(row, float), (1, 1, 1, 5, 1)),
            ("RGB",),
            ["E1-ReLU1", "D1-UpReLU", "D1-ReLU1", "D3-UpReLU", "D3-ReLU1"],
        ),
    )
    (tmp_path / "main").mkdir()
    np.savez(tmp_path / "main" / "images.npz", source=np.array(source))
    assert evidence_of(results, 0).bootstrap == 50
    found = decide(claim_of(), "crops", results, 0)
    assert (found["verdict"], found["data"], found["rule"]) == (verdict, source, "≤ 0")
