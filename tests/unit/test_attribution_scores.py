"""Scores of maps of single images, with labels and with masks, by hand."""

import numpy as np
import pytest
import torch

from topolens.attribution.deletion import deletion_insertion, shifted_maps
from topolens.attribution.scores import faithfulness, map_scores, object_masks, target_of, with_shifted
from topolens.attribution.targets import ClassTarget, MaskTarget
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.nets.images.inference import as_inputs
from topolens.nets.images.prepared import prepared_network
from topolens.seeding import child_seed

SEED = 5
NETWORK = ImageNetwork(name="A", architecture="vgg16", bands=["R", "G", "B"], first_filters=4)


def images_of(targets, classes, side=4):
    pictures = np.random.default_rng(0).integers(0, 256, (len(targets), side, side, 3)).astype(np.uint8)
    names = np.arange(len(targets)).astype(str)
    split = np.where(np.arange(len(targets)) == 0, 0, 2).astype(np.uint8)
    return ImageSet(pictures, targets, split, classes, names, "here")


def labelled(side=4):
    return images_of(np.array([0, 1, 1, 0], np.uint8), ["cat", "dog"], side)


def masked():
    """The last class has the upper half of image 1 and nothing of the others; weeds do not count."""
    targets = np.zeros((3, 4, 4), np.uint8)
    targets[1, :2] = 2
    targets[1, 3] = 1
    return images_of(targets, ["soil", "weed", "row"])


def test_a_label_is_its_own_target():
    target = target_of(labelled(), np.array([2, 0]))
    assert isinstance(target, ClassTarget)
    outputs = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert target.logits(outputs, torch.arange(2)).tolist() == [2, 3]


def test_a_mask_is_that_of_the_last_class():
    images, rows = masked(), np.array([1, 0])
    assert object_masks(images, rows).sum(axis=(1, 2)).tolist() == [8, 0]
    assert object_masks(images, rows)[0, :2].all()
    target = target_of(images, rows[:1])
    assert isinstance(target, MaskTarget)
    assert (target.masks == object_masks(images, rows[:1])).all()


def test_heat_that_speaks_against_the_target_does_not_count():
    one, even = np.zeros((4, 4)), np.ones((4, 4))
    one[3, 1] = 5
    against = one - 3 * (one == 0)
    found = map_scores(labelled(), np.array([0, 1, 2]), np.stack([one, even, against]))
    assert [*found] == ["concentration"]
    assert found["concentration"].tolist() == pytest.approx([1, 0, 1])


def test_scores_within_a_mask_by_hand():
    heat = np.zeros((4, 4))
    heat[0, 0], heat[3, 3], heat[2, 2] = 3, 1, -8
    found = map_scores(masked(), np.array([1]), heat[None])
    assert [*found] == ["concentration", "inside", "gain"]
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert found["concentration"] == pytest.approx([1 - entropy / np.log(16)])
    assert found["inside"] == pytest.approx([0.75])
    assert found["gain"] == pytest.approx([1.5])  # the mask is half of the image


def test_shifted_maps_are_the_same_for_all_that_are_compared():
    images = labelled(32)
    model, rows = prepared_network(NETWORK, 0, None, images), np.array([1, 3])
    inputs, target = as_inputs(images.images[rows], list("RGB")), target_of(images, rows)
    maps = np.random.default_rng(0).random((2, 32, 32))
    found = faithfulness(model, inputs, with_shifted(maps, SEED), target, 4)
    shifted = shifted_maps(maps, child_seed(SEED, "shifted maps"))
    curves = deletion_insertion(model, inputs, shifted, target, 4)
    np.testing.assert_array_equal(found["insertion_shifted"], curves.insertion_area)
    np.testing.assert_array_equal(found["deletion_shifted"], curves.deletion_area)
    assert (found["insertion_shifted"] != found["insertion"]).any()
