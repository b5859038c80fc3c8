"""Which diagrams of clouds of images are held against each other, and how far apart they are, by hand."""

import numpy as np
import pandas as pd
import pytest

from topolens.stages.diagram_distances import COLUMNS, Pair, compare_diagrams, pairs_of
from topolens.topology.diagram_table import DiagramTable

KEYS = ["network", "layer", "condition", "repeat", "metric", "k", "is_main"]


def clouds_of(rows):
    return pd.DataFrame(rows, columns=KEYS).assign(mean_distance=1.0)


def one_layer(network="A", layer="x"):
    """Two clean clouds and a disturbed one under two metrics and all stacked; one metric with a further k."""
    rows = []
    for condition, repeat in (("clean", 0), ("clean", 1), ("int8", 0)):
        rows += [(network, layer, condition, repeat, "cosine", 0, True)]
        rows += [(network, layer, condition, repeat, "euclidean relative-max", 5, True)]
        rows += [(network, layer, condition, repeat, "stacked", 0, True)]
    return [*rows, (network, layer, "clean", 0, "euclidean relative-max", 7, False)]


def test_pairs_of_a_layer_by_hand():
    assert [*pairs_of(clouds_of(one_layer()))] == [
        Pair("between", 0, 1),
        Pair("within", 0, 3),
        Pair("disturbed", 0, 6),
        Pair("within", 1, 4),
        Pair("disturbed", 1, 7),
        Pair("k", 1, 9),
        Pair("paired", 0, 3),
        Pair("paired", 1, 4),
    ]


def test_clouds_are_paired_two_by_two_and_none_twice():
    rows = [("A", "x", "clean", repeat, metric, 0, True) for repeat in range(5) for metric in ("a", "b")]
    pairs = [*pairs_of(clouds_of(rows))]
    # Cloud r has rows 2 r and 2 r + 1; the fifth is left alone.
    assert [pair for pair in pairs if pair.kind == "paired"] == [
        Pair("paired", *rows) for rows in ((0, 2), (1, 3), (4, 6), (5, 7))
    ]
    assert [pair for pair in pairs if pair.kind == "between"] == [Pair("between", 0, 1), Pair("between", 4, 5)]
    assert [pair.second for pair in pairs if pair.kind == "within"] == [2, 4, 6, 8, 3, 5, 7, 9]


def test_layers_and_networks_are_never_mixed_and_keep_their_order():
    clouds = clouds_of([*one_layer("B", "y"), *one_layer("A", "x")])
    pairs = [*pairs_of(clouds)]
    assert [(pair.kind, pair.first + 10, pair.second + 10) for pair in pairs[:8]] == [
        (pair.kind, pair.first, pair.second) for pair in pairs[8:]
    ]
    own = clouds[["network", "layer"]].agg("/".join, axis=1)
    assert all(own[pair.first] == own[pair.second] for pair in pairs)


def test_every_two_metrics_are_compared_once():
    rows = [("A", "x", "clean", 0, metric, 0, True) for metric in ("a", "b", "c", "stacked")]
    assert [*pairs_of(clouds_of(rows))] == [Pair("between", 0, 1), Pair("between", 0, 2), Pair("between", 1, 2)]


@pytest.fixture
def table(tmp_path):
    """Each cloud has one bar in degree 1, of length 4 and under the disturbance 12, and is 2 or 4 in size."""
    clouds = clouds_of(one_layer())
    clouds["mean_distance"] = np.where(clouds["condition"] == "int8", 4.0, 2.0)
    bars = [np.array([[1.0, 13 if condition == "int8" else 5]]) for condition in clouds["condition"]]
    components = [np.array([[0.0, np.inf], [0, 2]])] * len(clouds)
    diagrams = [[zero, one, np.empty((0, 2))] for zero, one in zip(components, bars, strict=True)]
    DiagramTable.collect(clouds, diagrams).write(tmp_path / "diagrams.npz")
    compare_diagrams(tmp_path / "diagrams.npz", tmp_path / "diagram_distances.csv", threads=1)
    return pd.read_csv(tmp_path / "diagram_distances.csv", keep_default_na=False)


def test_a_row_for_each_pair_and_degree(table):
    assert table.columns.tolist() == COLUMNS
    assert table["degree"].tolist() == [0, 1] * 8  # never degree 2
    of_one = table[table["degree"] == 1]
    told = of_one[["kind", "metric", "against", "condition", "repeat", "k"]].to_numpy().tolist()
    relative = "euclidean relative-max"
    assert told == [
        ["between", "cosine", relative, "clean", 0, 5],
        ["within", "cosine", "", "clean", 1, 0],
        ["disturbed", "cosine", "", "int8", 0, 0],
        ["within", relative, "", "clean", 1, 5],
        ["disturbed", relative, "", "int8", 0, 5],
        ["k", relative, "", "clean", 0, 7],
        ["paired", "cosine", "", "clean", 1, 0],
        ["paired", relative, "", "clean", 1, 5],
    ]


def test_distances_are_those_of_diagrams_in_units_of_their_own_mean_distance(table):
    # Degree 1: (1, 5) / 2 = (0.5, 2.5) and (1, 13) / 4 = (0.25, 3.25), so 0.75 in the larger coordinate.
    # Degree 0: deaths 2 / 2 and 2 / 4, matched with each other at 0.5 and cheaper than both to the diagonal.
    found = table.set_index(["kind", "degree"])
    for distance in ("bottleneck", "wasserstein"):
        assert found.loc[("disturbed", 1), distance].tolist() == pytest.approx([0.75, 0.75])
        assert found.loc[("disturbed", 0), distance].tolist() == pytest.approx([0.5, 0.5])
        assert (table.loc[table["kind"] != "disturbed", distance] == 0).all()


def test_threads_change_no_byte(table, tmp_path):
    compare_diagrams(tmp_path / "diagrams.npz", tmp_path / "two.csv", threads=2)
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "diagram_distances.csv").read_bytes()
