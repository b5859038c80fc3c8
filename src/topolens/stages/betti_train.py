"""Betti flow, stage 2: train families of perceptrons until they make no error on their data."""

import dataclasses
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from topolens.artifacts import write_json, written_whole
from topolens.closure import code_hash
from topolens.config.betti import BettiTraining, Family
from topolens.config.networks import Training
from topolens.data.known_topology import read_sets
from topolens.nets.perceptrons.groups import SAVE_SECONDS, group_count
from topolens.nets.perceptrons.state import State, Trained, start, state_from_tensors, state_tensors
from topolens.nets.perceptrons.training import Samples, accuracy_on, train_together
from topolens.progress import progress_bar
from topolens.resume import Parts, content_key
from topolens.seeding import child_seed


@dataclass(frozen=True)
class Cell:
    """Networks of one shape and activation on one data set."""

    family: Family
    activation: str

    @property
    def name(self) -> str:
        """`D-I/tanh/10`: data set, activation, hidden layers."""
        return f"{self.family.data}/{self.activation}/{self.family.depth}"

    def widths(self, samples: Samples) -> list[int]:
        """Layer widths, inputs first, classes last."""
        return [samples.inputs.shape[1], *[self.family.width] * self.family.depth, samples.classes]


@dataclass(frozen=True)
class Finished:
    """Networks of a group: weights (networks, out, in or 1) by parameter, NaN where the accuracy was not reached.

    `reached` and `accuracy` are (networks,): epochs until the accuracy, and that of the weights on all samples, NaN
    where not reached; `best` is the best accuracy of an epoch.
    """

    weights: list[Tensor]
    reached: Tensor
    accuracy: Tensor
    best: Tensor


def train_families(
    data_file: Path,
    networks_file: Path,
    card_file: Path,
    *,
    families: list[Family],
    training: dict[str, BettiTraining],
    seed: int,
    threads: int,
) -> None:
    """Train every network of every family on all points of its data set.

    Written tensors: `<set>/<activation>/<depth>/<parameter>` (networks, out, in or 1). Groups are trained side by
    side, one thread each; a killed stage goes on from the last saved epoch of each group.
    """
    samples = {
        name: Samples(torch.from_numpy(dataset.inputs()), torch.from_numpy(dataset.labels))
        for name, dataset in read_sets(data_file).items()
    }
    spec = "".join(one.model_dump_json() for one in (*families, *training.values())) + str(seed)
    parts = Parts(networks_file, content_key(spec, code_hash(__name__), data_file))
    cells = [Cell(family, activation) for family in families for activation in family.activations]
    seeds = {c.name: [child_seed(seed, "network", c.name, j) for j in range(c.family.count)] for c in cells}
    work = [
        (cell, number, [int(one) for one in group])
        for cell in cells
        for number, group in enumerate(np.array_split(np.array(seeds[cell.name]), group_count(cell.family.count)))
    ]
    progress = progress_bar(len(work), "training", "groups of networks")

    def run(job: tuple[Cell, int, list[int]]) -> Finished:
        torch.set_num_threads(1)
        cell, number, own = job
        part = parts.folder / f"{cell.name.replace('/', '-')}-{number}.safetensors"
        finished = train_group(samples[cell.family.data], cell, own, training[cell.family.data], part)
        progress.update()
        return finished

    with progress, ThreadPoolExecutor(threads) as pool:
        results = list(zip(work, pool.map(run, work), strict=True))
    tensors: dict[str, Tensor] = {}
    card: dict[str, object] = {}
    for cell in cells:
        whole = beside([finished for (own, _, _), finished in results if own == cell])
        tensors |= {f"{cell.name}/{i}": weight.contiguous() for i, weight in enumerate(whole.weights)}
        card[cell.name] = describe(cell, cell.widths(samples[cell.family.data]), seeds[cell.name], whole)
    with written_whole(networks_file) as temporary:
        save_file(tensors, temporary)
    write_json(card_file, {"cells": card, "training": {name: one.model_dump() for name, one in training.items()}})
    parts.remove()


def train_group(
    samples: Samples, cell: Cell, seeds: Sequence[int], settings: BettiTraining, part: Path | None = None
) -> Finished:
    """Train networks together, and those whose weights still err where the epoch did not, a little further."""
    own = Training(
        learning_rate=settings.learning_rate,
        batch_size=settings.batch_size,
        maximum_epochs=settings.maximum_epochs,
        thresholds=[settings.accuracy],
        held_out=0.0,
    )
    widths = cell.widths(samples)
    state = state_from_tensors(load_file(part)) if part and part.is_file() else start(widths, seeds, own)
    if state.epoch == 0:
        for weight in state.parameters:
            weight *= settings.initial_gain
    keep = _Keeper(part) if part else lambda state: None
    while True:
        step = _at_epoch(own, settings.halved_every, state.epoch)
        trained = train_together(samples, widths, cell.activation, seeds, step, state=state, after_epoch=keep)
        if len(state.active) == 0 or state.epoch == own.maximum_epochs:
            rate = step.learning_rate
            return _refined(trained, samples, cell, seeds, own.model_copy(update={"learning_rate": rate}))


def _at_epoch(settings: Training, halved_every: int | None, epoch: int) -> Training:
    """The settings of the epochs from this one to the next halving of the learning rate."""
    if halved_every is None:
        return settings
    times = epoch // halved_every
    until = min(settings.maximum_epochs, (times + 1) * halved_every)
    return settings.model_copy(update={"learning_rate": settings.learning_rate / 2**times, "maximum_epochs": until})


def _refined(trained: Trained, samples: Samples, cell: Cell, seeds: Sequence[int], settings: Training) -> Finished:
    """Train on each network that reached the accuracy over an epoch, but does not with the weights at its end.

    It starts from its weights with a fresh optimiser, again and again within the epoch cap.
    """
    weights = [stored[0].clone() for stored in trained.snapshots]
    reached, best = trained.reached[0].clone(), trained.history.nan_to_num(0).amax(0)
    accuracy = torch.tensor([_accuracy(weights, j, samples, cell.activation) for j in range(len(seeds))])
    for j, seed in enumerate(seeds):
        while accuracy[j] < settings.thresholds[0] and reached[j] < settings.maximum_epochs:
            room = settings.model_copy(update={"maximum_epochs": int(settings.maximum_epochs - reached[j])})
            own = [child_seed(seed, "refine", int(reached[j]))]
            state = start(cell.widths(samples), own, room)
            state.parameters = [weight[[j]].clone() for weight in weights]
            again = train_together(samples, cell.widths(samples), cell.activation, own, room, state=state)
            crossed = not again.reached[0, 0].isnan()
            reached[j] += again.reached[0, 0] if crossed else room.maximum_epochs
            if crossed:
                for weight, new in zip(weights, again.snapshots, strict=True):
                    weight[j] = new[0, 0]
                accuracy[j] = _accuracy(weights, j, samples, cell.activation)
    return Finished(weights, reached, accuracy, best)


def _accuracy(weights: Sequence[Tensor], network: int, samples: Samples, activation: str) -> float:
    """Accuracy of one network on all samples; NaN without weights."""
    own = [weight[network] for weight in weights]
    if own[0].isnan().any():
        return float("nan")
    return accuracy_on(own, samples, np.arange(len(samples.labels)), activation)


@dataclass
class _Keeper:
    """Saves a group's state now and then, and when it is done."""

    part: Path
    saved: float = 0.0

    def __call__(self, state: State) -> None:
        if time.monotonic() - self.saved > SAVE_SECONDS or len(state.active) == 0:
            with written_whole(self.part) as temporary:
                save_file({name: t.contiguous() for name, t in state_tensors(state).items()}, temporary)
            self.saved = time.monotonic()


def beside(groups: Sequence[Finished]) -> Finished:
    """Groups as one."""
    weights = [torch.cat(same) for same in zip(*(group.weights for group in groups), strict=True)]
    rest = {
        field.name: torch.cat([getattr(group, field.name) for group in groups])
        for field in dataclasses.fields(Finished)[1:]
    }
    return Finished(weights, **rest)


def describe(cell: Cell, widths: list[int], seeds: Sequence[int], finished: Finished) -> dict[str, object]:
    """What a reader wants to know of a cell without loading it; null where the accuracy was not reached."""

    def listed(values: Tensor) -> list[float | None]:
        return [None if np.isnan(value) else round(value, 6) for value in values.tolist()]

    return {
        "set": cell.family.data,
        "activation": cell.activation,
        "depth": cell.family.depth,
        "widths": widths,
        "seeds": [*seeds],
        "reached_epoch": listed(finished.reached),
        "accuracy": listed(finished.accuracy),
        "best_epoch_accuracy": listed(finished.best),
    }
