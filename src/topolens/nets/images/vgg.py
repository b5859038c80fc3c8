"""VGG-16 for small images (Simonyan and Zisserman 2015, in the form of Li et al. 2017 for CIFAR-10)."""

from torch import nn

from topolens.nets.images.standardise import Standardise

# Convolutions per block and their width as a multiple of the first block's.
BLOCKS = ((2, 1), (2, 2), (3, 4), (3, 8), (3, 8))


def vgg16(bands: int, classes: int, first_filters: int = 64) -> nn.Sequential:
    """13 convolutions with batch normalisation and ReLU in five blocks, then one hidden layer.

    The ReLU after convolution j of block i is called `ReLUij`. Takes (n, bands, 32, 32) in raw units and
    returns (n, classes) logits; the first layer standardises the bands.
    """
    network = nn.Sequential()
    network.add_module("Standardise", Standardise(bands))
    channels = bands
    for block, (convolutions, factor) in enumerate(BLOCKS, start=1):
        for number in range(1, convolutions + 1):
            width = first_filters * factor
            network.add_module(f"Conv{block}{number}", nn.Conv2d(channels, width, 3, padding=1, bias=False))
            network.add_module(f"Norm{block}{number}", nn.BatchNorm2d(width))
            network.add_module(f"ReLU{block}{number}", nn.ReLU())
            channels = width
        network.add_module(f"Pool{block}", nn.MaxPool2d(2))
    network.add_module("Flatten", nn.Flatten())
    network.add_module("Hidden", nn.Linear(channels, channels, bias=False))
    network.add_module("NormHidden", nn.BatchNorm1d(channels))
    network.add_module("ReLUHidden", nn.ReLU())
    network.add_module("Logits", nn.Linear(channels, classes))
    return network
