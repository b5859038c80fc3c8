"""Rows of the one tidy table of statistics; a column means the same in every study.

`run`; `statistic`; `data`, of several data sets; `network`, `seed` (empty: over all); `condition`, of images or of
weights; `snapshot`, the training accuracy at which it was taken (empty at the input or over all); `layer`, a name, and
`depth`, its number, 0 at the input (both empty: over all layers); `classes`, of images or of samples; `metric`, a
distance; `method`, of explanation or of counting; `degree`, of homology; `against`, what it is compared with, or a
number of bars; `estimate` with its interval `low` to `high`, over `n` independent units of the kind `unit`; `null_low`
to `null_high`, the central interval without an effect; `p_value`, and `p_holm`, adjusted over a family of tests.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import Range, mean_of_units, tail_levels
from topolens.seeding import child_seed

Row = dict[str, object]
KEYS = (
    "statistic", "data", "network", "seed", "condition", "snapshot", "layer", "depth", "classes", "metric", "method",
    "degree", "against",
)  # fmt: skip
NUMBERS = ("estimate", "low", "high", "n", "unit", "null_low", "null_high", "p_value", "p_holm")
COLUMNS = ("run", *KEYS, *NUMBERS)


def tidy_table(rows: Iterable[Row], unused: Iterable[str]) -> pd.DataFrame:
    """The rows as a table with the columns in their one order, without those that this kind of run does not use.

    Raises:
        ValueError: a row has a column that the table has not.
    """
    columns = [name for name in COLUMNS if name not in {"run", *unused}]
    table = pd.DataFrame(rows)
    if unknown := {*table} - {*columns}:
        raise ValueError(f"statistics: expected the columns {columns}, found also {sorted(unknown)}")
    return table.reindex(columns=columns)


def perceptron_layer(depth: int, last: int) -> Row:
    """The two columns of a layer of perceptrons: `input`, `hidden 1` and on, `logits`."""
    return {"layer": "input" if depth == 0 else "logits" if depth == last else f"hidden {depth}", "depth": depth}


def mean_row(
    values: pd.Series | np.ndarray,
    unit: str,
    intervals: Intervals,
    seed: int,
    *,
    within: Range | None = None,
) -> Row:
    """Mean over independent units with its interval, as columns; rows of one seed share their resamples.

    `within` is the range of a unit's value, where it is known (see mean_of_units).
    """
    units, named = np.asarray(values, np.float64), child_seed(seed, "bootstrap")
    return mean_of_units(units, intervals.bootstrap, named, intervals.confidence, within).row(unit)


def null_band(null: np.ndarray | pd.Series | list[float], confidence: float) -> Row:
    """The central interval of what comes out without an effect, as columns; none without values."""
    low, high = np.quantile(null, tail_levels(confidence)) if len(null) else (np.nan, np.nan)
    return {"null_low": float(low), "null_high": float(high)}
