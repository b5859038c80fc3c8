"""Statistics behind the claims on quantisation."""

import math

import pytest
from metric_tables import decide, evidence, performance


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
