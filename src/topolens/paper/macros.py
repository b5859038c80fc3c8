"""Every number that the paper's text uses: names of macros with what they stand for, from claims and headline runs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from topolens.claims.findings import Finding, contradictions, told
from topolens.claims.model import full_name
from topolens.claims.publish import PublishedVerdict
from topolens.claims.verdicts import headline_counts, stability_of_published
from topolens.config.study import Study
from topolens.paper.latex import escape, macro_name, number
from topolens.paper.outcomes import said
from topolens.paper.tables import scores_of, trained_epochs
from topolens.results import Results

Macros = Iterator[tuple[str, str]]


def definitions(macros: Mapping[str, str]) -> str:
    """The macros as LaTeX, sorted by name."""
    return "".join(f"\\newcommand{{\\{name}}}{{{value}}}\n" for name, value in sorted(macros.items()))


def claim_macros(claims: pd.DataFrame) -> Macros:
    """What each row of verdicts came to, as `\\<Study><Claim>Said`; how many published claims got each verdict.

    And how stable the published rows are over gold runs, on average and at least.
    """
    counts = headline_counts(claims)
    yield "ClaimsCount", str(sum(counts.values()))
    yield "ClaimsRows", str(len(claims))
    for verdict, count in counts.items():
        yield macro_name("claims", verdict), str(count)
    yield "StabilityTold", _stability_told(stability_of_published(claims))
    for row in claims.to_dict("records"):
        yield macro_name(row["study"], full_name(row["id"], row["twin"]), "said"), said(row)


def _stability_told(shares: tuple[float, float] | None) -> str:
    """How often a verdict on a published row comes out again: mean and least over rows; None without gold runs."""
    if shares is None:
        return "how often a verdict comes out again is not known: this scale was run from one root seed"
    mean, least = map(number, shares)
    return f"a verdict on a published row comes out again in a share of {mean} of runs on average, of {least} at least"


def finding_macros(findings: Iterable[Finding], rows: Mapping[str, PublishedVerdict]) -> Macros:
    """Each finding as `\\Finding<Id>`; where verdicts of this run contradict it, it says so."""
    for finding in findings:
        text, others = told(finding, rows), contradictions(finding, rows)
        told_otherwise = f" [Not so in this run, where {', '.join(others)}.]" if others else ""
        yield macro_name("finding", finding.id), escape(text + told_otherwise)


def setting_macros(mains: list[Results]) -> Macros:
    """Each setting, named by its path, and where the data came from, as `\\<Study>Data`."""
    for main in mains:
        yield from _settings(main.config.model_dump(mode="json"), main.study.name)
        yield macro_name(main.study.name, "data"), escape(main.source)


def _settings(values: Any, *path: str) -> Macros:
    if isinstance(values, dict):
        for key, value in values.items():
            yield from _settings(value, *path, key)
    elif isinstance(values, bool | str):
        yield macro_name(*path), escape(str(values).lower())
    elif isinstance(values, list) and len(values) == 1 and isinstance(values[0], dict):
        yield from _settings(values[0], *path)
    elif isinstance(values, int | float):
        yield macro_name(*path), number(values)
    elif isinstance(values, list) and all(isinstance(value, str | int | float) for value in values):
        yield macro_name(*path), escape(", ".join(map(str, values)))


def reached_macros(mains: list[Results]) -> Macros:
    """How many networks reached the last training accuracy, as `\\<Study>ReachedLast`."""
    for main in mains:
        (family,) = main.record("networks")["families"].values()
        reached = [epochs[-1] is not None for epochs in family["reached_epoch"]]
        yield macro_name(main.study.name, "reached last"), str(sum(reached))


def score_macros(mains: list[Results]) -> Macros:
    """Accuracy or IoU of each network over its seeds, as `\\<Study><Network>Accuracy`."""
    for main in mains:
        for row in scores_of(main).to_dict("records"):
            yield macro_name(main.study.name, row["network"], row["statistic"]), number(row["estimate"])


def trained_macros(mains: list[Results]) -> Macros:
    """How many networks there are and how many count, `\\<Study>Networks` and `\\<Study>Trained`."""
    for main in mains:
        cells = trained_epochs(main)
        yield macro_name(main.study.name, "networks"), str(sum(len(cell["seeds"]) for cell, _ in cells))
        yield macro_name(main.study.name, "trained"), str(sum(len(epochs) for _, epochs in cells))


def caption_macros(studies: Iterable[Study]) -> Macros:
    """The caption of each figure, the one that the report shows, as `\\<Study><Figure>Caption`."""
    for study in studies:
        for name, figure in study.figures.items():
            yield macro_name(study.name, name, "caption"), escape(" ".join(figure.caption.split()))
