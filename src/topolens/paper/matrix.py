"""All published claims on one page: each once, with its verdicts on raw, scale-free and Gaussian-normalised numbers."""

import re
from collections import Counter
from collections.abc import Iterable

import pandas as pd

from topolens.claims.model import (
    GAUSSIAN,
    NOT_COMPARABLE,
    NOT_REPRODUCED,
    RAW,
    REPRODUCED,
    SCALE_FREE,
    UNDECIDED,
    Claim,
    family_of,
)
from topolens.paper.latex import cell, escape, tabular, wrapped
from topolens.paper.outcomes import units

MARKS = {REPRODUCED: r"$\bullet$", NOT_REPRODUCED: r"$\circ$", UNDECIDED: "?", NOT_COMPARABLE: "--"}
HEAD = r"Id & Claim & Source & Units & raw & scale-free & Gaussian & other rows"
IN_BRACKETS = re.compile(r" \(.*\)$")  # how the statistic reads: the appendix has it


def verdict_matrix(claims: pd.DataFrame, definitions: Iterable[Claim]) -> str:
    """A row for each published claim, by its headline: id, what is claimed, by whom, n with its unit, and verdicts.

    The verdicts are those of the headline's study, by twin; one without twins stands under raw. A star marks the
    one that counts where it is not the first. The last column counts the verdicts of all other published rows of the
    claim. A source is named where it is another than in the row above.

    Args:
        claims: As topolens.claims.verdicts.read_verdicts gives it.
        definitions: Of the claims.
    """
    sources = {claim.id: claim.source for claim in definitions}
    published = claims[claims["kind"] == "published"]
    families = published["id"].map(family_of)
    rows, above = [], ""
    for headline in published[published["headline"]].to_dict("records"):
        own = (published["id"] == headline["id"]) & (published["study"] == headline["study"])
        twins = dict(zip(published.loc[own, "twin"].replace("", RAW), published.loc[own, "verdict"], strict=True))
        others = Counter(published.loc[(families == family_of(headline["id"])) & ~own, "verdict"])
        source = sources[headline["id"]]
        rows.append(
            [
                escape(headline["id"]),
                cell(IN_BRACKETS.sub("", headline["wording"])),
                "" if source == above else cell(source),
                escape(f"{headline['n']} {units(headline['n'], headline['unit'])}"),
                *(_mark(twins.get(twin), twin == headline["twin"] != RAW) for twin in (RAW, SCALE_FREE, GAUSSIAN)),
                " ".join(f"{others[verdict]}{mark}" for verdict, mark in MARKS.items() if others[verdict]),
            ]
        )
        above = source
    columns = "@{}l" + "".join(wrapped(share) for share in (0.36, 0.17, 0.1)) + "cccl@{}"
    return tabular(columns, HEAD, rows)


def _mark(verdict: str | None, counts: bool) -> str:
    """The sign of a verdict, with a star where this one counts and not the first; nothing without a verdict."""
    return "" if verdict is None else MARKS[verdict] + ("*" if counts else "")
