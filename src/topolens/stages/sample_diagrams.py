"""Persistence diagrams of all clouds of samples of a run."""

from collections.abc import Iterator
from pathlib import Path

from topolens.closure import code_hash
from topolens.clouds.samples import SampleSource
from topolens.clouds.source import Cloud
from topolens.config.homology import Distance, Homology
from topolens.resume import content_key
from topolens.topology.cloud_diagrams import compute_cloud_diagrams
from topolens.topology.views import View, view_of


def compute_sample_diagrams(
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

    Columns: `network` (-1 = an input that all networks share), `snapshot` (its number, -1 at the input), `depth`
    (0 = input), `repeat` (of the input points), `null` (a Gaussian cloud), `mean_distance`.
    """
    distances = dict(layers)
    source = SampleSource(clouds_file, [*distances], nulls, seed)

    def views(cloud: Cloud) -> Iterator[View]:
        yield view_of(cloud.points, distances[cloud.key["depth"]])

    key = content_key(f"{layers}{nulls}{homology}{seed}", code_hash(__name__), clouds_file)
    compute_cloud_diagrams(source, views, homology, diagrams_file, key, threads)
