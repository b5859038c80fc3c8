"""What comes out of modules: which tensor it is, as an array, and where its channels lie."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from topolens.errors import TopolensError
from topolens.nets.batches import tensors_of

NAMED = ("logits", "out", "last_hidden_state")  # fields of outputs, in the order in which they are looked for


def tensor_of(output: Any, what: str) -> Tensor:
    """The one tensor that an output stands for.

    Itself; of a mapping or an object the field `logits`, `out` or `last_hidden_state`; else the first tensor, as of
    `(outputs, state)` of an LSTM and `(values, weights)` of an attention.

    Raises:
        TopolensError: which begins with `what`, for an output without any tensor.
    """
    if isinstance(output, Tensor):
        return output
    for name in NAMED:
        found = output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)
        if isinstance(found, Tensor):
            return found
    for tensor in tensors_of(output):
        return tensor
    raise TopolensError(f"{what}: returns a {type(output).__name__} without a tensor; choose a part of it with pick=")


def as_array(tensor: Tensor, what: str) -> np.ndarray:
    """A tensor of any kind and device as an array of its own; kinds of numbers that numpy lacks become float32.

    Raises:
        TopolensError: which begins with `what`, for a tensor without values (on the meta device).
    """
    if tensor.is_meta:
        raise TopolensError(f"{what}: on the meta device there are no values; load the weights first")
    tensor = tensor.detach()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    tensor = tensor.cpu().resolve_conj().resolve_neg()
    try:
        array = tensor.numpy()
    except TypeError:  # bfloat16 and the kinds of eight bits
        array = tensor.float().numpy()
    return array.copy()  # the model may go on writing into its output


def is_channels_last(shape: tuple[int, ...], height: int, width: int) -> bool:
    """Whether maps of 4 dimensions, of images of some height and width, are (images, height, width, channels).

    Told by the sides, which are those of the image but for a factor; where both readings fit, channels come first.
    """
    _, a, b, c = shape

    def alike(rows: int, columns: int) -> bool:
        # Each side may be rounded by one when it is halved.
        return abs(rows * width - columns * height) < max(height, width) and (rows == columns) == (height == width)

    return alike(a, b) and not alike(b, c)
