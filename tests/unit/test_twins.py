"""A claim on complexity on three sets of numbers, by hand."""

import numpy as np
import pandas as pd
import pytest

from topolens.claims.model import GAUSSIAN, RAW, SCALE_FREE
from topolens.claims.twins import band_of, contrast, log_complexities

NAN, INF = np.nan, np.inf
CELL = ["layer"]


def table_of(**columns):
    """Two clouds and two Gaussian ones at layer a; one and one at b; one without Gaussian clouds at c."""
    table = pd.DataFrame(
        {
            "layer": ["a", "a", "a", "a", "b", "b", "c"],
            "null": [False, False, True, True, False, True, False],
            "l2": [2.0, 8.0, 1.0, 3.0, 5.0, 0.0, 1.0],
            "l2_scale_free": [1.0, 4.0, 9.0, 9.0, 0.0, 9.0, 3.0],
        }
    )
    return table.assign(**columns)


@pytest.mark.parametrize(
    ("twin", "expected"),
    [
        (RAW, [2, 8, 5, 1]),
        (SCALE_FREE, [1, 4, 0, 3]),
        (GAUSSIAN, [1, 4, NAN, NAN]),  # over the mean of 1 and 3; b's Gaussian clouds have none, c has no such clouds
    ],
)
def test_logarithms_by_hand(twin, expected):
    found = log_complexities(table_of(), CELL, twin)
    assert found["layer"].tolist() == ["a", "a", "b", "c"]
    np.testing.assert_allclose(np.exp(found["log"]), expected)


def test_cells_of_several_columns_are_matched_by_all_of_them():
    found = log_complexities(table_of(seed=[0, 1, 0, 1, 0, 0, 0]), ["layer", "seed"], GAUSSIAN)
    np.testing.assert_allclose(np.exp(found["log"])[:2], [2, 8 / 3])


def test_a_contrast_by_logarithms_is_that_of_the_numbers():
    a, b = pd.Series([3.0, 0.0, 2.0, 0.0, NAN]), pd.Series([1.0, 5.0, 2.0, 0.0, 1.0])
    with np.errstate(divide="ignore"):
        found = contrast(np.log(a), np.log(b))
    np.testing.assert_allclose(found, [0.5, -1, 0, 0, NAN])


def test_where_nothing_has_any_complexity_there_is_no_contrast():
    nothing = pd.DataFrame({"a": [-INF], "b": [-INF]})
    assert contrast(nothing, nothing).isna().all(axis=None)


def test_band_counts_cells():
    table = pd.DataFrame(
        {
            "layer": np.repeat([*"abcd"], 4)[:-3],
            "null": [False, True, True, True] * 3 + [False],
            "l2": [5, 1, 2, 3, 2, 1, 2, 3, 0, 1, 2, 3, 7],
        }
    )
    assert band_of(table, CELL, 0.95) == "above 1, inside 1, below 1"
    assert band_of(table[~table["null"]], CELL, 0.95) == ""
