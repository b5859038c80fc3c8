"""The stage of feature pictures: of which nodes of a Mapper graph, and that they are of their mean vectors."""

import numpy as np
import pytest
from mapper_run import LAYERS, SEED, V, image_set, one_thread, paint

from topolens.artifacts import read_arrays, write_arrays
from topolens.attribution.feature_picture import feature_pictures
from topolens.nets.images.prepared import prepared_network
from topolens.seeding import child_seed
from topolens.stages.feature_pictures import largest


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


def test_the_largest_nodes_that_have_a_direction():
    sizes, means = np.array([5, 9, 7, 9, 2]), np.ones((5, 3))
    means[1] = 0
    means[2, :2] = 0
    assert largest(sizes, means, 2).tolist() == [2, 3]
    assert largest(sizes, means, 9).tolist() == [0, 2, 3, 4]
    assert largest(np.full(4, 3), np.ones((4, 2)), 2).tolist() == [0, 1]  # of equals the first
    assert largest(sizes, np.zeros((5, 3)), 2).tolist() == []
    assert largest(np.zeros(0, int), np.zeros((0, 3)), 2).tolist() == []


def test_pictures_are_of_the_mean_vectors_of_the_largest_nodes(mapper_folder):
    pictures = read_arrays(mapper_folder / "pictures.npz")
    graphs, model = read_arrays(mapper_folder / "one-graphs.npz"), prepared_network(V, 0, None, image_set())
    for layer in LAYERS:
        nodes = pictures[f"{layer}.nodes"]
        sizes = graphs[f"{layer}.sizes"]
        assert len(nodes) == 2
        assert sorted(sizes[nodes]) == sorted(sizes)[-2:]
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
