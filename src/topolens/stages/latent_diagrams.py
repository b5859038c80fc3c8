"""Latent flow, stage 4: clouds of channel vectors and their persistence diagrams, streamed image by image."""

from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from topolens.closure import code_hash
from topolens.clouds.positions import Cloud, Unit, rows_of_group, unit_clouds
from topolens.config.homology import Diagrams, Distance
from topolens.config.images import ImageNetwork
from topolens.config.latent import LatentClouds
from topolens.data.image_set import ImageSet
from topolens.progress import progress_bar
from topolens.resume import Parts, content_key
from topolens.seeding import child_generator
from topolens.topology.cloud_diagrams import diagrams_of
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.gaussian import gaussian_cloud
from topolens.topology.persistence import chosen_engine, refuse_what_does_not_fit
from topolens.topology.standardise import standardise


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
                DiagramTable.join(tables).write(path)
            else:
                progress.update(total // len(units))
    DiagramTable.join([DiagramTable.read(parts.path(unit.name)) for unit in units]).write(diagrams_file)
    parts.remove()


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
