"""Networks ready to be looked into: restored ones are those of their cards, untrained ones see standardised bands."""

import numpy as np
import pytest
import torch

from topolens.config.data import DataSet
from topolens.config.networks import ImageNetwork
from topolens.config.training import ImageTraining
from topolens.data.bands import compute_bands
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.checkpoint import Card, save_checkpoint
from topolens.nets.images.build import build_network
from topolens.nets.images.prepared import prepared_network

SETTINGS = ImageNetwork(name="V", architecture="vgg16", bands=["G", "ExG"], first_filters=1)
CLASSES = ["cat", "dog"]


@pytest.fixture
def images():
    generator = np.random.default_rng(0)
    return ImageSet(
        images=generator.integers(0, 256, (6, 32, 32, 3)).astype(np.uint8),
        targets=np.array([0, 1] * 3, np.uint8),
        split=np.array([0, 0, 0, 0, 2, 2], np.uint8),
        classes=CLASSES,
        names=np.arange(6).astype(str),
        source="here",
    )


@pytest.fixture
def checkpoint(tmp_path):
    """A network that is not the one that its seed alone would give."""
    network = build_network(SETTINGS, 2, 5)
    with torch.no_grad():
        network.Logits.bias.fill_(0.25)
    card = Card(
        network=SETTINGS,
        classes=CLASSES,
        training=ImageTraining(epochs=1, batch_size=2, learning_rate=0.1),
        data=DataSet(name="cifar10"),
        source="here",
        seed=5,
        curve=[],
        hardware="",
        minutes=0,
        versions={},
        code="",
        scores={},
    )
    file = tmp_path / "V-5.safetensors"
    save_checkpoint(file, file.with_suffix(".json"), network, card)
    return file


def test_an_untrained_network_is_that_of_its_seed_with_the_training_images_statistics(images):
    network = prepared_network(SETTINGS, 5, None, images)
    plain = build_network(SETTINGS, 2, 5)
    bands = compute_bands(images.images[:4], SETTINGS.bands).astype(np.float64)
    np.testing.assert_allclose(network.Standardise.mean, bands.mean(axis=(0, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(network.Standardise.deviation, bands.std(axis=(0, 2, 3)), rtol=1e-4)
    assert not network.training
    for name, parameter in plain.named_parameters():
        assert torch.equal(network.get_parameter(name), parameter)


def test_a_restored_network_is_that_of_the_file(images, checkpoint):
    network = prepared_network(SETTINGS, 5, checkpoint, images)
    assert not network.training
    assert network.Logits.bias.tolist() == [0.25, 0.25]
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def test_another_networks_checkpoint_is_refused_with_what_differs(images, checkpoint):
    with pytest.raises(TopolensError, match=r"V-5\.safetensors: seed expected 6, found 5 in its card"):
        prepared_network(SETTINGS, 6, checkpoint, images)
    with pytest.raises(TopolensError, match=r"network expected name='V' .*first_filters=2 .*found name='V'"):
        prepared_network(SETTINGS.model_copy(update={"first_filters": 2}), 5, checkpoint, images)
    others = ImageSet(**(vars(images) | {"classes": ["soil", "row"]}))
    with pytest.raises(TopolensError, match=r"classes expected \['soil', 'row'\], found \['cat', 'dog'\]"):
        prepared_network(SETTINGS, 5, checkpoint, others)


def test_a_missing_checkpoint_is_named(images, tmp_path):
    with pytest.raises(TopolensError, match=r"none\.safetensors: no such file"):
        prepared_network(SETTINGS, 5, tmp_path / "none.safetensors", images)
