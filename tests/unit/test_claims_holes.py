"""Statistics behind the claims on the shape of clouds of samples."""

import numpy as np
import pandas as pd
import pytest
from perceptron_tables import cloud, evidence, table_of

from topolens.claims.registry import STATISTICS
from topolens.inference.intervals import Estimate, share_of_units
from topolens.topology.diagram_table import DiagramTable

INF = np.inf


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


def test_gap_place_is_the_median_over_networks_in_the_last_layer():
    table = table_of(
        *(cloud(depth=3, network=network, gap_after=gap) for network, gap in enumerate([9, 9, 12])),
        *(cloud(depth=2, network=network, gap_after=1) for network in range(3)),
    )
    estimate = STATISTICS["gap_place"](evidence(table), depth=-1, degree=0, essential=1)
    assert (estimate.value, estimate.n) == (10, 3)
    assert STATISTICS["gap_place"](evidence(table), depth=2, degree=0).value == 1


def test_betti_is_the_mean_over_input_clouds_without_nulls():
    clouds = pd.DataFrame(
        {
            "depth": [0, 0, 0, 1],
            "network": -1,
            "snapshot": -1,
            "repeat": 0,
            "null": [False, False, True, False],
            "mean_distance": 1.0,
        }
    )
    diagrams = [
        [np.array([[0.0, INF], [0.0, 3.0]])],
        [np.array([[0.0, INF], [0.0, 1.0]])],
        [np.array([[0.0, INF]] * 50)],
        [np.array([[0.0, INF]] * 70)],
    ]
    table = DiagramTable.collect(clouds, diagrams)
    estimate = STATISTICS["betti"](evidence(diagrams=table), degree=0, scale=2.0)
    assert (estimate.value, estimate.n) == (1.5, 2)
    alone = DiagramTable.collect(clouds[:1], diagrams[:1])
    assert STATISTICS["betti"](evidence(diagrams=alone), degree=0, scale=2.0) == Estimate(2, 2, 2, 1)


NAN = np.nan


def test_class_shares_are_means_over_networks_at_the_last_snapshot():
    shares = pd.DataFrame(
        [
            {"network": network, "snapshot": snapshot, "label": label, "share": share, "shuffled_share": 0.25}
            for network, snapshot, label, share in [
                (0, 0, 0, 0.0),
                (0, 1, 0, 0.5),
                (0, 1, 1, 0.7),
                (1, 1, 0, 0.9),
                (1, 1, 1, NAN),
            ]
        ]
    )
    found = evidence(shares=shares)
    plain = STATISTICS["class_shares"](found, against_shuffled=False)
    assert (plain.value, plain.n) == (pytest.approx((0.6 + 0.9) / 2), 2)
    assert STATISTICS["class_shares"](found, against_shuffled=True).value == pytest.approx(0.75 - 0.25)
