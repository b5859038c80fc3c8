"""Statistics behind the claims on the decoders of U-Nets."""

import math

import numpy as np
from latent_tables import DECODER, estimate, run_of

from topolens.claims.model import REPRODUCED, Rule


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


def test_the_gain_behind_the_concatenations_against_the_others():
    # RGB gains nothing, the others (3 - 1) / 4 at both levels.
    rows = {"RGB": [1, 1, 1, 1, 1], "M1": [1, 1, 3, 1, 3], "M2": [1, 1, 3, 1, 3]}
    values = np.array(list(rows.values()), float)[:, None, None, None, :] * np.ones((3, 1, 1, 4, 5))
    found = estimate("skip_gain_against_others", run_of(values, tuple(rows), DECODER), network="RGB")
    assert (found.value, found.n) == (-0.5, 4)
