"""Statistics of other explanations: attributions, Mapper graphs, and their agreement with complexity; by hand."""

import math

import latent_tables
import numpy as np
import pandas as pd
import pytest
from attribution_tables import INTERVALS, LAYERS, attributions_of, complexity_of, mapper_of, only
from scipy import stats

from topolens.config.analyses import GRAD_CAM, INPUT, OCCLUSION, Intervals
from topolens.statistics.explanations import (
    NOISE,
    SCORES,
    agreement_rows,
    attribution_rows,
    explained_rows,
    layer_agreements,
    mapper_rows,
    plane_rows,
    score_correlation_rows,
)

NAN = np.nan


def test_means_over_images_by_hand():
    table = attributions_of([[[0.2, 0.4], [0.6, NAN]]], layers=["L1", "L2"])
    rows = list(attribution_rows(table, INTERVALS, 0))
    assert [row["statistic"] for row in rows] == ["concentration"] * 2  # what no image has has no row
    first = only(rows, layer="L1")
    assert (first["estimate"], first["n"], first["method"]) == (pytest.approx(0.4), 2, GRAD_CAM)
    assert 0 <= first["low"] < 0.2 < 0.6 < first["high"] <= 1  # two images
    assert (only(rows, layer="L2")["estimate"], only(rows, layer="L2")["n"]) == (0.4, 1)


def test_every_score_of_every_network_method_and_layer():
    table = pd.concat(
        [
            attributions_of(np.ones((2, 3, 4)), ("A", "B")),
            attributions_of(np.ones((2, 3, 1)), ("A", "B"), [INPUT], method=OCCLUSION),
        ]
    )
    table[[*SCORES]] = 0.5
    rows = list(attribution_rows(table, INTERVALS, 0))
    keys = {(row["statistic"], row["network"], row["method"], row["layer"]) for row in rows}
    assert len(keys) == len(rows) == len(SCORES) * 2 * 5


def test_a_score_is_a_mean_over_seeds_image_by_image():
    tables = [
        attributions_of([[[value], [value + 0.2]]], layers=["L1"], seed=seed) for seed, value in ((7, 0.1), (2, 0.5))
    ]
    row = only(attribution_rows(pd.concat(tables), INTERVALS, 0), layer="L1")
    assert (row["estimate"], row["n"]) == (pytest.approx(0.4), 2)


def test_complexities_of_the_explained_networks_are_means_over_clouds_and_explained_seeds():
    norms = [[[[1, 2], [3, 6]], [[5, 6], [7, 2]], [[50, 50], [50, 50]]], [[[9, 9], [9, 9]]] * 3]
    complexity = complexity_of(norms, ("A", "B"), LAYERS[:2], seeds=(7, 2, 5), factor=10)
    explained = [attributions_of([[[0.5, 0.5]]], layers=LAYERS[:2], seed=seed) for seed in (7, 2)]
    rows = list(explained_rows(pd.concat(explained), complexity, INTERVALS, 0))
    assert {row["network"] for row in rows} == {"A"}
    row = only(rows, statistic="explained_complexity_l2", layer="L1")
    # Clouds with the means 3 and 5 over the seeds 7 and 2.
    assert (row["estimate"], row["high"], row["n"]) == (4, pytest.approx(4 + 12.706, rel=1e-4), 2)
    assert only(rows, statistic="explained_complexity_l2_scale_free", layer="L2")["estimate"] == 40
    assert len(rows) == 4


# Agreement, layer by layer


def test_the_same_order_of_layers_is_1_the_reverse_is_minus_1():
    scores, norms = [[[1, 2, 3, 4]] * 3], [[[[10, 30, 40, 90]] * 2]]
    complexity = complexity_of(norms, factor=-1).query("~null")
    for sign, measure, expected in ((1, "l2", 1), (-1, "l2", -1), (1, "l2_scale_free", -1)):
        found = layer_agreements(attributions_of(sign * np.array(scores)), complexity, "concentration", measure)
        assert found.to_dict() == {("A", 0): pytest.approx(expected)}


def test_means_are_correlated_as_by_scipy_network_by_network():
    generator = np.random.default_rng(0)
    scores, norms = generator.random((2, 6, 4)), generator.random((2, 2, 5, 4))
    attributions = pd.concat([attributions_of(scores, ("A", "B"), seed=seed) for seed in (7, 2)])
    complexity = complexity_of(norms, ("A", "B"), seeds=(7, 2))
    expected = [
        [stats.spearmanr(scores[k].mean(axis=0), norms[k, seed].mean(axis=0)).statistic for seed in (0, 1)]
        for k in range(2)
    ]
    rows = list(agreement_rows(attributions, complexity, INTERVALS, 0))
    for name, own in (("A", expected[0]), ("B", expected[1]), (None, expected)):
        row = only(rows, statistic="concentration_agreement", network=name)
        assert (row["estimate"], row["n"], row["unit"]) == (pytest.approx(np.mean(own)), np.size(own), "network")
        assert -1 <= row["low"] <= row["estimate"] <= row["high"] <= 1
    assert {row["statistic"] for row in rows} == {"concentration_agreement", "concentration_agreement_scale_free"}


def test_a_layer_whose_maps_point_nowhere_takes_no_part():
    scores = np.array([[[1, 2, NAN, 4], [NAN, 3, NAN, 5.0]]])
    complexity = complexity_of([[[[1, 2, 99, 3]]]]).query("~null")
    assert layer_agreements(attributions_of(scores), complexity, "concentration", "l2").tolist() == pytest.approx([1])


def test_too_few_layers_have_no_correlation_and_a_constant_side_has_none_either():
    constant = complexity_of([[[[5, 5, 5, 5]]]]).query("~null")
    rows = list(agreement_rows(attributions_of([[[1, 2, 3, 4]] * 2]), constant, INTERVALS, 0))
    row = only(rows, statistic="concentration_agreement", network="A")
    assert math.isnan(row["estimate"])
    assert row["n"] == 0
    scores, norms = attributions_of([[[1, 2]] * 3], layers=LAYERS[:2]), complexity_of([[[[1, 2]]]], layers=LAYERS[:2])
    assert layer_agreements(scores, norms.query("~null"), "concentration", "l2").isna().all()


def test_rows_of_planes_and_of_what_they_keep():
    cell = {"network": "A", "layer": "L1"}
    planes = pd.DataFrame([cell | {"seed": seed, "method": "plane", "estimate": 0.5 + seed} for seed in (0, 1)])
    projections = pd.DataFrame(
        [cell | {"seed": 0, "kept": kept, "null": False} for kept in (0.2, 0.4)]
        + [cell | {"seed": 1, "kept": 0.9, "null": False}, cell | {"seed": 1, "kept": NAN, "null": True}]
    )
    rows = list(plane_rows(planes, projections, INTERVALS, 0))
    assert only(rows, statistic="separation", seed=1)["estimate"] == 1.5
    kept = only(rows, statistic="kept_variance", seed=0)
    assert (kept["estimate"], kept["n"], kept["layer"]) == (pytest.approx(0.3), 2, "L1")
    assert only(rows, statistic="kept_variance", seed=1)["estimate"] == 0.9


# Correlations over networks


def score_rows(complexity, iou, networks=("RGB", "M1", "M2", "M3")):
    """Each network, from each seed, with one complexity and one IoU: (networks, seeds)."""
    complexity, iou = np.asarray(complexity, float), np.asarray(iou, float)
    values = complexity[:, :, None, None, None] * np.ones((1, 1, 1, 3, 2))
    table = latent_tables.complexity_of(values, networks, ("L1", "L2"))
    performance = latent_tables.performance_of(iou[:, :, None] * np.ones(4), networks)
    return list(score_correlation_rows(table, performance, ["L1", "L2"], Intervals(bootstrap=200)))


def test_scores_and_complexities_are_correlated_over_networks_and_seeds_without_one_network():
    complexity, iou = np.random.default_rng(0).uniform(size=(2, 4, 3))
    rows = score_rows(complexity, iou)
    row = only(rows, statistic="score_correlation_l2", against="RGB")
    expected = stats.spearmanr(complexity[1:].ravel(), iou[1:].ravel()).statistic
    assert (row["estimate"], row["n"]) == (pytest.approx(expected), 9)
    assert -1 <= row["low"] < row["estimate"] < row["high"] <= 1
    every = only(rows, statistic="score_correlation_l2_scale_free", against=None)
    assert (every["estimate"], every["n"]) == (pytest.approx(stats.spearmanr(complexity.ravel(), iou.ravel())[0]), 12)
    assert len(rows) == 2 * 5


def test_a_perfect_order_has_correlation_one_whichever_network_is_left_out():
    order = np.arange(8.0).reshape(4, 2)
    for sign in (1, -1):
        rows = score_rows(order, sign * order)
        assert [row["estimate"] for row in rows] == pytest.approx([sign] * 10)
        # Sure of the sign, not of the size: six networks and more.
        assert all(min(sign * row["low"], sign * row["high"]) > 0.4 for row in rows)


def test_too_few_networks_or_constant_sides_have_no_correlation():
    order = np.arange(4.0)[:, None]
    few = score_rows(order[:3], order[:3], ("RGB", "M1", "M2"))
    assert math.isnan(only(few, statistic="score_correlation_l2", against="RGB")["estimate"])
    for complexity, iou in ((order, np.ones((4, 1))), (np.ones((4, 1)), order)):
        row = only(score_rows(complexity, iou), statistic="score_correlation_l2", against="RGB")
        assert np.isnan([row["estimate"], row["low"], row["high"]]).all()


def test_untrained_networks_and_classifiers_have_no_correlation_with_scores():
    table = latent_tables.complexity_of(np.ones((2, 1, 1, 3, 2)), ("A", "B"), ("L1", "L2"))
    labels = latent_tables.performance_of(np.ones((2, 1, 3)), ("A", "B")).assign(skips=NAN, iou=NAN)
    for performance in (labels, labels[:0]):
        assert not list(score_correlation_rows(table, performance, ["L1", "L2"], Intervals()))


NAN = np.nan


def test_numbers_of_graphs_are_means_over_repeats_beside_noise():
    table = mapper_of(loops=[1, 2, 6], forks=[0, 0, 3], separating=[NAN, NAN, 0.5], local=NAN)
    table.loc[table["kind"] == NOISE, "loops"] = [10, 20, 30, 40]
    rows = list(mapper_rows(table, INTERVALS, 0))
    loops = only(rows, statistic="mapper_loops", layer="b")
    assert (loops["estimate"], loops["n"]) == (3, 3)
    assert (loops["null_low"], loops["null_high"]) == pytest.approx((30.25, 39.75))
    # A graph without a fork has no share of forks that separate.
    assert only(rows, statistic="mapper_separating", layer="a")["n"] == 1
    assert np.isnan(only(rows, statistic="mapper_local", layer="a")["estimate"])
    assert np.isnan(only(rows, statistic="mapper_separating", layer="a")["null_low"])
    assert {row["network"] for row in rows} == {"A"}


def test_the_graph_that_others_are_compared_with_is_not_compared_with_itself():
    table = mapper_of(layers=("a",))
    table.loc[table["kind"] == "parameters", "match"] = [1.0, 0.4, 0.6]
    table.loc[table["kind"] == "agreement", "match"] = [0.2, 0.3, 0.7]
    rows = list(mapper_rows(table, INTERVALS, 0))
    assert only(rows, statistic="mapper_match", against="parameters")["estimate"] == pytest.approx(0.5)
    assert only(rows, statistic="mapper_match", against="repeats")["estimate"] == pytest.approx(0.4)
    assert not [row for row in rows if row["statistic"] == "mapper_shared"]


def test_units_are_networks_where_there_are_several():
    tables = [
        mapper_of(layers=("a",), positions=2, loops=loops).assign(seed=seed, half=half)
        for seed, half, loops in ((0, 0, [1, 2]), (0, 1, [3, 6]), (5, 0, [7, 7]), (5, 1, [7, 7]))
    ]
    table = pd.concat(tables)
    table.loc[table["kind"] == "agreement", ["match", "chance_match"]] = [0.4, 0.2]
    rows = list(mapper_rows(table, INTERVALS, 0))
    loops = only(rows, statistic="mapper_loops")
    assert (loops["estimate"], loops["n"], loops["unit"]) == (5, 2, "network")
    agreement = only(rows, statistic="mapper_agreement", against="repeats")
    assert (agreement["estimate"], agreement["n"], agreement["unit"]) == (pytest.approx(0.25), 2, "network")


def test_the_pair_of_classes():
    table = mapper_of(layers=("a",))
    assert not [row for row in mapper_rows(table, INTERVALS, 0) if "pair" in row["statistic"]]
    pair = pd.DataFrame(
        {
            "network": "A", "seed": 0, "half": 0, "layer": "a", "kind": "pair", "repeat": [0, 1],
            "node_purity": [0.9, 0.7], "null_purity": [0.6, 0.6], "forks": [1, 0],
        }
    )  # fmt: skip
    rows = list(mapper_rows(pd.concat([table, pair]), INTERVALS, 0))
    assert only(rows, statistic="pair_purity")["estimate"] == pytest.approx(0.8)
    assert only(rows, statistic="pair_excess")["estimate"] == pytest.approx(0.2)
    assert only(rows, statistic="pair_forks")["estimate"] == pytest.approx(0.5)
