"""Stage 7: one tidy table a study, all its runs together."""

from pathlib import Path

import pandas as pd

from topolens.artifacts import read_table, write_table


def join_runs(table_file: Path, *, folder: Path, runs: list[str]) -> None:
    """The statistics of all default runs of a study, with a first column `run`."""
    tables = [read_table(folder / run / "statistics.csv").assign(run=run) for run in runs]
    joined = pd.concat(tables, ignore_index=True)
    write_table(table_file, joined[["run", *joined.columns.drop("run")]])
