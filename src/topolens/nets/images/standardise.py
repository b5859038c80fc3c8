"""The first layer of every image network: bands to mean 0 and variance 1."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Standardise(nn.Module):
    """Subtracts the training set's mean of each band and divides by its standard deviation.

    Both are buffers, so that a checkpoint carries them and nobody has to prepare images by hand. Images go to their
    device, which is the network's.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(bands))
        self.register_buffer("deviation", torch.ones(bands))

    def set(self, mean: Sequence[float], deviation: Sequence[float]) -> None:
        """Statistics of the training set; a constant band keeps deviation 1."""
        self.mean.copy_(torch.tensor(mean))
        self.deviation.copy_(torch.tensor([value if value > 0 else 1.0 for value in deviation]))

    def forward(self, bands: Tensor) -> Tensor:
        """(n, bands, height, width) to the same."""
        return (bands.to(self.mean.device) - self.mean[:, None, None]) / self.deviation[:, None, None]
