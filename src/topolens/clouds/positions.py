"""Clouds of channel vectors: random positions of random test images, streamed from a network repeat by repeat."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import torch

from topolens.clouds.source import Cloud
from topolens.clouds.standardise import standardise
from topolens.config.clouds import ALL, PositionClouds
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.device import AUTO
from topolens.nets.images.inference import as_inputs
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.nets.taps import map_sizes, record_channel_vectors
from topolens.seeding import child_generator


@dataclass(frozen=True)
class Unit:
    """The clouds of one network, one seed and one group of images."""

    network: ImageNetwork
    seed: int
    group: str
    checkpoint: Path | None
    device: str = AUTO

    @property
    def name(self) -> str:
        """What its parts are kept under."""
        return f"{self.network.name}-{self.seed}-{self.group}"


class PositionSource:
    """Channel vectors of random test images and positions, standardised channel by channel.

    Where a map has fewer positions than a cloud has points, ceil(points / positions) images are pooled. All networks
    see the same images at the same positions. Every layer of every unit also gets Gaussian clouds.

    Args:
        images: The set.
        units: Networks, seeds and groups in the order of the table.
        modules: Label to module name of each layer, in order of depth.
        clouds: How.
        seed: The root of all random choices.

    Raises:
        TopolensError: a group that is no class of the images.
    """

    def __init__(
        self, images: ImageSet, units: list[Unit], modules: dict[str, str], clouds: PositionClouds, seed: int
    ) -> None:
        self.images, self.modules, self.settings, self.seed = images, modules, clouds, seed
        self.points = clouds.points
        self._units = {unit.name: unit for unit in units}
        for group in clouds.groups:  # an unknown class is found before any network runs
            rows_of_group(images, group)

    def units(self) -> list[str]:
        """`NETWORK-SEED-GROUP`."""
        return [*self._units]

    def size(self, unit: str) -> int:
        """Clouds of all layers, Gaussian ones included."""
        return len(self.modules) * (self.settings.repeats + self.settings.nulls)

    def clouds(self, unit: str) -> Iterator[list[Cloud]]:
        """Repeat by repeat; each cloud is followed by the Gaussian ones modelled on it."""
        own, repeats = self._units[unit], self.settings.repeats
        for repeat, layers in enumerate(channel_vectors_of(own, self.images, self.modules, self.settings, self.seed)):
            batch = []
            for layer, vectors in layers.items():
                points, constant = standardise(vectors)
                key = {"network": own.network.name, "seed": own.seed, "layer": layer, "group": own.group}
                key |= {"repeat": repeat, "null": False, "channels": points.shape[1], "constant": constant}
                batch.append(Cloud(key, points))
                batch += [
                    Cloud(key | {"null": True}, points, ("gaussian", unit, layer, number))
                    for number in range(repeat, self.settings.nulls, repeats)
                ]
            yield batch


def units_of(networks: TappedNetworks, groups: list[str]) -> list[Unit]:
    """All units of a run."""
    return [
        Unit(network, seed, group, file, networks.device) for network, seed, file in networks.each() for group in groups
    ]


def channel_vectors_of(
    unit: Unit, images: ImageSet, modules: dict[str, str], clouds: PositionClouds, seed: int
) -> Iterator[dict[str, np.ndarray]]:
    """Channel vectors (points, channels) of every layer by label, repeat by repeat."""
    torch.set_num_threads(1)  # threads are across units
    network = prepared_network(unit.network, unit.seed, unit.checkpoint, images, unit.device)
    rows = rows_of_group(images, unit.group)
    bands = [str(band) for band in unit.network.bands]
    by_module = map_sizes(network, as_inputs(images.images[rows[:1]], bands), [*modules.values()])
    sizes = {layer: by_module[module] for layer, module in modules.items()}
    pooled = {layer: images_needed(clouds.points, height * width) for layer, (_, height, width) in sizes.items()}
    most = max(pooled.values())
    if most > len(rows):
        layer = max(pooled, key=lambda name: pooled[name])
        raise TopolensError(
            f"clouds.points {clouds.points}: layer {layer!r} has {sizes[layer][1] * sizes[layer][2]} positions an "
            f"image and group {unit.group!r} has {len(rows)} test images; ask for fewer points"
        )
    for repeat in range(clouds.repeats):
        chosen = choose_images(rows, most, repeat, seed, unit.group)
        positions = {
            module: choose_positions(
                (pooled[layer], *sizes[layer][1:]),
                clouds.points,
                child_generator(seed, "positions", unit.group, layer, repeat),
            )
            for layer, module in modules.items()
        }
        vectors = record_channel_vectors(network, as_inputs(images.images[chosen], bands), positions)
        found = {layer: vectors[module] for layer, module in modules.items()}
        if clouds.content == "constant":
            found = {layer: np.broadcast_to(own.mean(axis=0), own.shape) for layer, own in found.items()}
        yield found


def rows_of_group(images: ImageSet, group: str) -> np.ndarray:
    """Rows of the test images of a class, or of all classes."""
    return images.rows("test", None if group == ALL else group)


def images_needed(points: int, positions: int) -> int:
    """How many maps with so many positions hold a cloud of so many points."""
    return ceil(points / min(positions, points))


def choose_images(rows: np.ndarray, count: int, repeat: int, seed: int, group: str) -> np.ndarray:
    """Random images without replacement; the first ones of different repeats differ while there are enough."""
    first = child_generator(seed, "first images", group).permutation(rows)[repeat % len(rows)]
    others = child_generator(seed, "images", group, repeat).permutation(rows[rows != first])
    return np.concatenate([[first], others])[:count]


def choose_positions(shape: tuple[int, int, int], points: int, generator: np.random.Generator) -> np.ndarray:
    """Random positions without replacement in so many maps, (points, 3): image, row, column."""
    flat = generator.choice(int(np.prod(shape)), points, replace=False)
    return np.stack(np.unravel_index(flat, shape), axis=1)
