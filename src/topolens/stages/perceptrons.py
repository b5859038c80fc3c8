"""Train the perceptrons of a run and keep their snapshots."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from topolens.artifacts import write_json, written_whole
from topolens.closure import code_hash
from topolens.config.networks import Perceptrons
from topolens.config.training import PerceptronTraining
from topolens.data.dataset import read_datasets
from topolens.nets.perceptrons.families import Family, all_tensors, describe, families_of, join, train_group
from topolens.nets.perceptrons.groups import SAVE_SECONDS, group_count
from topolens.nets.perceptrons.state import State, Trained, state_from_tensors, state_tensors
from topolens.nets.perceptrons.training import Samples
from topolens.progress import progress_bar
from topolens.resume import Parts, content_key


def train_perceptrons(
    data_file: Path,
    networks_file: Path,
    card_file: Path,
    *,
    networks: list[Perceptrons],
    training: PerceptronTraining | dict[str, PerceptronTraining],
    seed: int,
    threads: int,
) -> None:
    """Train all families of a run, each on the training split of its data set.

    Groups of networks are trained side by side, one thread each, so the number of threads changes nothing
    but the time. A killed stage goes on from the last saved epoch of each group.
    """
    sets = read_datasets(data_file)
    samples = {name: Samples(*map(torch.from_numpy, dataset.training_samples())) for name, dataset in sets.items()}
    how = training if isinstance(training, dict) else dict.fromkeys(sets, training)
    families = families_of(networks, next(iter(sets)), seed)
    spec = f"{[one.model_dump_json() for one in networks]}{how}{seed}"
    parts = Parts(networks_file, content_key(spec, code_hash(__name__), data_file))
    groups = [
        (family, number, [int(one) for one in group])
        for family in families
        for number, group in enumerate(np.array_split(np.array(family.seeds), group_count(len(family.seeds))))
    ]
    total = sum(len(family.seeds) * how[family.data].max_epochs for family in families)
    progress = progress_bar(total, "training", "network epochs")

    def run(job: tuple[Family, int, list[int]]) -> Trained:
        torch.set_num_threads(1)
        family, number, seeds = job
        part = parts.folder / f"{family.name.replace('/', '-')}-{number}.safetensors"
        state = state_from_tensors(load_file(part)) if part.is_file() else None
        keeper = _Keeper(part, progress.update, how[family.data].max_epochs)
        return train_group(family, seeds, samples[family.data], how[family.data], state, keeper)

    with progress, ThreadPoolExecutor(threads) as pool:
        results = list(zip(groups, pool.map(run, groups), strict=True))
    trained = {one.name: join([found for (own, _, _), found in results if own == one]) for one in families}
    with written_whole(networks_file) as temporary:
        save_file(all_tensors(trained), temporary)
    described = {one.name: describe(one, samples[one.data], trained[one.name]) for one in families}
    write_json(card_file, {"families": described, "training": {name: one.model_dump() for name, one in how.items()}})
    parts.remove()


@dataclass
class _Keeper:
    """Saves a group's state now and then, and when it is done, and moves the progress bar."""

    part: Path
    update: Callable[[int], object]
    max_epochs: int
    seen: int = 0
    saved: float = 0.0

    def __call__(self, state: State) -> None:
        networks, active = state.trained.reached.shape[1], len(state.active)
        # Networks that left count as having trained all their epochs: the time left can only shrink.
        done = state.epoch * active + self.max_epochs * (networks - active)
        self.update(done - self.seen)
        self.seen = done
        if time.monotonic() - self.saved > SAVE_SECONDS or active == 0:
            with written_whole(self.part) as temporary:
                save_file({name: t.contiguous() for name, t in state_tensors(state).items()}, temporary)
            self.saved = time.monotonic()
