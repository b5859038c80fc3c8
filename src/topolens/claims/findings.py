"""What was found, in sentences that stand on verdicts: where a verdict is another one, the sentence says so."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import Field

from topolens.claims.publish import PublishedVerdict
from topolens.claims.verdicts import VERDICTS
from topolens.config.model import Model
from topolens.config.validation import checked
from topolens.config.yaml_file import read_yaml
from topolens.errors import TopolensError, unknown_name

PAGE = "results/VERDICTS.md"
PICTURES = "figures/reference"  # where pictures of the figures that findings name are committed
MARKS = ("<!-- findings: written by `topolens publish` -->\n", "<!-- end of findings -->\n")  # in README.md
PLACE = re.compile(r"\{(verdict of )?([^{}]+)\}")
ANY = "any"  # in place of a verdict: the sentence tells whatever came out


class Finding(Model):
    """One row of findings.yaml."""

    id: str = Field(pattern=r"^[a-z]+( [a-z]+)*$", description="A few words.")
    text: str = Field(
        description="What was found. {disks W3} is replaced by the estimate of that row of verdicts, and "
        "{verdict of disks W3} by its verdict."
    )
    stands_on: dict[str, str] = Field(
        min_length=1,
        description="The verdicts that make it true, by study and row: `disks W3.scale-free: reproduced`, or `any`.",
    )


def load_findings(file: Path) -> list[Finding]:
    """All of them.

    Raises:
        TopolensError: with the id and the key.
    """
    return [checked(Finding, entry, f"{file}: entry {place}") for place, entry in enumerate(read_yaml(file, list), 1)]


def rows_by_name(verdicts: Iterable[PublishedVerdict]) -> dict[str, PublishedVerdict]:
    """The rows as findings name them: `disks W3.scale-free`."""
    return {f"{one.study} {one.name}": one for one in verdicts}


def told(finding: Finding, rows: Mapping[str, PublishedVerdict]) -> str:
    """The sentence with its numbers."""

    def put(match: re.Match[str]) -> str:
        row = _row(finding, match[2], rows)
        return row.verdict if match[1] else row.numbers or "no estimate"

    return PLACE.sub(put, " ".join(finding.text.split()))


def contradictions(finding: Finding, rows: Mapping[str, PublishedVerdict]) -> list[str]:
    """What the verdicts say otherwise, as `disks W3.scale-free is undecided`; nothing where the finding holds."""
    found = {name: _row(finding, name, rows).verdict for name in finding.stands_on}
    return [f"{name} is {found[name]}" for name, said in finding.stands_on.items() if said not in (ANY, found[name])]


def in_readme(
    readme: str, findings: Iterable[Finding], verdicts: Sequence[PublishedVerdict], scale: str, stability: str
) -> str:
    """README.md with what stands between its MARKS made anew: the counts of verdicts, their stability, each finding.

    Raises:
        TopolensError: a text without the marks, each once and in their order; a finding that the verdicts contradict.
    """
    begin, end = MARKS
    before, found, rest = readme.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed) or begin in rest or end in after:
        raise TopolensError(f"README.md: expected {begin.strip()} and then {end.strip()}, each once; put them back")
    rows = rows_by_name(verdicts)
    counts: Counter[str] = Counter(one.verdict for one in verdicts if one.headline)
    counted = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
    lines = [
        f"Of {counts.total()} published claims, each represented by its main test, at the {scale} scale: {counted}. "
        f"{stability}\n"
    ]
    for finding in findings:
        if others := contradictions(finding, rows):
            raise TopolensError(f"findings.yaml: {finding.id!r}: {', '.join(others)}; write what was found")
        lines.append(f"- {told(finding, rows)} {_where(finding, rows)}\n")
    return before + begin + "".join(lines) + end + after


def _where(finding: Finding, rows: Mapping[str, PublishedVerdict]) -> str:
    """Claims behind a finding, their sources, its figures: `([W3](…), Someone 2021: [`disks_diagrams`](…))`."""
    found = [_row(finding, name, rows) for name in finding.stands_on]
    anchors = {one.id: one.anchor for one in reversed(found)}
    ids = [f"[{name}]({PAGE}#{anchors[name]})" for name in dict.fromkeys(one.id for one in found)]
    targets = [f"[`{target}`]({PICTURES}/{target}.png)" for target in figures_named(finding, rows)]
    sources = dict.fromkeys(one.source for one in found if one.kind == "published")
    return f"({', '.join([*ids, *sources])}{': ' if targets else ''}{', '.join(targets)})"


def figures_named(finding: Finding, rows: Mapping[str, PublishedVerdict]) -> dict[str, str]:
    """Target to path of the figures that show a finding best: the first of each row that it stands on."""
    found = [_row(finding, name, rows) for name in finding.stands_on]
    return {f"{one.study}_{Path(path).stem}": path for one in found for path in one.figures[:1]}


def _row(finding: Finding, name: str, rows: Mapping[str, PublishedVerdict]) -> PublishedVerdict:
    if name not in rows:
        raise unknown_name("row of verdicts", name, rows, f"findings.yaml: {finding.id!r}")
    return rows[name]
