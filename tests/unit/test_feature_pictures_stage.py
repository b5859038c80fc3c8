"""The stage of feature pictures: of which nodes of a Mapper graph, and that they are of their mean vectors."""

import numpy as np
import pytest
from mapper_run import LAYERS, MAPPER, MODULES, SEED, V, image_set, one_thread, paint

from topolens.artifacts import read_arrays, read_json, write_arrays
from topolens.attribution.feature_picture import feature_pictures
from topolens.clouds.image_vectors import image_vectors
from topolens.mapper.graph import Fork
from topolens.mapper.graph_arrays import graph_from_arrays
from topolens.mapper.telling import clearness
from topolens.nets.images.prepared import prepared_network
from topolens.seeding import child_generator, child_seed
from topolens.stages.feature_pictures import shown_nodes, single_points


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


def test_the_largest_nodes_that_have_a_direction():
    sizes, means = np.array([5, 9, 7, 9, 2]), np.ones((5, 3))
    means[1] = 0
    means[2, :2] = 0
    assert shown_nodes([], sizes, means, 2).tolist() == [2, 3]
    assert shown_nodes([], sizes, means, 9).tolist() == [0, 2, 3, 4]
    assert shown_nodes([], np.full(4, 3), np.ones((4, 2)), 2).tolist() == [0, 1]  # of equals the first
    assert shown_nodes([], sizes, np.zeros((5, 3)), 2).tolist() == []
    assert shown_nodes([], np.zeros(0, int), np.zeros((0, 3)), 2).tolist() == []


def test_the_clearest_fork_and_the_largest_of_its_arms_come_first():
    sizes, means = np.arange(12)[::-1], np.ones((12, 2))
    forks = [Fork(0, [[1, 2], [3]], p_value=0.5), Fork(5, [[6, 7, 8], [11, 10]], p_value=0.01)]
    assert shown_nodes(forks, sizes, means, 12).tolist() == [*range(12)]
    assert shown_nodes(forks, sizes, means, 6).tolist() == [0, 5, 6, 7, 10, 11]
    assert shown_nodes(forks, sizes, means, 2).tolist() == [5, 6]


def test_pictures_are_of_the_mean_vectors_of_the_shown_nodes(mapper_folder):
    pictures = read_arrays(mapper_folder / "pictures.npz")
    graphs, model = read_arrays(mapper_folder / "one-graphs.npz"), prepared_network(V, 0, None, image_set())
    structures = read_json(mapper_folder / "one-structures.json")
    for layer in LAYERS:
        nodes = pictures[f"{layer}.nodes"]
        forks = [Fork(**fork) for fork in structures[layer]["forks"]]
        chosen = shown_nodes(forks, graphs[f"{layer}.sizes"], graphs[f"{layer}.means"], 2)
        assert nodes.tolist() == chosen.tolist()
        assert len(nodes) == 2
        assert pictures[f"{layer}.pictures"].shape == (2, 32, 32, 3)
        expected = feature_pictures(
            model,
            layer,
            graphs[f"{layer}.means"][nodes],
            (32, 32),
            1,
            child_seed(SEED, "feature pictures", layer),
            [str(node) for node in nodes],
        )
        np.testing.assert_array_equal(pictures[f"{layer}.pictures"], expected)


def test_a_layer_without_nodes_has_no_pictures(mapper_folder, tmp_path):
    arrays = read_arrays(mapper_folder / "one-graphs.npz")
    arrays |= {"ReLU53.sizes": np.zeros(0, np.int64), "ReLU53.means": np.zeros((0, 64), np.float32)}
    write_arrays(tmp_path / "graphs.npz", arrays)
    found = paint(mapper_folder, tmp_path / "graphs.npz", tmp_path / "fewer.npz")
    assert found["ReLU53.nodes"].tolist() == []
    assert found["ReLU53.pictures"].shape == (0, 32, 32, 3)
    assert len(found["ReLU22.pictures"]) == 2


def test_single_vectors_are_those_of_the_first_examples_at_their_positions(mapper_folder):
    pictures, graphs = read_arrays(mapper_folder / "pictures.npz"), read_arrays(mapper_folder / "one-graphs.npz")
    structures, images = read_json(mapper_folder / "one-structures.json"), image_set()
    model, order = prepared_network(V, 0, None, images), child_generator(SEED, "explorer").permutation(60)
    rows = graphs["images"]
    vectors = image_vectors(model, V, images, rows, MODULES, MAPPER.model_copy(update={"centred_from": None}), SEED)
    assert any(structures[layer]["forks"] for layer in LAYERS), "no fork to look at"
    for layer in LAYERS:
        forks = [Fork(**fork) for fork in structures[layer]["forks"]]
        points = single_points(graphs, layer, forks, MAPPER, SEED)
        if forks:
            clearest = min(forks, key=clearness)
            held = [{*graphs_members(graphs, layer, [clearest.node])}]
            held += [{*graphs_members(graphs, layer, arm)} for arm in clearest.arms]
            assert points == [min(part, key=lambda point: order[point]) for part in held]
        assert pictures[f"{layer}.points"].tolist() == [point for point in points if vectors[layer][0, point].any()]
        if len(pictures[f"{layer}.points"]):
            chosen = pictures[f"{layer}.points"]
            root, names = child_seed(SEED, "feature pictures", layer), [f"point {point}" for point in chosen]
            expected = feature_pictures(model, layer, vectors[layer][0, chosen], (32, 32), 1, root, names)
            np.testing.assert_array_equal(pictures[f"{layer}.single_pictures"], expected)


def graphs_members(graphs, layer, nodes):
    members = graph_from_arrays(graphs, layer).members
    return [point for node in nodes for point in members[node].tolist()]


def test_no_single_vectors_of_halves(mapper_folder):
    graphs, forks = read_arrays(mapper_folder / "one-graphs.npz"), [Fork(0, [[1], [2]])]
    assert single_points(graphs, LAYERS[0], forks, MAPPER.model_copy(update={"halves": 2}), SEED) == []
    assert single_points(graphs, LAYERS[0], [], MAPPER, SEED) == []
