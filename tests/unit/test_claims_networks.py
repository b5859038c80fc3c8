"""Statistics behind the claims that hold networks against each other."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from explain_tables import undecided
from latent_tables import DECODER, estimate, performance_of, run_of, unet_run
from made_up_results import MadeUpResults
from scipy import stats

from topolens.claims.model import REPRODUCED, UNDECIDED, Rule
from topolens.claims.networks import contrast, norms
from topolens.claims.registry import STATISTICS
from topolens.config.analyses import Intervals
from topolens.inference.intervals import CORRELATIONS, mean_of_units, share_of_units
from topolens.stages.performance import COLUMNS as PERFORMANCE_COLUMNS
from topolens.statistics.performance import performance_rows
from topolens.statistics.rows import tidy_table

NAN = np.nan


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
    table = norms(run, scale_free=False)
    assert table.columns.tolist() == ["ReLU9", "ReLU10", "ReLU1"]
    assert table.index.names == ["network", "seed", "group", "repeat"]
    assert table.loc[("B", 0, "all", 1)].tolist() == [9, 10, 11]
    assert norms(run, scale_free=True).loc[("B", 0, "all", 1)].tolist() == [18, 20, 22]


def test_contrast_with_another_run_is_the_mean_over_layers_and_then_over_repeats():
    ours = run_of([[[[[3, 1], [3, 0]]]]])
    ours.others["random"] = run_of([[[[[1, 1], [1, 0]]]]])
    found = estimate("contrast_with_run", ours, against="random")
    # Repeat 0: (1/2 + 0) / 2, repeat 1: (1/2 + 0) / 2.
    assert found == mean_of_units(np.full(2, 0.25), 200, 0, within=CORRELATIONS)
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
    assert found.low < expected.min() < expected.max() < found.high


def test_layers_that_only_one_run_has_take_no_part():
    run = run_of([[[[[3, 5]]]]], layers=("L1", "L2"))
    run.others["other"] = run_of([[[[[1]]]]], layers=("L1",))
    assert estimate("contrast_with_run", run, against="other").value == 0.5


def test_the_scale_free_twin_looks_at_its_own_column():
    run = run_of([[[[[3, 3]]]]], factor=1)
    run.others["random"] = run_of([[[[[1, 1]]]]], factor=9)
    assert estimate("contrast_with_run", run, against="random").value == 0.5
    assert estimate("contrast_with_run", run, against="random", scale_free=True).value == -0.5
    twins = {
        name
        for name, known in STATISTICS.items()
        if known.of == "positions" and not known.needs & {"attributions.csv"} and "scale_free" in known.options
    }
    assert twins == {
        "contrast_with_run",
        "depth_correlation_size",
        "upconvolution_contrast",
        "complexity_against_others",
        "skip_gain_against_others",
        "score_correlation",
    }


def test_constant_channels_have_a_contrast_of_one_and_no_topology_anywhere_has_none():
    nothing = run_of(np.zeros((1, 1, 1, 3, 2)))
    run = run_of(np.ones((1, 1, 1, 3, 2)), others={"constant": nothing})
    found = estimate("contrast_with_run", run, against="constant")
    assert (found.value, found.high) == (1, 1)
    nothing.others["constant"] = nothing
    assert math.isnan(estimate("contrast_with_run", nothing, against="constant").value)


def test_runs_without_a_common_cloud_have_no_contrast():
    run = run_of(np.ones((1, 1, 1, 3, 2)), ("A",))
    run.others["random"] = run_of(np.ones((1, 1, 1, 3, 2)), ("B",))
    found = estimate("contrast_with_run", run, against="random")
    assert math.isnan(found.value)
    assert found.n == 0


def test_one_networks_complexity_against_the_mean_of_the_others_by_hand():
    # Means over layers: RGB 1, others 2 and 4, of which the mean is 3.
    values = np.array([[1, 1], [1, 3], [4, 4]], float)[:, None, None, None, :] * np.ones((3, 2, 1, 3, 2))
    run = run_of(values, ("RGB", "M1", "M2"))
    found = estimate("complexity_against_others", run, network="RGB")
    assert (found.value, found.low, found.high, found.n) == pytest.approx((-0.5, -0.5, -0.5, 2))
    assert estimate("complexity_against_others", run, network="M2").value == pytest.approx((4 - 1.5) / 5.5)


def test_seeds_are_the_units():
    # Seeds differ much and images not at all: Student's t over three seeds.
    values = np.ones((2, 3, 1, 20, 2))
    values[0] *= np.array([0.2, 1.0, 3.0])[:, None, None, None]
    run = run_of(values, ("RGB", "M1"))
    found = estimate("complexity_against_others", run, network="RGB")
    contrasts = [(factor - 1) / (factor + 1) for factor in (0.2, 1, 3)]
    assert found.value == pytest.approx(np.mean(contrasts))
    expected = stats.t.interval(0.95, 2, np.mean(contrasts), stats.sem(contrasts))
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.n == 3


def test_scores_and_what_the_skips_bring_against_the_others():
    networks = ("RGB", "M1", "M2")
    iou, without = np.zeros((3, 2, 4)), np.zeros((3, 2, 4))
    for network, (score, rest) in enumerate([(0.5, 0.4), (0.7, 0.3), (0.9, 0.1)]):
        iou[network], without[network] = score, rest
    run = run_of(performance=performance_of(iou, networks, without))
    found = estimate("score_against_others", run, network="RGB", score="iou")
    assert (found.value, found.n) == (pytest.approx(0.5 - 0.8), 2)
    drop = estimate("score_against_others", run, network="RGB", score="iou_drop")
    assert drop.value == pytest.approx(0.1 - (0.4 + 0.8) / 2)
    assert Rule(below=0).verdict(drop, 2) == REPRODUCED


def test_scores_are_paired_by_image():
    # Images differ much, networks by 0.1 on each, from both seeds: the interval has no width.
    images = np.linspace(0, 0.8, 9)
    run = run_of(performance=performance_of([[images] * 2, [images + 0.1] * 2], ("RGB", "M1")))
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


def test_scores_without_a_pass_without_skips_have_no_drop():
    run = run_of(performance=performance_of(np.random.default_rng(0).uniform(size=(2, 1, 4)), ("RGB", "M1")))
    assert math.isnan(estimate("score_against_others", run, network="RGB", score="iou_drop").value)


def statistics_of(rows):
    """The table of accuracies of networks with one class, from rows of network, seed and whether it is right."""
    performance = pd.DataFrame(rows, columns=["network", "seed", "correct"]).assign(label="cat", predicted="cat")
    return tidy_table(performance_rows(performance, Intervals(), 0), ())


def test_accuracy_of_the_first_network_from_its_first_seed():
    rows = [("A", 3, 1)] * 93 + [("A", 3, 0)] * 7 + [("A", 1, 0)] * 50 + [("B", 3, 0)] * 50
    run = MadeUpResults(
        statistics=statistics_of(rows),
        config=SimpleNamespace(
            networks=[SimpleNamespace(name="A"), SimpleNamespace(name="B")], seeds=[3, 1], intervals=Intervals()
        ),
    )
    assert estimate("test_accuracy", run) == share_of_units(93, 100)
    run.statistics = run.statistics[:0]
    assert undecided(estimate("test_accuracy", run))


def test_the_correlation_of_scores_is_the_tables_row_without_the_named_network():
    rows = [
        {
            "statistic": f"score_correlation_l2{twin}",
            "against": other,
            "estimate": value,
            "low": -1.0,
            "high": 1.0,
            "n": 9,
        }
        for twin, other, value in (("", "RGB", 0.2), ("", None, 0.3), ("_scale_free", "RGB", 0.4))
    ]
    run = run_of(statistics=pd.DataFrame(rows))
    assert estimate("score_correlation", run, without="RGB").value == 0.2
    assert estimate("score_correlation", run, without="RGB", scale_free=True).value == 0.4
    assert estimate("score_correlation", run, without="M9").n == 0


def test_up_convolutions_are_compared_with_what_follows_the_concatenation():
    # D1: 1 against 3, D2: 2 against 2; the encoder takes no part.
    run = run_of([[[[[99, 1, 3, 2, 2]] * 5]]], layers=DECODER)
    found = estimate("upconvolution_contrast", run)
    assert found == mean_of_units(np.full(5, -0.25), 200, 0, within=CORRELATIONS)
    many = estimate("upconvolution_contrast", run_of([[[[[99, 1, 3, 2, 2]] * 200]]], layers=DECODER))
    assert Rule(below=0).verdict(many, 5) == REPRODUCED


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


def test_the_gain_behind_the_concatenations_against_the_others():
    # RGB gains nothing, the others (3 - 1) / 4 at both levels.
    rows = {"RGB": [1, 1, 1, 1, 1], "M1": [1, 1, 3, 1, 3], "M2": [1, 1, 3, 1, 3]}
    values = np.array(list(rows.values()), float)[:, None, None, None, :] * np.ones((3, 1, 1, 4, 5))
    found = estimate("skip_gain_against_others", run_of(values, tuple(rows), DECODER), network="RGB")
    assert (found.value, found.n) == (-0.5, 1)
