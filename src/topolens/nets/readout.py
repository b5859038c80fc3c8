"""One vector per image of each tapped layer, and the logits."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor, nn

from topolens.errors import TopolensError
from topolens.nets.outputs import as_array, is_channels_last, tensor_of
from topolens.nets.taps import record_outputs


@dataclass(frozen=True)
class Readout:
    """What one batch leaves: by layer (n, width) float32, and (n, classes) logits."""

    vectors: dict[str, np.ndarray]
    logits: np.ndarray


def read_out(network: nn.Module, inputs: Tensor, layers: dict[str, str], tokens: str = "class") -> Readout:
    """Run a network once and read one vector per image at each layer.

    Args:
        network: In evaluation mode.
        inputs: (n, bands, height, width).
        layers: Label to module name as in named_modules.
        tokens: Of a sequence (n, tokens, width): `class`, its first token, or `patches`, the mean of the others.

    Returns:
        Maps (n, channels, height, width), or those of transformers with the channels last, give their mean over
        positions, vectors (n, width) themselves.

    Raises:
        TopolensError: unknown layer, a layer of another shape, or NaN or infinite activations.
    """

    def reduce(label: str, output: Tensor) -> Tensor:
        if output.ndim == 4:
            return output.mean(dim=(1, 2) if is_channels_last(tuple(output.shape), *inputs.shape[2:4]) else (2, 3))
        if output.ndim == 3:
            return output[:, 0] if tokens == "class" else output[:, 1:].mean(dim=1)
        if output.ndim == 2:
            return output
        raise TopolensError(f"layer {label!r}: expected maps, tokens or vectors, found shape {tuple(output.shape)}")

    logits: list[np.ndarray] = []

    def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
        logits.append(as_array(tensor_of(output, "network"), "network"))

    handle = network.register_forward_hook(keep)
    try:
        takes = {name: partial(reduce, label) for label, name in layers.items()}
        recorded = record_outputs(network, inputs, takes)
    finally:
        handle.remove()
    return Readout({label: recorded[name] for label, name in layers.items()}, logits[0])
