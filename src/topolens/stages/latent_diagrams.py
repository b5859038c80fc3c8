"""Latent flow, stage 4: clouds of channel vectors and their persistence diagrams, streamed image by image."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from topolens.closure import code_hash
from topolens.config.homology import Diagrams, Distance
from topolens.config.images import ImageNetwork
from topolens.config.latent import ALL, LatentClouds
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.images.inference import THREADS, as_inputs
from topolens.nets.images.prepared import prepared_network
from topolens.nets.taps import map_sizes, record_channel_vectors
from topolens.progress import progress_bar
from topolens.resume import Parts, content_key
from topolens.seeding import child_generator
from topolens.stages.diagrams import diagrams_of, join
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.gaussian import gaussian_cloud
from topolens.topology.persistence import chosen_engine, refuse_what_does_not_fit
from topolens.topology.standardise import standardise


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


def compute_latent_diagrams(
    images_file: Path,
    diagrams_file: Path,
    *,
    networks: list[ImageNetwork],
    seeds: list[int],
    checkpoints: list[Path],
    layers: list[str],
    clouds: LatentClouds,
    distance: Distance,
    diagrams: Diagrams,
    seed: int,
    threads: int,
) -> None:
    """Channel vectors of random test images and positions, and persistent homology of every cloud.

    Where a map has fewer positions than a cloud has points, ceil(points / positions) images are pooled. All
    networks see the same images at the same positions. Every layer of every unit also gets Gaussian clouds. A
    killed stage keeps its finished units.

    Args:
        images_file, diagrams_file: An ImageSet; a DiagramTable.
        networks, seeds: Of each network there is one from each seed.
        checkpoints: In the same order, networks outside; none for untrained networks.
        layers: What is tapped.
        clouds, distance, diagrams: How.
        seed, threads: The root of all random choices; threads across clouds, which change no bit.
    """
    images = ImageSet.read(images_file)
    refuse_what_does_not_fit(clouds.points, diagrams.maximum_degree, chosen_engine(diagrams.engine), clouds=threads)
    pairs = [(network, own) for network in networks for own in seeds]
    files: list[Path | None] = [*checkpoints] or [None] * len(pairs)
    units = [
        Unit(network, own, group, file)
        for (network, own), file in zip(pairs, files, strict=True)
        for group in clouds.groups
    ]
    for group in clouds.groups:  # an unknown class is found before any network runs
        rows_of_group(images, group)
    spec = [str(value) for value in (networks, seeds, layers, clouds, distance, diagrams, seed)]
    parts = Parts(diagrams_file, content_key(*spec, code_hash(__name__), images_file, *checkpoints))
    total = len(units) * len(layers) * (clouds.repeats + diagrams.gaussian_clouds)
    with ThreadPoolExecutor(threads) as pool, progress_bar(total, "diagrams", "clouds") as progress:
        for unit in units:
            path = parts.path(unit.name)
            if parts.read(unit.name) is None:
                batches = unit_clouds(unit, images, layers, clouds, diagrams.gaussian_clouds, seed)
                tables = []
                for batch in batches:
                    tables.append(_diagrams(unit, batch, distance, diagrams, seed, pool))
                    progress.update(len(batch))
                join(tables).write(path)
            else:
                progress.update(total // len(units))
    join([DiagramTable.read(parts.path(unit.name)) for unit in units]).write(diagrams_file)
    parts.remove()


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


def _diagrams(
    unit: Unit, batch: list[Cloud], distance: Distance, settings: Diagrams, seed: int, pool: Executor
) -> DiagramTable:
    def compute(cloud: Cloud) -> tuple[int, float, list[np.ndarray]]:
        points, constant = standardise(cloud.points)
        if cloud.gaussian is not None:
            names = ("gaussian", unit.name, cloud.layer, cloud.gaussian)
            points = gaussian_cloud(points, child_generator(seed, *names))
        return constant, *diagrams_of(points, distance, settings)

    results = list(pool.map(compute, batch))
    table = pd.DataFrame(
        {
            "network": unit.network.name,
            "seed": unit.seed,
            "group": unit.group,
            "layer": [cloud.layer for cloud in batch],
            "repeat": [cloud.repeat for cloud in batch],
            "gaussian": [cloud.gaussian is not None for cloud in batch],
            "channels": [cloud.points.shape[1] for cloud in batch],
            "constant": [constant for constant, _, _ in results],
            "mean_distance": [mean for _, mean, _ in results],
        }
    )
    return DiagramTable.collect(table, [diagrams for _, _, diagrams in results])
