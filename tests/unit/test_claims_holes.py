"""Statistics behind the claims on the shape of clouds of samples."""

import numpy as np
import pandas as pd
import pytest
from perceptron_tables import cloud, evidence, table_of

from topolens.claims.registry import STATISTICS
from topolens.inference.intervals import share_of_units
from topolens.inference.principal import second_over_first


def test_gap_share_counts_networks_with_each_ones_share_of_draws():
    table = table_of(
        *(cloud(network=0, repeat=draw, snapshot=1, gap_after=gap) for draw, gap in enumerate([9, 9, 9, 4])),
        *(cloud(network=1, repeat=draw, snapshot=1, gap_after=gap) for draw, gap in enumerate([9, 1])),
        cloud(network=0, snapshot=0, gap_after=2),  # an earlier snapshot
        cloud(network=0, snapshot=1, gap_after=2, null=True),
        cloud(network=0, snapshot=1, gap_after=2, degree=1),
    )
    assert STATISTICS["gap_share"](evidence(table), depth=1, degree=0, bars=9) == share_of_units(0.75 + 0.5, 2)


def test_gap_share_at_the_input_counts_draws():
    table = table_of(
        *(
            cloud(depth=0, network=network, snapshot=-1, repeat=network, gap_after=gap)
            for network, gap in enumerate([9, 9, 8])
        )
    )
    estimate = STATISTICS["gap_share"](evidence(table), depth=0, degree=0, bars=9)
    assert (estimate.value, estimate.n) == (pytest.approx(2 / 3), 3)


def test_gap_share_in_the_last_layer_counts_networks():
    table = table_of(
        *(cloud(depth=3, network=network, snapshot=1, gap_after=gap) for network, gap in enumerate([9, 9, 12])),
        *(cloud(depth=2, network=network, snapshot=1, gap_after=1) for network in range(3)),
    )
    assert STATISTICS["gap_share"](evidence(table), depth=-1, degree=0, bars=9) == share_of_units(2, 3)


def shares_table(rows, **columns):
    return pd.DataFrame(
        [dict(zip(["network", "snapshot", "group", "value"], row, strict=True)) for row in rows]
    ).assign(**columns)


ROWS = [(0, 0, 0, 0.0), (0, 1, 0, 0.5), (0, 1, 1, 0.7), (1, 1, 0, 0.9), (1, 1, 1, np.nan)]


def test_shares_over_shuffled_labels_are_means_over_networks_at_the_last_snapshot():
    table = shares_table(ROWS, shuffled_share=0.25).rename(columns={"value": "share"})
    found = STATISTICS["first_share_over_shuffled"](evidence(shares=table))
    assert (found.value, found.n) == (pytest.approx((0.6 + 0.9) / 2 - 0.25), 2)


def test_the_second_component_is_held_against_isotropic_clouds():
    table = shares_table(ROWS, isotropic_ratio=0.8).rename(columns={"value": "ratio"})
    found = STATISTICS["second_component"](evidence(shares=table))
    assert (found.value, found.n) == (pytest.approx((0.6 + 0.9) / 2 - 0.8), 2)


def test_isotropic_classes_are_no_nearer_to_a_line_than_isotropic_clouds():
    generator = np.random.default_rng(0)
    rows = [
        {"network": network, "snapshot": 0, "group": group, "ratio": ratios[0], "isotropic_ratio": ratios[1]}
        for network in range(10)
        for group in range(5)
        for ratios in [[second_over_first(generator.normal(size=(40, 6))) for _ in range(2)]]
    ]
    found = STATISTICS["second_component"](evidence(shares=pd.DataFrame(rows)))
    assert found.low < 0 < found.high
