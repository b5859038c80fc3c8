"""Feature visualisation: what a direction of a layer's channels answers to (Olah, Mordvintsev and Schubert 2017)."""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from topolens.attribution.picture_spectrum import painted, spectral_noise
from topolens.errors import TopolensError
from topolens.nets.images.inference import FORWARD_PIXELS, device_of
from topolens.nets.images.standardise import Standardise
from topolens.nets.taps import map_sizes
from topolens.seeding import child_generator

LEARNING_RATE = 0.15  # looked at: 16 steps of it show as much as 30 of half of it
JITTER = 2  # pixels, either way
TOTAL_VARIATION = 0.15
# Below this cosine only the length counts, so that a picture that answers with another direction is still pulled.
LEAST_COSINE = 0.1


def feature_pictures(
    model: nn.Module,
    layer: str,
    directions: np.ndarray,
    size: tuple[int, int],
    steps: int,
    seed: int,
    names: Sequence[str] | None = None,
) -> np.ndarray:
    """One picture for each direction, by gradient ascent from noise on its Fourier spectrum.

    Maximised is the mean over the positions of the layer's map of dot * max(0.1, cosine) with the direction of unit
    length, less the picture's total variation. Low frequencies step farther than high ones, colours vary as in
    natural images, and at each step all pictures are shifted by the same random few pixels, around the edges. Each
    picture is one of many that answer well, not the best one. No picture's result depends on which others are made
    with it, but for rounding.

    Args:
        model: In evaluation mode, with the bands R, G, B in [0, 1] as its input; left as it is.
        layer: A module by name that gives a map.
        directions: (k, channels), such as one-hot for a channel, or a mean of channel vectors; finite, none of them 0.
        size: Height and width of the pictures, as the model takes them.
        steps: Of Adam, at least 1; 16 to 24 are enough for 32 x 32 pixels.
        seed: Root of the seeds.
        names: k names, by which the first noise of each picture is drawn; without them, by the direction itself.

    Returns:
        (k, height, width, 3) uint8.

    Raises:
        TopolensError: directions or names that do not fit, an unknown layer or one without a map, other than three
            input bands, a model in training mode, or steps below 1.
    """
    units = _checked_directions(directions)
    _check_model(model, steps)
    channels = map_sizes(model, torch.zeros(1, 3, *size), [layer])[layer][0]
    if units.shape[1] != channels:
        raise TopolensError(f"directions: expected {channels} channels as layer {layer!r}, found {units.shape[1]}")
    names = [hashlib.sha256(unit.numpy().tobytes()).hexdigest() for unit in units] if names is None else list(names)
    if len(names) != len(units):
        raise TopolensError(f"names: expected one for each of {len(units)} directions, found {len(names)}")
    drawn = child_generator(seed, "jitter").integers(-JITTER, JITTER + 1, size=(steps, 2))
    shifts = [(int(down), int(across)) for down, across in drawn]
    start = torch.stack([spectral_noise(seed, name, size) for name in names])
    pictures = []
    for rows in torch.arange(len(units)).split(max(1, FORWARD_PIXELS // (size[0] * size[1]))):
        pictures.append(_ascend(model, layer, units[rows], start[rows], size, shifts))
    return (255 * torch.cat(pictures)).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()


def _ascend(
    model: nn.Module, layer: str, units: Tensor, start: Tensor, size: tuple[int, int], shifts: list[tuple[int, int]]
) -> Tensor:
    """(k, 3, height, width) in [0, 1] after so many steps as there are shifts."""
    spectrum, units = start.clone().requires_grad_(), units.to(device_of(model))
    # Adam treats every number for itself, so that pictures made together do not meet.
    optimiser = torch.optim.Adam([spectrum], lr=LEARNING_RATE)
    for shift in shifts:
        with torch.enable_grad():
            loss = _loss(model, layer, units, painted(spectrum, size), shift)
        (spectrum.grad,) = torch.autograd.grad(loss, [spectrum])
        optimiser.step()
    with torch.no_grad():
        return painted(spectrum, size)


def _loss(model: nn.Module, layer: str, units: Tensor, pictures: Tensor, shift: tuple[int, int]) -> Tensor:
    """What is made small, summed over pictures."""
    activations, before = _maps_of(model, layer, pictures.roll(shift, (2, 3)))
    answer = _answer(activations, before, units).to(pictures.device)
    return (TOTAL_VARIATION * _variation(pictures) - answer).sum()


class _Reached(Exception):
    """Ends a forward pass behind the layer that is looked at."""


def _maps_of(model: nn.Module, layer: str, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """The layer's map and, for a ReLU, what went into it, else the map again; nothing behind the layer is computed."""
    kept: list[tuple[Tensor, Tensor]] = []

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        kept.append((output, inputs[0] if isinstance(module, nn.ReLU) else output))
        raise _Reached

    handle = model.get_submodule(layer).register_forward_hook(hook)
    try:
        model(pictures.contiguous(memory_format=torch.channels_last).to(device_of(model)))
    except _Reached:
        pass
    finally:
        handle.remove()
    return kept[0]


def _answer(activations: Tensor, before: Tensor, units: Tensor) -> Tensor:
    """(k,) mean over positions of dot * max(LEAST_COSINE, cosine), on a scale that is logarithmic for large values.

    So the answer's growth counts, and the total variation weighs the same at layers of any size. Where a ReLU lets
    nothing through, which has no slope, the largest dot with what went into it leads on.
    """
    dots = torch.einsum("kchw,kc->khw", activations, units)
    cosines = dots / activations.square().sum(1).add(1e-12).sqrt()
    answers = (dots * cosines.clamp(min=LEAST_COSINE)).mean((1, 2))
    silent = torch.einsum("kchw,kc->khw", before, units).amax((1, 2))
    return torch.where(answers == 0, silent, answers).asinh()


def _variation(pictures: Tensor) -> Tensor:
    """(k,) mean absolute difference of neighbouring pixels, times the number of both kinds of neighbours, 2."""
    return pictures.diff(dim=2).abs().mean((1, 2, 3)) + pictures.diff(dim=3).abs().mean((1, 2, 3))


def _checked_directions(directions: np.ndarray) -> Tensor:
    """(k, channels) float32 of unit length."""
    directions = np.asarray(directions, dtype=np.float64)
    if directions.ndim != 2 or directions.size == 0:
        raise TopolensError(f"directions: expected (k, channels) with at least one, found shape {directions.shape}")
    lengths = np.linalg.norm(directions, axis=1)
    # NaN is not > 0 either.
    bad = ~((lengths > 0) & np.isfinite(lengths))
    if bad.any():
        raise TopolensError(
            f"directions: direction {bad.argmax()} is 0, NaN or infinite and leads nowhere; leave it out"
        )
    return torch.from_numpy((directions / lengths[:, None]).astype(np.float32))


def _check_model(model: nn.Module, steps: int) -> None:
    if steps < 1:
        raise TopolensError(f"steps={steps}: expected at least 1")
    if any(module.training for module in model.modules()):
        raise TopolensError("model: in training mode, in which pictures change each other; call model.eval() first")
    bands = [len(module.mean) for module in model.modules() if isinstance(module, Standardise)]
    if bands and bands[0] != 3:
        raise TopolensError(f"model: expected the three bands R, G, B, found {bands[0]}; choose a network of colours")
