"""Channel vectors at random positions of every image: where positions lie, and whose vectors they are."""

import numpy as np
import pytest
from mapper_run import LAYERS, MAPPER, MODULES, SEED, V, image_set, one_thread

from topolens.clouds import image_vectors as module
from topolens.clouds.image_vectors import centred_positions, image_vectors, random_positions
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


@pytest.mark.parametrize("repeats", [1, 2, 4])
def test_positions_of_an_image_differ_as_long_as_there_are_enough(repeats):
    found = random_positions((repeats, 4000), (4, 4), 1, np.random.default_rng(0))
    numbers = found @ np.array([10, 1])
    assert {*numbers.ravel().tolist()} == {11, 12, 21, 22}
    assert all(len({*own}) == repeats for own in numbers.T.tolist())
    # Each repeat is uniform by itself.
    for own in numbers:
        np.testing.assert_allclose(np.unique(own, return_counts=True)[1] / 4000, 1 / 4, atol=0.03)


def test_positions_are_centred_by_hand():
    vectors = np.array([[[1.0], [3], [10]], [[20], [30], [6]]], np.float32)
    positions = np.array([[[0, 0], [0, 0], [0, 1]], [[0, 1], [0, 1], [0, 0]]])
    # Means 10/3 and 20 around the grand mean 35/3: 25/3 more and less.
    found = centred_positions(vectors, positions, 2, 3)
    expected = np.array([[1.0, 3, 10], [20, 30, 6]]) + np.array([[25, 25, -25], [-25, -25, 25]]) / 3
    np.testing.assert_allclose(found[..., 0], expected, rtol=1e-6)
    assert found.dtype == np.float32
    assert found.mean() == pytest.approx(vectors.mean())


@pytest.mark.parametrize(("places", "fewest"), [(2, 4), (3, 3)])
def test_positions_of_too_few_images_or_of_none_are_left(places, fewest):
    vectors = np.arange(6, dtype=np.float32).reshape(2, 3, 1)
    positions = np.array([[[0, 0], [0, 0], [0, 1]], [[0, 1], [0, 1], [0, 0]]])
    np.testing.assert_array_equal(centred_positions(vectors, positions, places, fewest), vectors)


def test_an_image_counts_once_at_each_position():
    vectors, positions = np.arange(4, dtype=np.float32).reshape(2, 2, 1), np.zeros((2, 2, 2), int)
    np.testing.assert_array_equal(centred_positions(vectors, positions, 1, 3), vectors)
    assert not np.array_equal(centred_positions(vectors + positions[..., :1], positions, 1, 2), vectors + 1)


def test_what_a_position_adds_to_every_vector_changes_nothing():
    generator = np.random.default_rng(0)
    positions = random_positions((2, 200), (2, 2), 1, generator)
    vectors, added = generator.normal(size=(2, 200, 3)).astype(np.float32), 5 * generator.normal(size=(2, 2, 3))
    moved = (vectors + added[positions[..., 0], positions[..., 1]]).astype(np.float32)
    found, other = (centred_positions(own, positions, 4, 30) for own in (vectors, moved))
    np.testing.assert_allclose(found - found.mean(axis=(0, 1)), other - other.mean(axis=(0, 1)), atol=1e-5)


def test_vectors_are_those_of_a_direct_forward_pass(monkeypatch):
    images, rows = image_set(), np.array([9, 20, 31, 42, 53])
    model = prepared_network(V, 0, None, images)
    whole = image_vectors(model, V, images, rows, MODULES, MAPPER, SEED)  # five images: too few to be centred
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
