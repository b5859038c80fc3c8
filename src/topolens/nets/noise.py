"""Noise on standardised images, image by image, so that it does not depend on how images are batched."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import torch
from torch import Tensor, nn

from topolens.errors import TopolensError, unknown_name
from topolens.nets.images.standardise import Standardise
from topolens.seeding import child_seed


def gaussian(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Adds normal noise of this standard deviation."""
    return image + strength * torch.randn(image.shape, generator=generator)


def salt_and_pepper(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Sets this share of the pixels, one half each, to the image's largest and smallest value, in all bands."""
    drawn = torch.rand(image.shape[1:], generator=generator)
    salted = torch.where(drawn < strength / 2, image.max(), image)
    return torch.where((drawn >= strength / 2) & (drawn < strength), image.min(), salted)


def speckle(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Adds normal noise of this share of each value."""
    return image + image * strength * torch.randn(image.shape, generator=generator)


def poisson(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Shot noise of so many photons at the image's brightest value, none at its darkest: fewer is stronger."""
    dark = image.min()
    range_ = image.max() - dark
    if range_ == 0:
        return image
    photons = torch.poisson((image - dark) / range_ * strength, generator=generator)
    return dark + photons * range_ / strength


def uniform(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Adds noise that is uniform between minus and plus this number."""
    return image + strength * (2 * torch.rand(image.shape, generator=generator) - 1)


# Each takes one standardised image (bands, height, width), the strength and a generator.
NOISES: dict[str, Callable[[Tensor, float, torch.Generator], Tensor]] = {
    "gaussian": gaussian,
    "salt_pepper": salt_and_pepper,
    "speckle": speckle,
    "poisson": poisson,
    "uniform": uniform,
}


def add_noise(images: Tensor, kind: str, strength: float, seed: int, first: int = 0) -> Tensor:
    """Images with noise; the same image number always meets the same noise.

    Args:
        images: (n, bands, height, width) standardised.
        kind: A name of NOISES.
        strength: As its function says.
        seed: The root of each image's generator.
        first: Number of the first image.

    Raises:
        TopolensError: unknown kind, or a strength that is negative, not finite, above 1 (salt_pepper) or 0 (poisson).
    """
    check_noise(kind, strength)
    noisy_images = []
    for number, image in enumerate(images, first):
        generator = torch.Generator().manual_seed(child_seed(seed, kind, f"{strength:g}", number))
        noisy_images.append(NOISES[kind](image, strength, generator))
    return torch.stack(noisy_images).contiguous(memory_format=torch.channels_last)


def check_noise(kind: str, strength: float) -> None:
    """Refuse what is no noise."""
    if kind not in NOISES:
        raise unknown_name("noise", kind, NOISES)
    most = 1 if kind == "salt_pepper" else math.inf
    if not 0 <= strength <= most or math.isinf(strength) or (kind == "poisson" and strength == 0):
        expected = {"salt_pepper": "a share from 0 to 1", "poisson": "photons above 0"}.get(kind, "a number from 0 up")
        raise TopolensError(f"noise {kind}: expected {expected}, found {strength}")


@contextmanager
def noisy(network: nn.Module, kind: str, strength: float, seed: int) -> Iterator[None]:
    """Within this context a network adds noise to its standardised images, numbered in the order they come.

    Raises:
        TopolensError: as for :func:`add_noise`, or a network without a Standardise layer.
    """
    check_noise(kind, strength)
    layers = [module for module in network.modules() if isinstance(module, Standardise)]
    if len(layers) != 1:
        raise TopolensError(f"noise needs a network with one Standardise layer, found {len(layers)}")
    numbers = count()

    def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        first = next(numbers)
        for _ in range(len(output) - 1):
            next(numbers)
        # Drawn on the processor, so that every device meets the same noise.
        return add_noise(output.cpu(), kind, strength, seed, first).to(output.device)

    handle = layers[0].register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()
