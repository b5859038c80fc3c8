"""Recording what the layers of any torch model hold, by forward hooks on module names."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from topolens.errors import TopolensError, unknown_name


def record_activations(model: nn.Module, inputs: Tensor, layers: Sequence[str]) -> dict[str, np.ndarray]:
    """The outputs of named modules for one batch of inputs.

    Args:
        model: Any module; it is run as it is (call `model.eval()` first for evaluation behaviour), without
            gradients, and not changed.
        inputs: What the model takes, first dimension = samples.
        layers: Module names as in `dict(model.named_modules())`.

    Returns:
        Name to array, first dimension = samples, in the order of `layers`. A module that runs several times
        leaves its last output.

    Raises:
        TopolensError: unknown layer name, a layer that did not run, or NaN/infinite activations.
    """
    return record_outputs(model, inputs, {name: _whole for name in layers})


def record_channel_vectors(model: nn.Module, inputs: Tensor, positions: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Channel vectors at chosen positions of named layers' activation maps; the maps themselves are not kept.

    Args:
        model: As for :func:`record_activations`.
        inputs: (images, ...).
        positions: Layer to (m, 3) integers: image, row and column of each vector.

    Returns:
        Layer to (m, channels), in the order of its positions.

    Raises:
        TopolensError: as for :func:`record_activations`, a layer without a map, or a position outside of it.
    """
    return record_outputs(model, inputs, {name: partial(_vectors_at, name, at) for name, at in positions.items()})


def map_sizes(model: nn.Module, inputs: Tensor, layers: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Channels, height and width of named layers' activation maps, found by running one image."""
    recorded = record_activations(model, inputs[:1], layers)
    sizes = {}
    for name, maps in recorded.items():
        if maps.ndim != 4:
            raise TopolensError(
                f"layer {name!r}: expected an activation map (channels, height, width), found {maps.shape[1:]}"
            )
        sizes[name] = maps.shape[1:]
    return sizes


def _whole(output: Tensor) -> Tensor:
    return output


def _vectors_at(name: str, positions: np.ndarray, output: Tensor) -> Tensor:
    if output.ndim != 4:
        raise TopolensError(
            f"layer {name!r}: expected maps (images, channels, height, width), found {tuple(output.shape)}"
        )
    sizes = np.array([output.shape[0], *output.shape[2:]])
    if len(positions) and ((positions < 0) | (positions >= sizes)).any():
        raise TopolensError(f"layer {name!r}: positions must lie in {sizes.tolist()} (images, rows, columns)")
    image, row, column = torch.from_numpy(positions.T.copy())
    return output[image, :, row, column]


def record_outputs(
    model: nn.Module, inputs: Tensor, takes: Mapping[str, Callable[[Tensor], Tensor]]
) -> dict[str, np.ndarray]:
    """Run a model once; of each layer's output keep what its function takes, and nothing else.

    Args:
        model, inputs: As for :func:`record_activations`.
        takes: Module name to a function of its output.

    Raises:
        TopolensError: as for :func:`record_activations`.
    """
    modules = dict(model.named_modules())
    recorded: dict[str, np.ndarray] = {}

    def tap(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if not isinstance(output, Tensor):
                raise TopolensError(f"layer {name!r} returns a {type(output).__name__}, not a tensor; tap a part of it")
            # A copy: the model may go on writing into its output.
            recorded[name] = takes[name](output.detach()).cpu().numpy().copy()

        return hook

    for name in takes:
        if name not in modules or not name:
            raise unknown_name("layer", name, (known for known in modules if known), type(model).__name__)
    handles = [modules[name].register_forward_hook(tap(name)) for name in takes]
    try:
        with torch.no_grad():
            model(inputs)
    finally:
        for handle in handles:
            handle.remove()
    for name in takes:
        if name not in recorded:
            raise TopolensError(f"layer {name!r} did not run in the forward pass")
        if not np.isfinite(recorded[name]).all():
            raise TopolensError(f"layer {name!r}: NaN or infinite activations; the network has diverged")
    return {name: recorded[name] for name in takes}


def channel_vectors(activation_map: np.ndarray) -> np.ndarray:
    """The channel vectors of a convolutional activation map, one for each spatial position.

    Args:
        activation_map: (channels, height, width), or (images, channels, height, width) to pool images.

    Returns:
        (positions, channels), rows in the order image, row, column.
    """
    maps = np.asarray(activation_map)
    if maps.ndim not in (3, 4):
        raise TopolensError(f"activation map: expected 3 or 4 dimensions, found shape {maps.shape}")
    return np.moveaxis(maps, -3, -1).reshape(-1, maps.shape[-3])
