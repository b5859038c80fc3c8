import numpy as np
import pytest

from topolens.config.analyses import Mapper
from topolens.errors import TopolensError
from topolens.mapper.graph import MapperGraph
from topolens.mapper.mapper_graph import elbow, mapper_graph
from topolens.mapper.stability import graph_agreement, parameter_table


def graph_of(members, edges, points):
    members = [np.array(rows, dtype=np.int64) for rows in members]
    edges = np.array(edges, dtype=np.int64).reshape(-1, 2)
    return MapperGraph(members, np.zeros(len(members), int), np.zeros(points), edges, np.zeros(len(edges)))


def y_cloud(seed, points=600):
    generator = np.random.default_rng(seed)
    part = np.repeat([0, 1, 2], points // 3)
    directions = np.array([[1, 0], [0.8, 0.6], [0.8, -0.6]])
    starts = np.array([[1.0, 0], [5, 0], [5, 0]])
    along = np.tile(np.linspace(0, 4, points // 3), 3)
    return starts[part] + along[:, None] * directions[part] + 0.05 * generator.normal(size=(points, 2)), part


def test_agreement_by_hand():
    a = graph_of([[0, 1, 2], [3, 4]], [], 6)
    b = graph_of([[0, 1], [2, 3, 4]], [], 6)
    found = graph_agreement(a, b, 19, 0)
    assert found.match == pytest.approx(2 / 3)
    assert found.shared == pytest.approx(5 / 6)
    # Pairs together in a: 3 + 1, in b: 1 + 3, in both: 1 + 1; of 10; expected 1.6.
    assert found.components == pytest.approx((2 - 1.6) / (4 - 1.6))


def test_nodes_of_one_component_are_one():
    a = graph_of([[0, 1], [1, 2], [3, 4]], [(0, 1)], 5)
    b = graph_of([[0, 1, 2], [3, 4]], [], 5)
    found = graph_agreement(a, b, 1, 0)
    assert found.components == 1
    # Best matches 2/3, 2/3 and 1 of a's nodes, 2/3 and 1 of b's.
    assert found.match == pytest.approx(((2 / 3 + 2 / 3 + 1) / 3 + (2 / 3 + 1) / 2) / 2)


def test_a_graph_agrees_with_itself_and_not_with_chance():
    points, _ = y_cloud(0)
    graph = mapper_graph(points, intervals=12, overlap=0.3, eps=0.4)
    found = graph_agreement(graph, graph, 19, 0)
    assert (found.match, found.components) == (1, 1)
    assert found.chance_match < 0.2
    mixed = np.random.default_rng(0).permutation(600)
    other = mapper_graph(points[mixed], intervals=12, overlap=0.3, eps=0.4)
    assert graph_agreement(graph, other, 19, 0).match == pytest.approx(found.chance_match, abs=0.03)


def test_another_draw_of_the_same_shape_agrees():
    a, b = (mapper_graph(y_cloud(seed)[0], intervals=12, overlap=0.3, eps=0.4) for seed in range(2))
    found = graph_agreement(a, b, 19, 0)
    assert found.match > 0.6 > 3 * found.chance_match
    again = graph_agreement(b, a, 19, 0)
    assert (again.match, again.components, again.shared) == pytest.approx((found.match, found.components, found.shared))


def test_empty_graphs():
    empty, full = graph_of([], [], 3), graph_of([[0, 1]], [], 3)
    assert graph_agreement(empty, empty, 1, 0).match == 1
    found = graph_agreement(empty, full, 1, 0)
    assert (found.match, found.chance_match, found.shared) == (0, 0, 0)
    assert np.isnan(found.components)


def test_only_the_same_images_compare():
    with pytest.raises(TopolensError, match="found 3 and 4"):
        graph_agreement(graph_of([], [], 3), graph_of([], [], 4), 1, 0)
    with pytest.raises(TopolensError, match="permutations=0"):
        graph_agreement(graph_of([], [], 3), graph_of([], [], 3), 0, 0)


def settings(**changes):
    values = {"intervals": 12, "other_intervals": [16], "overlap": 0.3, "other_overlaps": [0.5], "min_points": 20}
    return Mapper(layers=["a", "b"], repeats=2, noise_clouds=1, permutations=99, **values | changes)


def test_parameters_are_crossed():
    points, part = y_cloud(0)
    table = parameter_table(points, part, settings(), 0, eps=0.4)
    assert table[["intervals", "overlap"]].to_numpy().tolist() == [[12, 0.3], [12, 0.5], [16, 0.3], [16, 0.5]]
    assert table["match"][0] == 1
    assert (table["match"][1:] < 1).all()
    assert (table["match"] > table["chance_match"]).all()
    assert table["forks"].tolist() == [1, 1, 1, 1]
    assert (table["purity"] > 0.95).all()
    assert table["separating"].tolist() == [1, 1, 1, 1]
    alone = {"other_intervals": [], "other_overlaps": []}
    none = parameter_table(points, part, settings(significance=0.01, **alone), 0, eps=0.4)
    assert none["separating"].tolist() == [0]  # 99 permutations give no p-value below 0.01
    line = parameter_table(points[part == 0], part[part == 0], settings(intervals=4, **alone), 0)
    assert line["eps"].tolist() == [elbow(points[part == 0])]
    assert line["forks"].tolist() == [0]
    assert line["purity"].isna().all()
