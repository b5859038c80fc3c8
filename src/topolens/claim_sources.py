"""Which data each study's verdicts were reached on, for the report's first page."""

import csv
from pathlib import Path

UNREADABLE = "unknown, since the table of verdicts cannot be read; delete it and run again"


def sources_of(claims_file: Path) -> dict[str, str]:
    """By study what a table of verdicts says of its data; nothing where there is none yet.

    It is read with the rules, so a damaged table must stop no command: the page then says so instead.
    """
    if not claims_file.is_file():
        return {}
    try:
        rows = list(csv.DictReader(claims_file.read_text(encoding="utf-8").splitlines()))
        sources = {row["study"]: row["data"] for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError):
        return {claims_file.name: UNREADABLE}
    complete = sources and all(isinstance(part, str) and part for pair in sources.items() for part in pair)
    return sources if complete else {claims_file.name: UNREADABLE}
