"""Random connected parts of graphs, which forks are held against."""

import numpy as np
import pytest
from test_mapper_layer_graphs import fork_graph, graph_of, y_cloud

from topolens.mapper.fork_projections import plane, plane_separations, project_forks, separation
from topolens.mapper.forks import find_forks
from topolens.mapper.mapper_graph import mapper_graph
from topolens.mapper.structure import node_components, points_of
from topolens.mapper.subsets import arms_of_points, random_subset, subset_separations


def path(nodes=10, points=4):
    """A path of nodes of so many points, each sharing one with the next."""
    step = points - 1
    members = [range(n * step, n * step + points) for n in range(nodes)]
    return graph_of(
        [[*rows] for rows in members], range(nodes), [[n, n + 1] for n in range(nodes - 1)], nodes * step + 1
    )


def is_connected(graph, nodes):
    kept = np.zeros(len(graph.members), dtype=bool)
    kept[nodes] = True
    return node_components(graph, kept).max() == 0


@pytest.mark.parametrize(
    ("graph", "sizes"),
    [(path(), (6, 10, 20)), (mapper_graph(y_cloud()[0], intervals=8, overlap=0.3), (40, 80, 160))],
)
def test_subsets_are_connected_and_as_large_as_asked(graph, sizes):
    generator = np.random.default_rng(0)
    for size in sizes:
        for _ in range(20):
            nodes, arms = random_subset(graph, size, 2, 1, generator)
            assert is_connected(graph, nodes)
            assert len({*nodes}) == len(nodes)
            assert len(np.unique(points_of(graph, nodes))) >= size
            # One node less was too few.
            assert len(np.unique(points_of(graph, nodes[:-1]))) < size
            assert all(is_connected(graph, arm) for arm in arms)
            assert not {*arms[0]} & {*arms[1]}
            assert {*arms[0], *arms[1]} <= {*nodes}


def test_a_path_is_cut_at_a_node_into_its_two_ends():
    graph, cuts = path(5), set()
    for seed in range(40):
        nodes, (first, second) = random_subset(graph, 16, 2, 3, np.random.default_rng(seed))
        assert sorted(nodes) == [0, 1, 2, 3, 4]
        (cut,) = {*nodes} - {*first, *second}
        assert (first, second) == ([*range(cut)], [*range(cut + 1, 5)])
        cuts.add(cut)
    assert cuts == {1, 2, 3}


def test_arms_have_the_points_that_a_fork_asks_for():
    # At node 1 or 3 one arm is a single node with three points beyond the cut.
    for seed in range(20):
        _, (first, second) = random_subset(path(5), 16, 2, 5, np.random.default_rng(seed))
        assert (first, second) == ([0, 1], [3, 4])


def test_what_no_node_parts_is_divided_by_hops():
    # A triangle of nodes falls apart at no node; each arm keeps what no other has.
    graph = graph_of([[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 0]], range(3), [[0, 1], [1, 2], [0, 2]], 9)
    nodes, arms = random_subset(graph, 9, 2, 2, np.random.default_rng(0))
    assert sorted(nodes) == [0, 1, 2]
    assert sorted(node for arm in arms for node in arm) == [0, 1, 2]
    rows, arm = arms_of_points(graph, nodes, arms)
    assert rows.tolist() == [*range(9)]
    for number, own in enumerate(arms):
        alone = {*points_of(graph, own).tolist()} - {*points_of(graph, arms[1 - number]).tolist()}
        assert {*rows[arm == number].tolist()} == alone
        assert len(alone) >= 2


def test_three_arms_need_a_node_with_three_parts_or_three_nodes():
    star = graph_of([[0, 1, 2], [0, 3, 4], [1, 5, 6], [2, 7, 8]], [0, 1, 1, 1], [[0, 1], [0, 2], [0, 3]], 9)
    nodes, arms = random_subset(star, 9, 3, 2, np.random.default_rng(0))
    assert sorted(nodes) == [0, 1, 2, 3]
    assert arms == [[1], [2], [3]]
    assert random_subset(path(2), 7, 3, 1, np.random.default_rng(0)) == ([], [])


def test_a_graph_without_so_many_points_or_nodes_has_no_subset():
    assert random_subset(path(3), 11, 2, 1, np.random.default_rng(0)) == ([], [])
    one = graph_of([[0, 1, 2, 3, 4]], [0], [], 5)
    assert random_subset(one, 4, 2, 1, np.random.default_rng(0)) == ([], [])


def test_the_only_subset_of_a_fork_is_itself():
    points = np.random.default_rng(0).normal(size=(14, 4))
    graph = fork_graph()
    forks = find_forks(graph, 3)
    (own,) = project_forks(points, graph, forks)
    found = subset_separations(points, graph, forks, subsets=3, min_points=3, seed=0)
    np.testing.assert_allclose(found, [[own.local_separation, own.overall_separation]])
    assert subset_separations(points, graph, [], subsets=3, min_points=3, seed=0).shape == (0, 2)


def test_forks_have_seeds_of_their_own():
    cloud, _ = y_cloud(noise=0.1)
    graph = mapper_graph(cloud, intervals=8, overlap=0.3)
    forks = find_forks(graph, 2)
    one, again, other = (
        subset_separations(cloud, graph, forks, subsets=2, min_points=2, seed=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    last = subset_separations(cloud, graph, forks[-1:], subsets=2, min_points=2, seed=0)
    np.testing.assert_array_equal(last, one[-1:])


def test_separations_of_a_sample_are_near_those_of_all_and_keep_every_arm():
    generator = np.random.default_rng(0)
    arm = np.repeat([0, 1, -1], [900, 300, 100])
    points = generator.normal(size=(1300, 5)) + 3 * np.eye(5)[arm]
    rows, overall = np.arange(1300), plane(points)
    whole = plane_separations(points, overall, rows, arm, 5000, generator)
    held = arm >= 0
    expected = [separation(plane(points).transform(points)[held], arm[held])] * 2
    assert whole == pytest.approx(expected)
    assert plane_separations(points, overall, rows, arm, 400, generator) == pytest.approx(whole, abs=0.05)
    # Of two points hardly ever one of each arm: then all count.
    few = np.repeat([0, 1], [1299, 1])
    expected = separation(plane(points).transform(points), few)
    assert plane_separations(points, overall, rows, few, 2, np.random.default_rng(1))[0] == pytest.approx(expected)


def test_forks_of_a_shapeless_cloud_are_no_farther_apart_than_random_parts_of_its_graph():
    gains = []
    for seed in range(12):
        cloud = np.random.default_rng(seed).normal(size=(400, 4)) * [3, 2, 1, 1] + [4, 0, 0, 0]
        graph = mapper_graph(cloud, intervals=15, overlap=0.4)
        forks = find_forks(graph, 3)
        if forks:
            own = [(one.local_separation, one.overall_separation) for one in project_forks(cloud, graph, forks)]
            chance = subset_separations(cloud, graph, forks, subsets=5, min_points=3, seed=seed)
            gains.append(np.mean(np.array(own) @ [1, -1] - chance @ [1, -1]))
    assert len(gains) >= 5
    assert abs(np.mean(gains)) < 0.1 + 2 * np.std(gains) / np.sqrt(len(gains))
