"""One tidy table of all statistics of a run of images."""

from pathlib import Path

import pandas as pd

from topolens.artifacts import write_table
from topolens.config.analyses import Intervals
from topolens.statistics.diagrams import distance_rows, summary_rows
from topolens.statistics.robustness import accuracy_rows, robustness_rows
from topolens.statistics.separation import separation_rows, trend_rows
from topolens.topology.diagram_table import DiagramTable

COLUMNS = [
    "statistic", "network", "layer", "degree", "group", "other", "estimate", "low", "high", "n",
    "null_low", "null_high", "p_value",
]  # fmt: skip


def compute_image_statistics(
    diagrams_file: Path,
    distances_file: Path,
    performance_file: Path,
    statistics_file: Path,
    *,
    intervals: Intervals,
    seed: int,
    separation_file: Path | None = None,
) -> None:
    """Accuracy, separation of classes, distances between diagrams and their summaries.

    `group` is a distance; `other` what it is compared with: another distance, a condition or a k.
    """
    table = DiagramTable.read(diagrams_file)
    distances = pd.read_csv(distances_file, keep_default_na=False)
    performance = pd.read_csv(performance_file)
    rows = [*accuracy_rows(performance, intervals, seed)]
    if separation_file is not None:
        separation = pd.read_csv(separation_file)
        rows += separation_rows(separation, intervals, seed)
        rows += trend_rows(separation, intervals, seed)
    rows += distance_rows(distances, intervals)
    rows += summary_rows(table, intervals, seed)
    rows += robustness_rows(performance, distances, intervals, seed)
    write_table(statistics_file, pd.DataFrame(rows, columns=COLUMNS))
