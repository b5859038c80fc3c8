"""Arguments at the door of public functions: what is taken, what is refused and how that is said."""

import numpy as np
import pandas as pd
import pytest
import torch

from topolens.arguments import checked_array, checked_count, checked_diagram, checked_number
from topolens.errors import TopolensError


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]], np.uint8),
        np.array([[1, 2], [3, 4]], np.float32),
        pd.DataFrame({"a": [1, 3], "b": [2, 4]}),
        torch.tensor([[1.0, 2], [3, 4]], requires_grad=True),
        torch.tensor([[1.0, 2], [3, 4]], dtype=torch.bfloat16),
        torch.tensor([[1.0, 2], [3, 4]]).to_sparse(),
        np.array([["1", "2"], ["3", "4"]], object),
    ],
)
def test_A29_numbers_in_any_container(values):
    array = checked_array(values, "points")
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1, 2], [3]], "points: expected rows of equal length"),
        ([["a"]], "points: expected numbers, found <U1"),
        (np.array([1j]), "points: expected real numbers, found complex ones"),
        (torch.tensor([1j]), "points: expected real numbers"),
        (torch.tensor([1j]).conj(), "points: expected real numbers"),
        (np.ma.array([1.0], mask=[True]), "points: expected plain numbers, found a masked array"),
        (pd.DataFrame({"a": ["x"]}), "points: expected numbers"),
    ],
)
def test_B15_B17_what_would_lose_a_part_or_is_no_number(values, message):
    with pytest.raises(TopolensError, match=message):
        checked_array(values, "points")


def test_whole_numbers():
    assert checked_count(np.int64(3), "k", 1, 3) == 3
    assert isinstance(checked_count(np.int64(3), "k"), int)
    for wrong in (3.0, "3", None, True, 0, 4):
        with pytest.raises(TopolensError, match=r"k=.*: expected a whole number, 1 to 3"):
            checked_count(wrong, "k", 1, 3)


def test_real_numbers():
    assert checked_number(np.float32(0.5), "q", "a share") == 0.5
    assert checked_number(float("inf"), "q", "a share") == np.inf
    for wrong in ("0.5", None, True, float("nan"), [1, 2], 1j):
        with pytest.raises(TopolensError, match=r"q=.*: expected a share"):
            checked_number(wrong, "q", "a share")


def test_diagrams():
    assert checked_diagram([]).shape == checked_diagram(np.empty((0, 2))).shape == (0, 2)
    assert checked_diagram([[0, np.inf]]).tolist() == [[0, np.inf]]
    with pytest.raises(TopolensError, match=r"1 of 2 bars hold NaN"):
        checked_diagram([[0, 1], [0, np.nan]])
    with pytest.raises(TopolensError, match=r"found shape \(2, 3\); transpose it"):
        checked_diagram(np.zeros((2, 3)))
    with pytest.raises(TopolensError, match=r"found shape \(0, 3\)"):
        checked_diagram(np.zeros((0, 3)))
