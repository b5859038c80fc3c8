"""Clouds of positions: images and positions, fixed networks with known vectors, units and their Gaussian clouds."""

import numpy as np
import pytest
import torch
from position_networks import CLASSES, CLOUDS, LAYERS, MODULES, SEED, A, B, image_set, tapped
from torch import nn

from topolens.clouds import positions
from topolens.clouds.positions import (
    PositionSource,
    Unit,
    channel_vectors_of,
    choose_images,
    choose_positions,
    images_needed,
    rows_of_group,
    units_of,
)
from topolens.clouds.standardise import standardise
from topolens.errors import TopolensError
from topolens.nets.images.build import build_network
from topolens.seeding import child_generator

ROWS = np.arange(100, 130)
COLOURS = {"Wide layer": "Wide", "Narrow": "Narrow"}


@pytest.fixture(autouse=True)
def _one_thread():
    """Tiny maps are quicker by one thread than by two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# Images and positions


@pytest.mark.parametrize(("side", "images"), [(32, 1), (16, 2), (8, 8), (4, 32), (2, 125)])
def test_images_that_500_points_need_on_the_published_maps(side, images):
    assert images_needed(500, side**2) == images


@pytest.mark.parametrize(("points", "positions", "images"), [(1, 1, 1), (4, 4, 1), (5, 4, 2), (8, 4, 2), (9, 4, 3)])
def test_as_many_images_as_hold_the_points_and_no_more(points, positions, images):
    assert images_needed(points, positions) == images


def test_images_of_a_cloud_do_not_repeat_and_come_from_the_rows():
    for repeat in range(5):
        chosen = choose_images(ROWS, 12, repeat, SEED, "cat")
        assert len(set(chosen.tolist())) == 12
        assert set(chosen) <= set(ROWS)
    assert sorted(choose_images(ROWS, 30, 0, SEED, "cat")) == ROWS.tolist()


def test_first_images_differ_between_repeats_while_there_are_enough():
    first = [int(choose_images(ROWS, 1, repeat, SEED, "cat")[0]) for repeat in range(33)]
    assert sorted(first[:30]) == ROWS.tolist()
    assert first[30:] == first[:3]


def test_images_are_fixed_by_seed_group_and_repeat_and_fewer_are_the_first_of_more():
    np.testing.assert_array_equal(choose_images(ROWS, 4, 2, SEED, "cat"), choose_images(ROWS, 20, 2, SEED, "cat")[:4])
    for repeat, seed, group in ((1, SEED, "cat"), (2, SEED + 1, "cat"), (2, SEED, "dog")):
        assert (choose_images(ROWS, 20, repeat, seed, group) != choose_images(ROWS, 20, 2, SEED, "cat")).any()


def test_positions_are_distinct_and_inside():
    found = choose_positions((3, 4, 5), 50, np.random.default_rng(0))
    assert found.shape == (50, 3)
    assert len({tuple(row) for row in found.tolist()}) == 50
    assert (found >= 0).all()
    assert (found < [3, 4, 5]).all()


def test_all_positions_are_chosen_where_there_are_no_more():
    found = choose_positions((2, 2, 2), 8, np.random.default_rng(0))
    assert sorted(map(tuple, found.tolist())) == list(np.ndindex(2, 2, 2))


def test_positions_are_uniform():
    generator = np.random.default_rng(0)
    counts = np.zeros((2, 3, 2))
    for _ in range(2000):
        np.add.at(counts, tuple(choose_positions(counts.shape, 4, generator).T), 1)
    np.testing.assert_allclose(counts / 2000, 4 / 12, atol=0.05)


def test_rows_of_a_group_are_test_images_of_its_class_or_of_all():
    images = image_set()
    assert rows_of_group(images, "dog").tolist() == list(range(10, 45, 3))
    assert rows_of_group(images, "all").tolist() == list(range(9, 45))
    with pytest.raises(TopolensError, match=r"class 'cow': the images' classes are cat, dog, ship"):
        rows_of_group(images, "cow")


# Clouds of a network whose channel vectors are known


class Colours(nn.Module):
    """Channel vectors of `Wide` are the colours of the pixels, those of `Narrow` the maxima of 2 x 2 pixels."""

    def __init__(self):
        super().__init__()
        self.Wide = nn.Identity()
        self.Pool = nn.MaxPool2d(2)
        self.Narrow = nn.ReLU()

    def forward(self, bands):
        return self.Narrow(self.Pool(self.Wide(bands)))


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.setattr(positions, "prepared_network", lambda *_: Colours())


def vectors_of(images, group="dog", network=A, **changes):
    """Channel vectors by label, repeat by repeat."""
    settings = CLOUDS.model_copy(update=changes)
    return list(channel_vectors_of(Unit(network, 0, group, None), images, COLOURS, settings, SEED))


def source_of(images, group="dog", modules=COLOURS, **changes):
    settings = CLOUDS.model_copy(update={"groups": [group]} | changes)
    return PositionSource(images, [Unit(A, 0, group, None)], modules, settings, SEED)


def test_channel_vectors_are_those_of_the_chosen_images_and_positions(colours):
    # Maps of 16 and 4 positions: 20 points need 2 and 5 images.
    images = image_set(side=4)
    for repeat, layers in enumerate(vectors_of(images)):
        chosen = choose_images(rows_of_group(images, "dog"), 5, repeat, SEED, "dog")
        assert [*layers] == ["Wide layer", "Narrow"]
        pixels = images.images[chosen] / 255
        pooled = pixels.reshape(5, 2, 2, 2, 2, 3).max(axis=(2, 4))
        for (layer, found), maps, needed in zip(layers.items(), (pixels, pooled), (2, 5), strict=True):
            generator = child_generator(SEED, "positions", "dog", layer, repeat)
            places = choose_positions((needed, *maps.shape[1:3]), 20, generator)
            np.testing.assert_allclose(found, maps[tuple(places.T)], rtol=1e-6)


def test_a_cloud_of_all_positions_is_the_whole_map_of_one_image(colours):
    images = image_set(side=4)
    wide = vectors_of(images, points=16, repeats=1)[0]["Wide layer"]
    chosen = choose_images(rows_of_group(images, "dog"), 1, 0, SEED, "dog")[0]
    found, expected = (sorted(map(tuple, rows)) for rows in (wide, images.images[chosen].reshape(16, 3) / 255))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_all_networks_see_the_same_images_and_positions(colours):
    images = image_set(side=4)
    for three, one in zip(vectors_of(images), vectors_of(images, network=B), strict=True):
        for layer, own in three.items():
            np.testing.assert_array_equal(own[:, 1:2], one[layer])


def test_constant_content_is_the_mean_in_every_row(colours):
    images = image_set(side=4)
    for own, constant in zip(vectors_of(images), vectors_of(images, content="constant"), strict=True):
        for layer, points in own.items():
            assert constant[layer].shape == points.shape
            np.testing.assert_array_equal(constant[layer], np.tile(points.mean(axis=0), (20, 1)))


def test_too_few_images_are_an_error_that_names_the_layer(colours):
    # 12 test images of a dog, 4 positions each.
    images = image_set(side=4)
    assert len(vectors_of(images, points=48)) == 3
    message = r"clouds\.points 49: layer 'Narrow' has 4 positions an image and group 'dog' has 12 test images"
    with pytest.raises(TopolensError, match=message):
        vectors_of(images, points=49)
    assert len(vectors_of(images, group="all", points=49)) == 3


# Units


def test_clouds_are_the_standardised_vectors_with_where_they_come_from(colours):
    images = image_set(side=4)
    source = source_of(images, nulls=0)
    assert (source.points, source.seed) == (20, SEED)
    assert source.units() == ["A-0-dog"]
    batches = list(source.clouds("A-0-dog"))
    for repeat, (batch, layers) in enumerate(zip(batches, vectors_of(images), strict=True)):
        for cloud, (layer, vectors) in zip(batch, layers.items(), strict=True):
            points, constant = standardise(vectors)
            np.testing.assert_array_equal(cloud.points, points)
            assert cloud.model is None
            assert cloud.key == {
                "network": "A",
                "seed": 0,
                "group": "dog",
                "layer": layer,
                "repeat": repeat,
                "null": False,
                "channels": 3,
                "constant": constant,
            }


@pytest.mark.parametrize(
    ("nulls", "numbers"), [(0, [[], [], []]), (2, [[0], [1], []]), (7, [[0, 3, 6], [1, 4], [2, 5]])]
)
def test_gaussian_clouds_are_modelled_on_the_repeats_in_turn(nulls, numbers, colours):
    source = source_of(image_set(side=4), nulls=nulls)
    assert source.size("A-0-dog") == 2 * (3 + nulls)
    for repeat, batch in enumerate(source.clouds("A-0-dog")):
        for layer in COLOURS:
            real, *gaussian = [cloud for cloud in batch if cloud.key["layer"] == layer]
            assert real.model is None
            assert [cloud.model for cloud in gaussian] == [
                ("gaussian", "A-0-dog", layer, number) for number in numbers[repeat]
            ]
            assert all(cloud.points is real.points for cloud in gaussian)
            assert all(cloud.key == real.key | {"null": True} for cloud in gaussian)


def test_units_are_networks_seeds_and_groups_in_their_order():
    units = units_of(tapped(), ["cat", "all"])
    names = [f"{network}-{seed}-{group}" for network in "AB" for seed in (0, 1) for group in ("cat", "all")]
    assert [unit.name for unit in units] == names
    source = PositionSource(image_set(), units, MODULES, CLOUDS, SEED)
    assert source.units() == names
    assert {source.size(name) for name in names} == {len(LAYERS) * (3 + 2)}


def test_an_unknown_group_is_found_before_any_network_runs(monkeypatch):
    monkeypatch.setattr(positions, "prepared_network", lambda *_: pytest.fail("prepared"))
    with pytest.raises(TopolensError, match=f"class 'cow': the images' classes are {', '.join(CLASSES)}"):
        source_of(image_set(), group="cow")


def test_an_unknown_layer_is_answered_with_the_nearest():
    source = source_of(image_set(), modules={"ReLU54": "ReLU54"})
    with pytest.raises(TopolensError, match=r"unknown layer 'ReLU54'.*'ReLU53'"):
        next(source.clouds("A-0-dog"))


def test_a_network_that_has_diverged_is_named(monkeypatch):
    network = build_network(A, 3, 0).eval()
    with torch.no_grad():
        network.Conv11.weight.fill_(torch.nan)
    monkeypatch.setattr(positions, "prepared_network", lambda *_: network)
    with pytest.raises(TopolensError, match="layer 'ReLU11': NaN or infinite"):
        next(source_of(image_set(), modules=MODULES).clouds("A-0-dog"))
