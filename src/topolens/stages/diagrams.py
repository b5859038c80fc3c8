"""Stage 4: persistence diagrams of all clouds of a run, and of their Gaussian nulls."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays
from topolens.closure import code_hash
from topolens.config.homology import Diagrams, Distance
from topolens.progress import progress_bar
from topolens.resume import Parts, content_key
from topolens.seeding import child_generator
from topolens.topology.cloud_diagrams import diagrams_of
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.gaussian import gaussian_cloud
from topolens.topology.persistence import chosen_engine, refuse_what_does_not_fit

CLOUDS_PER_PART = 240


@dataclass(frozen=True)
class Cloud:
    """Where a cloud lies in the clouds file, and whether it is to be replaced by its Gaussian null."""

    layer: int
    network: int
    threshold: int
    draw: int
    place: int
    gaussian: int | None = None


def compute_diagrams(
    clouds_file: Path,
    diagrams_file: Path,
    *,
    layers: list[int],
    distance: Distance,
    output_distance: Distance | None,
    output_layer: int,
    diagrams: Diagrams,
    seed: int,
    threads: int,
) -> None:
    """Distances and persistent homology of every cloud; one thread a cloud, so threads change no bit.

    The last layer uses `output_distance` where one is given. A killed stage keeps its finished parts.
    """
    arrays = read_arrays(clouds_file)
    work = list(list_clouds(arrays["index"], arrays["owner"], layers, diagrams.gaussian_clouds))
    points, engine = arrays["rows"].shape[1], chosen_engine(diagrams.engine)
    refuse_what_does_not_fit(points, diagrams.maximum_degree, engine, clouds=threads)
    settings = [distance.model_dump_json(), str(output_distance), diagrams.model_dump_json()]
    settings.append(str((layers, output_layer, seed, CLOUDS_PER_PART)))
    parts = Parts(diagrams_file, content_key(*settings, code_hash(__name__), clouds_file))

    def compute(cloud: Cloud) -> tuple[float, list[np.ndarray]]:
        points = arrays[f"layer_{cloud.layer}"][cloud.place]
        own = output_distance if output_distance and cloud.layer == output_layer else distance
        if cloud.gaussian is not None:
            names = ("gaussian", cloud.layer, cloud.threshold, cloud.gaussian)
            points = gaussian_cloud(points, child_generator(seed, *names))
        return diagrams_of(points, own, diagrams)

    tables = []
    with ThreadPoolExecutor(threads) as pool, progress_bar(len(work), "diagrams", "clouds") as progress:
        for start in range(0, len(work), CLOUDS_PER_PART):
            chunk = work[start : start + CLOUDS_PER_PART]
            path = parts.path(f"from-{start}")
            if parts.read(path.stem) is None:
                results = []
                for result in pool.map(compute, chunk):
                    results.append(result)
                    progress.update()
                _table(chunk, results).write(path)
            else:
                progress.update(len(chunk))
            tables.append(DiagramTable.read(path))
    DiagramTable.join(tables).write(diagrams_file)
    parts.remove()


def list_clouds(index: np.ndarray, owner: np.ndarray, layers: list[int], nulls: int) -> Iterator[Cloud]:
    """All clouds of a run: inputs once for each draw, other layers for each snapshot, then the nulls.

    Each layer and threshold gets `nulls` Gaussian clouds, each modelled on another of its clouds in turn.
    """
    for layer in layers:
        if layer == 0:
            cells = {-1: [Cloud(0, int(network), -1, draw, draw) for draw, network in enumerate(owner)]}
        else:
            cells = {
                int(threshold): [
                    Cloud(layer, int(network), int(threshold), int(draw), place)
                    for place, (network, own, draw) in enumerate(index)
                    if own == threshold
                ]
                for threshold in np.unique(index[:, 1])
            }
        for clouds in cells.values():
            yield from clouds
            for number in range(nulls):
                model = clouds[number % len(clouds)]
                yield Cloud(**(vars(model) | {"gaussian": number}))


def _table(clouds: list[Cloud], results: list[tuple[float, list[np.ndarray]]]) -> DiagramTable:
    table = pd.DataFrame([vars(cloud) for cloud in clouds]).drop(columns="place")
    table["gaussian"] = table["gaussian"].notna()
    table["mean_distance"] = [mean for mean, _ in results]
    return DiagramTable.collect(table, [diagrams for _, diagrams in results])
