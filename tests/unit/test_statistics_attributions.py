"""Statistics of attributions: means over images by hand."""

import numpy as np
import pandas as pd
import pytest
from attribution_tables import INTERVALS, LAYERS, attributions_of, complexity_of, only

from topolens.config.analyses import GRAD_CAM, INPUT, OCCLUSION
from topolens.statistics.attributions import SCORES, attribution_rows, explained_rows

NAN = np.nan


def test_means_over_images_by_hand():
    table = attributions_of([[[0.2, 0.4], [0.6, NAN]]], layers=["L1", "L2"])
    rows = list(attribution_rows(table, INTERVALS, 0))
    assert [row["statistic"] for row in rows] == ["concentration"] * 2  # what no image has has no row
    first = only(rows, layer="L1")
    assert (first["estimate"], first["n"], first["method"]) == (pytest.approx(0.4), 2, GRAD_CAM)
    assert 0.2 <= first["low"] <= 0.4 <= first["high"] <= 0.6
    assert (only(rows, layer="L2")["estimate"], only(rows, layer="L2")["n"]) == (0.4, 1)


def test_every_score_of_every_network_method_and_layer():
    table = pd.concat(
        [
            attributions_of(np.ones((2, 3, 4)), ("A", "B")),
            attributions_of(np.ones((2, 3, 1)), ("A", "B"), [INPUT], method=OCCLUSION),
        ]
    )
    table[SCORES] = 0.5
    rows = list(attribution_rows(table, INTERVALS, 0))
    keys = {(row["statistic"], row["network"], row["method"], row["layer"]) for row in rows}
    assert len(keys) == len(rows) == len(SCORES) * 2 * 5


def test_complexities_of_the_explained_networks_are_means_over_clouds_of_the_first_seed():
    norms = [[[[1, 2], [3, 6]], [[50, 50], [50, 50]]], [[[9, 9], [9, 9]], [[9, 9], [9, 9]]]]
    complexity = complexity_of(norms, ("A", "B"), LAYERS[:2], seeds=(7, 2), factor=10)
    rows = list(explained_rows(attributions_of([[[0.5, 0.5]]], layers=LAYERS[:2]), complexity, INTERVALS, 0))
    assert {row["network"] for row in rows} == {"A"}
    row = only(rows, statistic="explained_complexity_l2", layer="L2")
    assert (row["estimate"], row["low"], row["high"], row["n"]) == (4, 2, 6, 2)
    assert only(rows, statistic="explained_complexity_l2_scale_free", layer="L1")["estimate"] == 20
    assert len(rows) == 4
