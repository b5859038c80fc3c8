"""Persistence diagrams of all clouds of positions of a run."""

from collections.abc import Iterator
from pathlib import Path

from topolens.closure import code_hash
from topolens.clouds.positions import PositionSource, units_of
from topolens.clouds.source import Cloud
from topolens.config.clouds import PositionClouds
from topolens.config.homology import Distance, Homology
from topolens.data.image_set import ImageSet
from topolens.nets.images.prepared import TappedNetworks
from topolens.resume import content_key
from topolens.topology.cloud_diagrams import compute_cloud_diagrams
from topolens.topology.views import View, view_of


def compute_position_diagrams(
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

    Columns: `network`, `seed`, `layer`, `group`, `repeat`, `null` (a Gaussian cloud), `channels`, `constant`
    (channels), `mean_distance`.
    """
    modules = networks.modules(networks.networks[0].name)
    source = PositionSource(ImageSet.read(data_file), units_of(networks, clouds.groups), modules, clouds, seed)

    def views(cloud: Cloud) -> Iterator[View]:
        yield view_of(cloud.points, distance)

    spec = f"{networks}{clouds}{distance}{homology}{seed}"
    key = content_key(spec, code_hash(__name__), data_file, *networks.checkpoints)
    compute_cloud_diagrams(source, views, homology, diagrams_file, key, threads)
