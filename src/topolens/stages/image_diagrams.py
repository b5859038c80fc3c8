"""Persistence diagrams of all clouds of images of a run."""

from collections.abc import Iterator
from pathlib import Path

from topolens.closure import code_hash
from topolens.clouds.images import ImageSource
from topolens.clouds.source import Cloud
from topolens.config.homology import Distance, Homology
from topolens.resume import content_key
from topolens.topology.cloud_diagrams import compute_cloud_diagrams
from topolens.topology.views import View, views_of


def compute_image_diagrams(
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

    Columns: `network`, `condition`, `layer`, `repeat` (0: the cloud that is also disturbed), `metric`, `k`, `is_main`
    (see topolens.topology.views), `mean_distance`, `degrees`.
    """
    source = ImageSource(clouds_file, seed)

    def views(cloud: Cloud) -> Iterator[View]:
        return views_of(cloud.points, dict(distances), other_k if cloud.is_last and cloud.is_first else [])

    key = content_key(f"{distances}{other_k}{homology}", code_hash(__name__), clouds_file)
    compute_cloud_diagrams(source, views, homology, diagrams_file, key, threads)
