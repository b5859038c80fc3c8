"""Clouds of channel vectors: random positions of random test images, streamed from a network repeat by repeat."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import torch

from topolens.config.images import ImageNetwork
from topolens.config.latent import ALL, LatentClouds
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.images.inference import THREADS, as_inputs
from topolens.nets.images.prepared import prepared_network
from topolens.nets.taps import map_sizes, record_channel_vectors
from topolens.seeding import child_generator


@dataclass(frozen=True)
class Unit:
    """The clouds of one network, one seed and one group of images."""

    network: ImageNetwork
    seed: int
    group: str
    checkpoint: Path | None

    @property
    def name(self) -> str:
        """What its parts are kept under."""
        return f"{self.network.name}-{self.seed}-{self.group}"


@dataclass(frozen=True)
class Cloud:
    """One cloud, or (numbered) a Gaussian one modelled on it."""

    layer: str
    repeat: int
    points: np.ndarray
    gaussian: int | None = None


def unit_clouds(
    unit: Unit, images: ImageSet, layers: list[str], clouds: LatentClouds, nulls: int, seed: int
) -> Iterator[list[Cloud]]:
    """The clouds of a unit, repeat by repeat, each followed by the Gaussian ones modelled on it."""
    torch.set_num_threads(THREADS)  # sums may depend on it
    network = prepared_network(unit.network, unit.seed, unit.checkpoint, images)
    rows = rows_of_group(images, unit.group)
    bands = [str(band) for band in unit.network.bands]
    sizes = map_sizes(network, as_inputs(images.images[rows[:1]], bands), layers)
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
            layer: choose_positions(
                (pooled[layer], *sizes[layer][1:]),
                clouds.points,
                child_generator(seed, "positions", unit.group, layer, repeat),
            )
            for layer in layers
        }
        vectors = record_channel_vectors(network, as_inputs(images.images[chosen], bands), positions)
        batch = []
        for layer in layers:
            points = vectors[layer]
            if clouds.content == "constant":
                points = np.broadcast_to(points.mean(axis=0), points.shape)
            batch.append(Cloud(layer, repeat, points))
            batch += [Cloud(layer, repeat, points, number) for number in range(repeat, nulls, clouds.repeats)]
        yield batch


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
