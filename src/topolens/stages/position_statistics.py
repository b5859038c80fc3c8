"""One tidy table of all statistics of a run of positions."""

from pathlib import Path

from topolens.artifacts import read_arrays, read_table, write_table
from topolens.config.analyses import INPUT, Clusters, Intervals, PermutationTests
from topolens.statistics.clusters import cluster_rows, pair_rank_rows
from topolens.statistics.depth import complexity_rows, network_rows, trend_rows
from topolens.statistics.explanations import (
    agreement_rows,
    attribution_rows,
    explained_rows,
    mapper_rows,
    plane_rows,
    score_correlation_rows,
)
from topolens.statistics.performance import performance_rows
from topolens.statistics.rows import tidy_table
from topolens.statistics.tests import depth_rows, distance_rows

UNUSED = ("data", "condition", "snapshot", "metric", "degree")


def compute_position_statistics(
    statistics_file: Path,
    *,
    intervals: Intervals,
    tests: PermutationTests | None,
    clusters: Clusters | None,
    seed: int,
    **files: Path,
) -> None:
    """How well the networks do; complexities, tests, distances and clusters of their landscapes; other explanations.

    `seed` is empty where seeds are averaged; `against` is another group or network, the layer before, a predicted
    class, the other class of a pair, a network that is left out, or what Mapper graphs are compared over.

    Args:
        statistics_file: The table.
        intervals, tests, clusters, seed: How.
        files: The run's artifacts by name, `complexity_csv` and so on; analyses that it does not make are missing.
    """
    tables = {name: read_table(file) for name, file in files.items() if name.endswith("_csv")}
    complexity, performance = tables["complexity_csv"], tables["performance_csv"]
    arrays = read_arrays(files["landscapes_npz"])
    layers = arrays["layers"].tolist()
    rows = [
        *performance_rows(performance, intervals, seed),
        *complexity_rows(complexity, intervals, seed),
        *network_rows(complexity, layers, intervals, seed),
        *trend_rows(complexity, layers, intervals, seed),
        *score_correlation_rows(complexity, performance, layers, intervals),
    ]
    if tests is not None:
        rows += [*depth_rows(arrays, tests, seed), *distance_rows(arrays, tests, intervals, seed)]
    if clusters is not None:
        rows += cluster_rows(tables["clusters_csv"], clusters, intervals, seed)
        rows += pair_rank_rows(arrays, clusters.layers, intervals, seed)
    if (attributions := tables.get("attributions_csv")) is not None:
        rows += attribution_rows(attributions, intervals, seed)
        rows += explained_rows(attributions, complexity, intervals, seed)
        rows += agreement_rows(attributions, complexity, intervals, seed)
    if "mapper_csv" in tables:
        rows += mapper_rows(tables["mapper_csv"], intervals, seed)
    if "planes_csv" in tables:
        rows += plane_rows(tables["planes_csv"], tables["projections_csv"], intervals, seed)
    depths = {layer: depth for depth, layer in enumerate([INPUT, *layers])}
    rows = [row | {"depth": depths.get(str(row.get("layer")))} for row in rows]
    write_table(statistics_file, tidy_table(rows, UNUSED))
