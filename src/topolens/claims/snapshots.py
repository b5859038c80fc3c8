"""What statistics of perceptrons along training share: their measures at the first and the last snapshot."""

import pandas as pd

from topolens.results import Results
from topolens.statistics.complexity import by_network, first_and_last, with_all_degrees


def last_snapshot(results: Results) -> int:
    """The number of the run's last snapshot."""
    return len(results.config.snapshot_accuracies) - 1


def norms(results: Results, measure: str, degree: str, scale_free: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A measure at the first and the last snapshot, each networks x layers."""
    table = with_all_degrees(results.table("complexity"))
    frame = by_network(table, measure + "_scale_free" * scale_free, degree)
    return first_and_last(frame, last_snapshot(results) + 1)
