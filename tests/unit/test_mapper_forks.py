import networkx
import numpy as np
import pytest
from scipy.stats import kstest

from topolens.errors import TopolensError
from topolens.mapper.forks import find_forks, score_forks
from topolens.mapper.graph import Fork, MapperGraph
from topolens.mapper.label_entropy import entropy, mean_entropy, permutation_p_value, purity
from topolens.mapper.mapper_graph import mapper_graph


def graph_of(intervals, edges, weights=None):
    """A graph with given intervals and edges: a point for each edge, and `weights` further points for each node."""
    weights = [1] * len(intervals) if weights is None else weights
    members = [[place for place, edge in enumerate(edges) if node in edge] for node in range(len(intervals))]
    points = len(edges)
    for node, weight in enumerate(weights):
        members[node] += range(points, points + weight)
        points += weight
    return MapperGraph(
        members=[np.array(rows, dtype=np.int64) for rows in members],
        intervals=np.array(intervals),
        lens=np.zeros(points),
        edges=np.array(sorted(map(sorted, edges)), dtype=np.int64).reshape(-1, 2),
        jaccard=np.zeros(len(edges)),
    )


def y_cloud(points=600):
    """A stem of norms 1 to 5, and two arms up to about 9; 0 = stem, 1 and 2 = arms."""
    generator = np.random.default_rng(0)
    part = np.repeat([0, 1, 2], points // 3)
    along = generator.uniform(0, 4, size=len(part))
    directions = np.array([[1, 0], [0.8, 0.6], [0.8, -0.6]])
    starts = np.array([[1.0, 0], [5, 0], [5, 0]])
    return starts[part] + along[:, None] * directions[part] + 0.05 * generator.normal(size=(len(part), 2)), part


def y_graph():
    points, part = y_cloud()
    return mapper_graph(points, intervals=12, overlap=0.3, eps=0.4), part


def test_a_y_by_hand():
    # 0 - 1 - 2 - 3
    #      \ 4 - 5
    graph = graph_of([0, 1, 2, 3, 2, 3], [(0, 1), (1, 2), (2, 3), (1, 4), (4, 5)])
    assert find_forks(graph, 1) == [Fork(1, [[2, 3], [4, 5]])]


def test_a_y_upside_down_and_both_ways_at_once():
    graph = graph_of([2, 1, 0, 0], [(0, 1), (1, 2), (1, 3)])
    assert find_forks(graph, 1) == [Fork(1, [[2], [3]])]
    cross = graph_of([1, 2, 2, 0, 0], [(0, 1), (0, 2), (0, 3), (0, 4)])
    assert find_forks(cross, 1) == [Fork(0, [[1], [2]]), Fork(0, [[3], [4]])]


def test_arms_that_meet_again_are_a_loop():
    diamond = graph_of([0, 1, 1, 2], [(0, 1), (0, 2), (1, 3), (2, 3)])
    assert find_forks(diamond, 1) == []


def test_lines_and_single_nodes_have_no_fork():
    assert find_forks(graph_of(range(5), [(0, 1), (1, 2), (2, 3), (3, 4)]), 1) == []
    assert find_forks(graph_of([0, 0, 4], []), 1) == []
    assert find_forks(graph_of([], []), 1) == []


def test_nested_forks_are_both_found_and_the_outer_arm_holds_the_inner_fork():
    # 0 forks into 1 and 2; 1 forks into 3 and 4; another component, 5, is in no arm.
    graph = graph_of([0, 1, 1, 2, 2, 3], [(0, 1), (0, 2), (1, 3), (1, 4)])
    assert find_forks(graph, 1) == [Fork(0, [[1, 3, 4], [2]]), Fork(1, [[3], [4]])]


def test_of_forks_with_the_same_arms_the_largest_node_stays():
    # 0 and 1, in one interval, both touch 2 and 3.
    edges = [(0, 2), (0, 3), (1, 2), (1, 3)]
    # Seen from above, 2 and 3 fork downwards into 0 and 1 likewise.
    forks = find_forks(graph_of([0, 0, 1, 1], edges, [1, 9, 4, 1]), 1)
    assert forks == [Fork(1, [[2], [3]]), Fork(2, [[0], [1]])]
    assert [fork.node for fork in find_forks(graph_of([0, 0, 1, 1], edges), 1)] == [0, 2]


def test_spurs_do_not_count():
    edges = [(0, 1), (0, 2), (0, 3)]
    graph = graph_of([0, 1, 1, 1], edges, [5, 8, 3, 2])
    assert find_forks(graph, 3) == [Fork(0, [[1], [2]])]
    assert find_forks(graph, 4) == []
    assert find_forks(graph, 2) == [Fork(0, [[1], [2], [3]])]
    with pytest.raises(TopolensError, match="min_points=0"):
        find_forks(graph, 0)


@pytest.mark.parametrize("seed", range(6))
def test_as_networkx_finds_arms(seed):
    generator = np.random.default_rng(seed)
    intervals = np.sort(generator.integers(8, size=40))
    edges = [(a, b) for a in range(40) for b in range(a, 40) if intervals[b] - intervals[a] == 1]
    edges = [edge for edge in edges if generator.random() < 0.2]
    graph = graph_of(intervals.tolist(), edges)
    links = networkx.Graph(edges)
    links.add_nodes_from(range(40))
    expected = set()
    for node in range(40):
        for beyond in (intervals > intervals[node], intervals < intervals[node]):
            parts = networkx.connected_components(links.subgraph(np.flatnonzero(beyond).tolist()))
            arms = frozenset(frozenset(part) for part in parts if part & set(links[node]))
            if len(arms) >= 2:
                expected.add(arms)
    forks = find_forks(graph, 1)
    assert len(expected) >= 2
    assert {frozenset(map(frozenset, fork.arms)) for fork in forks} == expected
    assert len(forks) == len(expected)


def test_entropy_and_purity_by_hand():
    assert entropy(np.array([[4, 0], [2, 2], [0, 0]])).tolist() == [0, 1, 0]
    assert entropy(np.array([1, 1, 2])) == pytest.approx(1.5)
    table = np.array([[4, 0], [1, 1]])
    assert mean_entropy(table) == pytest.approx(2 / 6)
    assert purity(table) == pytest.approx(5 / 6)


def test_the_tables_are_those_of_permuted_labels():
    labels = np.repeat([0, 1, 2], [14, 10, 6])
    groups = np.array([0, 1, 0, 1, 2, 0] * 3 + [1, 0, 1, 2, 1, 2, 1, 2] + [1, 0, 1, 2])  # 2 = in no group
    counts = np.array([np.bincount(labels[groups == group], minlength=3) for group in range(3)])
    generator = np.random.default_rng(0)
    mixed = [generator.permutation(labels) for _ in range(4000)]
    null = [mean_entropy(np.array([np.bincount(one[groups == g], minlength=3) for g in (0, 1)])) for one in mixed]
    expected = np.mean(np.array(null) <= mean_entropy(counts[:2]) + 1e-9)
    assert 0.05 < expected < 0.95
    found = permutation_p_value(counts[:2], counts[2], 4000, np.random.default_rng(1))
    assert found == pytest.approx(expected, abs=0.03)


def test_p_value_by_hand():
    # Two pure pairs: of the 6 ways to deal the labels, 2 are pure.
    pairs, none = np.array([[2, 0], [0, 2]]), np.zeros(2, dtype=int)
    assert permutation_p_value(pairs, none, 6000, np.random.default_rng(0)) == pytest.approx(1 / 3, abs=0.02)
    assert permutation_p_value(np.array([[5], [7]]), np.array([3]), 99, np.random.default_rng(0)) == 1
    far = np.array([[50, 0], [0, 50]])
    assert permutation_p_value(far, none, 99, np.random.default_rng(0)) == 1 / 100


def test_a_fork_of_a_cloud_parts_its_classes():
    graph, part = y_graph()
    (fork,) = score_forks(graph, find_forks(graph, 20), part, 999, 0)
    assert len(fork.arms) == 2
    assert fork.p_value == 1 / 1000
    assert fork.purity > 0.95
    assert fork.arm_entropy < 0.2 < fork.entropy
    # All labels the same: nothing to part.
    (fork,) = score_forks(graph, find_forks(graph, 20), np.zeros_like(part), 99, 0)
    assert (fork.entropy, fork.arm_entropy, fork.purity, fork.p_value) == (0, 0, 1, 1)


def test_scores_by_hand():
    graph = graph_of([0, 1, 1], [(0, 1), (0, 2)], [2, 3, 1])
    # Points: 0, 1 shared; 2, 3 of node 0; 4, 5, 6 of arm 1; 7 of arm 2.
    labels = np.array([1, 1, 0, 0, 0, 0, 1, 1])
    (fork,) = score_forks(graph, find_forks(graph, 1), labels, 6000, 0)
    assert fork.entropy == 1
    assert fork.arm_entropy == pytest.approx(4 / 6)
    assert fork.purity == pytest.approx(4 / 6)
    # As pure are the 15 + 15 of 70 deals of four 1s to the eight points that leave arm 2 without or with two.
    assert fork.p_value == pytest.approx(30 / 70, abs=0.02)


def test_shuffled_labels_give_uniform_p_values():
    graph, part = y_graph()
    forks, generator = find_forks(graph, 20), np.random.default_rng(0)
    p_values = [score_forks(graph, forks, generator.permutation(part), 199, seed)[0].p_value for seed in range(200)]
    assert kstest(p_values, "uniform").pvalue > 0.01
    assert 0.01 <= np.mean(np.array(p_values) <= 0.05) <= 0.1


def test_a_fork_has_its_own_seed():
    graph = graph_of([1, 2, 2, 0, 0], [(0, 1), (0, 2), (0, 3), (0, 4)], [9] * 5)
    labels = np.random.default_rng(0).integers(3, size=len(graph.lens))
    both = find_forks(graph, 1)
    assert score_forks(graph, both, labels, 99, 5)[1] == score_forks(graph, both[1:], labels, 99, 5)[0]


def test_clouds_without_forks():
    generator = np.random.default_rng(0)
    line = np.column_stack([generator.uniform(1, 9, 600), 0.05 * generator.normal(size=600)])
    blobs = np.concatenate([generator.normal(size=(300, 2)) + 20, generator.normal(size=(300, 2)) - 30])
    for points in (line, blobs):
        graph = mapper_graph(points, intervals=12, overlap=0.3, eps=1)
        assert len(graph.members) >= 4
        assert find_forks(graph, 20) == []


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(3, int), "each of the 8 points"),
        (np.zeros(8), "integers >= 0"),
        (np.full(8, -1), "integers >= 0"),
    ],
)
def test_bad_labels(labels, message):
    graph = graph_of([0, 1, 1], [(0, 1), (0, 2)], [2, 3, 1])
    with pytest.raises(TopolensError, match=message):
        score_forks(graph, find_forks(graph, 1), labels, 9, 0)


def test_permutations_are_at_least_one():
    graph = graph_of([0, 1, 1], [(0, 1), (0, 2)], [2, 3, 1])
    with pytest.raises(TopolensError, match="permutations=0"):
        score_forks(graph, find_forks(graph, 1), np.zeros(8, int), 0, 0)
