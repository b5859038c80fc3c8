"""The paper's tables of changed rules and retired claims, from made-up ones."""

import pandas as pd
import pytest

from topolens.claims.model import Changed, Claim, Rule
from topolens.claims.retired import Retired, load_retired
from topolens.errors import TopolensError
from topolens.paper.changed_rules import changed_floats, former_id, former_verdicts, retired_floats, rule_text
from topolens.stages.changed_rules import write_changed_rules

OTHERWISE = Changed(rule="a mean over both", why="a mean hides signs")
FORMER = pd.DataFrame(
    [
        ("full", "P1", "metrics", "reproduced"),
        ("quick", "P1", "metrics", "undecided"),
        ("full", "W3", "disks", "reproduced"),
        ("full", "W3.scale-free", "disks", "not reproduced"),
        ("full", "W3", "mnist", "undecided"),
    ],
    columns=["scale", "id", "study", "verdict"],
)
FULL = FORMER[FORMER["scale"] == "full"]


def claim(name, **changes):
    settings = {
        "id": name, "scope": "these networks", "studies": ["metrics"], "source": "s", "wording": "w",
        "statistic": "stacked_gain", "holds": Rule(above=-0.01), "changed": OTHERWISE, "expected": "e",
    }  # fmt: skip
    return Claim(**settings | changes)


def rows_of(text):
    return text.split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()


def test_a_claim_has_the_former_verdict_of_what_it_was_called():
    known = {"P1", "P1.loops", "W3"}
    assert [former_id(name, known) for name in ("P1.vit", "P1.loops.vit", "W3", "X1.new")] == [
        "P1",
        "P1.loops",
        "W3",
        "",
    ]
    assert former_verdicts(claim("P1.vit"), FULL) == ["P1: reproduced"]
    assert former_verdicts(claim("W3", studies=["disks", "mnist"]), FULL) == [
        "W3 (disks): reproduced, scale-free not reproduced",
        "W3 (mnist): undecided",
    ]
    assert former_verdicts(claim("X1"), FULL) == []


def test_a_rule_is_told_by_what_its_statistic_does():
    text = rule_text(claim("P2"))
    assert text.startswith("Score of all metrics stacked less that of the best single one, at the last layers,")
    assert text.endswith(", mean over networks. ≥ -0.01")


def test_claims_that_changed_alike_share_a_row():
    other = claim("P2", changed=Changed(rule="50 % & more", why="no margin"))
    text = changed_floats([claim("P1.vit"), claim("P1.resnet"), other, claim("P3", changed=None)], FULL)
    first, second = rows_of(text)
    assert first.startswith("P1.vit, P1.resnet & a mean over both & P1: reproduced & Score of all metrics stacked")
    assert first.endswith(r"$\ge$ -0.01 & a mean hides signs \\")
    assert second.startswith(r"P2 & {}50 \% \& more & {} & ")
    assert r"\label{tab:changed-rules}" in text


def test_retired_claims_are_listed_with_why():
    text = retired_floats([Retired(id="L5.trend", why="of no use & no source")])
    assert rows_of(text) == [r"L5.trend & of no use \& no source \\"]
    assert r"\label{tab:retired}" in text


def test_a_list_of_retired_claims_is_checked(tmp_path):
    file = tmp_path / "retired.yaml"
    file.write_text("- {id: N4, why: in favour of N4.even}\n", encoding="utf-8")
    assert load_retired(file) == [Retired(id="N4", why="in favour of N4.even")]
    file.write_text("- {id: N4, reason: x}\n", encoding="utf-8")
    with pytest.raises(TopolensError, match=r"retired\.yaml: entry 1"):
        load_retired(file)


def test_both_tables_are_one_file_of_the_full_scale(tmp_path):
    FORMER.to_csv(tmp_path / "former.csv", index=False)
    (tmp_path / "retired.yaml").write_text("[]\n", encoding="utf-8")
    files = [tmp_path / name for name in ("former.csv", "retired.yaml", "changed.tex")]
    write_changed_rules(*files, claims=[claim("P1.vit")])
    text = files[2].read_text(encoding="utf-8")
    assert "P1: reproduced &" in text
    assert text.count(r"\begin{table}") == 2
