"""Statistics behind the claims on robustness and quantisation."""

import math

import pytest
from metric_tables import decide, distances, evidence, performance


def test_sturdier_compares_kept_shares():
    own = evidence()
    # At the published strength A keeps 45 of 50 images and B 40.
    estimate = decide("sturdier", {"network": "A", "than": "B"}, own)
    assert (estimate.value, estimate.n) == (pytest.approx(0.1), 50)
    assert estimate.low > 0
    assert decide("sturdier", {"network": "B", "than": "A"}, own).high < 0


def test_topology_follows_accuracy():
    estimate = decide("topology_follows_accuracy", {"measure": "bottleneck", "degree": 1})
    assert (estimate.value, estimate.n) == (pytest.approx(1), 5)
    against = distances(int8=9.0)
    rows = against["condition"].str.startswith("gaussian")
    against.loc[rows, "bottleneck"] = 8 - against.loc[rows, "bottleneck"]
    options = {"measure": "bottleneck", "degree": 1}
    assert decide("topology_follows_accuracy", options, evidence(distances=against)).value == pytest.approx(-1)


@pytest.mark.parametrize(
    ("statistic", "options"),
    [
        ("sturdier", {"network": "ViT", "than": "A"}),
        ("quantised_loss", {"network": "ViT"}),
        ("depth_trend", {"network": "ViT", "score": "ari"}),
    ],
)
def test_a_network_that_the_run_has_not(statistic, options):
    assert math.isnan(decide(statistic, options).value)


def test_quantisation_by_hand():
    assert decide("quantised_loss", {"network": "A"}).value == 0
    shift = decide("quantised_shift", {"network": "A", "measure": "bottleneck", "degree": 1})
    assert (shift.value, shift.n) == (0.5, 2)


@pytest.mark.parametrize(
    ("statistic", "options"),
    [
        ("quantised_loss", {"network": "A"}),
        ("quantised_shift", {"network": "A", "measure": "bottleneck", "degree": 1}),
    ],
)
def test_too_few_quantised_weights_decide_nothing(statistic, options):
    estimate = decide(statistic, options, evidence(performance=performance(quantised=0.4)))
    assert math.isnan(estimate.value)
    assert estimate.n == 0
