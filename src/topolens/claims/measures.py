"""What the estimate of a claim is, in words: what its statistic says of itself, and the claim's options of it."""

import inspect
import re

from topolens.claims.model import Claim
from topolens.claims.registry import STATISTICS

REST = re.compile(r"\n\s*(Args|Returns|Raises):\n.*", re.DOTALL)


def measure_of(claim: Claim) -> str:
    """`Share of clouds whose largest gap ... (gap_share: bars = 9, degree = 1)`."""
    told = REST.sub("", inspect.getdoc(STATISTICS[claim.statistic].function) or "")
    options = ", ".join(f"{name} = {value}" for name, value in sorted(claim.options.items()))
    return f"{' '.join(told.split())} ({claim.statistic}{': ' if options else ''}{options})"
