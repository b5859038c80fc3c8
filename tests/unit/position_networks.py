"""Tiny networks of random weights and random images, whose channel vectors make clouds of positions."""

import numpy as np

from topolens.config.clouds import PositionClouds
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.nets.images.prepared import TappedNetworks

SEED = 3
CLASSES = ["cat", "dog", "ship"]
A = ImageNetwork(name="A", architecture="vgg16", bands=["R", "G", "B"], first_filters=1)
B = ImageNetwork(name="B", architecture="vgg16", bands=["G"], first_filters=2)
LAYERS = ["ReLU11", "ReLU53"]
MODULES = {layer: layer for layer in LAYERS}
CLOUDS = PositionClouds(of="positions", points=20, repeats=3, groups=["cat", "all"], nulls=2)


def image_set(side=32, count=45):
    """Random images of three classes in turn; the first nine are for training."""
    generator = np.random.default_rng(0)
    return ImageSet(
        images=generator.integers(0, 256, (count, side, side, 3)).astype(np.uint8),
        targets=(np.arange(count) % 3).astype(np.uint8),
        split=np.where(np.arange(count) < 9, 0, 2).astype(np.uint8),
        classes=CLASSES,
        names=np.arange(count).astype(str),
        source="here",
    )


def tapped(networks=(A, B), seeds=(0, 1), layers=LAYERS):
    """Untrained networks with the same layers each."""
    named = {network.name: [(layer, layer) for layer in layers] for network in networks}
    return TappedNetworks(networks=list(networks), seeds=list(seeds), layers=named)
