"""What claims came to, in the words of a sentence."""

import math

import pytest

from topolens.paper.outcomes import said, units

ROW = {"verdict": "reproduced", "reason": "", "estimate": 0.3456, "low": 0.16, "high": 0.57, "n": 8, "unit": "network"}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "0.35 [0.16, 0.57], $n=8$ networks: reproduced"),
        (
            {"verdict": "undecided", "reason": "at its bound", "n": 1},
            "0.35 [0.16, 0.57], $n=1$ network: undecided, at its bound",
        ),
        (
            {"verdict": "undecided", "reason": "nothing to estimate", "estimate": math.nan},
            "undecided, nothing to estimate",
        ),
        ({"verdict": "not comparable", "reason": "50 % larger"}, r"not comparable, 50 \% larger"),
    ],
)
def test_a_row_is_told_with_its_units_and_its_reason(told, words):
    assert said(ROW | told) == words


@pytest.mark.parametrize(
    ("count", "unit", "words"),
    [
        (1, "network", "network"),
        (2, "network", "networks"),
        (2, "batch of clouds", "batches of clouds"),
        (3, "repeat of a seed", "repeats of a seed"),
        (5, "untrained network", "untrained networks"),
    ],
)
def test_units_are_counted(count, unit, words):
    assert units(count, unit) == words
