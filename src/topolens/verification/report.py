"""What people read of a comparison: counts and the worst rows, on the screen and as a page."""

import math
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from topolens.artifacts import read_json, read_table
from topolens.errors import TopolensError, unknown_name
from topolens.verification.compare import AGREES, AT_ITS_BOUND, DIFFERS, NOT_COMPARABLE, OUTSIDE

SHOWN = 10
EXITS = {AGREES: 0, AT_ITS_BOUND: 0, DIFFERS: 1, NOT_COMPARABLE: 2}
TABLE, RECORD = "verification.csv", "verification.json"
HOW = {
    "bytes": "The same seed, code and kernels: every number has to be the same.",
    "same seed": "The same seed on other kernels or by other code: what hangs neither on training nor on rounding to "
    "INT8 has to be the same to one part in a thousand, but for one number in a thousand; the rest lies among runs "
    "from other seeds.",
    "another seed": "Another seed: numbers have to lie among those of runs from other seeds.",
}


def page(table: pd.DataFrame, record: dict[str, Any]) -> str:
    """The comparison as a page of HTML that needs nothing else; all text is escaped."""
    studies = []
    for row in table[table["kind"] == "study"].to_dict("records"):
        own = _verdicts(table[table["study"] == row["study"]])
        counts = [own.get(outcome, 0) for outcome in (AGREES, AT_ITS_BOUND, DIFFERS)]
        share, limit = (_number(row[name]) for name in ("run", "high"))
        studies.append({**row, "claims": counts, "share": share, "limit": limit})
    lists = {
        "What differs": worst(table, DIFFERS),
        "At their bound": worst(table, AT_ITS_BOUND),
        "Farthest outside": worst(table, OUTSIDE),
    }
    template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    how = record["reason"] or HOW.get(record["how"], "")
    names = {"run": record["run"], "reference": record["reference"], "how": how}
    return environment.from_string(template).render(studies=studies, lists=lists, **names)


def _verdicts(table: pd.DataFrame) -> dict[str, int]:
    """How many claims of a study have each outcome."""
    claims = table[(table["kind"] == "claim") & (table["quantity"] != "verdict")]
    return {str(name): int(count) for name, count in claims["outcome"].value_counts().items()}


def worst(table: pd.DataFrame, outcome: str) -> list[dict[str, str]]:
    """The rows of one outcome that lie farthest out, at most SHOWN, in words."""
    rows = table[(table["outcome"] == outcome) & (table["kind"] != "study")]
    ends = rows[["run", "reference", "low", "high"]].apply(pd.to_numeric, errors="coerce")
    reach = (ends["high"] - ends["low"]) / 2
    distance = ((ends["run"] - ends["reference"]).abs() / reach.where(reach > 0)).fillna(math.inf)
    chosen = rows.loc[distance.sort_values(ascending=False, kind="stable").index[:SHOWN]]
    return [{key: _number(value) for key, value in row.items()} for row in chosen.to_dict("records")]


def _number(value: Any) -> str:
    """A number with four digits, nothing where there is none, and text as it is."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return "" if math.isnan(number) else f"{number:.4g}"


def verdict(folder: Path, study: str | None = None) -> tuple[str, int]:
    """What a comparison says, in lines for the screen, and the exit code: 0 agrees, 1 differs, 2 not comparable.

    Args:
        folder: Of the run's results, which hold `verification.csv`.
        study: One of them; None: all.

    Raises:
        TopolensError: nothing was compared yet, or an unknown study.
    """
    if not (folder / TABLE).is_file():
        raise TopolensError(f"{folder / TABLE}: not made yet; run `snakemake --cores all verify`")
    table, record = read_table(folder / TABLE, dtype={"low": object, "high": object}), read_json(folder / RECORD)
    lines = [f"this run   {record['run']}", f"reference  {record['reference']}"]
    if record["reason"]:
        return "\n".join([*lines, f"{NOT_COMPARABLE}: {record['reason']}"]), EXITS[NOT_COMPARABLE]
    studies = table[table["kind"] == "study"].set_index("study")
    if study is not None and study not in studies.index:
        raise unknown_name("study", study, [*studies.index], str(folder / TABLE))
    chosen = [study] if study else [*studies.index]
    lines += [HOW[record["how"]], ""] if record["how"] else []
    for name in chosen:
        row, counts = studies.loc[name], _verdicts(table[table["study"] == name])
        if row["outcome"] == NOT_COMPARABLE:
            lines.append(f"{name:8s} {NOT_COMPARABLE}: {row['quantity']}")
            continue
        told = ", ".join(
            f"{counts[outcome]} {outcome}" for outcome in (AGREES, AT_ITS_BOUND, DIFFERS) if outcome in counts
        )
        outside = f"; {_number(row['run'])} of its numbers outside, at most {_number(row['high'])}"
        lines.append(
            f"{name:8s} {row['outcome']}: claims {told or 'none'}{outside if record['how'] != 'bytes' else ''}"
        )
    for outcome in (DIFFERS, AT_ITS_BOUND):
        for one in worst(table[table["study"].isin(chosen)], outcome):
            between = f", from {one['low']} to {one['high']}" if one["low"] else ""
            named = f"{one['study']}, {one['row']}, {one['quantity']}"
            lines.append(f"  {outcome}: {named}: {one['run']}, reference {one['reference']}{between}")
    return "\n".join(lines), max(EXITS[str(studies.loc[name, "outcome"])] for name in chosen)
