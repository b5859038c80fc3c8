"""Statistics behind the claims on distances between activations."""

import math

import numpy as np
import pytest
from metric_tables import clouds, decide, distances, evidence, untrained

from topolens.claims.model import NOT_REPRODUCED, REPRODUCED, UNDECIDED, Rule

BETWEEN = {"measure": "bottleneck", "degree": 1, "network": "A"}


def test_between_over_within_by_hand():
    estimate = decide("between_over_within", BETWEEN)
    assert (estimate.value, estimate.n) == (pytest.approx((3 - 1) / (3 + 1)), 3)
    assert decide("between_over_within", BETWEEN, evidence(distances=distances(0.5))).value < 0


def test_between_over_within_is_that_of_each_pair_of_clouds_and_of_one_network():
    table = distances()
    table.loc[(table["kind"] == "between") & (table["repeat"] == 2), "bottleneck"] = 1.0
    table.loc[table["network"] == "B", "bottleneck"] = 99.0
    own = evidence(distances=table)
    assert decide("between_over_within", BETWEEN, own).value == pytest.approx((0.5 + 0 + 0.5) / 3)
    assert decide("between_over_within", BETWEEN | {"network": "B"}, own).value == 0
    assert decide("between_over_within", BETWEEN | {"network": "C"}, own).n == 0


def test_a_common_factor_and_other_clouds_under_one_metric_change_no_contrast():
    table = distances()
    table["bottleneck"] *= 7
    table.loc[table["kind"] == "within", "bottleneck"] = 99.0
    assert decide("between_over_within", BETWEEN, evidence(distances=table)).value == pytest.approx(0.5)


def test_pairs_of_equal_diagrams_are_unknown():
    table = distances()
    table.loc[table["kind"].isin(["between", "paired"]) & (table["repeat"] < 2), "bottleneck"] = 0.0
    estimate = decide("between_over_within", BETWEEN, evidence(distances=table))
    assert (estimate.value, estimate.n) == (pytest.approx(0.5), 2)


def test_metrics_that_differ_as_clouds_do_are_seldom_taken_for_more():
    generator, found = np.random.default_rng(0), []
    table = distances()
    own = evidence(distances=table)
    for _ in range(200):
        table["bottleneck"] = generator.uniform(0.5, 1.5, len(table))
        found.append(Rule(above=0).verdict(decide("between_over_within", BETWEEN, own), 3))
    # 2.5 % of 200 are 5.
    assert max(found.count(REPRODUCED), found.count(NOT_REPRODUCED)) <= 11


def test_stacked_gain_chooses_the_best_metric_on_other_clouds():
    estimate = decide("stacked_gain", {"score": "ari"})
    # At the last layer euclidean has 0.6 and is chosen each time; the stacked metrics have 0.5.
    assert (estimate.value, estimate.n) == (pytest.approx(-0.1, abs=0.002), 6)
    assert decide("stacked_gain", {"score": "ari"}, evidence(clouds=clouds(stacked=0.9))).low > 0


@pytest.mark.parametrize(("gain", "verdict"), [(0.0, REPRODUCED), (-0.005, REPRODUCED), (-0.1, NOT_REPRODUCED)])
def test_a_gain_that_is_missed_by_less_than_the_margin_is_as_good(gain, verdict):
    table = clouds(stacked=0.6 + gain)
    table.loc[table["metric"] != "stacked", "ari"] = 0.6
    table.loc[table["metric"] == "stacked", "ari"] += np.resize([-0.001, 0.001], (table["metric"] == "stacked").sum())
    assert Rule(above=-0.01).verdict(decide("stacked_gain", {"score": "ari"}, evidence(clouds=table)), 5) == verdict


def test_choosing_costs_where_metrics_are_equally_good():
    """Of two metrics that win in turns the best of the other clouds is always the loser of the cloud itself."""
    table = clouds(stacked=0.5)
    even = table["repeat"] % 2 == 0
    for metric, winning in (("euclidean", even), ("cosine", ~even)):
        table.loc[table["metric"] == metric, "ari"] = winning[table["metric"] == metric].astype(float)
    assert decide("stacked_gain", {"score": "ari"}, evidence(clouds=table)).value == pytest.approx(0.5)


@pytest.mark.parametrize(("rise", "expected"), [(0.1, 1), (-0.1, -1)])
def test_depth_trend_by_hand(rise, expected):
    estimate = decide("depth_trend", {"score": "ari", "network": "A"}, evidence(clouds=clouds(rise)))
    assert (estimate.value, estimate.n) == (pytest.approx(expected), 6)


def test_a_network_is_ranked_among_untrained_ones_on_the_clouds_that_they_saw():
    table = clouds()
    table.loc[table["repeat"] > 1, "neighbours"] = 0.0  # clouds that no untrained network saw
    estimate = decide("above_untrained", {"network": "A"}, evidence(clouds=table))
    # At the last layer 0.6 and 0.5 under two metrics; untrained ones have 0.30 to 0.48, 0.39 in the mean.
    assert (estimate.value, estimate.n) == (pytest.approx(0.55 - 0.39, abs=0.002), 19)
    assert (estimate.low, estimate.high) == pytest.approx((0.07, 0.25), abs=0.002)
    rule = Rule(above=0)
    assert rule.verdict(estimate, 19) == REPRODUCED
    higher = decide("above_untrained", {"network": "A"}, evidence(untrained=untrained(score=0.45)))
    assert rule.verdict(higher, 19) == UNDECIDED


def test_too_few_untrained_networks_rank_nothing():
    few = decide("above_untrained", {"network": "A"}, evidence(untrained=untrained(seeds=18)))
    assert math.isnan(few.low)
    assert Rule(above=0).verdict(few, 19) == UNDECIDED
    assert decide("above_untrained", {"network": "C"}).n == 0
