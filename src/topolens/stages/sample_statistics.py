"""One tidy table of all statistics of a run of samples."""

from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays, write_table
from topolens.config.analyses import Intervals, PermutationTests
from topolens.statistics.class_shares import class_share_rows
from topolens.statistics.complexity import complexity_rows, trend_rows, with_all_degrees
from topolens.statistics.tests import landscape_rows

COLUMNS = [
    "statistic", "degree", "layer", "threshold", "class", "estimate", "low", "high", "n",
    "null_low", "null_high", "p_value", "p_holm",
]  # fmt: skip


def compute_sample_statistics(
    complexity_file: Path,
    landscapes_file: Path,
    statistics_file: Path,
    *,
    intervals: Intervals,
    tests: PermutationTests | None,
    snapshot_accuracies: list[float],
    seed: int,
    shares_file: Path | None = None,
) -> None:
    """Complexities with intervals and nulls, trends, permutation tests, stability, classification of layers.

    The column `threshold` holds the training accuracy of the snapshot, empty at the input or where all
    snapshots enter; `layer` 0 is the input. A difference stands at the later of its two groups. Where the run measures
    shares of principal components within classes (`shares_file`), `class` is the class.
    """
    table = with_all_degrees(pd.read_csv(complexity_file))
    rows = [*complexity_rows(table, intervals, seed), *trend_rows(table, snapshot_accuracies, intervals, seed)]
    if shares_file is not None:
        rows += class_share_rows(pd.read_csv(shares_file), intervals, seed)
    for row in rows:
        if row.get("threshold") is not None:
            row["threshold"] = snapshot_accuracies[number] if (number := int(str(row["threshold"]))) >= 0 else np.nan
    arrays = read_arrays(landscapes_file)
    if tests is not None and len(arrays["layers"]) > 1:
        rows += landscape_rows(arrays, tests, intervals, snapshot_accuracies, seed)
    columns = [name for name in COLUMNS if name != "class" or shares_file is not None]
    write_table(statistics_file, pd.DataFrame(rows, columns=columns))
