"""Clouds of samples: what layers of perceptrons make of them, snapshot by snapshot of the training."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from topolens.artifacts import read_arrays
from topolens.clouds.source import Cloud
from topolens.config.clouds import SampleClouds
from topolens.data.dataset import Dataset
from topolens.errors import TopolensError
from topolens.nets.perceptrons.mlp import as_module
from topolens.nets.perceptrons.state import Trained
from topolens.nets.taps import record_activations
from topolens.seeding import child_generator


def draw_rows(dataset: Dataset, clouds: SampleClouds, networks: int, seed: int) -> np.ndarray:
    """(draws, points) row numbers; network j's own draws are numbers j * clouds.repeats and following."""
    available = dataset.rows(clouds.split, clouds.label)
    if clouds.points > len(available):
        raise TopolensError(
            f"clouds.points: {clouds.points} asked, but split {clouds.split!r} of class "
            f"{'all' if clouds.label is None else clouds.label} has {len(available)} samples"
        )
    if clouds.rows == "first":
        return available[None, : clouds.points]
    draws = clouds.repeats if clouds.shared else clouds.repeats * networks
    return np.stack(
        [child_generator(seed, "cloud", draw).choice(available, clouds.points, replace=False) for draw in range(draws)]
    )


def snapshot_index(trained: Trained, clouds: SampleClouds) -> np.ndarray:
    """(clouds, 3) of network, snapshot and draw, for every reached snapshot that is wanted."""
    reached = ~trained.reached.isnan().numpy()
    snapshots, networks = reached.shape
    wanted = range(snapshots) if clouds.snapshots == "all" else [snapshots - 1]
    draws = 1 if clouds.rows == "first" else clouds.repeats
    own = 0 if clouds.shared or clouds.rows == "first" else draws
    return np.array(
        [
            (network, snapshot, network * own + draw)
            for network in range(networks)
            for snapshot in wanted
            if reached[snapshot, network]
            for draw in range(draws)
        ],
        dtype=np.int64,
    ).reshape(-1, 3)


def record_snapshot(
    trained: Trained, activation: str, layers: list[int], inputs: np.ndarray, network: int, snapshot: int
) -> dict[int, np.ndarray]:
    """What the layers above the input make of the inputs, by number of the layer."""
    model = as_module([tensor[snapshot, network] for tensor in trained.snapshots], activation)
    names = {layer: f"layer_{layer}" for layer in layers if layer > 0}
    try:
        recorded = record_activations(model, torch.from_numpy(inputs), list(names.values()))
    except TopolensError as error:
        raise TopolensError(f"network {network}, snapshot number {snapshot}: {error}") from error
    return {layer: recorded[name] for layer, name in names.items()}


class SampleSource:
    """Recorded clouds of samples, a unit for each layer and snapshot: its clouds, then the Gaussian ones.

    Each Gaussian cloud is modelled on another cloud of the unit in turn.
    """

    def __init__(self, file: Path, layers: list[int], nulls: int, seed: int) -> None:
        self.arrays = read_arrays(file)
        self.nulls, self.seed = nulls, seed
        self.points = self.arrays["rows"].shape[1]
        index = self.arrays["index"]
        snapshots = np.unique(index[:, 1]).tolist()
        self._cells = {
            f"{layer}-{snapshot}": (layer, snapshot)
            for layer in layers
            for snapshot in ([-1] if layer == 0 else snapshots)
        }

    def units(self) -> list[str]:
        """`LAYER-SNAPSHOT`; inputs, which have none, once as `0--1`."""
        return [*self._cells]

    def size(self, unit: str) -> int:
        """Clouds of a layer and snapshot, Gaussian ones included."""
        return len(self._keys(unit)) + self.nulls

    def clouds(self, unit: str) -> Iterator[list[Cloud]]:
        """All in one batch: they are in memory already."""
        layer, snapshot = self._cells[unit]
        keys, stored = self._keys(unit), self.arrays[f"layer_{layer}"]
        real = [Cloud(key | {"null": False}, stored[place]) for place, key in keys]
        models = [(number, keys[number % len(keys)]) for number in range(self.nulls)]
        yield real + [
            Cloud(key | {"null": True}, stored[place], ("gaussian", layer, snapshot, number))
            for number, (place, key) in models
        ]

    def _keys(self, unit: str) -> list[tuple[int, dict[str, int]]]:
        """Where each cloud lies in the recorded array, and its key."""
        layer, snapshot = self._cells[unit]
        if layer == 0:
            rows = [(draw, int(network), draw) for draw, network in enumerate(self.arrays["owner"])]
        else:
            rows = [
                (place, int(network), int(draw))
                for place, (network, own, draw) in enumerate(self.arrays["index"])
                if own == snapshot
            ]
        return [
            (place, {"network": network, "snapshot": snapshot, "depth": layer, "repeat": draw})
            for place, network, draw in rows
        ]
