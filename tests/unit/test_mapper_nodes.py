import numpy as np
import pytest

from topolens.errors import TopolensError
from topolens.mapper.graph import MapperGraph
from topolens.mapper.layout import layout
from topolens.mapper.nodes import class_counts, node_table


def graph_of(nodes, edges, members=None, lens=None):
    members = [[node] for node in range(nodes)] if members is None else members
    return MapperGraph(
        members=[np.array(rows, dtype=np.int64) for rows in members],
        intervals=np.arange(nodes),
        lens=np.zeros(nodes) if lens is None else np.array(lens),
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        jaccard=np.zeros(len(edges)),
    )


def path(nodes, first=0):
    return [(node, node + 1) for node in range(first, first + nodes - 1)]


def test_node_table_by_hand():
    graph = graph_of(2, [(0, 1)], [[0, 1, 2, 3], [3, 4]], [1.0, 2, 3, 6, 10])
    labels = np.array([2, 2, 1, 1, 1])
    assert class_counts(graph, labels, 3).tolist() == [[0, 2, 2], [0, 2, 0]]
    table = node_table(graph, labels, ["cat", "dog", "ship"])
    assert table.to_dict("list") == {
        "node": [0, 1],
        "interval": [0, 1],
        "size": [4, 2],
        "mean_norm": [3, 8],
        "majority": ["dog", "dog"],
        "purity": [0.5, 1],
        "entropy": [1, 0],
    }


def test_a_table_without_nodes():
    graph = graph_of(0, [], lens=[1.0, 2])
    assert class_counts(graph, np.array([0, 1]), 2).shape == (0, 2)
    table = node_table(graph, np.array([0, 1]), ["cat", "dog"])
    assert len(table) == 0
    assert list(table) == ["node", "interval", "size", "mean_norm", "majority", "purity", "entropy"]


def test_a_class_for_each_label():
    with pytest.raises(TopolensError, match="expected 0 to 1 for 2 classes, found 2"):
        class_counts(graph_of(3, []), np.array([0, 1, 2]), 2)


def test_a_path_is_drawn_straight():
    positions = layout(graph_of(20, path(20)), 0)
    assert positions.shape == (20, 2)
    steps = np.diff(positions[:, 0])
    assert (steps > 0).all() or (steps < 0).all()
    assert np.ptp(positions[:, 0]) == pytest.approx(1)
    assert np.ptp(positions[:, 1]) < 0.02


def test_a_cycle_is_drawn_round():
    positions = layout(graph_of(12, [*path(12), (0, 11)]), 0)
    centre = positions.mean(axis=0)
    radii = np.linalg.norm(positions - centre, axis=1)
    assert np.ptp(radii) < 0.03 * radii.mean()


def test_components_lie_apart_in_the_unit_square():
    edges = [*path(8), *path(5, 8), (13, 14), (13, 15), (13, 16)]
    positions = layout(graph_of(20, edges), 3)
    assert positions.min() >= 0
    assert positions.max() == pytest.approx(1)
    groups = [range(8), range(8, 13), range(13, 17), [17], [18], [19]]
    boxes = [(positions[list(group)].min(axis=0), positions[list(group)].max(axis=0)) for group in groups]
    for place, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[:place]:
            assert (low > other_high).any() or (other_low > high).any()


def test_nodes_of_the_same_hops_are_drawn_apart():
    star = layout(graph_of(7, [(0, leaf) for leaf in range(1, 7)]), 0)
    distances = np.linalg.norm(star[:, None] - star, axis=2)[np.triu_indices(7, 1)]
    assert distances.min() > 0.1


def test_the_same_picture_twice():
    graph = graph_of(30, [*path(20), (3, 21), (21, 22), *path(7, 23)])
    assert layout(graph, 4).tolist() == layout(graph, 4).tolist()
    assert layout(graph, 4).tolist() != layout(graph, 5).tolist()


def test_pictures_of_little():
    assert layout(graph_of(0, []), 0).shape == (0, 2)
    assert layout(graph_of(1, []), 0).tolist() == [[0, 0]]
    pair = layout(graph_of(2, [(0, 1)]), 0)
    assert np.linalg.norm(pair[0] - pair[1]) == pytest.approx(1)
