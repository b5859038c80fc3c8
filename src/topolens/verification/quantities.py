"""What of a row of a table is compared: each number on a scale on which honest runs differ evenly."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from topolens.claims.model import full_name
from topolens.statistics.rows import KEYS

ESTIMATE = "estimate"
# Widths as logarithms, p-values as normal deviates: a factor and 1 - p show as differences.
QUANTITIES = (ESTIMATE, "width", "null_centre", "null_width", "p_value", "p_holm", "n")
TEXTS = ("unit",)
LEAST_P = 1e-6


def names_of(table: pd.DataFrame) -> pd.Series:
    """Each row's name: `column=value` of the columns that tell rows apart, where they are filled; of claims, theirs."""
    if "id" in table:
        twins = table["twin"].astype(object).fillna("")
        claims = [full_name(claim, twin) for claim, twin in zip(table["id"], twins, strict=True)]
        return pd.Series(claims, table.index, dtype=object) + " of " + table["study"]
    joined = pd.Series("", index=table.index)
    for key in (key for key in ("run", *KEYS) if key in table):
        values = table[key]
        numbers = pd.api.types.is_numeric_dtype(values)
        text = values.map(lambda value: f"{value:g}") if numbers else values.astype(str)
        joined += (f" {key}=" + text).where(values.notna(), "")
    return joined.str.strip()


def quantities_of(table: pd.DataFrame) -> pd.DataFrame:
    """The compared numbers of each row, (rows, QUANTITIES) float64; NaN where a row has none."""

    def column(name: str) -> pd.Series:
        return table[name].astype(np.float64) if name in table else pd.Series(np.nan, index=table.index)

    low, high = column("null_low"), column("null_high")
    return pd.DataFrame(
        {
            ESTIMATE: column(ESTIMATE),
            "width": _logarithm(column("high") - column("low")),
            "null_centre": (low + high) / 2,
            "null_width": _logarithm(high - low),
            "p_value": _deviate(column("p_value")),
            "p_holm": _deviate(column("p_holm")),
            "n": column("n"),
        }
    )


def known_width(logarithms: pd.Series) -> pd.Series:
    """Widths from their logarithms; NaN of an interval without an end."""
    widths = np.exp(logarithms)
    return widths.where(np.isfinite(widths))


def counted_rows(estimates: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Which rows are shares of whole units in every run: (runs, rows) estimates and units to (rows,) bool."""
    with np.errstate(invalid="ignore"):
        successes = estimates * units
        whole = np.abs(successes - np.round(successes)) < 1e-6
        return (whole & (estimates >= 0) & (estimates <= 1) & (units > 1)).all(axis=0)


def texts_of(table: pd.DataFrame, names: tuple[str, ...] = TEXTS) -> Mapping[str, pd.Series]:
    """Columns of words that have to be the same, empty ones as empty texts."""
    return {name: table[name].fillna("").astype(str) for name in names if name in table}


def _logarithm(values: pd.Series) -> pd.Series:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values.where(values > 0))


def _deviate(values: pd.Series) -> pd.Series:
    """The normal deviate of p-values; where permutations found nothing larger, that of LEAST_P."""
    from scipy.special import ndtri  # here, since scipy loads slowly

    return pd.Series(ndtri(values.clip(LEAST_P, 1 - LEAST_P)), index=values.index)
