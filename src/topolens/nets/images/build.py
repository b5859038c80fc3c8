"""From the settings of a convolutional network to its module."""

import torch
from torch import nn

from topolens.config.networks import ImageNetwork
from topolens.nets.images.torchvision_network import torchvision_network
from topolens.nets.images.unet import UNet
from topolens.nets.images.vgg import vgg16
from topolens.nets.random_state import RANDOM_STATE
from topolens.seeding import child_seed


def build_network(settings: ImageNetwork, classes: int, seed: int) -> nn.Module:
    """A network with random weights: convolutions after He et al. 2015, the rest as PyTorch does; channels_last."""
    with RANDOM_STATE, torch.random.fork_rng(devices=[]):
        torch.manual_seed(child_seed(seed, "weights", settings.name))
        network: nn.Module
        if settings.is_own:
            make = vgg16 if settings.architecture == "vgg16" else UNet
            network = make(len(settings.bands), classes, settings.first_filters)
        else:
            network = torchvision_network(settings, classes)
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
