"""Classes told apart by two principal components of channel vectors, and by their landscapes."""

from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays, write_table
from topolens.clouds.positions import Unit, channel_vectors_of
from topolens.clouds.standardise import standardise
from topolens.config.analyses import Planes
from topolens.config.clouds import ALL, PositionClouds
from topolens.data.image_set import ImageSet
from topolens.nets.images.prepared import TappedNetworks
from topolens.progress import progress_bar
from topolens.seeding import child_seed
from topolens.statistics.planes import in_one_unit, plane_statistics, separation_accuracy

PLANE, SHAPE, LANDSCAPE = "plane", "plane_shape", "landscape"


def compare_planes(
    data_file: Path,
    landscapes_file: Path,
    planes_file: Path,
    *,
    networks: TappedNetworks,
    clouds: PositionClouds,
    planes: Planes,
    seed: int,
) -> None:
    """The same clouds of the same classes once more, as statistics of their projection and as landscapes.

    Landscapes are of clouds that are standardised each for itself. The plane sees more: channels are standardised over
    all clouds of a layer, so that where a cloud lies counts, as it does when somebody looks at such a plane. Its shape
    alone is that of clouds standardised as for landscapes.

    Args:
        data_file: An ImageSet with labels.
        landscapes_file: The run's landscapes.
        planes_file: A row per network, layer and method: accuracy of the neighbours' vote with its interval over
            clouds (estimate, low, high, n, unit), the central interval of shuffled labels (null_low, null_high) and
            p_value. Methods: `plane` and `plane_shape`, statistics of the first two principal components of all clouds
            of a layer, in the points' unit; `landscape`, sampled landscapes. All are compared as they are.
        networks: The first network from the first seed, at the layers of the clouds.
        clouds: The run's.
        planes: How.
        seed: The root seed, so that the run's clouds come out again.
    """
    images, arrays = ImageSet.read(data_file), read_arrays(landscapes_file)
    groups = [group for group in clouds.groups if group != ALL]
    labels = np.repeat(np.arange(len(groups)), clouds.repeats)
    network, own, file = next(networks.each())
    modules = networks.modules(network.name)
    points: dict[str, list[np.ndarray]] = {layer: [] for layer in modules}
    with progress_bar(len(groups) * clouds.repeats, "clouds", "clouds a layer") as progress:
        for group in groups:
            unit = Unit(network, own, group, file, networks.device)
            for vectors in channel_vectors_of(unit, images, modules, clouds, seed):
                for layer, found in vectors.items():
                    points[layer].append(found)
                progress.update()
    rows = []
    for layer in modules:
        places = [arrays["groups"].tolist().index(group) for group in groups]
        landscapes = arrays[f"vectors.{network.name}.{layer}"][0, places]
        for method, features in _features(points[layer], landscapes.reshape(len(labels), -1)).items():
            own = child_seed(seed, "separation", layer, method)
            cell = {"network": network.name, "layer": layer, "method": method}
            rows.append(cell | _told_apart(features, labels, planes, own))
    write_table(planes_file, pd.DataFrame(rows))


def _features(points: list[np.ndarray], landscapes: np.ndarray) -> dict[str, np.ndarray]:
    """What each method knows of each cloud."""
    return {
        PLANE: in_one_unit(plane_statistics(standardised_together(points))),
        SHAPE: in_one_unit(plane_statistics([standardise(cloud)[0] for cloud in points])),
        LANDSCAPE: landscapes,
    }


def _told_apart(features: np.ndarray, labels: np.ndarray, planes: Planes, seed: int) -> dict[str, object]:
    """Accuracy of the neighbours' vote, beside shuffled labels."""
    neighbours = min(planes.neighbours, len(labels) - 1)
    told = separation_accuracy(features, labels, neighbours, shuffles=planes.shuffles, seed=seed, standardise=False)
    null = {"null_low": told.null_low, "null_high": told.null_high, "p_value": told.p_value}
    return told.accuracy.row("repeat") | null


def standardised_together(clouds: list[np.ndarray]) -> list[np.ndarray]:
    """Clouds of one layer, each channel with mean 0 and variance 1 over all of them."""
    pooled, _ = standardise(np.concatenate(clouds))
    return np.split(pooled, np.cumsum([len(cloud) for cloud in clouds])[:-1])
