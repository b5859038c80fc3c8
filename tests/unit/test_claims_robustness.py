"""Statistics behind the claims on robustness and quantisation."""

import math

import pytest
from metric_tables import decide, distances, evidence, performance

FOLLOWS = {"measure": "bottleneck", "degree": 1, "network": "A"}


def test_sturdier_compares_kept_shares():
    own = evidence(performance=performance(lost=0.1))
    # At the published strength A keeps 45 of 50 images and B 40.
    estimate = decide("sturdier", {"network": "A", "than": "B"}, own)
    assert (estimate.value, estimate.n) == (pytest.approx(0.1), 50)
    assert estimate.low > 0
    assert decide("sturdier", {"network": "B", "than": "A"}, own).high < 0


def test_topology_follows_accuracy_over_noises():
    estimate = decide("topology_follows_accuracy", FOLLOWS)
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (pytest.approx(1), 0, 1, 5)
    against = distances()
    moved = against["kind"] == "disturbed"
    against.loc[moved, "bottleneck"] = 99 - against.loc[moved, "bottleneck"]
    assert decide("topology_follows_accuracy", FOLLOWS, evidence(distances=against)).value == pytest.approx(-1)


def test_a_dose_alone_is_not_followed():
    """All noises move diagrams alike at a strength, and more at the next."""
    dose = distances()
    moved = dose["kind"] == "disturbed"
    dose.loc[moved, "bottleneck"] = dose.loc[moved, "bottleneck"] // 10
    assert math.isnan(decide("topology_follows_accuracy", FOLLOWS, evidence(distances=dose)).value)


def test_quantisation_of_few_weights_shows_and_decides_nothing():
    own = evidence(performance=performance(quantised=0.4))
    found = decide("quantised_loss", {"network": "A"}, own)
    assert (found.estimate.value, found.barred) == (0, "INT8 holds 0.4 of the weights, less than 0.5")
    assert decide("quantised_shift", FOLLOWS, own).barred == found.barred


@pytest.mark.parametrize(
    ("statistic", "options"),
    [
        ("sturdier", {"network": "ViT", "than": "A"}),
        ("depth_trend", {"network": "ViT", "score": "ari"}),
        ("topology_follows_accuracy", FOLLOWS | {"network": "ViT"}),
    ],
)
def test_a_network_that_the_run_has_not(statistic, options):
    assert math.isnan(decide(statistic, options).value)


def test_quantisation_by_hand():
    loss = decide("quantised_loss", {"network": "A"})
    assert (loss.estimate.value, loss.barred) == (0, "")
    shift = decide("quantised_shift", FOLLOWS)
    assert (shift.estimate.value, shift.estimate.n, shift.barred) == (0.5, 2, "")
    absent = decide("quantised_loss", {"network": "ViT"})
    assert math.isnan(absent.estimate.value)
    assert absent.barred
