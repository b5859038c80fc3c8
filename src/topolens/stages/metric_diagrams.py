"""Metric flow, stage 2: every cloud under every metric: diagrams, components and neighbours."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays
from topolens.config.homology import Distance
from topolens.config.metric import CLEAN, STACKED, MetricHomology, Metrics, Separation
from topolens.inference.neighbours import leave_one_out_accuracy
from topolens.progress import progress_bar
from topolens.topology.clusters import agreement, best_agreement, components_at, largest_gap_scale
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.distances import mean_distance, pairwise_distances
from topolens.topology.persistence import finite_bars, persistence
from topolens.topology.relative import relative_normalise


@dataclass(frozen=True)
class Cloud:
    """One vector per image, and which images: clean ones (of a resample), or the first cloud's under a condition."""

    network: str
    layer: str
    condition: str
    resample: int
    points: np.ndarray
    classes: np.ndarray
    is_last: bool


@dataclass(frozen=True)
class View:
    """A cloud seen by one metric."""

    metric: str
    k: int
    distances: np.ndarray


def compute_metric_diagrams(
    clouds_file: Path,
    diagrams_file: Path,
    *,
    distances: list[tuple[str, Distance]],
    metrics: Metrics,
    homology: MetricHomology,
    separation: Separation,
    threads: int,
) -> None:
    """Persistent homology of every cloud under every metric, and how its components and neighbours meet the classes.

    Besides the metrics there is `stacked`: the mean of all metrics' distances, each divided by its mean.

    Args:
        clouds_file: As record_clouds writes it.
        diagrams_file: A DiagramTable. Its clouds: network, layer, condition, resample (0: the cloud that is also
            disturbed), metric, k (0 where there is none), is_main (false for a further k), degrees (the highest
            computed; above it a cloud has no bars), mean_distance, scale (the middle of the largest gap of the H0
            deaths), components (there), ari and nmi (of these with the classes), best_ari and best_nmi (over all
            scales, which takes the labels), neighbours (leave-one-out accuracy of the nearest neighbours' vote).
        distances: Name and settings of each metric.
        metrics, homology, separation: How.
        threads: Across clouds; they change no bit.
    """
    clouds, named = list(read_clouds(clouds_file)), dict(distances)

    def measure(cloud: Cloud) -> list[tuple[dict[str, object], list[np.ndarray]]]:
        results = []
        for view in views_of(cloud, named, metrics):
            first = cloud.condition == CLEAN and cloud.resample == 0 and view.metric != STACKED
            degree = homology.clean_degree if first else homology.maximum_degree
            diagrams = list(persistence(view.distances, degree, engine=homology.engine).by_degree)
            missing = max(homology.clean_degree, degree) - degree
            main = view.metric == STACKED or view.k == (named[view.metric].k or 0)
            row = describe(cloud, view, diagrams, separation) | {"is_main": main, "degrees": degree}
            results.append((row, diagrams + [np.empty((0, 2))] * missing))
        return results

    rows, diagrams = [], []
    with ThreadPoolExecutor(threads) as pool, progress_bar(len(clouds), "diagrams", "clouds") as progress:
        for results in pool.map(measure, clouds):
            rows += [row for row, _ in results]
            diagrams += [found for _, found in results]
            progress.update()
    DiagramTable.collect(pd.DataFrame(rows), diagrams).write(diagrams_file)


def read_clouds(file: Path) -> Iterator[Cloud]:
    """All clouds of a file, the clean ones split into their resamples."""
    arrays = read_arrays(file)
    size, labels = int(arrays["size"]), arrays["labels"].astype(np.int64)
    names = [name.split("/") for name in arrays if "/" in name]
    last = {network: layer for network, layer, _ in names}
    for network, layer, condition in names:
        points = arrays[f"{network}/{layer}/{condition}"]
        for resample in range(len(points) // size):
            rows = slice(resample * size, (resample + 1) * size)
            yield Cloud(network, layer, condition, resample, points[rows], labels[rows], layer == last[network])


def views_of(cloud: Cloud, distances: dict[str, Distance], metrics: Metrics) -> Iterator[View]:
    """The cloud under every metric, then all stacked, then the last layer's first clean cloud under further k."""
    bases: dict[str, np.ndarray] = {base: pairwise_distances(cloud.points, base) for base in metrics.bases}
    total, counted = np.zeros_like(bases[metrics.bases[0]]), 0
    for name, distance in distances.items():
        view = View(name, distance.k or 0, _seen(bases, distance, distance.k))
        mean = mean_distance(view.distances)
        if mean > 0:
            total, counted = total + view.distances / mean, counted + 1
        yield view
    yield View(STACKED, 0, total / max(counted, 1))
    if cloud.is_last and cloud.condition == CLEAN and cloud.resample == 0:
        for name, distance in distances.items():
            for k in metrics.other_k if distance.k else []:
                yield View(name, k, _seen(bases, distance, k))


def _seen(bases: dict[str, np.ndarray], distance: Distance, k: int | None) -> np.ndarray:
    base = bases[distance.metric]
    if distance.normalise is None or k is None:
        return base
    return relative_normalise(base, k, distance.normalise)


def describe(cloud: Cloud, view: View, diagrams: list[np.ndarray], separation: Separation) -> dict[str, object]:
    """What the table says of a cloud under a metric."""
    scale = largest_gap_scale(finite_bars(diagrams[0])[:, 1])
    labels = components_at(view.distances, scale)
    found, best = agreement(labels, cloud.classes), best_agreement(view.distances, cloud.classes)
    return {
        "network": cloud.network,
        "layer": cloud.layer,
        "condition": cloud.condition,
        "resample": cloud.resample,
        "metric": view.metric,
        "k": view.k,
        "mean_distance": mean_distance(view.distances),
        "scale": scale,
        "components": int(labels.max()) + 1,
        "ari": found.ari,
        "nmi": found.nmi,
        "best_ari": best.ari,
        "best_nmi": best.nmi,
        "neighbours": leave_one_out_accuracy(view.distances, cloud.classes, separation.neighbours),
    }
