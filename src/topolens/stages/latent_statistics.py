"""Latent flow, stage 6: one tidy table of all statistics of a run."""

from pathlib import Path

import pandas as pd

from topolens.artifacts import read_arrays, write_table
from topolens.config.latent import LatentStatistics
from topolens.statistics.agreement import score_correlation_rows
from topolens.statistics.clusters import cluster_rows, cluster_table
from topolens.statistics.depth import complexity_rows, network_rows, trend_rows
from topolens.statistics.distances import depth_rows, distance_rows
from topolens.statistics.performance import performance_rows

COLUMNS = [
    "statistic", "network", "seed", "group", "other", "layer", "estimate", "low", "high", "n",
    "null_low", "null_high", "p_value", "p_holm",
]  # fmt: skip


def compute_latent_statistics(
    complexity_file: Path,
    landscapes_file: Path,
    performance_file: Path,
    statistics_file: Path,
    clusters_file: Path,
    *,
    statistics: LatentStatistics,
    seed: int,
) -> None:
    """How well the networks do; complexities, tests, distances and clusters of their landscapes.

    `layer` is empty where all layers enter, `seed` where seeds are averaged; `other` is what a group is compared
    with: another group, another network, the layer before, a predicted class, or a network that is left out.
    `clusters_file` holds the cluster of every cloud, see topolens.statistics.clusters.
    """
    complexity, performance = pd.read_csv(complexity_file), pd.read_csv(performance_file)
    arrays = read_arrays(landscapes_file)
    layers = arrays["layers"].tolist()
    clusters = cluster_table(arrays, statistics, seed)
    rows = [
        *performance_rows(performance, statistics, seed),
        *complexity_rows(complexity, statistics, seed),
        *network_rows(complexity, layers, statistics, seed),
        *trend_rows(complexity, layers, statistics, seed),
        *score_correlation_rows(complexity, performance, layers, statistics, seed),
        *depth_rows(arrays, statistics, seed),
        *distance_rows(arrays, statistics, seed),
        *cluster_rows(clusters, statistics, seed),
    ]
    write_table(clusters_file, clusters)
    write_table(statistics_file, pd.DataFrame(rows, columns=COLUMNS))
