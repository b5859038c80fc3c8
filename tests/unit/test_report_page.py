"""The report, from made-up verdicts and one study."""

import html
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from topolens.claims.model import Changed, Claim, Headline, Rule
from topolens.claims.publish import PublishedVerdict
from topolens.config.study_files import find_study_files, load_studies
from topolens.report.interval_bar import EDGE, WIDTH, interval_bar
from topolens.report.page import Comparison, anchor_of, report_page
from topolens.report.templates import TEMPLATES, template_hash, template_text

ROOT = Path(__file__).parents[2]
EVIL = "</script><img src=x onerror=alert(1)>"
COLUMNS = ["study", "kind", "row", "quantity", "run", "reference", "low", "high", "outcome"]


def claim(name, **changes):
    told = {"id": name, "scope": "population", "studies": ["disks"], "source": "a paper", "wording": f"{name} {EVIL}",
            "statistic": "training_rise", "options": {"from_accuracy": 0.7}, "holds": Rule(above=0),
            "expected": "a rise"}  # fmt: skip
    return Claim(**told | changes)


CLAIMS = [
    claim("W3", twin=True, headline=Headline(study="disks", twin="raw")),
    claim("W1", changed=Changed(rule="at least 0.8", why="ours")),
]


def verdict(name, twin="", **changes):
    told = {
        "id": name, "study": "disks", "twin": twin, "kind": "published", "scope": "population", "headline": False,
        "source": "a paper", "wording": f"{name} {EVIL}", "rule": "≥ 0", "measure": f"a log ratio {EVIL}",
        "estimate": 0.5, "interval": (0.25, None), "n": 8,
        "unit": "network", "band": "", "stability": 0.875, "verdict": "reproduced", "reason": "",
        "scale": "quick", "data": f"real {EVIL}", "command": "snakemake -- claims",
        "figures": ["figures/quick/disks/complexity_by_layer.pdf"],
    }  # fmt: skip
    return PublishedVerdict(**told | changes)


VERDICTS = [
    verdict("W3", "raw", headline=True),
    verdict(
        "W3", "scale-free", estimate=None, interval=(None, None), verdict="undecided", reason="nothing to estimate"
    ),
    verdict("W1", stability=None),
]
TABLE = pd.DataFrame(
    [
        ("disks", "study", "disks", "all", 0.01, np.nan, 0, 0.02, "agrees"),
        ("disks", "claim", "W3 of disks", "estimate", 0.5, 0.52, 0.4, 0.6, "agrees"),
    ],
    columns=COLUMNS,
)
RECORD = {"run": "this one", "reference": "that one", "how": "same seed", "reason": ""}


@pytest.fixture(scope="module")
def disks():
    files = find_study_files(ROOT / "workflow" / "config" / "studies", [])
    return load_studies(files.values(), "quick")["disks"]


@pytest.fixture
def page(disks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "figures" / "quick" / "disks"
    folder.mkdir(parents=True)
    for name in disks.figures:
        Image.new("RGB", (30, 20), "white").save(folder / f"{name}.png")

    def made(table=TABLE, record=RECORD):
        comparison = Comparison(table.astype(object), record)
        file = Path("results/quick/report.html")
        return report_page(VERDICTS, CLAIMS, {"disks": disks}, comparison, made="Made today.", page_file=file)

    return made


def test_every_row_and_figure_is_there_once_and_figures_and_claims_refer_to_each_other(page, disks):
    text = page()
    assert re.findall(r'<tbody id="([^"]+)"', text) == ["W3-of-disks", "W3.scale-free-of-disks", "W1-of-disks"]
    figures = re.findall(r'<figure id="([^"]+)"', text)
    assert figures == [f"disks-{name}" for name in disks.figures]
    targets = {*re.findall(r' id="([^"]+)"', text)}
    assert {*re.findall(r'href="#([^"]+)"', text)} <= targets
    assert '<a href="#W3-of-disks">W3</a>' in text
    assert '<a href="#disks-complexity_by_layer">' in text


def test_text_from_users_is_escaped(page):
    text = page()
    assert EVIL not in text
    assert html.escape(EVIL, quote=False) in text


def test_it_counts_headlines_and_says_how_stable_they_are_and_what_verify_found(page):
    text = page()
    assert '<li class="reproduced"><b>1</b> reproduced</li>' in text
    assert "1 published claims, each counted once" in text
    assert "in 88% of the runs on average" in text
    assert "Against the reference: agrees.</b> agrees: disks. Reference: that one." in text
    assert "agrees: estimate 0.5, reference 0.52, expected from 0.4 to 0.6" in text
    assert "at least 0.8; ours" in text


def test_the_worst_study_is_the_status_and_what_was_not_compared_says_why(page):
    worse = pd.concat([TABLE, TABLE.iloc[:1].assign(study="mnist", outcome="differs")])
    assert "Against the reference: differs.</b> differs: mnist; agrees: disks." in page(worse)
    text = page(TABLE.iloc[:0], RECORD | {"reason": "there is no reference"})
    assert "Against the reference: not compared.</b> there is no reference." in text


def test_settings_are_those_of_the_run_and_of_others_what_differs(page, disks):
    text = page()
    assert '<th scope="row">networks.MLP.count</th><td>12</td>' in text
    for name in disks.runs:
        assert f"<caption>{name}</caption>" in text


def test_nothing_but_its_own_style_and_script_may_run(page):
    text = page()
    assert "default-src 'none'" in text
    assert not re.findall(r"(?:src|href)=[\"']https?://| style=| on\w+=\"", text)


def test_equal_runs_give_equal_bytes(page):
    assert page() == page()


def test_figures_are_called_by_study_and_name():
    assert anchor_of("figures/quick/disks/a_b.pdf") == "disks-a_b"


def places(svg):
    """Where the shaded region, the interval and the estimate lie, from left to right."""
    shaded = re.search(r'class="holds" x="([\d.]+)" y="0" width="([\d.]+)"', svg)
    line = re.search(r'class="interval" x1="([\d.]+)" x2="([\d.]+)"', svg)
    point = re.search(r'cx="([\d.]+)"', svg)
    return [float(value) for match in (shaded, line, point) if match for value in match.groups()]


def test_bars_by_hand():
    inner = WIDTH - 2 * EDGE
    # From 0, the bound, to 1, the upper end.
    svg = interval_bar(0.5, (0.25, 1.0), Rule(above=0.0))
    assert places(svg) == [EDGE, WIDTH - EDGE, EDGE + inner / 4, EDGE + inner, EDGE + inner / 2]
    # Below a bound, with an open end.
    svg = interval_bar(0.0, (None, 0.5), Rule(below=1.0))
    assert places(svg) == [0, EDGE + inner, 0, EDGE + inner / 2, EDGE]


def test_bars_without_an_interval_without_width_and_without_an_estimate():
    assert "interval" not in interval_bar(2.0, (None, None), Rule(above=1))
    assert 'cx="8.0"' in interval_bar(0.0, (0.0, 0.0), Rule(above=0))
    assert interval_bar(None, (None, None), Rule(above=0)) == ""


def test_templates_are_found_and_named_by_their_hash():
    assert all(template_text(name) for name in TEMPLATES)
    assert len(template_hash()) == 16
