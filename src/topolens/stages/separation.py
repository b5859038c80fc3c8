"""How the components and neighbours of every cloud of images, under every distance, meet the classes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from topolens.artifacts import write_table
from topolens.clouds.images import ImageSource
from topolens.clouds.source import Cloud
from topolens.config.analyses import Separation
from topolens.config.homology import Distance
from topolens.progress import progress_bar
from topolens.topology.class_agreement import class_agreement
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.views import views_of


def measure_separation(
    clouds_file: Path,
    diagrams_file: Path,
    separation_file: Path,
    *,
    distances: list[tuple[str, Distance]],
    separation: Separation,
    seed: int,
    threads: int,
) -> None:
    """One row per cloud and distance: what tells them apart, and what `class_agreement` tells of them.

    The diagrams' order is that of clouds and views, those with a further k left out.
    """
    source, table = ImageSource(clouds_file, seed), DiagramTable.read(diagrams_file)
    main = table.clouds[table.clouds["is_main"]]
    number = count()

    def measure(job: tuple[Cloud, list[int]]) -> list[dict[str, Any]]:
        cloud, rows = job
        assert cloud.labels is not None
        return [
            cloud.key | {"metric": view.key["metric"]} | class_agreement(
                view.distances, table.diagram(row, 0), cloud.labels, separation.neighbours
            )
            for row, view in zip(rows, views_of(cloud.points, dict(distances), []), strict=True)
        ]  # fmt: skip

    def jobs() -> Iterator[tuple[Cloud, list[int]]]:
        for unit in source.units():
            for batch in source.clouds(unit):
                for cloud in batch:
                    yield cloud, [int(main.index[next(number)]) for _ in range(len(distances) + 1)]

    rows = []
    with ThreadPoolExecutor(threads) as pool, progress_bar(len(main), "separation", "clouds") as progress:
        for found in pool.map(measure, jobs()):
            rows += found
            progress.update(len(found))
    write_table(separation_file, pd.DataFrame(rows), digits=17)
