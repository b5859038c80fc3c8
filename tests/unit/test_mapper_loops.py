from itertools import combinations

import gudhi
import networkx
import numpy as np
import pytest

from topolens.errors import TopolensError
from topolens.mapper.graph import MapperGraph
from topolens.mapper.label_entropy import entropy
from topolens.mapper.loops import find_loops, loop_count, score_loops
from topolens.mapper.mapper_graph import mapper_graph


def nerve_of(members, points):
    """The nerve's graph of given nodes."""
    sets = [set(rows) for rows in members]
    edges = [pair for pair in combinations(range(len(sets)), 2) if sets[pair[0]] & sets[pair[1]]]
    return MapperGraph(
        members=[np.array(sorted(rows), dtype=np.int64) for rows in sets],
        intervals=np.zeros(len(sets), dtype=np.int64),
        lens=np.zeros(points),
        edges=np.array(edges, dtype=np.int64).reshape(-1, 2),
        jaccard=np.zeros(len(edges)),
    )


def graph_of(nodes, edges):
    """A graph in which each edge is a point of its own, so that no triangle is filled."""
    members = [[place for place, edge in enumerate(edges) if node in edge] for node in range(nodes)]
    alone = [len(edges) + node for node in range(nodes)]
    return nerve_of([[*rows, point] for rows, point in zip(members, alone, strict=True)], len(edges) + nodes)


def gudhi_b1(graph):
    """β1 over Z2 of the nerve by gudhi; simplices of four nodes change nothing in degree 1."""
    tree = gudhi.SimplexTree()
    for size in (1, 2, 3):
        for chosen in combinations(range(len(graph.members)), size):
            if set.intersection(*(set(graph.members[node].tolist()) for node in chosen)):
                tree.insert(chosen)
    tree.compute_persistence(homology_coeff_field=2, persistence_dim_max=True)
    return [*tree.betti_numbers(), 0, 0][1]


def ring(points=600):
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, size=points)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    return circle + 0.03 * np.random.default_rng(1).normal(size=(points, 2)) + [3, 0], angles


def test_a_triangle_is_filled_where_three_nodes_share_a_point():
    hollow = nerve_of([[0, 1], [1, 2], [2, 0]], 3)
    assert loop_count(hollow) == 1
    assert [loop.nodes for loop in find_loops(hollow)] == [[0, 1, 2]]
    filled = nerve_of([[0, 1, 3], [1, 2, 3], [2, 0, 3]], 4)
    assert loop_count(filled) == 0
    assert find_loops(filled) == []


def test_loops_by_hand():
    square = graph_of(5, [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4)])
    assert [loop.nodes for loop in find_loops(square)] == [[0, 1, 2, 3]]
    # A hexagon with a chord: the two short loops, not the long one.
    chord = graph_of(6, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 5), (0, 3)])
    assert [loop.nodes for loop in find_loops(chord)] == [[0, 1, 2, 3], [0, 3, 4, 5]]
    # Two components.
    apart = graph_of(7, [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (5, 6), (3, 6)])
    assert [loop.nodes for loop in find_loops(apart)] == [[0, 1, 2], [3, 4, 5, 6]]


def test_a_filled_triangle_moves_a_loop_to_its_shorter_side():
    # A pentagon 0 1 2 3 4; node 5 fills the triangle 0 1 5. Round by 5 is longer, and the same loop.
    members = [[0, 4, 9], [0, 1, 9], [1, 2], [2, 3], [3, 4], [9]]
    graph = nerve_of(members, 10)
    assert loop_count(graph) == 1
    assert [loop.nodes for loop in find_loops(graph)] == [[0, 1, 2, 3, 4]]


def test_trees_and_empty_graphs_have_none():
    assert find_loops(graph_of(4, [(0, 1), (1, 2), (1, 3)])) == []
    assert loop_count(graph_of(0, [])) == 0
    assert loop_count(graph_of(3, [])) == 0


@pytest.mark.parametrize("seed", range(8))
def test_as_gudhi_counts(seed):
    generator = np.random.default_rng(seed)
    members = [generator.choice(60, size=generator.integers(1, 7), replace=False).tolist() for _ in range(25)]
    graph = nerve_of(members, 60)
    assert loop_count(graph) == gudhi_b1(graph) > 0
    assert len(find_loops(graph)) == loop_count(graph)


@pytest.mark.parametrize("seed", range(6))
def test_the_basis_is_as_short_as_networkx_finds_it(seed):
    links = networkx.gnm_random_graph(25, 38, seed=seed)
    graph = graph_of(25, sorted(map(sorted, links.edges)))
    loops = find_loops(graph)
    assert sorted(len(loop.nodes) for loop in loops) == sorted(map(len, networkx.minimum_cycle_basis(links)))
    for loop in loops:
        assert len(set(loop.nodes)) == len(loop.nodes)
        assert all(links.has_edge(*pair) for pair in zip(loop.nodes, loop.nodes[1:] + loop.nodes[:1], strict=True))
        assert loop.nodes[0] == min(loop.nodes)
        assert loop.nodes[1] < loop.nodes[-1]


@pytest.mark.parametrize("overlap", [0.2, 0.3, 0.5, 0.6])
def test_a_ring_beside_the_origin_is_one_loop(overlap):
    graph = mapper_graph(ring()[0], intervals=8, overlap=overlap, eps=0.3)
    (loop,) = find_loops(graph)
    assert loop_count(graph) == gudhi_b1(graph) == 1
    assert len(loop.nodes) >= 6


def test_lines_and_blobs_have_none():
    generator = np.random.default_rng(0)
    line = np.column_stack([generator.uniform(1, 9, 600), 0.05 * generator.normal(size=600)])
    blobs = np.concatenate([generator.normal(size=(300, 2)) + 20, generator.normal(size=(300, 2)) - 30])
    for points in (line, blobs):
        graph = mapper_graph(points, intervals=12, overlap=0.3, eps=1)
        assert len(graph.edges) >= 4
        assert loop_count(graph) == 0


def test_a_loop_of_one_class_beside_points_of_another():
    points, _ = ring(300)
    far = np.column_stack([np.linspace(10, 14, 300), np.zeros(300)])
    both = np.concatenate([points, far])
    graph = mapper_graph(both, intervals=30, overlap=0.3, eps=0.4)
    classes = np.repeat([0, 1], 300)
    (loop,) = score_loops(graph, find_loops(graph), classes, 999, 0)
    assert (loop.entropy, loop.purity, loop.p_value) == (0, 1, 1 / 1000)
    mixed = np.random.default_rng(0).permutation(classes)
    (loop,) = score_loops(graph, find_loops(graph), mixed, 999, 0)
    assert loop.entropy > 0.9
    assert loop.p_value > 0.01


def test_scores_by_hand():
    graph = graph_of(4, [(0, 1), (1, 2), (0, 2)])
    # Points 0, 1, 2 are the edges; 3, 4, 5 of the loop's nodes; 6 of node 3, which is not in it.
    (loop,) = score_loops(graph, find_loops(graph), np.array([0, 0, 0, 0, 1, 1, 1]), 6000, 0)
    assert loop.entropy == pytest.approx(entropy(np.array([4, 2])))
    assert loop.purity == pytest.approx(4 / 6)
    # The point outside is of class 1 in 3 of 7 deals, which leaves 4 and 2; else 3 and 3 are left.
    assert loop.p_value == pytest.approx(3 / 7, abs=0.02)


def test_points_in_no_node_are_not_permuted():
    graph = graph_of(3, [(0, 1), (1, 2), (0, 2)])
    wider = MapperGraph(graph.members, graph.intervals, np.zeros(100), graph.edges, graph.jaccard)
    labels = np.append([0, 0, 0, 0, 0, 1], np.arange(94) % 2)
    (loop,) = score_loops(wider, find_loops(wider), labels, 99, 0)
    assert loop.p_value == 1


def test_labels_must_fit():
    graph = graph_of(3, [(0, 1), (1, 2), (0, 2)])
    with pytest.raises(TopolensError, match="each of the 6 points"):
        score_loops(graph, find_loops(graph), np.zeros(5, int), 9, 0)
