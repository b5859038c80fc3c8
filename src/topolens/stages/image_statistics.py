"""One tidy table of all statistics of a run of images."""

from pathlib import Path

from topolens.artifacts import read_table, write_table
from topolens.config.analyses import Intervals
from topolens.statistics.diagrams import distance_rows, summary_rows
from topolens.statistics.performance import accuracy_rows, robustness_rows
from topolens.statistics.rows import tidy_table
from topolens.statistics.separation import separation_rows, trend_rows
from topolens.topology.diagram_table import DiagramTable

UNUSED = ("data", "seed", "snapshot", "classes", "method", "p_holm")


def compute_image_statistics(
    diagrams_file: Path,
    distances_file: Path,
    performance_file: Path,
    statistics_file: Path,
    *,
    layers: list[tuple[str, list[str]]],
    intervals: Intervals,
    seed: int,
    separation_file: Path | None = None,
) -> None:
    """Accuracy, separation of classes, distances between diagrams and their summaries.

    `against` is another distance or another k; `layers` are those of each network in order of depth.
    """
    table = DiagramTable.read(diagrams_file)
    distances = read_table(distances_file, keep_default_na=False)
    performance = read_table(performance_file)
    rows = [*accuracy_rows(performance, intervals, seed)]
    if separation_file is not None:
        separation = read_table(separation_file)
        rows += separation_rows(separation, intervals, seed)
        rows += trend_rows(separation, intervals, seed)
    rows += distance_rows(distances, intervals)
    rows += summary_rows(table, intervals, seed)
    rows += robustness_rows(performance, distances, intervals)
    depths = {(network, layer): depth for network, names in layers for depth, layer in enumerate(names, 1)}
    rows = [row | {"depth": depths.get((str(row.get("network")), str(row.get("layer"))))} for row in rows]
    write_table(statistics_file, tidy_table(rows, UNUSED))
