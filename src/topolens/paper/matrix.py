"""Tables of verdicts at a glance: all published claims on one page, and claims on several networks side by side."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from topolens.claims.model import (
    NOT_COMPARABLE,
    NOT_REPRODUCED,
    RAW,
    REPRODUCED,
    TWINS,
    UNDECIDED,
    family_of,
)
from topolens.claims.publish import PublishedVerdict
from topolens.paper.latex import cell, escape, interval_text, number, tabular, wrapped
from topolens.paper.outcomes import units

MARKS = {REPRODUCED: r"$\bullet$", NOT_REPRODUCED: r"$\circ$", UNDECIDED: "?", NOT_COMPARABLE: "--"}
HEAD = r"Id & Claim & Source & Units & raw & scale-free & Gaussian & other rows"
IN_BRACKETS = re.compile(r" \(.*\)$")  # how the statistic reads: the appendix has it
OF_ONE_SIDE = re.compile(r"^(In this [^,]+|D-I+), ")


def verdict_matrix(verdicts: Sequence[PublishedVerdict]) -> str:
    """A row for each published claim, by its headline: id, what is claimed, by whom, n with its unit, and verdicts.

    The verdicts are those of the headline's study, by twin; one without twins stands under raw. A star marks the one
    that counts where it is not the first. The last column counts the verdicts of all other published rows of the claim.
    A source is named where it is another than in the row above.
    """
    published = [one for one in verdicts if one.kind == "published"]
    rows, above = [], ""
    for headline in published:
        if not headline.headline:
            continue
        own = [one for one in published if (one.id, one.study) == (headline.id, headline.study)]
        twins = {one.twin or RAW: one for one in own}
        family = [one for one in published if family_of(one.id) == family_of(headline.id)]
        others: Counter[str] = Counter(one.verdict for one in family if one not in own)
        rows.append(
            [
                escape(headline.id),
                cell(IN_BRACKETS.sub("", headline.wording)),
                "" if headline.source == above else cell(headline.source),
                escape(f"{headline.n} {units(headline.n, headline.unit)}"),
                *(_mark(twins[twin], twin) if twin in twins else "" for twin in TWINS),
                " ".join(f"{others[verdict]}{mark}" for verdict, mark in MARKS.items() if others[verdict]),
            ]
        )
        above = headline.source
    columns = "@{}l" + "".join(wrapped(share) for share in (0.36, 0.17, 0.1)) + "cccl@{}"
    return tabular(columns, HEAD, rows)


def _mark(verdict: PublishedVerdict, twin: str) -> str:
    """The sign of a verdict, with a star where this one counts and not the first."""
    return MARKS[verdict.verdict] + ("*" if verdict.headline and twin != RAW else "")


def side_by_side(verdicts: Sequence[PublishedVerdict], study: str, sides: Mapping[str, str]) -> str:
    """What a study decided for each of several networks or data sets: a row a claim, a column a side.

    A cell has the estimate with its interval and the sign of the verdict; headlines are bold.

    Args:
        verdicts: Of all studies.
        study: Whose rows are shown, but for controls, where their id ends in a side.
        sides: How an id ends, and what its column is called: `{"vit": "ViT"}` for `H1.vit`.
    """
    rows: dict[tuple[str, str], dict[str, PublishedVerdict]] = {}
    for one in verdicts:
        claim, _, side = one.id.rpartition(".")
        if one.study == study and one.kind != "control" and side in sides:
            rows.setdefault((claim, one.twin), {})[side] = one
    lines = []
    for (claim, twin), found in rows.items():
        said = OF_ONE_SIDE.sub("", IN_BRACKETS.sub("", next(iter(found.values())).wording))
        told = said[:1].upper() + said[1:] + (f", {twin}" if twin not in ("", RAW) else "")
        lines.append([escape(claim), cell(told), *(_cell(found.get(side)) for side in sides)])
    columns = "@{}l" + wrapped(0.34) + "l" * len(sides) + "@{}"
    return tabular(columns, " & ".join(["Id", "Claim", *map(escape, sides.values())]), lines)


def _cell(verdict: PublishedVerdict | None) -> str:
    """Estimate, interval and the sign of the verdict; in bold where it is the headline."""
    if verdict is None:
        return ""
    low, high = verdict.interval
    told = MARKS[verdict.verdict]
    if verdict.estimate is not None and (low, high) == (None, None):
        told = f"{number(verdict.estimate)} {told}"
    elif verdict.estimate is not None:
        ends = (-math.inf if low is None else low, math.inf if high is None else high)
        told = f"{interval_text(verdict.estimate, *ends)} {told}"
    return rf"\textbf{{{told}}}" if verdict.headline else "{}" + told
