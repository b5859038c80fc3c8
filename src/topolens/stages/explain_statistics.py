"""Explain flow: one tidy table of all statistics of a run."""

from pathlib import Path

import pandas as pd

from topolens.artifacts import write_table
from topolens.config.explain import ExplainStatistics
from topolens.statistics.agreement import agreement_rows
from topolens.statistics.attributions import attribution_rows, subject_rows
from topolens.statistics.mapper import mapper_rows
from topolens.statistics.planes import plane_rows

COLUMNS = [
    "statistic", "network", "layer", "group", "estimate", "low", "high", "n", "null_low", "null_high", "p_value",
]  # fmt: skip


def compute_explain_statistics(
    attributions_file: Path,
    complexity_file: Path,
    statistics_file: Path,
    *,
    statistics: ExplainStatistics,
    seed: int,
    mapper_file: Path | None = None,
    planes_file: Path | None = None,
) -> None:
    """Scores of attributions and their agreement with the subject's complexities, Mapper graphs, planes.

    `group` is a method, or what Mapper graphs are compared over.
    """
    attributions, complexity = pd.read_csv(attributions_file), pd.read_csv(complexity_file)
    rows = [
        *attribution_rows(attributions, statistics, seed),
        *subject_rows(attributions, complexity, statistics, seed),
        *agreement_rows(attributions, complexity, statistics, seed),
    ]
    if mapper_file is not None:
        rows += mapper_rows(pd.read_csv(mapper_file), statistics, seed)
    if planes_file is not None:
        rows += plane_rows(pd.read_csv(planes_file))
    write_table(statistics_file, pd.DataFrame(rows, columns=COLUMNS))
