"""Families of perceptrons: which networks a study trains, and how each group of them is trained to its end."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from topolens.config.networks import Perceptrons
from topolens.config.training import PerceptronTraining
from topolens.errors import TopolensError
from topolens.nets.perceptrons.state import State, Trained, start, trained_from_tensors, trained_tensors
from topolens.nets.perceptrons.training import Samples, accuracy_on, train_together
from topolens.seeding import child_seed


@dataclass(frozen=True)
class Family:
    """Networks of one shape and activation on one data set.

    Attributes:
        data: The data set's label.
        activation: After each hidden layer.
        hidden: Width of each hidden layer.
        seeds: One a network.
    """

    data: str
    activation: str
    hidden: tuple[int, ...]
    seeds: tuple[int, ...]

    @property
    def name(self) -> str:
        """`D-I/tanh/10`: data set, activation, hidden layers."""
        return f"{self.data}/{self.activation}/{len(self.hidden)}"

    def widths(self, samples: Samples) -> list[int]:
        """Layer widths, inputs first, classes last."""
        return [samples.inputs.shape[1], *self.hidden, samples.classes]


def families_of(networks: Sequence[Perceptrons], data: str, seed: int) -> list[Family]:
    """All families of a run, networks outside and activations inside.

    Args:
        networks: As the study has them.
        data: The data set of networks that name none.
        seed: Root of all seeds. Networks of an only family are named by their number, others by their family too.
    """
    shapes = [(one, activation) for one in networks for activation in one.activations]
    families = []
    for one, activation in shapes:
        family = Family(one.data or data, activation, tuple(one.hidden), ())
        names = (family.name,) if len(shapes) > 1 else ()
        seeds = tuple(child_seed(seed, "network", *names, number) for number in range(one.count))
        families.append(dataclasses.replace(family, seeds=seeds))
    return families


def train_group(
    family: Family,
    seeds: Sequence[int],
    samples: Samples,
    settings: PerceptronTraining,
    state: State | None,
    after_epoch: Callable[[State], None],
) -> Trained:
    """Train some networks of a family together.

    Args:
        family, seeds: Which.
        samples: What they learn.
        settings: How.
        state: Where an interrupted training goes on from; None starts afresh.
        after_epoch: Called with the state after each epoch.

    Returns:
        As from :func:`train_together`; where networks are refined, `train_accuracy` is that of the weights.
    """
    widths = family.widths(samples)
    if state is None:
        state = start(widths, seeds, settings, samples.inputs.dtype)
        for weight in state.parameters:
            weight *= settings.initial_gain
    while True:
        step = _at_epoch(settings, state.epoch)
        trained = train_together(samples, widths, family.activation, seeds, step, state=state, after_epoch=after_epoch)
        if len(state.active) == 0 or state.epoch == settings.max_epochs:
            rated = settings.model_copy(update={"learning_rate": step.learning_rate})
            return _refined(trained, family, seeds, samples, rated) if settings.refined else trained


def _at_epoch(settings: PerceptronTraining, epoch: int) -> PerceptronTraining:
    """The settings of the epochs from this one to the next halving of the learning rate."""
    if settings.halved_every is None:
        return settings
    times = epoch // settings.halved_every
    until = min(settings.max_epochs, (times + 1) * settings.halved_every)
    return settings.model_copy(update={"learning_rate": settings.learning_rate / 2**times, "max_epochs": until})


def _refined(
    trained: Trained, family: Family, seeds: Sequence[int], samples: Samples, settings: PerceptronTraining
) -> Trained:
    """Train on each network that reached the accuracy over an epoch, but does not with the weights at its end.

    It starts from its weights with a fresh optimiser, again and again within the epoch cap.
    """
    widths = family.widths(samples)
    weights = [stored[0].clone() for stored in trained.snapshots]
    reached = trained.reached[0].clone()
    accuracy = torch.tensor([_accuracy(weights, j, samples, family.activation) for j in range(len(seeds))])
    for j, seed in enumerate(seeds):
        while accuracy[j] < settings.snapshot_accuracies[0] and reached[j] < settings.max_epochs:
            room = settings.model_copy(update={"max_epochs": int(settings.max_epochs - reached[j])})
            own = [child_seed(seed, "refine", int(reached[j]))]
            state = start(widths, own, room)
            state.parameters = [weight[[j]].clone() for weight in weights]
            again = train_together(samples, widths, family.activation, own, room, state=state)
            crossed = not again.reached[0, 0].isnan()
            reached[j] += again.reached[0, 0] if crossed else room.max_epochs
            if crossed:
                for weight, new in zip(weights, again.snapshots, strict=True):
                    weight[j] = new[0, 0]
                accuracy[j] = _accuracy(weights, j, samples, family.activation)
    snapshots = [weight[None] for weight in weights]
    return dataclasses.replace(trained, snapshots=snapshots, reached=reached[None], train_accuracy=accuracy[None])


def _accuracy(weights: Sequence[Tensor], network: int, samples: Samples, activation: str) -> float:
    """Accuracy of one network on all samples; NaN without weights."""
    own = [weight[network] for weight in weights]
    if own[0].isnan().any():
        return float("nan")
    return accuracy_on(own, samples, np.arange(len(samples.labels)), activation)


def join(groups: Sequence[Trained]) -> Trained:
    """Groups as one: networks side by side."""
    parts = [trained_tensors(group) for group in groups]
    dims = {"history": 1, "final_epoch": 0}
    return trained_from_tensors({name: torch.cat([one[name] for one in parts], dims.get(name, 1)) for name in parts[0]})


def all_tensors(trained: dict[str, Trained]) -> dict[str, Tensor]:
    """All families by name as flat named tensors, for safetensors; :func:`read_families` reads them back."""
    return {
        f"{name}/{key}": tensor.contiguous()
        for name, one in trained.items()
        for key, tensor in trained_tensors(one).items()
    }


def read_families(file: Path) -> dict[str, Trained]:
    """All trained families of a run by name."""
    try:
        tensors = load_file(file)
    except (SafetensorError, OSError) as error:
        raise TopolensError(f"{file}: not a readable .safetensors file ({error}); delete it and run again") from error
    names = dict.fromkeys(name.rpartition("/")[0] for name in tensors)
    return {
        name: trained_from_tensors(
            {key.removeprefix(f"{name}/"): own for key, own in tensors.items() if key.rpartition("/")[0] == name}
        )
        for name in names
    }


def describe(family: Family, samples: Samples, trained: Trained) -> dict[str, Any]:
    """What a reader wants to know of a family without loading it; null where an accuracy was not reached."""

    def table(tensor: Tensor) -> list[list[float | None]]:
        return [[None if np.isnan(value) else round(value, 6) for value in row] for row in tensor.T.tolist()]

    return {
        "data": family.data,
        "activation": family.activation,
        "depth": len(family.hidden),
        "widths": family.widths(samples),
        "seeds": [*family.seeds],
        "reached_epoch": table(trained.reached),
        "train_accuracy": table(trained.train_accuracy),
        "held_out_accuracy": table(trained.held_out_accuracy),
        "best_epoch_accuracy": [round(value, 6) for value in trained.history.nan_to_num(0).amax(0).tolist()],
        "final_epoch": trained.final_epoch.tolist(),
    }
