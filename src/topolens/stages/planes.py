"""Explain flow: classes told apart by two principal components of channel vectors, and by their landscapes."""

from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays, write_table
from topolens.clouds.positions import Unit, unit_clouds
from topolens.config.explain import Planes
from topolens.config.images import ImageNetwork
from topolens.config.latent import ALL, LatentClouds
from topolens.data.image_set import ImageSet
from topolens.progress import progress_bar
from topolens.seeding import child_seed
from topolens.statistics.class_separation import separation_accuracy
from topolens.statistics.plane_statistics import in_one_unit, plane_statistics
from topolens.topology.standardise import standardise

PLANE, SHAPE, LANDSCAPE = "plane", "plane_shape", "landscape"


def compare_planes(
    images_file: Path,
    landscapes_file: Path,
    planes_file: Path,
    *,
    networks: list[ImageNetwork],
    seeds: list[int],
    checkpoints: list[Path],
    layers: list[str],
    clouds: LatentClouds,
    planes: Planes,
    seed: int,
) -> None:
    """The same clouds of the same classes once more, as statistics of their projection and as landscapes.

    Landscapes are of clouds that are standardised each for itself. The plane sees more: channels are standardised over
    all clouds of a layer, so that where a cloud lies counts, as it does when somebody looks at such a plane. Its shape
    alone is that of clouds standardised as for landscapes.

    Args:
        images_file: An ImageSet with labels.
        landscapes_file: The subject's landscapes.
        planes_file: A row per layer and method: accuracy of the neighbours' vote with its interval over clouds
            (estimate, low, high, n), the central interval of shuffled labels (null_low, null_high) and p_value.
            Methods: `plane` and `plane_shape`, statistics of the first two principal components of all clouds of a
            layer, in the points' unit; `landscape`, sampled landscapes. All are compared as they are.
        networks, seeds, checkpoints: The first network and seed.
        layers, clouds: The subject's.
        planes: How.
        seed: The subject's root seed, so that its clouds come out again.
    """
    images, arrays = ImageSet.read(images_file), read_arrays(landscapes_file)
    groups = [group for group in clouds.groups if group != ALL]
    labels = np.repeat(np.arange(len(groups)), clouds.repeats)
    points: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    with progress_bar(len(groups) * clouds.repeats, "clouds", "clouds a layer") as progress:
        for group in groups:
            unit = Unit(networks[0], seeds[0], group, checkpoints[0])
            for batch in unit_clouds(unit, images, layers, clouds, 0, seed):
                for cloud in batch:
                    points[cloud.layer].append(cloud.points)
                progress.update()
    rows = []
    for layer in layers:
        places = [arrays["groups"].tolist().index(group) for group in groups]
        landscapes = arrays[f"vectors.{networks[0].name}.{layer}"][0, places]
        features = {
            PLANE: in_one_unit(plane_statistics(standardised_together(points[layer]))),
            SHAPE: in_one_unit(plane_statistics([standardise(cloud)[0] for cloud in points[layer]])),
            LANDSCAPE: landscapes.reshape(len(labels), -1),
        }
        for method, own in features.items():
            found = separation_accuracy(
                own,
                labels,
                min(planes.neighbours, len(labels) - 1),
                shuffles=planes.shuffles,
                seed=child_seed(seed, "separation", layer, method),
                standardise=False,
            )
            null = {"null_low": found.null_low, "null_high": found.null_high, "p_value": found.p_value}
            rows.append({"layer": layer, "method": method} | found.accuracy.columns | null)
    write_table(planes_file, pd.DataFrame(rows))


def standardised_together(clouds: list[np.ndarray]) -> list[np.ndarray]:
    """Clouds of one layer, each channel with mean 0 and variance 1 over all of them."""
    pooled, _ = standardise(np.concatenate(clouds))
    return np.split(pooled, np.cumsum([len(cloud) for cloud in clouds])[:-1])
