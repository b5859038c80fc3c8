"""Tables of verdicts at a glance: all published claims on one page, and claims on several networks side by side."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from topolens.claims.model import (
    GAUSSIAN,
    NOT_COMPARABLE,
    NOT_REPRODUCED,
    RAW,
    REPRODUCED,
    SCALE_FREE,
    TWINS,
    UNDECIDED,
    family_of,
)
from topolens.claims.publish import PublishedVerdict
from topolens.paper.latex import breakable, cell, escape, interval_text, number, tabular, wrapped

MARKS = {REPRODUCED: r"$\bullet$", NOT_REPRODUCED: r"$\circ$", UNDECIDED: "?", NOT_COMPARABLE: "--"}
HEAD = r"Id & Claim & Source & $n$ & raw & scale-free & Gaussian & others"
IN_BRACKETS = re.compile(r" \(.*\)$")  # how the statistic reads: the appendix has it
Grid = dict[tuple[str, str], dict[str, PublishedVerdict]]  # by claim and twin, and by column
OF_ONE_SIDE = re.compile(r"^(In this [^,]+|D-I+), ")


def verdict_matrix(verdicts: Sequence[PublishedVerdict]) -> str:
    """A row for each published claim, by its headline: id, what is claimed, by whom, n, and verdicts.

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
                family_of(headline.id),
                cell(_short(headline.wording)),
                "" if headline.source == above else cell(headline.source),
                str(headline.n),
                *(_mark(twins[twin], twin) if twin in twins else "" for twin in TWINS),
                " ".join(f"{others[verdict]}{mark}" for verdict, mark in MARKS.items() if others[verdict]),
            ]
        )
        above = headline.source
    columns = "@{}" + "".join(map(wrapped, (0.05, 0.38, 0.17))) + "rcccl@{}"
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
        sides: How an id ends, and what its column is called: `{"vit": "ViT"}` for `H1.vit`; an empty end is that of
            `L2` where there is an `L2.wide`.
    """
    own = [one for one in verdicts if one.study == study and one.kind != "control"]
    parted = {one.id.rpartition(".")[0] for one in own if one.id.rpartition(".")[2] in sides}
    rows: Grid = {}
    for one in own:
        claim, _, side = (one.id, "", "") if one.id in parted else one.id.rpartition(".")
        if side in sides and claim in parted:
            rows.setdefault((claim, one.twin), {})[side] = one
    return _grid(rows, sides)


def twin_table(verdicts: Sequence[PublishedVerdict], study: str) -> str:
    """What a study decided on raw, scale-free and Gaussian-normalised complexities: a row for each claim with twins."""
    rows: Grid = {}
    for one in verdicts:
        if one.study == study and one.kind != "control" and one.twin:
            rows.setdefault((one.id, ""), {})[one.twin] = one
    return _grid(rows, {RAW: "raw", SCALE_FREE: "scale-free", GAUSSIAN: "Gaussian"})


def _grid(rows: Grid, heads: Mapping[str, str]) -> str:
    """A row for each claim, in the words of its first verdict, and a column for each head."""
    lines = []
    for (claim, twin), found in rows.items():
        told = _short(next(iter(found.values())).wording) + (f", {twin}" if twin not in ("", RAW) else "")
        lines.append([breakable(claim), cell(told), *(_cell(found.get(head)) for head in heads)])
    shares = (0.12, 0.24) if len(heads) > 2 else (0.14, 0.32)
    columns = "@{}" + "".join(map(wrapped, shares)) + "l" * len(heads) + "@{}"
    return tabular(columns, " & ".join(["Id", "Claim", *map(escape, heads.values())]), lines)


def _short(wording: str) -> str:
    """What is claimed, without how its statistic reads and of which side it is."""
    told = OF_ONE_SIDE.sub("", IN_BRACKETS.sub("", wording))
    return told[:1].upper() + told[1:]


def _cell(verdict: PublishedVerdict | None) -> str:
    """Estimate, in bold where it is the headline's, with its interval, and the sign of the verdict."""
    if verdict is None:
        return ""
    (low, high), numbers = verdict.interval, ""
    if verdict.estimate is not None and (low, high) == (None, None):
        numbers = number(verdict.estimate)
    elif verdict.estimate is not None:
        ends = (-math.inf if low is None else low, math.inf if high is None else high)
        numbers = interval_text(verdict.estimate, *ends)
    told = rf"\textbf{{{numbers}}}" if verdict.headline and numbers else "{}" + numbers
    return f"{told} {MARKS[verdict.verdict]}"
