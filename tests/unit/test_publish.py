"""What is published of the verdicts: a page and entries, from made-up rows and claims."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from topolens.artifacts import write_table
from topolens.claims.measures import measure_of
from topolens.claims.model import Claim, Headline, Rule
from topolens.claims.publish import (
    PublishedVerdict,
    as_json,
    figures_of,
    published_verdicts,
    stability_told,
    verdicts_page,
)
from topolens.claims.verdicts import headline_counts, read_verdicts
from topolens.config.figure import Figure
from topolens.errors import TopolensError
from topolens.stages.claims import COLUMNS

NAN = np.nan


def claim(name, **changes):
    settings = {
        "id": name, "scope": "population", "studies": ["disks"], "source": "a paper", "wording": f"what {name} says",
        "statistic": "gap_share", "options": {"depth": 1, "degree": 1, "bars": 9}, "holds": Rule(above=0),
        "expected": "e",
    }  # fmt: skip
    return Claim(**settings | changes)


CLAIMS = [
    claim("W3", twin=True, headline=Headline(study="disks", twin="raw")),
    claim("W7.shares"),
    claim("W1", headline=Headline(study="disks"), wording="a | b"),
    claim("C4", kind="control"),
]
STUDIES = {
    "disks": SimpleNamespace(
        name="disks",
        figures={
            "complexity": Figure(draw="d", caption="c", claims=["W3"]),
            "layers": Figure(draw="d", caption="c", claims=["W3", "W7"]),
            "data": Figure(draw="d", caption="c"),
        },
    )
}


def table():
    rows = [
        ("W3", "published", True, "raw", "reproduced", NAN, 0.36, 0.331, np.inf, 8),
        ("W3", "published", False, "scale-free", "undecided", "at its bound", 0.0, -0.1, 0.1, 8),
        ("W3", "published", False, "gaussian", "undecided", "nothing to estimate", NAN, NAN, NAN, 0),
        ("W7.shares", "published", False, NAN, "not reproduced", NAN, -0.5, -0.7, -0.3, 8),
        ("W1", "published", True, NAN, "not comparable", "theirs are larger", 0.5, NAN, NAN, 8),
        ("C4", "control", False, NAN, "reproduced", NAN, 0.05, 0.0, 0.1, 999),
    ]
    columns = ["id", "kind", "headline", "twin", "verdict", "reason", "estimate", "low", "high", "n"]
    told = {"study": "disks", "scope": "population", "unit": "network", "seeds": "root 0", "data": "d", "scale": "full"}
    made = pd.DataFrame(rows, columns=columns).assign(**told, rule="≥ 0", band=NAN, stability=NAN, decided="")
    return made.assign(wording=made["id"].map({one.id: one.wording for one in CLAIMS}))[COLUMNS]


@pytest.fixture
def read(tmp_path):
    """The table, written and read, with changes."""

    def again(**columns):
        write_table(tmp_path / "claims.csv", table().assign(**columns))
        return read_verdicts(tmp_path / "claims.csv")

    return again


@pytest.fixture
def verdicts(read):
    return published_verdicts(read(), CLAIMS, STUDIES, "full")


def test_published_claims_are_counted_once(read):
    assert headline_counts(read()) == {"reproduced": 1, "not reproduced": 0, "undecided": 0, "not comparable": 1}
    assert headline_counts(read(headline=False)) == dict.fromkeys(headline_counts(read()), 0)


def test_a_table_of_an_earlier_version_is_refused(tmp_path):
    write_table(tmp_path / "claims.csv", table().drop(columns="headline"))
    with pytest.raises(TopolensError, match="earlier version, without headline; delete it and run again"):
        read_verdicts(tmp_path / "claims.csv")


def test_an_entry_says_all_of_its_claim(verdicts):
    first = verdicts[0]
    assert (first.id, first.twin, first.name, first.headline) == ("W3", "raw", "W3", True)
    assert (first.source, first.wording, first.rule) == ("a paper", "what W3 says", "≥ 0")
    assert (first.estimate, first.interval, first.n, first.unit) == (0.36, (0.331, None), 8, "network")
    assert first.command == "snakemake --cores all --config scale=full -- claims"
    assert verdicts[2].name == "W3.gaussian"
    assert (verdicts[3].twin, verdicts[3].reason, verdicts[3].band, verdicts[3].stability) == ("", "", "", None)


def test_stability_is_told_where_it_was_asked_for(read):
    shares = published_verdicts(read(stability=[0.9, NAN, 1, 1, 1, 1]), CLAIMS, STUDIES, "full")
    assert [one.stability for one in shares[:2]] == [0.9, None]
    assert stability_told(shares).endswith(
        "98% of the runs on average, in 90% for the least stable row (W3 of disks).\n"
    )


def test_figures_name_a_claim_or_what_it_belongs_to():
    found = {one.id: figures_of(one, STUDIES["disks"], "full") for one in CLAIMS}
    layers = "figures/full/disks/layers.pdf"
    assert found == {"W3": ["figures/full/disks/complexity.pdf", layers], "W7.shares": [layers], "W1": [], "C4": []}
    assert figures_of(claim("W30"), STUDIES["disks"], "full") == []


def test_a_verdict_without_a_definition_is_refused(read):
    with pytest.raises(TopolensError, match="claim 'W3' of disks: it has a verdict but no definition"):
        published_verdicts(read(), CLAIMS[1:], STUDIES, "full")


def test_json_is_read_again_and_has_no_number_that_is_none(verdicts):
    text = as_json(verdicts)
    assert "NaN" not in text
    assert "Infinity" not in text
    assert TypeAdapter(list[PublishedVerdict]).validate_json(text) == verdicts
    entry = json.loads(text)[2]
    assert (entry["estimate"], entry["interval"]) == (None, [None, None])


def test_outcomes_in_words(verdicts):
    assert [one.outcome for one in verdicts] == [
        "reproduced: 0.36 [0.331, ∞], n = 8",
        "undecided, at its bound: 0.00 [−0.10, 0.10], n = 8",
        "undecided, nothing to estimate",
        "not reproduced: −0.50 [−0.70, −0.30], n = 8",
        "not comparable, theirs are larger: 0.5, n = 8",
        "reproduced: 0.05 [0.00, 0.10], n = 999",
    ]


def test_the_page_has_counts_each_claim_once_and_all_rows_by_study(verdicts):
    page = verdicts_page(verdicts, "full")
    counts = [line for line in page.splitlines() if line.startswith("| reproduced |")]
    assert counts == ["| reproduced | 1 | 1 | 1 | 0 |"]
    once, rows = page.split("## Published claims, each once")[1].split("## disks")
    assert [line.split(" | ")[0] for line in once.strip().splitlines()[2:]] == ["| W3", "| W1"]
    told = rows.split("## What the estimates are")[0].strip().splitlines()[2:]
    ids = ["W3", "W7.shares", "W1", "C4"]
    assert [line.split(" | ")[0] for line in told] == [
        f'| <a id="disks-{name.lower()}"></a>[{name}](#estimate-{name.lower()})' for name in ids
    ]
    assert told[0].removeprefix('| <a id="disks-w3"></a>[W3](#estimate-w3)') == (
        " | what W3 says | published | ≥ 0 | **reproduced: 0.36 [0.331, ∞], n = 8** "
        "| undecided, at its bound: 0.00 [−0.10, 0.10], n = 8 | undecided, nothing to estimate |"
    )
    assert r" | a \| b | published |" in told[2]
    assert {line.replace(r"\|", "").count("|") for line in told} == {8}


def test_without_gold_runs_the_page_says_so(verdicts):
    assert "No runs from other root seeds say how stable they are." in verdicts_page(verdicts, "full")


def test_the_page_says_what_each_estimate_is(verdicts):
    page = verdicts_page(verdicts, "full").split("## What the estimates are")[1]
    told = "Share of clouds whose largest gap in the lifetimes comes after so many bars, over units."
    assert f'| <a id="estimate-w3"></a>W3 | {told} (gap_share: bars = 9, degree = 1, depth = 1) | ≥ 0 |' in page
    assert page.count("W3 |") == 1


def test_a_measure_leaves_out_what_only_a_programmer_asks():
    told = measure_of(claim("L2", statistic="cluster_agreement", options={"layer": "ReLU53"}))
    assert told.startswith("Adjusted Rand index of the clusters")
    assert told.endswith("shuffled labels is 0. (cluster_agreement: layer = ReLU53)")
