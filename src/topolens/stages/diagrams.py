"""Persistence diagrams of all clouds of a run, and of their Gaussian nulls."""

from collections.abc import Iterator
from pathlib import Path

from topolens.closure import code_hash
from topolens.clouds.images import ImageSource
from topolens.clouds.positions import PositionSource, units_of
from topolens.clouds.samples import SampleSource
from topolens.clouds.source import Cloud
from topolens.config.clouds import PositionClouds
from topolens.config.homology import Distance, Homology
from topolens.data.image_set import ImageSet
from topolens.nets.images.prepared import TappedNetworks
from topolens.resume import content_key
from topolens.topology.cloud_diagrams import compute_cloud_diagrams
from topolens.topology.views import View, view_of, views_of


def of_samples(
    clouds_file: Path,
    diagrams_file: Path,
    *,
    layers: list[tuple[int, Distance]],
    nulls: int,
    homology: Homology,
    seed: int,
    threads: int,
) -> None:
    """Of clouds of samples, as record_sample_clouds writes them, each layer under its distance.

    Columns: `layer` (0 = input), `network` (-1 = an input that all networks share), `threshold` (number of the
    snapshot, -1 at the input), `draw` (of the input points), `gaussian`, `mean_distance`.
    """
    distances = dict(layers)
    source = SampleSource(clouds_file, [*distances], nulls, seed)

    def views(cloud: Cloud) -> Iterator[View]:
        yield view_of(cloud.points, distances[cloud.key["layer"]])

    key = content_key(f"{layers}{nulls}{homology}{seed}", code_hash(__name__), clouds_file)
    compute_cloud_diagrams(source, views, homology, diagrams_file, key, threads)


def of_positions(
    data_file: Path,
    diagrams_file: Path,
    *,
    networks: TappedNetworks,
    clouds: PositionClouds,
    distance: Distance,
    homology: Homology,
    seed: int,
    threads: int,
) -> None:
    """Of channel vectors at random positions of random test images, streamed from networks of images.

    Columns: `network`, `seed`, `group`, `layer`, `repeat`, `gaussian`, `channels`, `constant` (channels),
    `mean_distance`.
    """
    modules = networks.modules(networks.networks[0].name)
    source = PositionSource(ImageSet.read(data_file), units_of(networks, clouds.groups), modules, clouds, seed)

    def views(cloud: Cloud) -> Iterator[View]:
        yield view_of(cloud.points, distance)

    spec = f"{networks}{clouds}{distance}{homology}{seed}"
    key = content_key(spec, code_hash(__name__), data_file, *networks.checkpoints)
    compute_cloud_diagrams(source, views, homology, diagrams_file, key, threads)


def of_images(
    clouds_file: Path,
    diagrams_file: Path,
    *,
    distances: list[tuple[str, Distance]],
    other_k: list[int],
    homology: Homology,
    seed: int,
    threads: int,
) -> None:
    """Of clouds of images, as record_image_clouds writes them, under every distance and under all stacked.

    Columns: `network`, `layer`, `condition`, `resample` (0: the cloud that is also disturbed), `metric`, `k`, `is_main`
    (see topolens.topology.views), `mean_distance`, `degrees`.
    """
    source = ImageSource(clouds_file, seed)

    def views(cloud: Cloud) -> Iterator[View]:
        return views_of(cloud.points, dict(distances), other_k if cloud.is_last and cloud.is_first else [])

    key = content_key(f"{distances}{other_k}{homology}", code_hash(__name__), clouds_file)
    compute_cloud_diagrams(source, views, homology, diagrams_file, key, threads)
