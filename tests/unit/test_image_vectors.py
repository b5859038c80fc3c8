"""Channel vectors at random positions of every image: where positions lie, and whose vectors they are."""

import numpy as np
import pytest
from mapper_run import LAYERS, MAPPER, MODULES, SEED, V, image_set, one_thread

from topolens.clouds import image_vectors as module
from topolens.clouds.image_vectors import image_vectors, random_positions
from topolens.nets.images.inference import as_inputs
from topolens.nets.images.prepared import prepared_network
from topolens.nets.taps import record_activations
from topolens.seeding import child_generator


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


@pytest.mark.parametrize(
    ("size", "margin", "rows", "columns"),
    [
        ((8, 6), 1, range(1, 7), range(1, 5)),
        ((8, 6), 2, range(2, 6), range(2, 4)),
        ((8, 6), 0, range(8), range(6)),
        ((2, 2), 1, range(2), range(2)),
        ((3, 2), 1, range(1, 2), range(2)),
        ((1, 1), 1, range(1), range(1)),
    ],
)
def test_positions_stay_off_the_edges_where_any_remain(size, margin, rows, columns):
    found = random_positions((40, 20), size, margin, np.random.default_rng(0))
    assert found.shape == (40, 20, 2)
    assert set(found[..., 0].ravel()) == set(rows)
    assert set(found[..., 1].ravel()) == set(columns)


def test_positions_are_uniform():
    found = random_positions((100, 100), (5, 4), 1, np.random.default_rng(0))
    counts = np.zeros((5, 4))
    np.add.at(counts, tuple(found.reshape(-1, 2).T), 1)
    assert counts[[0, -1]].sum() == counts[:, [0, -1]].sum() == 0
    np.testing.assert_allclose(counts[1:4, 1:3] / 10_000, 1 / 6, atol=0.015)


def test_vectors_are_those_of_a_direct_forward_pass(monkeypatch):
    images, rows = image_set(), np.array([9, 20, 31, 42, 53])
    model = prepared_network(V, 0, None, images)
    whole = image_vectors(model, V, images, rows, MODULES, MAPPER, SEED)
    maps = record_activations(model, as_inputs(images.images[rows], list("RGB")), LAYERS)
    for layer, vectors in whole.items():
        channels, *size = maps[layer].shape[1:]
        assert vectors.shape == (2, 5, channels)
        positions = random_positions((2, 5), size, 1, child_generator(SEED, "mapper", layer))
        for position in range(2):
            for image in range(5):
                row, column = positions[position, image]
                np.testing.assert_allclose(vectors[position, image], maps[layer][image, :, row, column], rtol=1e-5)
    # Images that go through in several blocks have the same positions.
    monkeypatch.setattr(module, "BLOCK", 2)
    parts = image_vectors(model, V, images, rows, MODULES, MAPPER, SEED)
    for layer in LAYERS:
        np.testing.assert_allclose(parts[layer], whole[layer], rtol=1e-4, atol=1e-6)
