"""Pictures as spectra, in which an ascent makes shapes before it makes pixels (Olah, Mordvintsev and Schubert 2017)."""

import numpy as np
import torch
from torch import Tensor

from topolens.seeding import child_generator

START = 0.3  # standard deviation of the first spectrum
# ASSUME: natural colours vary most in brightness, less from blue to yellow, least from green to magenta (Ruderman,
# Cronin and Chiao 1998): columns are these axes in RGB, with their deviations relative to the first.
COLOURS = torch.tensor([[0.577, 0.212, -0.061], [0.577, 0.0, 0.122], [0.577, -0.212, -0.061]])


def painted(spectrum: Tensor, size: tuple[int, int]) -> Tensor:
    """(k, 3, height, width // 2 + 1, 2) spectra of brightness and two colours to pictures in (0, 1)."""
    height, width = size
    frequencies = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])
    falling = 1 / frequencies.clamp(min=1 / max(size))
    falling = falling / falling.square().mean().sqrt()
    planes = torch.fft.irfft2(torch.view_as_complex(spectrum) * falling, s=size, norm="ortho")
    return torch.einsum("rp,kphw->krhw", COLOURS, planes).sigmoid()


def spectral_noise(seed: int, name: str, size: tuple[int, int]) -> Tensor:
    """(3, height, width // 2 + 1, 2), the spectrum that a picture starts from."""
    drawn = child_generator(seed, "picture", name).normal(0, START, (3, size[0], size[1] // 2 + 1, 2))
    return torch.from_numpy(drawn.astype(np.float32))
