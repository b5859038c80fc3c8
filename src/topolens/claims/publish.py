"""What is published of the verdicts beside the paper: a page to read and entries for programs, from one table."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import pandas as pd
from pydantic import Field

from topolens.claims.digits import decimals
from topolens.claims.measures import measure_of
from topolens.claims.model import GAUSSIAN, RAW, SCALE_FREE, Claim, family_of, full_name
from topolens.claims.verdicts import VERDICTS
from topolens.config.model import Model
from topolens.config.study import Study
from topolens.errors import TopolensError

COLUMNS = {RAW: "raw, or without twins", SCALE_FREE: "scale-free", GAUSSIAN: "gaussian"}
HOW_TO_READ = """\
A claim has one statistic and one rule, fixed before the run that decides it. Many are not the first ones: they were
changed after numbers had been seen, some of them of the same networks and images; the paper lists each with its former
verdict. A claim is *reproduced* where the whole interval keeps the rule, *not reproduced* where none of it does,
*undecided* where the interval reaches across a bound or nothing can be decided (the reason stands behind it), *not
comparable* where the source's networks are of another class than ours.

- A published claim is counted once, by the row that says most directly what its source says, printed in **bold**
  below; its other rows support it.
- *Scope*: a claim on a population speaks of all networks of a kind, and n counts networks that were trained
  independently; one on these networks speaks of the very ones that were looked at, and n counts clouds, images and the
  like.
- *Twins*: claims on complexity are decided on the raw landscape norm, on clouds divided by their mean distance
  (scale-free), and relative to Gaussian clouds of the same mean and covariance (gaussian).
- *Stability* is the share of runs from other root seeds (other data, clouds and networks trained in the run, but the
  same restored networks) that came to the verdict shown; where it is below 0.8 over at least five runs, nothing is
  decided.
- Controls must behave as written for the other rows to be trusted; what is ours no source says.
"""


class PublishedVerdict(Model):
    """One verdict, with all that is needed to understand it and to reach it again."""

    id: str = Field(description="Of the claim.")
    study: str = Field(description="The study that decides it.")
    twin: Literal["", "raw", "scale-free", "gaussian"] = Field(description="Which numbers; empty: it has no twins.")
    kind: Literal["published", "control", "ours"] = Field(description="Who says it.")
    scope: Literal["population", "these networks"] = Field(description="What it speaks of.")
    headline: bool = Field(description="Whether the published claim is counted by this row.")
    source: str = Field(description="Where the claim was made.")
    wording: str = Field(description="What is claimed.")
    rule: str = Field(description="When it counts as reproduced: where the whole interval lies.")
    measure: str = Field(description="What the estimate is, with the name and the options of its statistic.")
    estimate: float | None = Field(description="Of the claim's statistic; null where there is none.")
    interval: tuple[float | None, float | None] = Field(description="Its ends; null where an end is open or unknown.")
    n: int = Field(description="Independent units.")
    unit: str = Field(description="What n counts.")
    band: str = Field(description="Where complexities lie to those of Gaussian clouds; empty where not asked.")
    stability: float | None = Field(description="Share of gold runs with this verdict; null without gold runs.")
    verdict: Literal["reproduced", "not reproduced", "undecided", "not comparable"]
    reason: str = Field(description="Why nothing is decided; empty where something is.")
    scale: str = Field(description="At which it was decided.")
    data: str = Field(description="On which it was decided.")
    command: str = Field(description="Computes it again, with whatever is missing for it.")
    figures: list[str] = Field(description="Figures that show it, as paths in the project's folder.")

    @property
    def name(self) -> str:
        """What the row is called: `W3`, `W3.gaussian`."""
        return full_name(self.id, self.twin)

    @property
    def anchor(self) -> str:
        """The place of the claim in its study's table in VERDICTS.md: `disks-w3`."""
        return f"{self.study}-{self.id}".lower()

    @property
    def numbers(self) -> str:
        """`0.36 [0.33, 0.38], n = 8`; empty without an estimate."""
        if self.estimate is None:
            return ""
        low, high = self.interval
        places = None if low is None or high is None else decimals(low, high)
        ends = f" [{number_text(low, places) or '−∞'}, {number_text(high, places) or '∞'}]"
        return f"{number_text(self.estimate, places)}{ends if self.interval != (None, None) else ''}, n = {self.n}"

    @property
    def outcome(self) -> str:
        """`reproduced: 0.36 [0.33, 0.38], n = 8`; the reason stands behind a verdict that decides nothing."""
        text = self.verdict + (f", {self.reason}" if self.reason else "")
        return f"{text}: {self.numbers}" if self.numbers else text

    @property
    def stable_outcome(self) -> str:
        """The same with the share of gold runs that came to this verdict, where there are some."""
        return self.outcome + ("" if self.stability is None else f"; stability {number_text(self.stability)}")


def published_verdicts(
    table: pd.DataFrame, claims: list[Claim], studies: dict[str, Study], scale: str
) -> list[PublishedVerdict]:
    """All rows of a table of verdicts with what their claims say.

    Args:
        table: As topolens.claims.verdicts.read_verdicts gives it.
        claims, studies: The definitions by which it was made.
        scale: At which it was made.

    Raises:
        TopolensError: a row of no claim.
    """
    known = {(claim.id, study): claim for claim in claims for study in claim.studies}
    command = f"snakemake --cores all --config scale={scale} -- claims"
    found = []
    for row in table.to_dict("records"):
        claim = known.get((row["id"], row["study"]))
        if claim is None:
            raise TopolensError(f"claim {row['id']!r} of {row['study']}: it has a verdict but no definition; run again")
        found.append(
            PublishedVerdict(
                **{name: row[name] for name in ("id", "study", "twin", "kind", "scope", "headline", "rule", "unit")},
                **{name: row[name] for name in ("wording", "band", "verdict", "reason", "scale", "data")},
                source=claim.source,
                measure=measure_of(claim),
                estimate=_finite(row["estimate"]),
                interval=(_finite(row["low"]), _finite(row["high"])),
                n=int(row["n"]),
                stability=row["stability"] if row["stability"] != "" else None,
                command=command,
                figures=figures_of(claim, studies[row["study"]], scale),
            )
        )
    return found


def figures_of(claim: Claim, study: Study, scale: str) -> list[str]:
    """The figures of a study that show a claim: those that name it, or what it belongs to, as W7 of W7.shares."""
    names = {claim.id[:place] for place, sign in enumerate(claim.id) if sign == "."} | {claim.id}
    return [
        f"figures/{scale}/{study.name}/{name}.pdf" for name, figure in study.figures.items() if names & {*figure.claims}
    ]


def as_json(verdicts: list[PublishedVerdict]) -> str:
    """The verdicts as claims.json, in the order of the table."""
    entries = [one.model_dump(mode="json") for one in verdicts]
    return json.dumps(entries, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def verdicts_page(verdicts: list[PublishedVerdict], scale: str) -> str:
    """The verdicts as VERDICTS.md: how to read them, their counts, each published claim once, then every row."""
    studies = [*dict.fromkeys(one.study for one in verdicts)]
    parts = [
        f"# Verdicts\n\nOf the {scale} scale, made by `python -m topolens publish {scale}`; do not edit.\n",
        f"## How to read them\n\n{HOW_TO_READ}",
        f"## Counts\n\n{_counts(verdicts)}\n{stability_told(verdicts)}",
        f"## Published claims, each once\n\n{_headlines(verdicts)}",
    ]
    parts += [f"## {study}\n\n{_rows([one for one in verdicts if one.study == study])}" for study in studies]
    parts.append(f"## What the estimates are\n\n{_measures(verdicts)}")
    return "\n".join(parts)


def stability_told(verdicts: Sequence[PublishedVerdict]) -> str:
    """How stable published rows are over gold runs, in one sentence."""
    known = [one for one in verdicts if one.kind == "published" and one.stability is not None]
    if not known:
        return "No runs from other root seeds say how stable they are.\n"
    shares = [one.stability or 0.0 for one in known]
    least = known[shares.index(min(shares))]
    return (
        f"From other root seeds a verdict on a published row recurs in {sum(shares) / len(shares):.0%} of the runs on "
        f"average, in {min(shares):.0%} for the least stable row ({least.name} of {least.study}).\n"
    )


def _counts(verdicts: list[PublishedVerdict]) -> str:
    columns: dict[str, Counter[str]] = {
        "published claims, each once": Counter(one.verdict for one in verdicts if one.headline),
        "all their rows": Counter(one.verdict for one in verdicts if one.kind == "published"),
        "controls": Counter(one.verdict for one in verdicts if one.kind == "control"),
        "ours": Counter(one.verdict for one in verdicts if one.kind == "ours"),
    }
    rows = ([verdict, *(str(counts[verdict]) for counts in columns.values())] for verdict in VERDICTS)
    return _table(["verdict", *columns], rows)


def _headlines(verdicts: list[PublishedVerdict]) -> str:
    rows = (
        [family_of(one.id), one.wording, one.stable_outcome, f"{one.study}, {one.name}", one.scope, one.source]
        for one in verdicts
        if one.headline
    )
    return _table(["id", "claim", "verdict", "row", "scope", "source"], rows)


def _rows(verdicts: list[PublishedVerdict]) -> str:
    def lines() -> Iterator[list[str]]:
        for claim in dict.fromkeys(one.id for one in verdicts):
            twins = {one.twin or RAW: one for one in verdicts if one.id == claim}
            first = next(iter(twins.values()))
            outcomes = [_bold(twins[twin]) if twin in twins else "" for twin in COLUMNS]
            place = f'<a id="{first.anchor}"></a>[{claim}](#estimate-{claim.lower()})'
            yield [place, first.wording, first.kind, first.rule, *outcomes]

    return _table(["id", "claim", "kind", "rule", *COLUMNS.values()], lines())


def _measures(verdicts: list[PublishedVerdict]) -> str:
    rows = {one.id: [f'<a id="estimate-{one.id.lower()}"></a>{one.id}', one.measure, one.rule] for one in verdicts}
    return _table(["id", "estimate", "reproduced where the whole interval is"], rows.values())


def _bold(verdict: PublishedVerdict) -> str:
    return f"**{verdict.stable_outcome}**" if verdict.headline else verdict.stable_outcome


def _table(head: list[str], rows: Any) -> str:
    """As Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def number_text(value: float | None, places: int | None = None) -> str:
    """So many decimals, or three significant digits; empty without a number."""
    if value is None:
        return ""
    text = f"{value:.3g}" if places is None else f"{value:.{places}f}"
    return text.replace("-", "−") if float(text) else text.removeprefix("-")


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
