"""Random chains of nodes, which loops are held against."""

from itertools import pairwise

import numpy as np
import pytest
from test_mapper_layer_graphs import graph_of

from topolens.errors import TopolensError
from topolens.mapper import chains as module
from topolens.mapper.chains import excess_entropies, random_chain
from topolens.mapper.graph import Loop
from topolens.mapper.loops import find_loops, score_loops
from topolens.mapper.structure import neighbours_of

RING = [[0, 1], [1, 2], [2, 3], [0, 3]]


def ring_of(members, points, edges=RING):
    return graph_of(members, np.arange(len(members)), edges, points)


def test_neighbours_by_hand():
    graph = graph_of([[0], [0, 1], [1, 2], [3]], range(4), [[0, 1], [1, 2]], 4)
    assert neighbours_of(graph) == [[1], [0, 2], [1], []]
    assert neighbours_of(graph_of([], [], [], 2)) == []


def test_chains_are_simple_paths_of_their_length():
    generator = np.random.default_rng(0)
    edges = [(a, b) for a in range(12) for b in range(a + 1, 12) if (b - a) % 5 in (1, 3)]
    neighbours = neighbours_of(graph_of([[0]] * 12, range(12), edges, 1))
    for length in range(1, 7):
        for _ in range(30):
            chain = random_chain(neighbours, length, generator)
            assert len({*chain}) == len(chain) == length
            assert all(b in neighbours[a] for a, b in pairwise(chain))


def test_a_chain_of_a_whole_path_is_that_path_from_any_start():
    neighbours = neighbours_of(graph_of([[0]] * 5, range(5), [[0, 1], [1, 2], [2, 3], [3, 4]], 1))
    found = {tuple(random_chain(neighbours, 5, np.random.default_rng(seed))) for seed in range(20)}
    assert found == {(0, 1, 2, 3, 4), (4, 3, 2, 1, 0)}


def test_there_is_no_chain_longer_than_the_graph_or_across_its_parts():
    generator = np.random.default_rng(0)
    parts = neighbours_of(graph_of([[0]] * 6, range(6), [[0, 1], [1, 2], [3, 4], [4, 5]], 1))
    assert random_chain(parts, 4, generator) == []
    assert len(random_chain(parts, 3, generator)) == 3
    assert random_chain(parts, 7, generator) == []
    # A star has paths of three nodes and no longer ones.
    star = neighbours_of(graph_of([[0]] * 5, range(5), [[0, 1], [0, 2], [0, 3], [0, 4]], 1))
    assert random_chain(star, 4, generator) == []
    assert random_chain(star, 3, generator)[1] == 0
    with pytest.raises(TopolensError, match="length"):
        random_chain(star, 0, generator)


def test_chains_of_every_place_are_drawn():
    neighbours = neighbours_of(graph_of([[0]] * 4, range(4), RING, 1))
    generator = np.random.default_rng(0)
    starts = [frozenset(random_chain(neighbours, 2, generator)) for _ in range(2000)]
    counts = [starts.count(frozenset(edge)) for edge in RING]
    np.testing.assert_allclose(np.array(counts) / 2000, 1 / 4, atol=0.04)


def test_entropy_of_chains_by_hand():
    # A ring of four nodes of two points, each of one class, beside a path of four whose nodes hold two classes.
    members = [[0, 1], [1, 2], [2, 3], [3, 0], [4, 5], [5, 6], [6, 7], [7, 8]]
    edges = [*RING, [4, 5], [5, 6], [6, 7]]
    graph = ring_of(members, 9, edges)
    labels = np.array([0] * 4 + [1, 2, 1, 2, 1])
    (found,) = excess_entropies(graph, find_loops(graph), labels, 400, 0)
    # A chain of four nodes is the whole ring, cut somewhere, or the whole path; each starts in half of the draws. The
    # path's five points, three and two of a class, count by four: two and two, or three and one.
    mixed = 3 / 5 * 1 + 2 / 5 * -(3 / 4 * np.log2(3 / 4) + 1 / 4 * np.log2(1 / 4))
    assert found == pytest.approx(-mixed / 2, abs=0.08)


def test_a_small_loop_is_not_purer_for_having_few_points():
    # Nodes of the loop hold three points each and those of the path thirty, of ten classes at random.
    members = [[*range(3 * n, 3 * n + 3)] for n in range(4)] + [[*range(12 + 30 * n, 42 + 30 * n)] for n in range(4)]
    graph = graph_of(members, range(8), [*RING, [4, 5], [5, 6], [6, 7]], 132)
    generator, gains, raw = np.random.default_rng(0), [], []
    for seed in range(80):
        labels = generator.integers(10, size=132)
        (loop,) = score_loops(graph, find_loops(graph), labels, 9, seed)
        gains += excess_entropies(graph, [loop], labels, 5, seed)
        raw.append(loop.entropy - np.log2(10))
    assert abs(np.mean(gains)) < 3 * np.std(gains) / np.sqrt(80)
    assert np.mean(raw) < -0.4


def test_a_loop_that_is_the_whole_graph_is_its_chains():
    graph, labels = ring_of([[0, 1], [1, 2], [2, 3], [3, 0]], 4), np.array([0, 0, 1, 2])
    assert excess_entropies(graph, find_loops(graph), labels, 5, 0) == [0]


def test_loops_have_seeds_of_their_own(monkeypatch):
    graph = graph_of([[n, n + 1] for n in range(9)], range(9), [[n, n + 1] for n in range(8)], 10)
    labels = np.random.default_rng(0).integers(3, size=10)
    first, second = Loop([0, 1, 2]), Loop([3, 4, 5])
    both = excess_entropies(graph, [first, second], labels, 3, 0)
    assert both[1:] == excess_entropies(graph, [second], labels, 3, 0)
    assert both != excess_entropies(graph, [first, second], labels, 3, 1)
    assert excess_entropies(graph, [], labels, 3, 0) == []
    # Where no chain is found, nothing is said to differ.
    monkeypatch.setattr(module, "TRIES", 0)
    assert excess_entropies(graph, [first], labels, 3, 0) == [0]


def test_under_random_labels_loops_are_as_mixed_as_chains():
    # A ladder of two times six nodes, each with five points of its own; labels fall at random.
    members = [[*range(5 * node, 5 * node + 5)] for node in range(12)]
    sides = [[n, n + 1] for n in range(11) if n != 5]
    graph = graph_of(members, range(12), sorted([*sides, *([n, n + 6] for n in range(6))]), 60)
    generator, gains = np.random.default_rng(0), []
    for seed in range(60):
        labels = generator.integers(3, size=60)
        loops = find_loops(graph)
        assert len(loops) == 5
        gains.append(np.mean(excess_entropies(graph, loops, labels, 5, seed)))
    assert abs(np.mean(gains)) < 3 * np.std(gains) / np.sqrt(60)
