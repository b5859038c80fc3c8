"""Statistics behind the claims on complexity along training and depth."""

import math

import numpy as np
import pytest
from perceptron_tables import cloud, evidence, grid_table, table_of

from topolens.claims.registry import STATISTICS
from topolens.config.architectures import block_of
from topolens.inference.intervals import share_of_units

NAN = np.nan


def test_rising_share_is_the_mean_over_networks_of_the_share_of_rising_layers():
    # Network 0 rises in 1 of 2 layers, network 1 in both, network 2 never reached the end.
    values = [[[1, 5], [2, 4]], [[1, 1], [2, 3]], [[9, 9], [NAN, NAN]]]
    estimate = STATISTICS["rising_share"](evidence(grid_table(values)), degree="0")
    assert (estimate.value, estimate.n) == (0.75, 2)


def test_rising_share_counts_no_layer_that_stays():
    estimate = STATISTICS["rising_share"](evidence(grid_table([[[2], [2]]])), degree="all")
    assert estimate.value == 0


def test_the_scale_free_twin_looks_at_its_own_column():
    table = grid_table([[[1], [2]], [[1], [2]]])
    table["l2_scale_free"] = -table["l2"]
    for name in ("rising_share", "layer_correlation", "networks_with_rise", "degree_share_of_rise"):
        assert "scale_free" in STATISTICS[name].options
    assert STATISTICS["rising_share"](evidence(table), degree="0").value == 1
    assert STATISTICS["rising_share"](evidence(table), degree="0", scale_free=True).value == 0


def test_main_share_rise_is_the_mean_over_layers_and_networks():
    rows = [
        cloud(depth=layer, network=network, snapshot=snapshot, degree=1, main_share=share)
        for (network, snapshot, layer), share in {
            (0, 0, 1): 0.2, (0, 1, 1): 0.4, (0, 0, 2): 0.5, (0, 1, 2): 0.5,
            (1, 0, 1): 0.1, (1, 1, 1): 0.7, (1, 0, 2): 0.1, (1, 1, 2): 0.5,
        }.items()
    ]  # fmt: skip
    estimate = STATISTICS["main_share_rise"](evidence(table_of(*rows)), degree=1)
    assert (estimate.value, estimate.n) == (pytest.approx((0.1 + 0.5) / 2), 2)


def two_degrees(zeroth, first):
    """Complexity table from values[network][snapshot] in one layer for both degrees."""
    return table_of(
        *(
            cloud(network=network, snapshot=snapshot, degree=degree, l2=value)
            for degree, values in enumerate((zeroth, first))
            for (network, snapshot), value in np.ndenumerate(np.asarray(values, float))
        )
    )


def test_the_degrees_split_the_rise_of_the_squared_norm_exactly():
    # Squares rise by 3 (1 to 4) in degree 0 and by 9 (16 to 25) in degree 1: a quarter and three quarters.
    table = two_degrees([[1, 2]] * 3, [[4, 5]] * 3)
    shares = [STATISTICS["degree_share_of_rise"](evidence(table), degree=degree) for degree in ("0", "1")]
    assert [share.value for share in shares] == pytest.approx([0.25, 0.75])
    assert shares[0].low == pytest.approx(0.25)
    assert shares[0].high == pytest.approx(0.25)
    assert shares[0].n == 3


def test_the_share_of_the_rise_is_a_ratio_of_means_and_not_a_mean_of_ratios():
    # Rises of the squares: degree 0: 1 and 0, degree 1: 0 and 9. Mean of ratios 1/2, ratio of means 1/10.
    table = two_degrees([[0, 1], [2, 2]], [[3, 3], [4, 5]])
    assert STATISTICS["degree_share_of_rise"](evidence(table), degree="0").value == pytest.approx(0.1)


def test_without_a_rise_there_is_nothing_to_split():
    estimate = STATISTICS["degree_share_of_rise"](evidence(two_degrees([[2, 1]] * 3, [[4, 4]] * 3)), degree="0")
    assert math.isnan(estimate.value)
    assert estimate.n == 3


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
    assert STATISTICS["networks_with_rise"](evidence(table_of(*rows)), degree="0") == share_of_units(1, 4)


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
