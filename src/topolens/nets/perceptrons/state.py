"""The state of networks that train together: what they leave behind, and what a restart goes on from."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from topolens.config.training import PerceptronTraining
from topolens.nets.perceptrons.mlp import initial_parameters
from topolens.seeding import child_seed


@dataclass
class Trained:
    """What training a group of networks leaves behind; everything is indexed by the network's place in the group.

    Attributes:
        snapshots: For each parameter (thresholds, networks, out, in or 1); NaN where not reached.
        reached: (thresholds, networks) epoch of the first crossing, fractional when checked within an
            epoch, NaN where not reached.
        train_accuracy: (thresholds, networks) accuracy that crossed.
        held_out_accuracy: (thresholds, networks) accuracy of the snapshot on the held-out samples.
        history: (epochs, networks) training accuracy of each epoch, NaN after the stop.
        final_epoch: (networks,) epochs trained.
    """

    snapshots: list[Tensor]
    reached: Tensor
    train_accuracy: Tensor
    held_out_accuracy: Tensor
    history: Tensor
    final_epoch: Tensor


@dataclass
class State:
    """A group in mid-training, complete enough to go on from: `active` lists the networks still in the batch."""

    epoch: int
    active: Tensor
    parameters: list[Tensor]
    first_moments: list[Tensor]
    second_moments: list[Tensor]
    steps: int
    trained: Trained


def start(
    widths: Sequence[int], seeds: Sequence[int], settings: PerceptronTraining, dtype: torch.dtype = torch.float32
) -> State:
    """Untrained networks, one for each seed."""
    parameters = initial_parameters(widths, [child_seed(seed, "weights") for seed in seeds], dtype)
    cells = (len(settings.snapshot_accuracies), len(seeds))
    nothing = Trained(
        snapshots=[torch.full((cells[0], *p.shape), torch.nan, dtype=dtype) for p in parameters],
        reached=torch.full(cells, torch.nan, dtype=torch.float64),
        train_accuracy=torch.full(cells, torch.nan, dtype=torch.float64),
        held_out_accuracy=torch.full(cells, torch.nan, dtype=torch.float64),
        history=torch.full((settings.max_epochs, len(seeds)), torch.nan, dtype=torch.float64),
        final_epoch=torch.zeros(len(seeds), dtype=torch.int64),
    )
    return State(
        epoch=0,
        active=torch.arange(len(seeds)),
        parameters=parameters,
        first_moments=[torch.zeros_like(p) for p in parameters],
        second_moments=[torch.zeros_like(p) for p in parameters],
        steps=0,
        trained=nothing,
    )


def state_tensors(state: State) -> dict[str, Tensor]:
    """A state as flat named tensors, for safetensors; :func:`state_from_tensors` reads it back."""
    tensors = {"epoch": torch.tensor(state.epoch), "steps": torch.tensor(state.steps), "active": state.active}
    for field in ("parameters", "first_moments", "second_moments"):
        tensors |= {f"{field}.{i}": tensor.detach() for i, tensor in enumerate(getattr(state, field))}
    return tensors | trained_tensors(state.trained)


def trained_tensors(trained: Trained) -> dict[str, Tensor]:
    """A result as flat named tensors."""
    tensors = {f"snapshots.{i}": tensor for i, tensor in enumerate(trained.snapshots)}
    for field in dataclasses.fields(Trained)[1:]:
        tensors[field.name] = getattr(trained, field.name)
    return tensors


def trained_from_tensors(tensors: dict[str, Tensor]) -> Trained:
    """The inverse of :func:`trained_tensors`."""
    rest = {field.name: tensors[field.name] for field in dataclasses.fields(Trained)[1:]}
    return Trained(snapshots=_numbered(tensors, "snapshots"), **rest)


def state_from_tensors(tensors: dict[str, Tensor]) -> State:
    """The inverse of :func:`state_tensors`."""
    return State(
        epoch=int(tensors["epoch"]),
        active=tensors["active"],
        parameters=_numbered(tensors, "parameters"),
        first_moments=_numbered(tensors, "first_moments"),
        second_moments=_numbered(tensors, "second_moments"),
        steps=int(tensors["steps"]),
        trained=trained_from_tensors(tensors),
    )


def _numbered(tensors: dict[str, Tensor], prefix: str) -> list[Tensor]:
    count = sum(name.startswith(f"{prefix}.") for name in tensors)
    return [tensors[f"{prefix}.{i}"] for i in range(count)]
