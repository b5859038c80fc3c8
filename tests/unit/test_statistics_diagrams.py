"""Distances between diagrams beside their null: by hand."""

import numpy as np
import pytest
from distance_tables import INTERVALS, distances, only

from topolens.statistics.diagrams import distance_rows


def test_distances_beside_their_null_by_hand():
    rows = list(distance_rows(distances(), INTERVALS))
    within = only(rows, statistic="within_bottleneck", metric="cosine")
    assert (within["estimate"], within["n"]) == (2.5, 4)
    between = only(rows, statistic="between_bottleneck")
    # Of the eight null values 1 2 3 4 2 3 4 5 one is at or above 4.5.
    assert (between["metric"], between["against"], between["p_value"]) == ("cosine", "euclidean", pytest.approx(2 / 9))
    assert between["null_high"] == pytest.approx(np.quantile([1, 2, 3, 4, 2, 3, 4, 5], 0.975))
    noise = only(rows, statistic="disturbed_bottleneck", condition="gaussian 0.1")
    assert (noise["estimate"], noise["p_value"]) == (2.5, pytest.approx(3 / 5))
    assert only(rows, statistic="k_wasserstein", against=7)["estimate"] == 90
