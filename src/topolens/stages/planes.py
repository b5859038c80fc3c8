"""Classes told apart by two principal components of channel vectors, and by their landscapes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays, write_table
from topolens.clouds.positions import Unit, channel_vectors_of
from topolens.clouds.standardise import standardise
from topolens.config.analyses import Planes
from topolens.config.clouds import ALL, PositionClouds
from topolens.config.homology import Distance, Homology
from topolens.data.image_set import ImageSet
from topolens.nets.images.prepared import TappedNetworks
from topolens.progress import progress_bar
from topolens.seeding import child_generator, child_seed
from topolens.statistics.planes import in_one_unit, own_plane, plane_statistics, separation_accuracy
from topolens.topology.complexity import complexity
from topolens.topology.distances import mean_distance
from topolens.topology.gaussian import gaussian_cloud
from topolens.topology.persistence import persistence
from topolens.topology.views import view_of

PLANE, SHAPE, LANDSCAPE = "plane", "plane_shape", "landscape"
PROJECTED = ["network", "seed", "layer", "group", "repeat", "null", "kept", "l2", "l2_scale_free"]


class MeasuredPlanes(Planes):
    """Its settings, and how complexities are measured: as those of the run's clouds.

    Attributes:
        distance, homology: The run's.
        degree: Of its landscapes.
    """

    distance: Distance
    homology: Homology
    degree: int


def compare_planes(
    data_file: Path,
    landscapes_file: Path,
    planes_file: Path,
    projections_file: Path,
    *,
    networks: TappedNetworks,
    clouds: PositionClouds,
    planes: MeasuredPlanes,
    seed: int,
) -> None:
    """The same clouds of the same classes once more, as statistics of their projection and as landscapes.

    Landscapes are of clouds that are standardised each for itself. The plane sees more: channels are standardised over
    all clouds of a layer, so that where a cloud lies counts, as it does when somebody looks at such a plane. Its shape
    alone is that of clouds standardised as for landscapes.

    Args:
        data_file: An ImageSet with labels.
        landscapes_file: The run's landscapes.
        planes_file: A row per network, seed, layer and method: accuracy of the neighbours' vote with its interval over
            clouds (estimate, low, high, n, unit), the central interval of shuffled labels (null_low, null_high) and
            p_value. Methods: `plane` and `plane_shape`, statistics of the first two principal components of all clouds
            of a layer, in the points' unit; `landscape`, sampled landscapes. All are compared as they are.
        projections_file: A row per cloud of the first repeats, columns PROJECTED: the cloud as landscapes see it,
            projected to its own first two principal components; the share of its variance that they keep, and the
            complexity that is left. `null` rows are Gaussian clouds in the plane, of the same mean and covariance.
        networks: Each network from each seed, at the layers of the clouds.
        clouds: The run's.
        planes: How.
        seed: The root seed, so that the run's clouds come out again.
    """
    images, arrays = ImageSet.read(data_file), read_arrays(landscapes_file)
    groups = [group for group in clouds.groups if group != ALL]
    places = [arrays["groups"].tolist().index(group) for group in groups]
    labels = np.repeat(np.arange(len(groups)), clouds.repeats)
    rows: list[dict[str, object]] = []
    projected: list[dict[str, object]] = []
    with progress_bar(len([*networks.each()]) * len(groups), "planes", "classes") as progress:
        for number, (network, own, file) in enumerate(networks.each()):
            modules = networks.modules(network.name)
            points: dict[str, list[np.ndarray]] = {layer: [] for layer in modules}
            for group in groups:
                unit = Unit(network, own, group, file, networks.device)
                for repeat, vectors in enumerate(channel_vectors_of(unit, images, modules, clouds, seed)):
                    for layer, found in vectors.items():
                        points[layer].append(found)
                        cell = (network.name, own, layer, group, repeat)
                        projected += _projected(found, cell, planes, seed) if repeat < planes.projected else []
                progress.update()
            for layer in modules:
                of_seed = arrays[f"vectors.{network.name}.{layer}"][number % len(networks.seeds), places]
                for method, features in _features(points[layer], of_seed.reshape(len(labels), -1)).items():
                    named = child_seed(seed, "separation", network.name, own, layer, method)
                    place = {"network": network.name, "seed": own, "layer": layer, "method": method}
                    rows.append(place | _told_apart(features, labels, planes, named))
    write_table(planes_file, pd.DataFrame(rows))
    write_table(projections_file, pd.DataFrame(projected, columns=PROJECTED))


def _projected(
    vectors: np.ndarray, cell: tuple[str | int, ...], planes: MeasuredPlanes, seed: int
) -> Iterator[dict[str, object]]:
    """What is left of one cloud in its own plane, and a Gaussian cloud there."""
    positions, kept = own_plane(standardise(vectors)[0])
    gaussian = gaussian_cloud(positions, child_generator(seed, "projected", *cell))
    for null, points in ((False, positions), (True, gaussian)):
        distances = view_of(points, planes.distance).distances
        longest = np.inf if planes.homology.longest_edge is None else planes.homology.longest_edge
        diagrams = persistence(distances, planes.degree, longest, planes.homology.engine)
        found = complexity(diagrams[planes.degree], mean_distance(distances))
        row: dict[str, object] = {"null": null, "kept": np.nan if null else kept}
        row |= {measure: found[measure] for measure in ("l2", "l2_scale_free")}
        yield dict(zip(PROJECTED, cell, strict=False)) | row


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
