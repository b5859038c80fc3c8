"""Stage 2: train the networks of a run together and keep their snapshots."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from topolens.artifacts import write_json, written_whole
from topolens.closure import code_hash
from topolens.config.networks import Networks, Training
from topolens.data.dataset import Dataset
from topolens.nets.perceptrons.groups import SAVE_SECONDS, group_count
from topolens.nets.perceptrons.state import State, Trained, state_from_tensors, state_tensors, trained_tensors
from topolens.nets.perceptrons.training import Samples, train_together
from topolens.progress import progress_bar
from topolens.resume import Parts, content_key
from topolens.seeding import child_seed


def train(
    data_file: Path,
    networks_file: Path,
    card_file: Path,
    *,
    networks: Networks,
    training: Training,
    seed: int,
    threads: int,
) -> None:
    """Train all networks of a run on the training split.

    Groups of networks are trained side by side, one thread each, so the number of threads changes nothing
    but the time. A killed stage goes on from the last saved epoch of each group.
    """
    dataset = Dataset.read(data_file)
    rows = dataset.rows("train" if dataset.is_test.any() else "all")
    samples = Samples(torch.from_numpy(dataset.inputs(rows)), torch.from_numpy(dataset.labels[rows]))
    widths = [samples.inputs.shape[1], *networks.hidden, samples.classes]
    seeds = [child_seed(seed, "network", number) for number in range(networks.count)]
    spec = networks.model_dump_json() + training.model_dump_json() + str(seed)
    parts = Parts(networks_file, content_key(spec, code_hash(__name__), data_file))
    groups = np.array_split(np.array(seeds), group_count(networks.count))
    progress = progress_bar(networks.count * training.maximum_epochs, "training", "network epochs")

    def run(number: int) -> Trained:
        torch.set_num_threads(1)
        part = parts.folder / f"group-{number}.safetensors"
        state = state_from_tensors(load_file(part)) if part.is_file() else None
        keeper = _Keeper(part, progress.update, training.maximum_epochs)
        own = groups[number].tolist()
        return train_together(samples, widths, networks.activation, own, training, state=state, after_epoch=keeper)

    with progress, ThreadPoolExecutor(threads) as pool:
        together = join(list(pool.map(run, range(len(groups)))))
    tensors = {name: tensor.contiguous() for name, tensor in trained_tensors(together).items()}
    with written_whole(networks_file) as temporary:
        save_file(tensors, temporary)
    write_json(card_file, _card(dataset.source, widths, seeds, networks, training, together))
    parts.remove()


@dataclass
class _Keeper:
    """Saves a group's state now and then and moves the progress bar."""

    part: Path
    update: Callable[[int], object]
    maximum_epochs: int
    seen: int = 0
    saved: float = 0.0

    def __call__(self, state: State) -> None:
        networks = state.trained.reached.shape[1]
        active = len(state.active)
        # Networks that left count as having trained all their epochs: the time left can only shrink.
        done = state.epoch * active + self.maximum_epochs * (networks - active)
        self.update(done - self.seen)
        self.seen = done
        if time.monotonic() - self.saved > SAVE_SECONDS:
            with written_whole(self.part) as temporary:
                save_file({name: t.contiguous() for name, t in state_tensors(state).items()}, temporary)
            self.saved = time.monotonic()


def join(groups: list[Trained]) -> Trained:
    """Groups as one: networks side by side."""

    def beside(field: str, dim: int = 1) -> Tensor:
        return torch.cat([getattr(group, field) for group in groups], dim=dim)

    return Trained(
        snapshots=[torch.cat(same, dim=1) for same in zip(*(group.snapshots for group in groups), strict=True)],
        reached=beside("reached"),
        train_accuracy=beside("train_accuracy"),
        held_out_accuracy=beside("held_out_accuracy"),
        history=beside("history"),
        final_epoch=beside("final_epoch", 0),
    )


def _card(
    source: str,
    widths: list[int],
    seeds: list[int],
    networks: Networks,
    training: Training,
    trained: Trained,
) -> dict[str, object]:
    """What a reader wants to know of the networks without loading them; null where a threshold was not reached."""

    def table(tensor: Tensor) -> list[list[float | None]]:
        return [[None if np.isnan(value) else round(value, 6) for value in row] for row in tensor.T.tolist()]

    return {
        "data": source,
        "widths": widths,
        "activation": networks.activation,
        "seeds": seeds,
        "training": training.model_dump(),
        "thresholds": training.thresholds,
        "reached_epoch": table(trained.reached),
        "train_accuracy": table(trained.train_accuracy),
        "held_out_accuracy": table(trained.held_out_accuracy),
        "final_epoch": trained.final_epoch.tolist(),
    }
