"""Clusters of the landscapes of chosen layers."""

from pathlib import Path

from topolens.artifacts import read_arrays, write_table
from topolens.config.analyses import Clusters
from topolens.statistics.clusters import cluster_table


def cluster_landscapes(landscapes_file: Path, clusters_file: Path, *, clusters: Clusters, seed: int) -> None:
    """The cluster of every cloud of a run of positions, see :func:`topolens.statistics.clusters.cluster_table`."""
    write_table(clusters_file, cluster_table(read_arrays(landscapes_file), clusters, seed))
