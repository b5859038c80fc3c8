"""Stand-ins for sets of images: labelled as such, of the right form, the same every time, and learnable."""

import numpy as np
import pytest

from topolens.config.data import DataSet
from topolens.data.bands import compute_bands
from topolens.data.cifar10 import CLASSES
from topolens.data.dataset import STAND_IN
from topolens.data.image_stand_ins import perspective_rows, stand_in_cifar10, stand_in_crbd

SETTINGS = DataSet(name="crbd", validation=0.1, test=0.2)


@pytest.fixture(scope="module")
def objects():
    return stand_in_cifar10()


@pytest.fixture(scope="module")
def fields():
    return stand_in_crbd(SETTINGS)


def test_objects_have_the_form_of_cifar10(objects):
    assert objects.source.startswith(STAND_IN)
    assert (objects.images.shape, objects.images.dtype) == ((800, 32, 32, 3), np.uint8)
    assert objects.classes == CLASSES
    for split, count in (("train", 60), ("test", 20)):
        assert np.bincount(objects.targets[objects.rows(split)]).tolist() == [count] * 10


def test_fields_have_the_form_of_crbd(fields):
    assert fields.source.startswith(STAND_IN)
    assert (fields.images.shape, fields.images.dtype) == ((40, 240, 320, 3), np.uint8)
    assert (fields.targets.shape, fields.targets.dtype) == ((40, 240, 320), np.uint8)
    assert set(np.unique(fields.targets)) == {0, 1}
    assert np.bincount(fields.split).tolist() == [28, 4, 8]
    # A half-width of 0.2 on either side covers two fifths.
    assert fields.targets.mean() == pytest.approx(0.4, abs=0.03)


def test_stand_ins_are_the_same_every_time(objects, fields):
    np.testing.assert_array_equal(stand_in_cifar10().images, objects.images)
    again = stand_in_crbd(SETTINGS.model_copy(update={"row_width": 0.1}))
    np.testing.assert_array_equal(again.images, fields.images)
    assert again.targets.mean() < fields.targets.mean()


def test_the_nearest_mean_colour_of_the_middle_knows_the_class_better_than_chance(objects):
    features = objects.images[:, 10:22, 10:22].astype(float).mean(axis=(1, 2))
    train, test = objects.rows("train"), objects.rows("test")
    means = np.stack([features[objects.rows("train", name)].mean(axis=0) for name in CLASSES])
    nearest = np.linalg.norm(features[test, None] - means, axis=2).argmin(axis=1)
    accuracy = np.mean(nearest == objects.targets[test])
    assert 0.25 < accuracy < 0.9  # chance is 0.1; a network that also sees shapes and stripes has more to learn
    assert not np.isin(train, test).any()


def test_plants_stand_in_the_masks(fields):
    greenness = compute_bands(fields.images, ["ExG"])[:, 0]
    is_plant = greenness > 0.25
    assert fields.targets[is_plant].mean() > 0.75
    assert is_plant.mean() > 0.1


def test_rows_are_parallel_in_perspective():
    rows = perspective_rows(np.random.default_rng(0))
    assert 236 <= len(rows) <= 240
    assert (rows[:, 1] > 0).all()
    np.testing.assert_allclose(np.diff(rows, 2, axis=0), 0, atol=1e-9)
