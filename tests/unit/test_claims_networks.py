"""Statistics behind the claims that hold networks against each other."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from explain_tables import undecided
from latent_tables import DECODER, estimate, finding, performance_of, run_of, unet_run
from made_up_results import MadeUpResults
from scipy import stats

from topolens.claims.model import GAUSSIAN, RAW, REPRODUCED, SCALE_FREE, UNDECIDED, Rule
from topolens.claims.networks import logs, means_of_networks
from topolens.claims.registry import STATISTICS
from topolens.config.analyses import Intervals
from topolens.inference.intervals import (
    SHARES,
    correlation_of_units,
    crossed_mean,
    mean_of_units,
    share_of_units,
)
from topolens.stages.performance import COLUMNS as PERFORMANCE_COLUMNS
from topolens.statistics.performance import performance_rows
from topolens.statistics.rows import tidy_table

NAN = np.nan
TANH = np.tanh(np.log(3) / 2)  # contrast of 3 and 1, which is 1/2


def levels(values, repeats=3, layers=2):
    """Clouds all of one complexity from values[network][seed]."""
    return np.asarray(values, float)[:, :, None, None, None] * np.ones((1, 1, 1, repeats, layers))


# Complexities of networks


def test_logarithms_are_a_row_a_cloud_with_layers_in_order_of_depth():
    values = 1.0 + np.arange(12).reshape(2, 1, 1, 2, 3)
    run = run_of(values, ("A", "B"), ("ReLU9", "ReLU10", "ReLU1"), factor=2, null=[2, 4, 8])
    table = logs(run, RAW)
    assert table.columns.tolist() == ["ReLU9", "ReLU10", "ReLU1"]
    assert table.index.names == ["network", "seed", "group", "repeat"]
    assert np.exp(table.loc[("B", 0, "all", 1)]).tolist() == pytest.approx([10, 11, 12])
    assert np.exp(logs(run, SCALE_FREE).loc[("B", 0, "all", 1)]).tolist() == pytest.approx([20, 22, 24])
    assert np.exp(logs(run, GAUSSIAN).loc[("B", 0, "all", 1)]).tolist() == pytest.approx([5, 11 / 4, 1.5])


def test_a_silent_cloud_counts_as_the_least_complex_one_of_its_layer():
    values = np.exp(np.array([[1, 2], [3, 4]], float))[:, None, None, None, :]
    values[1, ..., 0] = 0
    (means,) = means_of_networks(logs(run_of(values, ("A", "B")), RAW))
    assert means.to_dict() == pytest.approx({("A", 0): 1.5, ("B", 0): 2.5})
    values[..., 0] = 0  # a layer that is silent throughout says nothing
    (means,) = means_of_networks(logs(run_of(values, ("A", "B")), RAW))
    assert means.to_dict() == pytest.approx({("A", 0): 2, ("B", 0): 4})
    (means,) = means_of_networks(logs(run_of(np.zeros((1, 1, 1, 2, 2))), RAW))
    assert means.isna().all()


def test_several_tables_meet_in_the_layers_and_the_clouds_of_the_same_images():
    ours = run_of(np.exp([[[[[1, 2, 9], [3, 4, 9], [9, 9, 9]]]]]), layers=("L1", "L2", "L3"))
    theirs = run_of(np.exp([[[[[5, 6], [7, 8]]]]]), ("B",))
    found = means_of_networks(logs(ours, RAW), logs(theirs, RAW))
    assert [means.tolist() for means in found] == [pytest.approx([2.5]), pytest.approx([6.5])]


def test_the_statistics_with_twins():
    twins = {
        name
        for name, known in STATISTICS.items()
        if known.of == "positions" and not known.needs & {"attributions.csv"} and "twin" in known.options
    }
    assert twins == {
        "rise_over_run",
        "rank_among_twins",
        "upconvolution_contrast",
        "complexity_against_others",
        "skip_gain_against_others",
        "score_correlation",
        "kept_complexity",
    }


# Trained against untrained


def test_the_rise_over_another_run_has_networks_as_units():
    ours, theirs = np.exp([[1.0, 2, 3, 6]]), np.exp([[0.0, 1, 1]])
    run = run_of(levels(ours), others={"random": run_of(levels(theirs))})
    found = finding("rise_over_run", run, against="random")
    assert (found.estimate.value, found.estimate.n) == (pytest.approx(3 - 2 / 3), 3)
    assert found.estimate.low < found.estimate.value < found.estimate.high
    assert found.band == "above 0, inside 0, below 2"
    # A common factor is a shift of both.
    scaled = run_of(levels(7 * ours), others={"random": run_of(levels(7 * theirs))})
    assert estimate("rise_over_run", scaled, against="random").value == pytest.approx(found.estimate.value)


def test_kinds_are_compared_each_with_its_own_and_their_networks_counted_together():
    ours, theirs = np.exp([[1.0, 2], [9, 9.5]]), np.exp([[0.0, 0.1], [9, 9.1]])
    run = run_of(levels(ours), ("A", "B"), others={"random": run_of(levels(theirs), ("A", "B"))})
    found = estimate("rise_over_run", run, against="random")
    assert (found.value, found.n) == (pytest.approx((1.45 + 0.2) / 2), 4)
    # The distance between kinds is no noise.
    assert found.high - found.low < 30


def test_the_twins_of_the_rise_look_at_their_own_numbers():
    ours, theirs = levels([[3, 3.3]]), levels([[1, 1.1]])
    run = run_of(ours, factor=1, null=[6, 6], others={"random": run_of(theirs, factor=9, null=[1, 1])})
    values = {twin: estimate("rise_over_run", run, against="random", twin=twin).value for twin in (RAW, GAUSSIAN)}
    assert np.exp(list(values.values())).tolist() == pytest.approx([3, 0.5])
    assert estimate("rise_over_run", run, against="random", twin=SCALE_FREE).value == pytest.approx(-np.log(3))


def test_networks_that_do_not_differ_are_seldom_told_to():
    generator, found = np.random.default_rng(0), []
    for _ in range(150):
        ours, theirs = np.exp(generator.normal(size=(2, 1, 8)))
        run = run_of(levels(ours, 1, 1), layers=("L1",))
        run.others["random"] = run_of(levels(theirs, 1, 1), layers=("L1",))
        found.append(Rule(above=0).verdict(estimate("rise_over_run", run, against="random"), 5))
    assert np.mean([verdict == REPRODUCED for verdict in found]) < 0.06


def test_one_network_or_none_of_the_same_kind_gives_no_rise():
    run = run_of(levels([[1, 2]]), others={"random": run_of(levels([[1]]))})
    assert estimate("rise_over_run", run, against="random").n == 0
    run.others["random"] = run_of(levels([[1, 2]]), ("B",))
    assert math.isnan(estimate("rise_over_run", run, against="random").value)


def test_the_rank_among_twins_is_a_share_of_them_with_an_exact_interval():
    twins = np.linspace(0.1, 1.9, 19)[None]
    run = run_of(levels([[3.0]]), others={"random": run_of(levels(twins))})
    assert estimate("rank_among_twins", run, against="random") == share_of_units(19, 19)
    assert Rule(above=0.5).verdict(share_of_units(19, 19), 5) == REPRODUCED
    middle = run_of(levels([[1.0]]), others={"random": run_of(levels(np.full((1, 19), 1.0)))})
    assert estimate("rank_among_twins", middle, against="random").value == 0.5  # all equal
    others = run_of(levels([[3.0]]), others={"random": run_of(levels(twins), ("B",))})
    assert estimate("rank_among_twins", others, against="random").n == 0


# Order along the depth

BLOCKS = ["ReLU11", "ReLU12", "ReLU21", "ReLU22", "ReLU31"]


def depth_run(rows, name="depth.A", networks=("A",), groups=("all",)):
    """Inner products of (layers, units, features)."""
    flat = np.asarray(rows, float).reshape(-1, np.shape(rows)[-1])
    axes = {"layers": np.array(BLOCKS), "networks": np.array(networks), "groups": np.array(groups)}
    return run_of(layers=BLOCKS, landscapes=axes | {name: flat @ flat.T})


def told(earlier, later):
    """Of each unit, whether the mean difference of the others points the way of its own."""
    differences = later - earlier
    others = [np.delete(differences, place, axis=0).mean(axis=0) for place in range(len(differences))]
    return (np.einsum("ij,ij->i", differences, others) > 0).astype(float)


def test_both_sides_of_each_boundary_are_told_by_the_other_networks():
    rows = np.random.default_rng(0).normal(size=(5, 6, 3))
    shares = np.mean([told(rows[place], rows[place + 1]) for place in (1, 3)], axis=0)
    expected = mean_of_units(shares, 200, 0, within=SHARES)
    found = estimate("ordered_boundaries", depth_run(rows))
    assert (found.value, found.n) == (expected.value, 6)
    # Networks share those that judge them: never surer than if they did not.
    assert found.low <= expected.low
    assert found.high >= expected.high


def test_clouds_take_the_part_of_networks_where_there_is_one():
    rows = np.arange(5.0)[:, None, None] * np.ones((5, 8, 2)) + 0.1 * np.random.default_rng(0).normal(size=(5, 8, 2))
    run = depth_run(rows, "depth.A.cat", groups=("cat", "dog"))
    run.landscapes["depth.A.dog"] = np.zeros_like(run.landscapes["depth.A.cat"])
    found = estimate("ordered_boundaries_of_clouds", run)
    assert (found.value, found.n) == (0.75, 8)  # always right of one class, a tie of the other
    assert Rule(above=0.5).verdict(estimate("ordered_boundaries", depth_run(rows)), 5) == REPRODUCED


def test_without_boundaries_or_other_networks_there_is_no_order():
    run = depth_run(np.ones((5, 1, 2)))
    assert math.isnan(estimate("ordered_boundaries", run).value)
    run.landscapes["layers"] = np.array(["ReLU11", "ReLU12", "ReLU13", "ReLU14", "ReLU15"])
    run.landscapes["depth.A"] = depth_run(np.random.default_rng(0).normal(size=(5, 4, 2))).landscapes["depth.A"]
    assert math.isnan(estimate("ordered_boundaries", run).value)


# One kind against the others


def test_one_kinds_complexity_against_the_mean_of_the_others_by_hand():
    # Logarithms: RGB 0, others 1 and 3.
    run = run_of(levels(np.exp([[0, 0.0], [1, 1], [3, 3]])), ("RGB", "M1", "M2"))
    found = estimate("complexity_against_others", run, network="RGB")
    assert (found.value, found.low, found.high, found.n) == pytest.approx((-2, -2, -2, 2))
    assert estimate("complexity_against_others", run, network="M2").value == pytest.approx(3 - 0.5)


def test_seeds_are_the_units_however_many_images_there_are():
    values = np.ones((2, 8, 1, 20, 2))
    shifts = np.random.default_rng(0).normal(size=8)
    values[0] *= np.exp(shifts)[:, None, None, None]
    found = estimate("complexity_against_others", run_of(values, ("RGB", "M1")), network="RGB")
    assert found.n == 8
    low, high = stats.t.interval(0.95, 7, shifts.mean(), stats.sem(shifts))
    assert found.value == pytest.approx(shifts.mean())
    assert found.low <= low + 1e-9
    assert found.high >= high - 1e-9


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
    assert Rule(below=-0.01).verdict(drop, 2) == REPRODUCED


def test_images_that_differ_alike_in_all_networks_do_not_widen_the_interval():
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
        assert math.isnan(estimate("score_correlation", run, without="RGB").value)


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


# Scores and complexity


def scored(complexity, iou, networks=("RGB", "M1", "M2", "M3"), **options):
    """One complexity and one IoU for each network and seed."""
    performance = performance_of(np.asarray(iou)[:, :, None] * np.ones(4), networks)
    return run_of(levels(complexity), networks, performance=performance, **options)


def test_where_kinds_differ_in_their_iou_networks_are_correlated_without_one_kind():
    generator = np.random.default_rng(0)
    complexity = generator.uniform(1, 2, (4, 8))
    iou = 0.1 * np.arange(4.0)[:, None] + 0.01 * generator.normal(size=(4, 8))
    found = finding("score_correlation", scored(complexity, iou), without="RGB")
    value = stats.spearmanr(complexity[1:].ravel(), iou[1:].ravel()).statistic
    assert found.estimate.value == pytest.approx(value)
    assert found.estimate == correlation_of_units(found.estimate.value, 24)
    assert not found.barred


def test_where_they_do_not_there_is_nothing_to_explain():
    iou = np.tile(np.linspace(0.5, 0.9, 8), (4, 1))
    iou[0] = 0.1  # the kind that is left out may differ
    found = finding("score_correlation", scored(np.exp(iou), iou), without="RGB")
    assert found.estimate.value == pytest.approx(1)
    assert found.barred == "by design: IoU does not differ among M1 to M3 (p = 1.00)"


def test_the_twin_of_the_correlation_is_relative_to_each_layers_gaussian_clouds():
    iou = 0.1 * np.arange(8.0).reshape(4, 2)
    run = scored(1 + iou, iou, factor=-1, null=[1, 1])
    table = run.complexity
    table.loc[table["null"], "l2"] *= (1 + 2 * table["network"].map({"RGB": 0, "M1": 1, "M2": 4, "M3": 9})) ** 3
    assert estimate("score_correlation", run, without="RGB").value == pytest.approx(1)
    assert estimate("score_correlation", run, without="RGB", twin=GAUSSIAN).value < 0


# Up-convolutions


def test_up_convolutions_are_compared_with_what_follows_the_concatenation():
    # D1: 1 against 3, D2: 2 against 2; the encoder takes no part.
    run = run_of(np.tile([99.0, 1, 3, 2, 2], (1, 6, 1, 5, 1)), layers=DECODER)
    found = finding("upconvolution_contrast", run)
    assert (found.estimate.value, found.estimate.n) == (pytest.approx(-TANH / 2), 6)
    assert found.band == "above 0, inside 0, below 4"  # the layers that are compared
    assert estimate("upconvolution_contrast", run, level="D1").value == pytest.approx(-TANH)
    assert estimate("upconvolution_contrast", run, level="D2").value == 0
    assert math.isnan(estimate("upconvolution_contrast", run, level="D3").value)


def test_networks_of_all_kinds_and_seeds_are_crossed_with_images():
    generator = np.random.default_rng(0)
    sides = generator.normal(size=(2, 3, 1, 5, 2))
    values = np.ones((2, 3, 1, 5, 5))
    values[..., 1:3] = np.exp(sides)
    run = run_of(values, ("A", "B"), layers=DECODER)
    contrasts = np.tanh((sides[..., 0] - sides[..., 1]) / 2)[:, :, 0].reshape(6, 5)
    expected = crossed_mean(contrasts)
    found = estimate("upconvolution_contrast", run, level="D1")
    assert (found.value, found.low, found.high, found.n) == pytest.approx(
        (expected.value, expected.low, expected.high, 6)
    )


def test_a_level_that_is_silent_counts_as_no_contrast_but_a_silent_network_as_no_estimate():
    run = run_of(np.tile([0.0, 0, 0, 1, 3], (1, 2, 1, 5, 1)), layers=DECODER)
    assert estimate("upconvolution_contrast", run).value == pytest.approx(-TANH / 2)
    assert math.isnan(estimate("upconvolution_contrast", run_of(np.zeros((1, 1, 1, 5, 5)), layers=DECODER)).value)


def test_levels_whose_layers_are_not_all_recorded_take_no_part():
    run = run_of(np.tile([1.0, 3, 7], (1, 2, 1, 5, 1)), layers=["D1-UpReLU", "D1-ReLU1", "D2-UpReLU"])
    assert estimate("upconvolution_contrast", run).value == pytest.approx(-TANH)


def test_networks_without_up_convolutions_have_no_such_contrast():
    run = run_of(np.ones((2, 1, 1, 4, 2)), ("A", "B"))
    for name, options in (("upconvolution_contrast", {}), ("skip_gain_against_others", {"network": "A"})):
        assert math.isnan(estimate(name, run, **options).value)


def test_the_gain_behind_the_concatenations_against_the_others():
    # RGB gains nothing, the others a factor of 3 at both levels.
    rows = {"RGB": [1, 1, 1, 1, 1], "M1": [1, 1, 3, 1, 3], "M2": [1, 1, 3, 1, 3]}
    values = np.array(list(rows.values()), float)[:, None, None, None, :] * np.ones((3, 1, 1, 4, 5))
    found = estimate("skip_gain_against_others", run_of(values, tuple(rows), DECODER), network="RGB")
    assert (found.value, found.n) == (pytest.approx(-np.log(3)), 1)
