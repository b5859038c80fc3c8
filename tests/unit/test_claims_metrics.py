"""Statistics behind the claims on distances between activations."""

import pytest
from metric_tables import clouds, decide, distances, evidence


def test_between_over_within_by_hand():
    estimate = decide("between_over_within", {"measure": "bottleneck", "degree": 1})
    assert (estimate.value, estimate.n) == (pytest.approx((3 - 1) / (3 + 1)), 6)
    less = decide("between_over_within", {"measure": "bottleneck", "degree": 1}, evidence(distances=distances(0.5)))
    assert less.high < 0


def test_stacked_gain_chooses_the_best_metric_on_other_clouds():
    estimate = decide("stacked_gain", {"score": "ari"})
    # At the last layer euclidean has 0.6 and is chosen each time; the stacked metrics have 0.5.
    assert (estimate.value, estimate.n) == (pytest.approx(-0.1, abs=0.002), 6)
    assert decide("stacked_gain", {"score": "ari"}, evidence(clouds=clouds(stacked=0.9))).low > 0


def test_choosing_costs_where_metrics_are_equally_good():
    """Of two metrics that win in turns the best of the other clouds is always the loser of the cloud itself."""
    table = clouds(stacked=0.5)
    even = table["repeat"] % 2 == 0
    for metric, winning in (("euclidean", even), ("cosine", ~even)):
        table.loc[table["metric"] == metric, "ari"] = winning[table["metric"] == metric].astype(float)
    assert decide("stacked_gain", {"score": "ari"}, evidence(clouds=table)).value == pytest.approx(0.5)


@pytest.mark.parametrize(("rise", "expected"), [(0.1, 1), (-0.1, -1)])
def test_depth_trend_by_hand(rise, expected):
    for network in (None, "A"):
        estimate = decide("depth_trend", {"score": "ari", "network": network}, evidence(clouds=clouds(rise)))
        assert (estimate.value, estimate.n) == (pytest.approx(expected), 6)


def test_score_over_another_run():
    other = evidence(clouds=clouds(rise=0.05)).results
    estimate = decide("score_over_run", {"against": "random", "score": "ari"}, evidence(other=other))
    assert estimate.value == pytest.approx(0.1)
