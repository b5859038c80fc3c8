"""Statistics of Mapper graphs: means over positions by hand."""

import numpy as np
import pandas as pd
import pytest
from attribution_tables import INTERVALS, mapper_of, only

from topolens.statistics.mapper import NOISE, mapper_rows

NAN = np.nan


def test_numbers_of_graphs_are_means_over_repeats_beside_noise():
    table = mapper_of(loops=[1, 2, 6], forks=[0, 0, 3], separating=[NAN, NAN, 0.5], local=NAN)
    table.loc[table["kind"] == NOISE, "loops"] = [10, 20, 30, 40]
    table.loc[table["kind"] == "directions", "loops"] = 99
    rows = list(mapper_rows(table, INTERVALS, 0))
    loops = only(rows, statistic="mapper_loops", layer="b")
    assert (loops["estimate"], loops["n"]) == (3, 3)
    assert (loops["null_low"], loops["null_high"]) == pytest.approx((30.25, 39.75))
    # A graph without a fork has no share of forks that separate.
    assert only(rows, statistic="mapper_separating", layer="a")["n"] == 1
    assert np.isnan(only(rows, statistic="mapper_local", layer="a")["estimate"])
    assert np.isnan(only(rows, statistic="mapper_separating", layer="a")["null_low"])
    assert {row["network"] for row in rows} == {"A"}


def test_the_graph_that_others_are_compared_with_is_not_compared_with_itself():
    table = mapper_of(layers=("a",))
    table.loc[table["kind"] == "parameters", "match"] = [1.0, 0.4, 0.6]
    table.loc[table["kind"] == "agreement", "match"] = [0.2, 0.3, 0.7]
    rows = list(mapper_rows(table, INTERVALS, 0))
    assert only(rows, statistic="mapper_match", against="parameters")["estimate"] == pytest.approx(0.5)
    assert only(rows, statistic="mapper_match", against="repeats")["estimate"] == pytest.approx(0.4)
    assert not [row for row in rows if row["statistic"] == "mapper_shared"]


def test_the_pair_of_classes():
    table = mapper_of(layers=("a",))
    assert not [row for row in mapper_rows(table, INTERVALS, 0) if "pair" in row["statistic"]]
    pair = pd.DataFrame(
        {
            "network": "A", "layer": "a", "kind": "pair", "repeat": [0, 1],
            "node_purity": [0.9, 0.7], "null_purity": [0.6, 0.6], "forks": [1, 0],
        }
    )  # fmt: skip
    rows = list(mapper_rows(pd.concat([table, pair]), INTERVALS, 0))
    assert only(rows, statistic="pair_purity")["estimate"] == pytest.approx(0.8)
    assert only(rows, statistic="pair_excess")["estimate"] == pytest.approx(0.2)
    assert only(rows, statistic="pair_forks")["estimate"] == pytest.approx(0.5)
