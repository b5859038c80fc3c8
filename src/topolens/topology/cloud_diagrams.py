"""From point clouds to persistence diagrams: the one way, whatever the clouds are of."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from topolens.clouds.source import Cloud, CloudSource
from topolens.config.homology import Homology
from topolens.progress import progress_bar
from topolens.resume import Parts
from topolens.seeding import child_generator
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.distances import mean_distance
from topolens.topology.gaussian import gaussian_cloud
from topolens.topology.persistence import chosen_engine, persistence, refuse_what_does_not_fit
from topolens.topology.views import View

# How the points of a cloud are seen.
Views = Callable[[Cloud], Iterable[View]]


@dataclass(frozen=True)
class Shard:
    """Every `of`-th unit, from number `number` on."""

    number: int = 0
    of: int = 1


def compute_cloud_diagrams(
    source: CloudSource,
    views: Views,
    homology: Homology,
    diagrams_file: Path,
    key: str,
    threads: int,
    shard: Shard | None = None,
) -> None:
    """Persistence diagrams of every cloud in every view; threads across units and clouds, which change no bit.

    A killed run keeps its finished units.

    Args:
        source, views, homology: The clouds; how they are seen; up to which degree and edge.
        diagrams_file: A DiagramTable; its clouds have the columns of clouds and views, and `mean_distance`. Where clean
            clouds have a higher degree than others, `degrees` is the highest computed; above it a cloud has no bars.
        key: All that the diagrams depend on, as from content_key.
        threads: Across clouds.
        shard: Only these units, whose parts are kept for :func:`join_shards`; None: all, joined at once.
    """
    part_of = shard or Shard()
    refuse_what_does_not_fit(source.points, homology.max_degree, chosen_engine(homology.engine), clouds=threads)
    parts, units = Parts(diagrams_file, key), source.units()[part_of.number :: part_of.of]
    total = sum(map(source.size, units))
    makers, workers = (ThreadPoolExecutor(threads) for _ in range(2))  # of clouds, and of their diagrams
    with makers, workers, progress_bar(total, "diagrams", "clouds") as progress:

        def make(unit: str) -> None:
            if parts.read(unit) is not None:
                progress.update(source.size(unit))
                return
            tables = []
            for batch in source.clouds(unit):
                tables.append(_diagrams(batch, views, homology, source.seed, workers))
                progress.update(len(batch))
            DiagramTable.join(tables).write(parts.path(unit))

        for _ in makers.map(make, units):
            pass
    if shard is None:
        join_shards(source, diagrams_file, key)


def join_shards(source: CloudSource, diagrams_file: Path, key: str) -> None:
    """All units' diagrams as one table; in how many shards they were made changes no byte."""
    parts = Parts(diagrams_file, key)
    DiagramTable.join([DiagramTable.read(parts.path(unit)) for unit in source.units()]).write(diagrams_file)
    parts.remove()


def _diagrams(batch: list[Cloud], views: Views, homology: Homology, seed: int, pool: Executor) -> DiagramTable:
    def compute(cloud: Cloud) -> list[tuple[dict[str, Any], list[np.ndarray]]]:
        if cloud.model is not None:
            points = gaussian_cloud(cloud.points, child_generator(seed, *cloud.model))
            cloud = Cloud(cloud.key, points)
        return [_row(cloud, view, homology) for view in views(cloud)]

    found = [row for rows in pool.map(compute, batch) for row in rows]
    return DiagramTable.collect(pd.DataFrame([row for row, _ in found]), [diagrams for _, diagrams in found])


def _row(cloud: Cloud, view: View, homology: Homology) -> tuple[dict[str, Any], list[np.ndarray]]:
    """What the table says of a view of a cloud, and its diagrams by degree."""
    row = cloud.key | view.key | {"mean_distance": mean_distance(view.distances)}
    degree, highest = homology.max_degree, homology.clean_degree
    if highest is not None:
        degree = highest if cloud.is_first and view.is_single else degree
        row["degrees"] = degree
    longest = np.inf if homology.longest_edge is None else homology.longest_edge
    diagrams = list(persistence(view.distances, degree, longest, homology.engine).by_degree)
    return row, diagrams + [np.empty((0, 2))] * ((highest or degree) - degree)
