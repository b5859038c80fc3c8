"""The table of verdicts as it is read again, and how its verdicts are counted."""

from pathlib import Path

import pandas as pd

from topolens.artifacts import read_table
from topolens.claims.model import NOT_COMPARABLE, NOT_REPRODUCED, REPRODUCED, UNDECIDED
from topolens.errors import TopolensError

VERDICTS = (REPRODUCED, NOT_REPRODUCED, UNDECIDED, NOT_COMPARABLE)
NEEDED = ("id", "study", "kind", "scope", "headline", "twin", "verdict", "reason")
TEXTS = ("twin", "reason", "band", "stability")


def read_verdicts(file: Path) -> pd.DataFrame:
    """The table that topolens.stages.claims writes; what it does not say, `stability` among it, is an empty text.

    Raises:
        TopolensError: no such table, or one of an earlier version, which has other columns.
    """
    table = read_table(file)
    if missing := [column for column in NEEDED if column not in table]:
        raise TopolensError(
            f"{file}: made by an earlier version, without {', '.join(missing)}; delete it and run again"
        )
    for column in TEXTS:
        table[column] = table[column].astype(object).fillna("") if column in table else ""
    return table.astype({"headline": bool})


def stability_of_published(table: pd.DataFrame) -> tuple[float, float] | None:
    """Mean and least share of gold runs with the verdict shown, over published rows; None without gold runs."""
    shares = pd.to_numeric(table.loc[table["kind"] == "published", "stability"]).dropna()
    return None if shares.empty else (float(shares.mean()), float(shares.min()))


def headline_counts(table: pd.DataFrame) -> dict[str, int]:
    """How many published claims got each verdict, each counted once, by the row that is its headline."""
    verdicts = table.loc[table["headline"], "verdict"]
    return {verdict: int((verdicts == verdict).sum()) for verdict in VERDICTS}
