"""One tidy table of all statistics of a run of samples."""

from pathlib import Path

from topolens.artifacts import read_arrays, read_table, write_table
from topolens.config.analyses import Intervals, PermutationTests
from topolens.statistics.complexity import class_share_rows, complexity_rows, gap_rows, trend_rows, with_all_degrees
from topolens.statistics.rows import perceptron_layer, tidy_table
from topolens.statistics.tests import landscape_rows

UNUSED = ("data", "network", "seed", "condition", "metric", "method")


def compute_sample_statistics(
    statistics_file: Path,
    *,
    intervals: Intervals,
    tests: PermutationTests | None,
    snapshot_accuracies: list[float],
    output_layer: int,
    seed: int,
    **files: Path,
) -> None:
    """Complexities with intervals and nulls, trends, permutation tests, stability, classification of layers.

    Where the largest gap of the lifetimes comes, `gap_after`, has a row for each place, so many bars, in `against`, in
    the input, the first and the last layer. A difference stands at the later of its two groups. `classes` is there
    where the run measures principal components within them.

    Args:
        statistics_file: The table.
        intervals, tests, snapshot_accuracies, output_layer, seed: How.
        files: The run's artifacts by name, `complexity_csv`, `landscapes_npz` and, if any, `principal_shares_csv`.
    """
    table, shares_file = with_all_degrees(read_table(files["complexity_csv"])), files.get("principal_shares_csv")
    rows = [
        *complexity_rows(table, intervals, seed),
        *trend_rows(table, snapshot_accuracies, intervals, seed),
        *gap_rows(table, (0, 1, output_layer), len(snapshot_accuracies) - 1, intervals),
    ]
    if shares_file is not None:
        rows += class_share_rows(read_table(shares_file), intervals, seed)
    for row in rows:  # so far a snapshot is a number, -1 at the input
        if "snapshot" in row:
            number = int(str(row["snapshot"]))
            row["snapshot"] = snapshot_accuracies[number] if number >= 0 else None
    arrays = read_arrays(files["landscapes_npz"])
    if tests is not None and len(arrays["layers"]) > 1:
        rows += landscape_rows(arrays, tests, intervals, snapshot_accuracies, seed)
    for row in rows:
        if row.get("depth") is not None:
            row |= perceptron_layer(int(str(row["depth"])), output_layer)
    unused = UNUSED if shares_file is not None else (*UNUSED, "classes")
    write_table(statistics_file, tidy_table(rows, unused))
