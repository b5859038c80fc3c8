"""Statistics behind the claims on depth."""

import math

import numpy as np
import pandas as pd
import pytest
from latent_tables import estimate, run_of
from perceptron_tables import cloud, evidence, grid_table, table_of

from topolens.claims.registry import STATISTICS
from topolens.config.architectures import block_of
from topolens.inference.intervals import Estimate, wilson

NAN = np.nan


def test_networks_with_a_rise_beyond_noise_are_counted_at_the_last_snapshot():
    # Rises of 1 with noise hypot(e, e): beyond 1.96 sigma for e = 0.1, within it for e = 0.5; falls never count.
    rows = []
    for network, (first, second, error) in enumerate([(1, 2, 0.1), (1, 2, 0.5), (2, 1, 0.0), (1, 1, 0.0)]):
        rows += [
            cloud(depth=1, network=network, snapshot=1, l2=first, l2_error=error),
            cloud(depth=2, network=network, snapshot=1, l2=second, l2_error=error),
            # Before the last snapshot every network rises.
            cloud(depth=1, network=network, snapshot=0, l2=1),
            cloud(depth=2, network=network, snapshot=0, l2=9),
        ]
    assert STATISTICS["networks_with_rise"](evidence(table_of(*rows)), degree="0") == wilson(1, 4)


def test_networks_with_a_rise_leave_out_those_that_never_reached_the_end():
    values = [[[1, 2], [1, 2]], [[1, 2], [NAN, NAN]]]
    estimate = STATISTICS["networks_with_rise"](evidence(grid_table(values)), degree="0")
    assert (estimate.value, estimate.n) == (1, 1)


def test_layer_correlation_is_the_mean_of_spearmans():
    estimate = STATISTICS["layer_correlation"](
        evidence(grid_table([[[1, 2, 3]], [[3, 2, 1]], [[1, 5, 9]]])), degree="0"
    )
    assert estimate.value == pytest.approx(1 / 3)
    assert estimate.n == 3


@pytest.mark.parametrize(
    ("layer", "block"),
    [("ReLU11", "ReLU1"), ("ReLU53", "ReLU5"), ("E1-ReLU2", "E1"), ("B-ReLU1", "B"), ("D3-UpReLU", "D3")],
)
def test_blocks_of_layers(layer, block):
    assert block_of(layer) == block


def steps(*rows):
    columns = ["statistic", "against", "layer", "p_holm"]
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


def test_the_size_of_the_correlation_with_depth_is_the_first_networks_row_over_all_groups():
    rows = [
        {"statistic": name, "network": network, "estimate": value, "low": 0.0, "high": 1.0, "n": 8}
        for name, network, value in (
            ("depth_correlation_size_l2", "B", 0.1),
            ("depth_correlation_size_l2", "A", 0.7),
            ("depth_correlation_size_l2_scale_free", "A", 0.9),
            ("depth_correlation_l2", "A", -0.7),
        )
    ]
    run = run_of(networks=("A", "B"), statistics=pd.DataFrame(rows))
    assert estimate("depth_correlation_size", run) == Estimate(0.7, 0.0, 1.0, 8)
    assert estimate("depth_correlation_size", run, scale_free=True).value == 0.9
