"""The report of a run: one HTML file with every verdict, figure and setting, which needs no network."""

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from topolens.claims.model import Claim
from topolens.claims.publish import PublishedVerdict, number_text, stability_told
from topolens.claims.verdicts import VERDICTS
from topolens.config.study import Study
from topolens.report.interval_bar import interval_bar
from topolens.report.picture import embedded_picture
from topolens.report.templates import template_text

SCORES = ("run", "reference", "low", "high")  # of a comparison


@dataclass(frozen=True)
class Comparison:
    """What `verify` found.

    Attributes:
        table: A row a study, a claim and whatever else is not equal; see verification.compare.COLUMNS.
        record: Where run and reference are from, how they were compared, and why they could not be.
    """

    table: pd.DataFrame
    record: Mapping[str, Any]

    def status(self) -> dict[str, str]:
        """The worst outcome of all studies, and what it means."""
        if self.record["reason"]:
            return {"outcome": "not compared", "told": f"{self.record['reason']}."}
        studies = self.table[self.table["kind"] == "study"]
        by_outcome = studies.groupby("outcome", sort=False)["study"].agg(", ".join).to_dict()
        order = ("differs", "not comparable", "at its bound", "agrees")
        worst = next((outcome for outcome in order if outcome in by_outcome), "not compared")
        told = "; ".join(f"{outcome}: {by_outcome[outcome]}" for outcome in order if outcome in by_outcome)
        return {"outcome": worst, "told": f"{told}. Reference: {self.record['reference']}."}

    def of_claim(self, name: str, study: str) -> str:
        """How a claim compares, in words; empty where it was not compared."""
        rows = self.table[(self.table["study"] == study) & (self.table["kind"] == "claim")]
        rows = rows[(rows["row"] == f"{name} of {study}") & (rows["quantity"] != "verdict")]
        if rows.empty:
            return ""
        row = rows.iloc[0]
        run, reference, low, high = (number_text(_number(row[score])) or "none" for score in SCORES)
        return f"{row['outcome']}: {row['quantity']} {run}, reference {reference}, expected from {low} to {high}"


def report_page(
    verdicts: Sequence[PublishedVerdict],
    claims: Sequence[Claim],
    studies: Mapping[str, Study],
    comparison: Comparison,
    *,
    made: str,
    page_file: Path,
) -> str:
    """The page as text.

    Args:
        verdicts: All rows of the table of verdicts, in its order.
        claims: What they are about.
        studies: By name; those with verdicts come in the order of these, others after them.
        comparison: With the reference.
        made: A line that says from what the run was made.
        page_file: Where the page will lie, beside the tables and the paper: links are relative to it.
    """
    rules = {(claim.id, study): claim for claim in claims for study in claim.studies}
    rows = [_row(one, rules[one.id, one.study], comparison) for one in verdicts]
    sources = {one.study: one.data for one in verdicts}
    order = [*dict.fromkeys([*(one.study for one in verdicts), *studies])]
    style, script = template_text("report.css"), template_text("report.js")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
                                     lstrip_blocks=True)  # fmt: skip
    return environment.from_string(template_text("report.html")).render(
        title="Topology as an explanatory tool for deep neural networks",
        made=made,
        counts={verdict: sum(one.headline and one.verdict == verdict for one in verdicts) for verdict in VERDICTS},
        stability=stability_told([*verdicts]).strip(),
        status=comparison.status(),
        links={
            "paper": "topolens.pdf",
            "table of verdicts": "claims.csv",
            "comparison with the reference": "verification.html",
            "details (Snakemake's report)": "details.html",
        },
        filters={
            "study": order,
            "verdict": [verdict for verdict in VERDICTS if any(one.verdict == verdict for one in verdicts)],
            "kind": [*dict.fromkeys(one.kind for one in verdicts)],
        },
        claims=rows,
        studies=[_study(studies[name], rows, sources.get(name, ""), page_file.parent) for name in order],
        style=Markup(style),
        script=Markup(script),
        style_hash=_csp_hash(style),
        script_hash=_csp_hash(script),
    )


def _row(verdict: PublishedVerdict, claim: Claim, comparison: Comparison) -> dict[str, Any]:
    """What the table says of one row."""
    return {
        **{name: getattr(verdict, name) for name in ("name", "study", "wording", "verdict", "kind", "headline")},
        **{name: getattr(verdict, name) for name in ("source", "command", "outcome", "numbers")},
        "anchor": f"{verdict.name}-of-{verdict.study}",
        "estimate": "" if verdict.estimate is None else verdict.estimate,
        "stability": number_text(verdict.stability),
        "bar": interval_bar(verdict.estimate, verdict.interval, claim.holds),
        "figures": [anchor_of(path) for path in verdict.figures],
        "facts": {
            "estimate": verdict.measure,
            "rule": f"{verdict.rule} (the whole interval)",
            "units": f"{verdict.n} × {verdict.unit}; speaks of {_SCOPES[verdict.scope]}",
            "expected": claim.expected,
            "Gaussian clouds": verdict.band,
            "former rule": claim.changed and f"{claim.changed.rule}; {claim.changed.why}",
            "against the reference": comparison.of_claim(verdict.name, verdict.study),
        },
    }


_SCOPES = {"population": "all networks of this kind", "these networks": "these very networks"}


def _study(study: Study, rows: list[dict[str, Any]], source: str, folder: Path) -> dict[str, Any]:
    """What stands in the section of a study."""
    links = {"table": f"{study.name}.csv"}
    if study.runs["main"].mapper:
        explorer = f"figures/{study.scale}/{study.name}/topoact/index.html"
        links["explorer of Mapper graphs"] = os.path.relpath(explorer, folder)
    return {
        "name": study.name,
        "title": f"{study.name}: {study.title}",
        "source": source,
        "links": links,
        "figures": [*_figures(study, rows)],
        "settings": _settings(study),
    }


def _figures(study: Study, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for name, figure in study.figures.items():
        path = f"figures/{study.scale}/{study.name}/{name}.pdf"
        anchor = anchor_of(path)
        picture = embedded_picture(Path(path).with_suffix(".png"))
        yield {
            "anchor": anchor,
            "uri": picture.uri,
            "width": picture.width,
            "height": picture.height,
            "alt": figure.caption,
            "caption": figure.caption,
            "claims": {row["anchor"]: row["name"] for row in rows if anchor in row["figures"]},
            "command": f"snakemake --cores all --config scale={study.scale} -- {path}",
        }


def anchor_of(figure: str) -> str:
    """What the figure of a path is called on the page: `disks-landscapes_h1`."""
    path = Path(figure)
    return f"{path.parent.name}-{path.stem}"


def _settings(study: Study) -> dict[str, dict[str, str]]:
    """The settings of the headline run, and of every other run what it has else, by their paths."""
    flat = {name: dict(_flat(run.model_dump(mode="json"))) for name, run in study.runs.items()}
    main = flat["main"]
    return {
        name: settings if name == "main" else {key: value for key, value in settings.items() if main.get(key) != value}
        for name, settings in flat.items()
    }


def _flat(values: Any, *path: str) -> Iterator[tuple[str, str]]:
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from _flat(value, *path, str(key))
    elif isinstance(values, list) and any(isinstance(value, dict) for value in values):
        for place, value in enumerate(values, 1):
            yield from _flat(value, *path, str(value.get("name", place)))
    elif values is not None:
        yield ".".join(path), ", ".join(map(str, values)) if isinstance(values, list) else str(values)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if pd.isna(number) else number


def _csp_hash(text: str) -> str:
    """How a Content-Security-Policy names the one script, or the one style, that may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
