"""The stage of feature pictures: of which nodes of a Mapper graph, and that they are of their mean vectors."""

import numpy as np
import pytest
from mapper_run import LAYERS, SEED, V, image_set, one_thread, paint

from topolens.artifacts import read_arrays, read_json, write_arrays
from topolens.attribution.feature_picture import feature_pictures
from topolens.mapper.graph import Fork
from topolens.nets.images.prepared import prepared_network
from topolens.seeding import child_seed
from topolens.stages.feature_pictures import shown_nodes


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
