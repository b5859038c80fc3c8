"""Clouds of images, as they were recorded: one vector per test image and layer."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from topolens.artifacts import read_arrays
from topolens.clouds.source import Cloud
from topolens.config.conditions import CLEAN


class ImageSource:
    """Recorded clouds of images, a unit for each network and kind of condition; clean ones are split into repeats.

    Args:
        file: As record_image_clouds writes it.
    """

    def __init__(self, file: Path, seed: int) -> None:
        self.arrays, self.seed = read_arrays(file), seed
        self.points = int(self.arrays["size"])
        self.labels = self.arrays["labels"].astype(np.int64)
        self._units: dict[str, list[tuple[str, str, str]]] = {}
        for name in self.arrays:
            if "/" in name:
                network, layer, condition = name.split("/")
                self._units.setdefault(f"{network}-{condition.split()[0]}", []).append((network, layer, condition))
        self._last = {network: layer for names in self._units.values() for network, layer, _ in names}

    def units(self) -> list[str]:
        """`NETWORK-KIND`."""
        return [*self._units]

    def size(self, unit: str) -> int:
        """Clouds of a unit: of each layer the clean repeats, or one under each condition."""
        return sum(len(self.arrays["/".join(name)]) // self.points for name in self._units[unit])

    def clouds(self, unit: str) -> Iterator[list[Cloud]]:
        """All in one batch: they are in memory already."""
        batch = []
        for network, layer, condition in self._units[unit]:
            points = self.arrays[f"{network}/{layer}/{condition}"]
            for repeat in range(len(points) // self.points):
                rows = slice(repeat * self.points, (repeat + 1) * self.points)
                cloud = Cloud(
                    {"network": network, "condition": condition, "layer": layer, "repeat": repeat},
                    points[rows],
                    labels=self.labels[rows],
                    is_last=layer == self._last[network],
                    is_first=condition == CLEAN and repeat == 0,
                )
                batch.append(cloud)
        yield batch
