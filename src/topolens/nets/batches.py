"""What goes into a model: arrays, tensors, mappings, tuples, data loaders; on its device and in its precision."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from topolens.errors import TopolensError

TOGETHER = 64  # samples of a Dataset that are run together
Forward = Callable[[nn.Module, Any], Any]


def batches_of(inputs: Any) -> Iterator[Any]:
    """The batches of what a user has: one, or those of a DataLoader, a Dataset or any other iterator, one by one."""
    if isinstance(inputs, Dataset) and not isinstance(inputs, Iterator):
        yield from DataLoader(inputs, TOGETHER)
    elif isinstance(inputs, Tensor | np.ndarray | Mapping | list | tuple) or not isinstance(inputs, Iterable):
        yield inputs
    else:
        yield from inputs


def run_batch(model: nn.Module, batch: Any, forward: Forward | None) -> Any:
    """What the model gives for one batch.

    Args:
        model: A module.
        batch: A tensor, array or nested list of numbers; a mapping, whose entries become keyword arguments; or a
            tuple, whose entries become the arguments where the model takes so many, or of which the first is taken
            where it takes one (inputs beside labels).
        forward: How to call the model otherwise: `lambda model, batch: model(batch["ids"], batch["mask"])`.

    Raises:
        TopolensError: NaN in the inputs, or a batch that the model does not take.
    """
    batch = _moved(batch, model)
    for tensor in tensors_of(batch):
        if tensor.is_floating_point() and tensor.isnan().any():
            rows = tensor.isnan().reshape(len(tensor), -1).any(dim=1)
            first = int(rows.int().argmax())
            raise TopolensError(
                f"inputs: {int(rows.sum())} of {len(rows)} samples hold NaN, the first is sample {first}"
            )
    if forward is not None:
        return forward(model, batch)
    try:
        if isinstance(batch, Mapping):
            return model(**batch)
        if isinstance(batch, list | tuple):
            return model(*_arguments(model, batch))
        return model(batch)
    except (TypeError, RuntimeError) as error:
        if isinstance(error, TypeError) and "argument" not in str(error):
            raise
        if isinstance(error, RuntimeError) and "dtype" not in str(error) and "scalar type" not in str(error):
            raise
        shapes = ", ".join(f"{tuple(one.shape)} {str(one.dtype).removeprefix('torch.')}" for one in tensors_of(batch))
        raise TopolensError(
            f"inputs: {type(model).__name__} does not take a {type(batch).__name__} of {shapes}: {error}; convert "
            "them, or say how to call it, forward=lambda model, batch: ..."
        ) from error


def samples_in(batch: Any) -> int | None:
    """Number of samples of a batch: the length of its first tensor; None without any."""
    return next((len(tensor) for tensor in tensors_of(batch) if tensor.ndim), None)


def tensors_of(value: Any) -> Iterator[Tensor]:
    """All tensors of a nest of tuples, lists, mappings and objects with fields, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, np.ndarray):
        yield torch.from_numpy(np.ascontiguousarray(value))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from tensors_of(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from tensors_of(one)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from tensors_of(getattr(value, name))


def _arguments(model: nn.Module, batch: list[Any] | tuple[Any, ...]) -> list[Any]:
    """The arguments in a tuple: all of it, or the first beside labels."""
    parameters = [*inspect.signature(model.forward).parameters.values()]
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    required = [one for one in positional if one.default is one.empty]
    if len(required) == len(batch) or len(batch) == 1:
        return [*batch]
    if len(positional) == 1:
        return [batch[0]]
    signature = f"{type(model).__name__}.forward({', '.join(one.name for one in parameters)})"
    raise TopolensError(
        f"inputs: a tuple of {len(batch)} for {signature}; say what is what, "
        "forward=lambda model, batch: model(batch[0])"
    )


def _moved(batch: Any, model: nn.Module) -> Any:
    """The batch as tensors on the model's device; floating numbers and bytes in the model's precision."""
    weights = chain(model.parameters(), model.buffers())
    own = next((one for one in weights if one.is_floating_point()), torch.zeros(()))

    def moved(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: moved(one) for key, one in value.items()}
        if isinstance(value, list | tuple) and any(isinstance(one, Tensor | np.ndarray) for one in value):
            return [moved(one) for one in value]
        if isinstance(value, list | np.ndarray | np.generic):
            try:
                value = torch.as_tensor(np.ascontiguousarray(value))
            except (TypeError, ValueError) as error:
                raise TopolensError(f"inputs: expected numbers, found {type(value).__name__}: {error}") from error
        if not isinstance(value, Tensor):
            return value
        as_own = value.is_floating_point() or value.dtype == torch.uint8
        return value.to(own.device, own.dtype if as_own else value.dtype)

    return moved(batch)
