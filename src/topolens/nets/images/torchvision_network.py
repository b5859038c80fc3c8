"""Classifiers of torchvision for the project's images; their modules keep torchvision's names."""

from typing import Any

from torch import Tensor, nn

from topolens.config.networks import ImageNetwork
from topolens.data.vision import import_torchvision
from topolens.errors import TopolensError, unknown_name
from topolens.nets.images.standardise import Standardise

VISION_TRANSFORMER = "vision_transformer"
# Channels and stride of the convolutions before a vision transformer's encoder; together they halve the sides twice.
STEM = ((48, 2), (96, 2), (192, 1))


def torchvision_network(settings: ImageNetwork, classes: int) -> nn.Module:
    """A classifier with random weights that takes (n, 3, height, width) in raw units.

    `vision_transformer` is torchvision's VisionTransformer at the size that `options` give (Dosovitskiy et al. 2021),
    with a small stem after Xiao et al. 2021; all other names are builders of torchvision.models.

    Raises:
        TopolensError: an unknown name or option, or a small stem where there is none.
    """
    models = import_torchvision().models
    try:
        if settings.architecture == VISION_TRANSFORMER:
            stem = _convolutional_stem() if settings.small_stem else None
            network = models.VisionTransformer(**settings.options, num_classes=classes, conv_stem_configs=stem)
        else:
            check_architecture(settings.architecture)
            network = models.get_model(settings.architecture, num_classes=classes, **settings.options)
    except (TypeError, ValueError) as error:
        raise TopolensError(f"network {settings.name}: options {settings.options}: {error}") from error
    if settings.small_stem and settings.architecture != VISION_TRANSFORMER:
        if not isinstance(network, models.ResNet):
            raise TopolensError(
                f"network {settings.name}: small_stem: {settings.architecture} has none; set it to false"
            )
        network.conv1 = nn.Conv2d(3, network.conv1.out_channels, 3, stride=2, padding=1, bias=False)
        network.maxpool = nn.Identity()
    # A hook rather than a wrapper, so that layers are tapped by the names that torchvision documents.
    network.add_module("Standardise", Standardise(3))
    network.register_forward_pre_hook(_standardise)
    return network


def check_architecture(name: str) -> None:
    """Refuse a name that torchvision has no classifier for, and name the near ones."""
    models = import_torchvision().models
    names = models.list_models(module=models)
    if name not in names:
        raise unknown_name("architecture", name, ["vgg16", "unet", VISION_TRANSFORMER, *names])


def _standardise(network: nn.Module, inputs: tuple[Tensor, ...]) -> Any:
    return (network.get_submodule("Standardise")(inputs[0]),)


def _convolutional_stem() -> list[Any]:
    models = import_torchvision().models
    return [
        models.vision_transformer.ConvStemConfig(out_channels=channels, kernel_size=3, stride=stride)
        for channels, stride in STEM
    ]
