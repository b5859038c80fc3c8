"""Metric flow, stage 4: one tidy table of all statistics of a run."""

from pathlib import Path

import pandas as pd

from topolens.artifacts import write_table
from topolens.config.metric import MetricStatistics
from topolens.statistics.diagrams import distance_rows, summary_rows
from topolens.statistics.robustness import accuracy_rows, robustness_rows
from topolens.statistics.separation import separation_rows, trend_rows
from topolens.topology.diagram_table import DiagramTable

COLUMNS = [
    "statistic", "network", "layer", "degree", "group", "other", "estimate", "low", "high", "n",
    "null_low", "null_high", "p_value",
]  # fmt: skip


def compute_metric_statistics(
    diagrams_file: Path,
    distances_file: Path,
    performance_file: Path,
    statistics_file: Path,
    *,
    statistics: MetricStatistics,
    seed: int,
) -> None:
    """Accuracy, separation of classes, distances between diagrams and their summaries.

    `group` is a metric; `other` what it is compared with: another metric, a condition or a k.
    """
    table = DiagramTable.read(diagrams_file)
    distances = pd.read_csv(distances_file, keep_default_na=False)
    performance = pd.read_csv(performance_file)
    rows = [
        *accuracy_rows(performance, statistics, seed),
        *separation_rows(table.clouds, statistics, seed),
        *trend_rows(table.clouds, statistics, seed),
        *distance_rows(distances, statistics),
        *summary_rows(table, statistics, seed),
        *robustness_rows(performance, distances, statistics, seed),
    ]
    write_table(statistics_file, pd.DataFrame(rows, columns=COLUMNS))
