import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from topolens.errors import TopolensError
from topolens.mapper.fork_projections import project_forks, separation
from topolens.mapper.forks import find_forks
from topolens.mapper.graph import Fork, MapperGraph
from topolens.mapper.mapper_graph import mapper_graph


def hidden_fork():
    """A fork in dimensions 0 and 1 of four, beside a wide cloud in dimensions 2 and 3."""
    generator = np.random.default_rng(0)
    part = np.repeat([0, 1, 2], 60)
    directions = np.array([[1, 0], [0.8, 0.6], [0.8, -0.6]])
    along = generator.uniform(0, 4, size=len(part))
    fork = np.array([[1.0, 0], [5, 0], [5, 0]])[part] + along[:, None] * directions[part]
    fork = np.pad(fork, ((0, 0), (0, 2))) + 0.05 * generator.normal(size=(len(part), 4))
    wide = np.pad(100 * generator.normal(size=(300, 2)), ((0, 0), (2, 0)))
    return np.concatenate([fork, wide]), part


def graph_of(members, points):
    members = [np.array(rows, dtype=np.int64) for rows in members]
    return MapperGraph(members, np.array([0, 1, 1]), np.zeros(points), np.array([[0, 1], [0, 2]]), np.zeros(2))


def test_a_fork_that_the_whole_cloud_hides():
    points, part = hidden_fork()
    stem, left, right = (np.flatnonzero(part == number) for number in range(3))
    members = [stem, np.append(stem[:1], left), np.append(stem[1:2], right)]
    (projection,) = project_forks(points, graph_of(members, len(points)), [Fork(0, [[1], [2]])])
    assert projection.local_separation > 0.4
    assert abs(projection.overall_separation) < 0.1
    assert projection.full_separation == pytest.approx(projection.local_separation, abs=0.1)
    assert projection.rows.tolist() == list(range(180))
    assert projection.arm.tolist() == [0, 1] + [-1] * 58 + [0] * 60 + [1] * 60


def test_planes_are_those_of_the_singular_vectors():
    points, part = hidden_fork()
    members = [np.flatnonzero(part == number) for number in range(3)]
    (projection,) = project_forks(points, graph_of(members, len(points)), [Fork(0, [[1], [2]])])
    for cloud, positions in ((points[:180], projection.local), (points, projection.overall)):
        centre = cloud.mean(axis=0)
        axes = np.linalg.svd(cloud - centre, full_matrices=False)[2][:2]
        assert np.abs(positions) == pytest.approx(np.abs((points[:180] - centre) @ axes.T), abs=1e-8)


def test_forks_of_a_graph():
    points, _ = hidden_fork()
    graph = mapper_graph(points[:180], intervals=10, overlap=0.3, eps=0.8)
    (projection,) = project_forks(points[:180], graph, find_forks(graph, 20))
    assert projection.local_separation > 0.4
    assert set(projection.arm) == {-1, 0, 1}
    assert project_forks(points[:180], graph, []) == []


def test_separation_by_hand():
    # Group 0 at 0 and 2, group 1 at 10: silhouettes 1 - 2/10, 1 - 2/8, and 0 for a point alone.
    assert separation(np.array([[0.0], [2], [10]]), np.array([0, 0, 1])) == pytest.approx((0.8 + 0.75) / 2 / 2)
    generator = np.random.default_rng(0)
    positions, groups = generator.normal(size=(60, 2)), np.repeat([3, 7], 30)
    assert separation(positions, groups) == pytest.approx(silhouette_score(positions, groups))  # equal sizes


def test_points_of_another_graph():
    with pytest.raises(TopolensError, match=r"expected \(9, d\) with d >= 2, found \(8, 3\)"):
        project_forks(np.zeros((8, 3)), graph_of([[0], [0], [0]], 9), [])
    with pytest.raises(TopolensError, match="d >= 2"):
        project_forks(np.zeros((9, 1)), graph_of([[0], [0], [0]], 9), [])
