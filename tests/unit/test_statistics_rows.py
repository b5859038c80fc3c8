"""The one tidy table: order of columns, what is refused, names of layers, means and bands as columns."""

import numpy as np
import pytest

from topolens.config.analyses import Intervals
from topolens.inference.intervals import mean_of_units
from topolens.seeding import child_seed
from topolens.statistics.rows import COLUMNS, mean_row, null_band, perceptron_layer, tidy_table

INTERVALS = Intervals(bootstrap=100, confidence=0.9)


def test_columns_have_one_order_and_those_that_are_not_used_are_left_out():
    rows = [{"n": 2, "estimate": 0.5, "statistic": "a"}, {"layer": "x", "statistic": "b", "depth": 1}]
    unused = [name for name in COLUMNS if name not in ("statistic", "layer", "depth", "estimate", "n")]
    table = tidy_table(rows, unused)
    assert table.columns.tolist() == ["statistic", "layer", "depth", "estimate", "n"]
    assert table["statistic"].tolist() == ["a", "b"]
    assert table["n"].tolist() == pytest.approx([2, np.nan], nan_ok=True)
    assert tidy_table([], unused).columns.tolist() == table.columns.tolist()


@pytest.mark.parametrize("column", ["group", "p_holm"])
def test_a_column_that_the_table_has_not_is_refused(column):
    with pytest.raises(ValueError, match=rf"expected the columns.*found also \['{column}'\]"):
        tidy_table([{"statistic": "a", column: 1}], ["p_holm"])


def test_layers_of_perceptrons_have_names_and_numbers():
    named = [perceptron_layer(depth, 3) for depth in range(4)]
    assert [row["layer"] for row in named] == ["input", "hidden 1", "hidden 2", "logits"]
    assert [row["depth"] for row in named] == [0, 1, 2, 3]


@pytest.mark.parametrize("within", [None, (-9.0, 9.0)])
def test_means_of_one_seed_share_their_resamples(within):
    values = np.append(np.random.default_rng(0).normal(size=20), np.nan)
    row = mean_row(values, "network", INTERVALS, 5, within=within)
    expected = mean_of_units(values, 100, child_seed(5, "bootstrap"), 0.9, within)
    assert row == {
        "estimate": expected.value, "low": expected.low, "high": expected.high, "n": 20, "unit": "network",
    }  # fmt: skip
    twice = mean_row(2 * values, "network", INTERVALS, 5, within=within and (-18.0, 18.0))
    assert [twice[name] for name in ("low", "high")] == pytest.approx([2 * row["low"], 2 * row["high"]])
    other = mean_row(values, "network", INTERVALS, 6, within=within)
    assert (row == other) == (within is not None)  # a known range needs no draws


def test_bands_by_hand_and_none_without_values():
    assert null_band(np.arange(101.0), 0.9) == {"null_low": pytest.approx(5), "null_high": pytest.approx(95)}
    assert all(np.isnan(value) for value in null_band([], 0.9).values())
