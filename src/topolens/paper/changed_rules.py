"""Tables of what decides claims otherwise than when their numbers were first seen, and of claims that are retired."""

from collections.abc import Iterable

import pandas as pd

from topolens.claims.model import Changed, Claim
from topolens.claims.registry import STATISTICS
from topolens.claims.retired import Retired
from topolens.paper.latex import cell, escape, floats, paged, wrapped

CHANGED_SHARES = (0.2, 0.17, 0.15, 0.2, 0.21)  # of the width of the text
RETIRED_SHARES = (0.18, 0.78)


def changed_floats(claims: Iterable[Claim], former: pd.DataFrame) -> str:
    """Each change of rules once: the claims, the former rule with its verdicts, the rule of today, and why.

    Args:
        claims: All of them.
        former: Verdicts by the former rules; columns id (with its twin), study, verdict.
    """
    changes: dict[tuple[Changed, str], list[Claim]] = {}
    for claim in claims:
        if claim.changed:
            changes.setdefault((claim.changed, rule_text(claim)), []).append(claim)
    rows = [
        [
            cell(", ".join(claim.id for claim in changed)),
            cell(change.rule),
            cell("; ".join(dict.fromkeys(text for claim in changed for text in former_verdicts(claim, former)))),
            *(cell(rule), cell(change.why)),
        ]
        for (change, rule), changed in changes.items()
    ]
    columns = "@{}" + "".join(map(wrapped, CHANGED_SHARES)) + "@{}"
    head = "Claims & Former rule & Its verdicts & Rule & Why"
    caption = (
        "Rules and statistics that are not the first ones, with the verdicts of the former ones at the full scale."
    )
    return floats(columns, head, paged(rows, CHANGED_SHARES), caption, "tab:changed-rules")


def rule_text(claim: Claim) -> str:
    """What decides a claim: the first sentence of its statistic's description, and the rule."""
    paragraph = (STATISTICS[claim.statistic].__doc__ or "").partition("\n\n")[0]
    return f"{' '.join(paragraph.replace('`', '').split())} {claim.holds}"


def former_verdicts(claim: Claim, former: pd.DataFrame) -> list[str]:
    """`P1: reproduced`, by study where it had several, twins behind it; none for what was not decided before."""
    name = former_id(claim.id, {*former["id"]})
    found = []
    for study in claim.studies:
        rows = former[(former["study"] == study) & (former["id"].eq(name) | former["id"].eq(f"{name}.scale-free"))]
        verdicts = ", ".join(
            f"{own.removeprefix(name).removeprefix('.')} {verdict}".strip()
            for own, verdict in zip(rows["id"], rows["verdict"], strict=True)
        )
        of_study = f" ({study})" if len(claim.studies) > 1 else ""
        found += [f"{name}{of_study}: {verdicts}"] if verdicts else []
    return found


def former_id(claim: str, known: set[str]) -> str:
    """What a claim was called: its id, or that without its last parts, as `P1` of `P1.vit`; empty where it is new."""
    while claim and claim not in known:
        claim = claim.rpartition(".")[0]
    return claim


def retired_floats(retired: Iterable[Retired]) -> str:
    """Each claim that is no longer decided, and why."""
    rows = [[escape(one.id), cell(one.why)] for one in retired]
    columns = "@{}" + "".join(map(wrapped, RETIRED_SHARES)) + "@{}"
    caption = "Claims and controls that are no longer decided."
    return floats(columns, "Id & Why", paged(rows, RETIRED_SHARES), caption, "tab:retired")
