"""Mapper graphs as arrays, what they say of two classes, and everything that is counted in one layer."""

import numpy as np
import pandas as pd
import pytest

from topolens.config.analyses import Mapper
from topolens.errors import TopolensError
from topolens.mapper.findings import graph_findings, mean
from topolens.mapper.forks import find_forks
from topolens.mapper.graph import MapperGraph
from topolens.mapper.graph_arrays import FIELDS, graph_from_arrays, graph_to_arrays
from topolens.mapper.layer_graphs import layer_graphs
from topolens.mapper.mapper_graph import mapper_graph
from topolens.mapper.pair import pair_separation

SETTINGS = Mapper(
    layers=["a", "b"], repeats=2, intervals=8, overlap=0.3, other_intervals=[4], other_overlaps=[0.5], min_points=5,
    noise_clouds=2, permutations=99, pair=("left", "right"), pair_intervals=6, pair_overlap=0.4,
)  # fmt: skip


def graph_of(members, intervals, edges, points):
    """A graph drawn by hand."""
    return MapperGraph(
        members=[np.array(rows, dtype=np.int64) for rows in members],
        intervals=np.array(intervals, dtype=np.int64),
        lens=np.linspace(1, 2, points),
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        jaccard=np.full(len(edges), 0.25),
    )


def fork_graph():
    """A stem of points 0 to 3, whose arms hold 4 to 8 and 9 to 13 beside one of the stem's."""
    return graph_of([[0, 1, 2, 3], [2, 4, 5, 6, 7, 8], [3, 9, 10, 11, 12, 13]], [0, 1, 1], [[0, 1], [0, 2]], 14)


def y_cloud(noise=0.05, seed=0):
    """A stem that forks into two arms; classes stem, left and right."""
    generator = np.random.default_rng(seed)
    part = np.repeat([0, 1, 2], 60)
    along = np.tile(np.linspace(0, 4, 60), 3)[:, None]
    directions, starts = np.array([[1, 0], [0.8, 0.6], [0.8, -0.6]]), np.array([[1.0, 0], [5, 0], [5, 0]])
    return starts[part] + along * directions[part] + noise * generator.normal(size=(180, 2)), part


# As arrays


@pytest.mark.parametrize(
    "graph",
    [
        fork_graph(),
        graph_of([[1, 2]], [3], [], 4),
        graph_of([], [], [], 5),
        mapper_graph(y_cloud()[0], intervals=8, overlap=0.3),
    ],
)
def test_a_graph_comes_back_from_its_arrays(graph):
    arrays = graph_to_arrays(graph, "ReLU1") | graph_to_arrays(fork_graph(), "ReLU2")
    back = graph_from_arrays(arrays, "ReLU1")
    assert [rows.tolist() for rows in back.members] == [rows.tolist() for rows in graph.members]
    assert all(rows.dtype == np.int64 for rows in back.members)
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(back, field), getattr(graph, field))
        assert getattr(back, field).shape == getattr(graph, field).shape


def test_arrays_by_hand():
    arrays = graph_to_arrays(graph_of([[0, 2], [1]], [0, 4], [], 3), "x")
    assert sorted(arrays) == ["x.edges", "x.intervals", "x.jaccard", "x.lens", "x.members", "x.sizes"]
    assert arrays["x.members"].tolist() == [0, 2, 1]
    assert arrays["x.sizes"].tolist() == [2, 1]


# Two classes


def test_purity_of_a_pair_by_hand():
    # Classes 1 and 2 in three nodes: 2 and 1, 0 and 2, 1 and 0; points of class 0 do not count.
    graph = graph_of([[0, 1, 2, 5], [2, 3, 6], [4, 5]], [0, 1, 2], [[0, 1], [0, 2]], 8)
    labels = np.array([1, 1, 2, 2, 1, 0, 0, 2])
    found = pair_separation(graph, [], labels, (1, 2), permutations=99, significance=0.05, seed=0)
    assert found.purity == pytest.approx((2 + 2 + 1) / 6)
    assert found.forks == 0
    assert pair_separation(graph, [], labels, (2, 1), permutations=99, significance=0.05, seed=0).purity == found.purity


def test_the_null_of_a_pair_by_enumeration():
    # Three of class 1 and three of class 2 in nodes of four and of two of them: all twenty ways to label them.
    graph = graph_of([[0, 1, 2, 3], [4, 5, 6]], [0, 1], [], 7)
    labels = np.array([1, 1, 1, 2, 2, 2, 0])
    # Of class 1 the node of four holds 1, 2 or 3, in 4, 12 and 4 ways: purities 3 + 2, 2 + 1 and 3 + 2 of 6.
    expected = (4 * 5 + 12 * 3 + 4 * 5) / 20 / 6
    found = pair_separation(graph, [], labels, (1, 2), permutations=20_000, significance=0.05, seed=0)
    assert found.null == pytest.approx(expected, abs=0.01)
    assert found.purity == pytest.approx(5 / 6)


def test_a_fork_parts_the_pair_that_lies_in_its_arms():
    graph = fork_graph()
    forks = find_forks(graph, 3)
    assert [fork.node for fork in forks] == [0]
    apart = np.array([0, 0, 0, 0] + [1] * 5 + [2] * 5)
    mixed = np.array([0, 0, 0, 0, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2])
    assert pair_separation(graph, forks, apart, (1, 2), permutations=999, significance=0.05, seed=0).forks == 1
    assert pair_separation(graph, forks, mixed, (1, 2), permutations=999, significance=0.05, seed=0).forks == 0
    # Other classes decide nothing: 3 takes the place of most of both, and too few are left to tell.
    few = np.array([0, 0, 0, 0, 1, 3, 3, 3, 3, 2, 3, 3, 3, 3])
    found = pair_separation(graph, forks, few, (1, 2), permutations=999, significance=0.05, seed=0)
    assert (found.purity, found.forks) == (1, 0)


def test_forks_of_a_pair_count_by_adjusted_p_values():
    # Of the 252 ways to part five of each, two part them: p = 0.008. The same fork twice over is tested twice.
    once, labels = fork_graph(), np.array([0, 0, 0, 0] + [1] * 5 + [2] * 5)
    members = [*once.members, *(rows + 14 for rows in once.members)]
    twice = graph_of(members, [0, 1, 1, 0, 1, 1], [[0, 1], [0, 2], [3, 4], [3, 5]], 28)

    def parting(graph, level):
        own = np.tile(labels, len(graph.lens) // 14)
        forks = find_forks(graph, 3)
        return pair_separation(graph, forks, own, (1, 2), permutations=9999, significance=level, seed=0).forks

    assert (parting(once, 0.012), parting(twice, 0.012), parting(twice, 0.03)) == (1, 0, 2)


def test_an_arm_without_the_pair_parts_nothing():
    labels = np.array([1, 2, 0, 0] + [1, 1, 1, 2, 2] + [0] * 5)
    graph = fork_graph()
    found = pair_separation(graph, find_forks(graph, 3), labels, (1, 2), permutations=99, significance=0.05, seed=0)
    assert found.forks == 0
    assert found.purity == pytest.approx((1 + 3) / 7)


def test_no_node_holds_the_pair():
    labels = np.array([0, 0, 1, 2])
    found = pair_separation(
        graph_of([[0, 1]], [0], [], 4), [], labels, (1, 2), permutations=9, significance=0.05, seed=0
    )
    assert np.isnan(found.purity)
    assert np.isnan(found.null)
    nothing = pair_separation(graph_of([], [], [], 4), [], labels, (1, 2), permutations=9, significance=0.05, seed=0)
    assert np.isnan(nothing.purity)
    assert nothing.forks == 0


@pytest.mark.parametrize(
    ("labels", "pair", "message"),
    [
        (np.ones(14, int), (1, 1), r"pair \(1, 1\): expected two different classes that have points, found \[1\]"),
        (np.ones(14, int), (1, 2), r"pair \(1, 2\): expected two different"),
        (np.ones(13, int), (1, 2), "labels: expected one for each of the 14 points"),
        (np.full(14, -1), (1, 2), "labels: expected integers >= 0"),
    ],
)
def test_a_pair_that_cannot_be_looked_at(labels, pair, message):
    with pytest.raises(TopolensError, match=message):
        pair_separation(fork_graph(), [], labels, pair, permutations=9, significance=0.05, seed=0)


# Findings


def test_findings_of_a_fork_by_hand():
    points = np.vstack([np.zeros((4, 3)), np.tile([1.0, 1, 0], (5, 1)), np.tile([1.0, -1, 0], (5, 1))])
    points += 0.01 * np.random.default_rng(0).normal(size=points.shape)
    labels = np.array([1, 1, 2, 2] + [1] * 5 + [2] * 5)
    # The arms hold points 2 (class 2) and 3 (class 2) of the stem too.
    settings = SETTINGS.model_copy(update={"min_points": 3, "permutations": 999})
    found = graph_findings(points, fork_graph(), labels, settings=settings, seed=0)
    (fork,) = found.forks
    row = found.row
    impure = -(5 / 6 * np.log2(5 / 6) + 1 / 6 * np.log2(1 / 6))
    assert (row["nodes"], row["edges"], row["components"], row["loops"], row["forks"]) == (3, 2, 1, 0, 1)
    assert row["covered"] == 14
    assert row["node_purity"] == pytest.approx((2 + 5 + 6) / 16)
    assert row["node_entropy"] == pytest.approx((1 + impure + 0) / 3)
    assert row["fork_gain"] == pytest.approx(1 - impure / 2)
    assert row["fork_purity"] == pytest.approx(11 / 12)
    assert row["separating"] == float(fork.p_value < 0.05) == 1
    at_its_value = settings.model_copy(update={"significance": fork.p_value})
    stricter = graph_findings(points, fork_graph(), labels, settings=at_its_value, seed=0)
    assert stricter.row["separating"] == 0  # a p-value must lie below
    (own,) = found.projections
    assert (row["local"], row["overall"]) == (own.local_separation, own.overall_separation)
    assert np.isnan(row["loop_separating"])
    assert np.isnan(row["loop_entropy"])
    assert np.isnan(row["loop_excess_entropy"])
    # The only connected nodes with as many points are the fork's own, parted at its node.
    assert (row["subset_local"], row["subset_overall"]) == pytest.approx((row["local"], row["overall"]))


def test_without_nodes_only_sizes_are_known():
    row = graph_findings(
        np.zeros((5, 2)) + np.arange(5)[:, None], graph_of([], [], [], 5), np.zeros(5, int),
        settings=SETTINGS, seed=0,
    ).row  # fmt: skip
    sizes = ["nodes", "edges", "components", "loops", "forks", "covered"]
    assert [row[size] for size in sizes] == [0] * 6
    assert all(np.isnan(row[name]) for name in set(row) - set(sizes))


def test_the_mean_of_nothing_is_unknown():
    assert mean([True, False]) == 0.5
    assert np.isnan(mean([]))


# A layer


@pytest.fixture(scope="module")
def layer():
    cloud, labels = y_cloud()
    clouds = np.stack([cloud, y_cloud(seed=1)[0]])
    return clouds, labels, layer_graphs(clouds, labels, SETTINGS, (1, 2), 3)


def test_every_graph_has_a_row(layer):
    table = layer[2].table
    counts = table.groupby("kind").size().to_dict()
    # Parameters: two numbers of intervals with two overlaps.
    assert counts == {"repeat": 2, "pair": 2, "covariance": 2, "parameters": 4, "agreement": 1}
    assert not table.duplicated(["kind", "repeat"]).any()
    agreement = table[table["kind"] == "agreement"].iloc[0]
    assert (agreement["first"], agreement["second"]) == (0, 1)
    assert agreement["chance_match"] < agreement["match"] <= 1


def test_the_first_positions_graph_is_that_of_the_findings(layer):
    clouds, labels, graphs = layer
    own = mapper_graph(clouds[0], intervals=8, overlap=0.3, min_samples=5)
    assert [rows.tolist() for rows in graphs.graphs[0].members] == [rows.tolist() for rows in own.members]
    expected = graph_findings(clouds[0], own, labels, settings=SETTINGS, seed=3)
    assert graphs.findings[0].row == pytest.approx(expected.row, nan_ok=True)
    positions = graphs.table[graphs.table["kind"] == "repeat"].reset_index(drop=True)
    assert positions.loc[0, list(expected.row)].to_dict() == pytest.approx(expected.row, nan_ok=True)
    # The configured parameters come first of the crossed ones: the same graph.
    same = graphs.table[graphs.table["kind"] == "parameters"].iloc[0]
    assert (same["nodes"], same["match"]) == (expected.row["nodes"], 1)


def test_the_arms_of_a_y_are_told_apart_from_noise(layer):
    table = layer[2].table.set_index("kind")
    assert (table.loc["repeat", "forks"] == 1).all()
    assert (table.loc["repeat", "separating"] == 1).all()
    assert (table.loc["pair", "forks"] == 1).all()
    assert (table.loc["pair", "node_purity"] > table.loc["pair", "null_purity"] + 0.2).all()


def test_the_pair_has_parameters_of_its_own(layer):
    clouds, labels, graphs = layer
    own = mapper_graph(clouds[1], intervals=6, overlap=0.4, min_samples=5)
    expected = pair_separation(own, find_forks(own, 5), labels, (1, 2), permutations=99, significance=0.05, seed=3)
    row = graphs.table[graphs.table["kind"] == "pair"].iloc[1]
    assert (row["node_purity"], row["null_purity"], row["forks"]) == (expected.purity, expected.null, expected.forks)


def test_without_a_pair_there_are_no_rows_of_it(layer):
    clouds, labels, graphs = layer
    found = layer_graphs(clouds, labels, SETTINGS, None, 3).table
    rest = graphs.table[graphs.table["kind"] != "pair"].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[found.columns], rest[found.columns], check_dtype=False)


def test_the_seed_is_that_of_what_is_left_to_chance(layer):
    clouds, labels, _ = layer
    one, again, other = (layer_graphs(clouds[:, ::2], labels[::2], SETTINGS, None, seed).table for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(one, again)
    pairs = one["kind"] == "agreement"
    assert (one.loc[pairs, "chance_match"] != other.loc[pairs, "chance_match"]).all()
    assert (one.loc[pairs, "match"] == other.loc[pairs, "match"]).all()
