"""Clouds of samples, as they were recorded: what layers of perceptrons make of them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from topolens.artifacts import read_arrays
from topolens.clouds.source import Cloud


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
