"""What a claim came to, in the words of a sentence: `0.35 [0.16, 0.57], n = 8 networks: reproduced`."""

import math
from collections.abc import Mapping
from typing import Any

from topolens.claims.model import NOT_COMPARABLE
from topolens.paper.latex import escape, interval_text


def said(row: Mapping[Any, Any]) -> str:
    """Estimate, interval, units and verdict of a row of verdicts as LaTeX, with the reason where nothing is decided."""
    verdict, reason = row["verdict"], escape(row["reason"])
    if verdict == NOT_COMPARABLE or math.isnan(row["estimate"]):
        return f"{verdict}, {reason}"
    numbers = interval_text(row["estimate"], row["low"], row["high"])
    return f"{numbers}, $n={row['n']}$ {units(row['n'], row['unit'])}: {verdict}" + (f", {reason}" if reason else "")


def units(count: int, unit: str) -> str:
    """A unit, or several: `network`, `networks`, `batches of clouds`."""
    name, *rest = unit.split(" ", 1) if " of " in unit else (unit,)
    several = name if count == 1 else f"{name}es" if name.endswith("ch") else f"{name}s"
    return " ".join([several, *rest])
