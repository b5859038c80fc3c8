"""Does a run agree with the committed reference? Tables of numbers and verdicts side by side."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from topolens.artifacts import read_table, write_table
from topolens.claims.model import full_name
from topolens.errors import TopolensError
from topolens.statistics.rows import KEYS

COMPARED = ("estimate", "low", "high", "null_low", "null_high")
# What does not hang on training has to agree to this share; the rest by verdict and overlap of intervals.
TOLERANCE = 1e-6
# A study's table has thousands of intervals, and of two honest runs on two machines some would not meet: there
# they count as doubled in width (five standard errors), and need this many units to say anything.
WIDENED = 2.0
FEWEST_UNITS = 5
SHOWN = 12


def verify(report_file: Path, *, results_folder: Path, reference_folder: Path, studies: list[str]) -> None:
    """Compare tables and claims with their references; write every disagreement, and fail if there is one.

    Raises:
        TopolensError: no reference, another scale or data source, or any disagreement.
    """
    problems = compare_claims(_table(results_folder / "claims.csv"), _table(reference_folder / "claims.csv"))
    for study in studies:
        found, expected = (_table(folder / f"{study}.csv") for folder in (results_folder, reference_folder))
        problems += [f"{study}: {problem}" for problem in compare_statistics(found, expected)]
    write_table(report_file, pd.DataFrame({"disagreement": problems}))
    if problems:
        listed = "\n".join(problems[:SHOWN])
        raise TopolensError(f"{len(problems)} disagreements with {reference_folder}:\n{listed}")


def _table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise TopolensError(f"{path}: missing; there is nothing to compare with at this scale")
    return read_table(path, dtype={"degree": str})


def compare_claims(found: pd.DataFrame, expected: pd.DataFrame) -> list[str]:
    """Disagreements in verdicts, and in estimates whose intervals lie apart."""
    for column in ("scale", "data"):
        ours, theirs = (sorted(table[column].dropna().unique()) for table in (found, expected))
        if ours != theirs:
            raise TopolensError(f"claims: {column} {ours} cannot be compared with the reference's {theirs}")
    found, expected = (table.fillna({"twin": ""}) for table in (found, expected))
    merged = found.merge(expected, on=["id", "study", "twin"], how="outer", suffixes=("", "_reference"), indicator=True)
    problems = []
    for row in merged.to_dict("records"):
        name = f"claim {full_name(row['id'], row['twin'])} of {row['study']}"
        if row["_merge"] != "both":
            problems.append(f"{name}: only in the {'run' if row['_merge'] == 'left_only' else 'reference'}")
        elif row["verdict"] != row["verdict_reference"]:
            problems.append(f"{name}: {row['verdict']}, reference {row['verdict_reference']}")
        elif not _overlap(row):
            problems.append(f"{name}: {_interval(row)}, reference {_interval(row, '_reference')}")
    return problems


def compare_statistics(found: pd.DataFrame, expected: pd.DataFrame) -> list[str]:
    """Disagreements in a study's table: input rows to the last digits, all others by overlap of intervals.

    Networks may be trained anew, and restored ones hang on how a machine rounds.
    """
    if set(found) != set(expected):
        return [f"columns {', '.join(map(str, found))}, reference {', '.join(map(str, expected))}"]
    keys = [key for key in ("run", *KEYS) if key in found]
    merged = found.merge(expected, on=keys, how="outer", suffixes=("", "_reference"), indicator=True)
    problems = []
    for row in merged.to_dict("records"):
        name = " ".join(f"{key}={row[key]}" for key in keys if not pd.isna(row[key]))
        if row["_merge"] != "both":
            problems.append(f"{name}: only in the {'run' if row['_merge'] == 'left_only' else 'reference'}")
        elif row.get("depth") == 0 and pd.isna(row.get("network")):
            pairs = [(row[number], row[f"{number}_reference"]) for number in COMPARED if number in found]
            if not all(np.isclose(a, b, rtol=TOLERANCE, atol=1e-12, equal_nan=True) for a, b in pairs):
                problems.append(f"{name}: {row['estimate']:.9g}, reference {row['estimate_reference']:.9g}")
        elif min(row["n"], row["n_reference"]) >= FEWEST_UNITS and not _overlap(row, WIDENED):
            problems.append(f"{name}: {_interval(row)}, reference {_interval(row, '_reference')}")
    return problems


def _overlap(row: dict[Any, Any], widened: float = 1.0) -> bool:
    """Whether two intervals meet; without intervals there is nothing that could disagree but absence."""
    bounds = [row["low"], row["high"], row["low_reference"], row["high_reference"]]
    if np.isnan(bounds).any():
        return bool(np.isnan(bounds[:2]).all() == np.isnan(bounds[2:]).all())
    # An end may be open.
    widths = [row["high"] - row["low"], row["high_reference"] - row["low_reference"]]
    slack = TOLERANCE * max((abs(bound) for bound in bounds if np.isfinite(bound)), default=0.0)
    slack += (widened - 1) / 2 * sum(width for width in widths if np.isfinite(width))
    return row["low"] <= row["high_reference"] + slack and row["low_reference"] <= row["high"] + slack


def _interval(row: dict[Any, Any], suffix: str = "") -> str:
    return f"{row['estimate' + suffix]:.6g} [{row['low' + suffix]:.6g}, {row['high' + suffix]:.6g}]"
