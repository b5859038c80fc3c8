"""Findings are sentences that stand on verdicts, and say so where a verdict is another one."""

from types import SimpleNamespace

import pytest

from topolens.claims.findings import MARKS, Finding, contradictions, in_readme, load_findings, rows_by_name, told
from topolens.errors import TopolensError
from topolens.paper.macros import finding_macros


def verdict(name, verdict, numbers="", **more):
    figures = ["figures/full/disks/complexity.pdf", "figures/full/disks/layers.pdf"]
    told = {"study": "disks", "id": name.partition(".")[0], "figures": figures, "source": "Someone 2021"} | more
    anchor = f"{told['study']}-{told['id']}".lower()
    return SimpleNamespace(name=name, verdict=verdict, numbers=numbers, anchor=anchor, **told)


NUMBERS = "0.36 [0.33, ∞], n = 8"
VERDICTS = [
    verdict("W3", "reproduced", NUMBERS, headline=True, kind="published", stability=0.875),
    verdict("W3.scale-free", "undecided", "", headline=False, kind="published", stability=0.5),
    verdict("C4", "reproduced", "0.05, n = 999", headline=False, kind="control", stability=1.0),
]
RISES = Finding(id="rises", text="Complexity rises,\n {disks W3}.", stands_on={"disks W3": "reproduced"})
FALLS = Finding(
    id="scale free",
    text="But not scale-free ({disks W3.scale-free}) & so on.",
    stands_on={"disks W3": "reproduced", "disks W3.scale-free": "not reproduced"},
)


def test_a_finding_has_the_numbers_of_its_rows():
    rows = rows_by_name(VERDICTS)
    assert told(RISES, rows) == f"Complexity rises, {NUMBERS}."
    assert told(FALLS, rows) == "But not scale-free (no estimate) & so on."


def test_what_verdicts_say_otherwise_is_named():
    rows = rows_by_name(VERDICTS)
    assert contradictions(RISES, rows) == []
    assert contradictions(FALLS, rows) == ["disks W3.scale-free is undecided"]


def test_the_paper_says_what_is_not_so_in_this_run():
    macros = dict(finding_macros([RISES, FALLS], rows_by_name(VERDICTS)))
    assert macros["FindingRises"].startswith("Complexity rises, 0.36")
    assert macros["FindingScaleFree"] == (
        r"But not scale-free (no estimate) \& so on. [Not so in this run, where disks W3.scale-free is undecided.]"
    )


@pytest.mark.parametrize("name", ["disks W33", "digits W3"])
@pytest.mark.parametrize("asked", [told, contradictions])
def test_a_row_that_there_is_not_is_named(asked, name):
    finding = RISES.model_copy(update={"text": f"{{{name}}}", "stands_on": {name: "reproduced"}})
    with pytest.raises(TopolensError, match=f"findings.yaml: 'rises'.*{name}"):
        asked(finding, rows_by_name(VERDICTS))


def test_a_sentence_may_tell_whatever_came_out():
    text = "It rises: {verdict of disks W3} ({disks W3}); scale-free: {verdict of disks W3.scale-free}."
    finding = Finding(id="open", text=text, stands_on={"disks W3": "any", "disks W3.scale-free": "any"})
    rows = rows_by_name(VERDICTS)
    assert told(finding, rows) == f"It rises: reproduced ({NUMBERS}); scale-free: undecided."
    assert contradictions(finding, rows) == []


def test_the_readme_has_each_finding_and_the_counts_between_its_marks():
    begin, end = MARKS
    text = in_readme(f"# a\n{begin}old\n{end}b\n", [RISES], VERDICTS, "full", "Stable.\n")
    assert text.startswith(f"# a\n{begin}Of 1 published claims, each represented by its main test, at the full scale: ")
    assert "full scale: 1 reproduced, 0 not reproduced, 0 undecided, 0 not comparable." in text
    assert " not comparable. Stable.\n\n- C" in text
    figure = "[`disks_complexity`](figures/reference/disks_complexity.png)"
    assert text.endswith(
        f"- Complexity rises, {NUMBERS}. ([W3](results/VERDICTS.md#disks-w3), Someone 2021: {figure})\n{end}b\n"
    )
    assert in_readme(text, [RISES], VERDICTS, "full", "Stable.\n") == text


def test_a_finding_that_verdicts_contradict_is_not_published():
    with pytest.raises(TopolensError, match=r"'scale free': disks W3\.scale-free is undecided; write what was found"):
        in_readme("".join(MARKS), [RISES, FALLS], VERDICTS, "full", "Stable.\n")


@pytest.mark.parametrize("text", ["", MARKS[0], MARKS[1], "".join(reversed(MARKS)), "".join(MARKS) * 2])
def test_a_readme_without_a_place_for_findings_is_refused(text):
    with pytest.raises(TopolensError, match=r"README\.md: expected .* each once; put them back"):
        in_readme(text, [RISES], VERDICTS, "full", "Stable.\n")


@pytest.mark.parametrize(
    "entry",
    ["- {id: Rises, text: a, stands_on: {b: c}}", "- {id: rises, text: a}", "- {id: a, text: b, stands_on: {}}"],
)
def test_an_entry_that_is_not_whole_is_refused(entry, tmp_path):
    file = tmp_path / "findings.yaml"
    file.write_text(entry, encoding="utf-8")
    with pytest.raises(TopolensError, match=r"findings\.yaml: entry 1"):
        load_findings(file)
