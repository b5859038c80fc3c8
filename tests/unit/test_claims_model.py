"""Claims, their rules and their verdicts."""

from pathlib import Path

import numpy as np
import pytest

from topolens.claims.model import (
    NOT_COMPARABLE,
    NOT_REPRODUCED,
    REPRODUCED,
    UNDECIDED,
    Claim,
    Rule,
    full_name,
    load_claims,
)
from topolens.config.study import load_study
from topolens.errors import TopolensError
from topolens.inference.intervals import Estimate

STUDIES = Path(__file__).parents[2] / "workflow" / "config" / "studies"
NAN = np.nan


def estimate(value, low, high, n=10):
    return Estimate(value, low, high, n)


@pytest.mark.parametrize(
    ("bounds", "low", "high", "verdict"),
    [
        ({"above": 0.8}, 0.85, 0.95, REPRODUCED),
        ({"above": 0.8}, 0.8, 0.95, REPRODUCED),  # at the bound
        ({"above": 0.8}, 0.7, 0.9, UNDECIDED),
        ({"above": 0.8}, 0.6, 0.79, NOT_REPRODUCED),
        ({"above": 0.8}, 0.6, 0.8, UNDECIDED),
        ({"below": 0.5}, 0.1, 0.5, REPRODUCED),
        ({"below": 0.5}, 0.4, 0.6, UNDECIDED),
        ({"below": 0.5}, 0.51, 0.6, NOT_REPRODUCED),
        ({"above": 9, "below": 11}, 9.5, 10.5, REPRODUCED),
        ({"above": 9, "below": 11}, 10, 12, UNDECIDED),
        ({"above": 9, "below": 11}, 8, 12, UNDECIDED),
        ({"above": 9, "below": 11}, 12, 13, NOT_REPRODUCED),
        ({"above": 9, "below": 11}, 2, 3, NOT_REPRODUCED),
        ({"above": 1, "below": 1}, 1, 1, REPRODUCED),
        ({"above": 0}, -0.2, -0.1, NOT_REPRODUCED),  # a bound of 0 is a bound
        ({"below": 0}, -0.2, -0.1, REPRODUCED),
    ],
)
def test_the_whole_interval_decides(bounds, low, high, verdict):
    assert Rule(**bounds).verdict(estimate((low + high) / 2, low, high), 5) == verdict


def test_too_few_units_or_no_estimate_decide_nothing():
    rule = Rule(above=0)
    assert rule.verdict(estimate(1, 1, 1, n=4), 5) == UNDECIDED
    assert rule.verdict(estimate(1, 1, 1, n=5), 5) == REPRODUCED
    assert rule.verdict(estimate(NAN, NAN, NAN), 5) == UNDECIDED
    assert rule.verdict(estimate(1, NAN, NAN), 5) == UNDECIDED


@pytest.mark.parametrize("bounds", [{"above": 0}, {"below": 0}])
def test_a_tie_decides_nothing(bounds):
    # No difference in any resample is not a difference in the claimed direction.
    assert Rule(**bounds).verdict(estimate(0, 0, 0), 5) == UNDECIDED
    touching = estimate(0.1, 0, 0.2) if "above" in bounds else estimate(-0.1, -0.2, 0)
    assert Rule(**bounds).verdict(touching, 5) == REPRODUCED


def test_rules_read_as_text_and_need_a_bound():
    assert str(Rule(above=0.5)) == "≥ 0.5"
    assert str(Rule(below=0)) == "≤ 0"
    assert str(Rule(above=9, below=11)) == "from 9 to 11"
    assert str(Rule(above=1, below=1)) == "= 1"
    with pytest.raises(ValueError, match="expected `above`, `below` or both"):
        Rule()


CLAIM = """
- id: W1
  scope: these networks
  studies: [disks]
  run: holes
  source: s
  wording: w
  statistic: gap_share
  options: {depth: 0, degree: 1, bars: 9}
  holds: {above: 0.8}
  expected: e
"""


@pytest.fixture(scope="module")
def studies():
    return {name: load_study(STUDIES / f"{name}.yaml", "smoke") for name in ("disks", "mnist")}


def claims_of(tmp_path, text, studies):
    file = tmp_path / "claims.yaml"
    file.write_text(text, encoding="utf-8")
    return load_claims(file, studies)


def test_a_claim_is_read_with_its_rule(tmp_path, studies):
    (claim,) = claims_of(tmp_path, CLAIM, studies)
    assert (claim.id, claim.run, claim.holds, claim.fewest) == ("W1", "holes", Rule(above=0.8), 5)


def test_a_twin_is_the_same_claim_on_other_numbers(tmp_path, studies):
    text = CLAIM.replace("gap_share", "rise_between_layers").replace("{depth: 0, degree: 1, bars: 9}", "{degree: '0'}")
    (claim,) = claims_of(tmp_path, text + "  twin: true\n", studies)
    assert claim.twins() == {twin: {"degree": "0", "twin": twin} for twin in ("raw", "scale-free", "gaussian")}
    (alone,) = claims_of(tmp_path, text, studies)
    assert alone.twins() == {"": {"degree": "0"}}
    names = [full_name("W1", twin) for twin in ("", *claim.twins())]
    assert names == ["W1", "W1", "W1.scale-free", "W1.gaussian"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("studies: [disks]", "studies: [disk]", "claim 'W1': unknown study 'disk'.*Did you mean 'disks'"),
        ("run: holes", "run: hole", "claim 'W1': unknown run 'hole'.*Did you mean 'holes'"),
        ("run: holes", "run: relu", "unknown run 'relu'"),  # a variant is not made by default
        ("wording: w", "words: w", "claim 'W1': "),
        ("expected: e", "expect: e", "claim 'W1': "),
        ("expected: e", "expected: e\n  fewst: 3", "claim 'W1': unknown key 'fewst'.*Did you mean 'fewest'"),
        (", bars: 9", "", r"claim 'W1': statistic 'gap_share': expected the options depth, degree, bars; add 'bars'"),
        ("expected: e", "expected: e\n  kind: mine", "claim 'W1': unknown value of kind: 'mine'"),
        ("gap_share", "gap_shares", "unknown statistic 'gap_shares'.*Did you mean 'gap_share'"),
        (
            "gap_share\n  options: {depth: 0, degree: 1, bars: 9}",
            "second_component\n  options: {}",
            "claim 'W1': statistic 'second_component' reads principal_shares.csv.*run 'holes' of disks",
        ),
        ("holds: {above: 0.8}", "holds: {}", "claim 'W1': holds"),
        ("holds: {above: 0.8}", "holds: {over: 0.8}", "claim 'W1': unknown key 'holds.over'"),
        ("id: W1", "id: first", "claim 'first': id"),
        ("studies: [disks]", "studies: []", "claim 'W1': studies"),
    ],
)
def test_errors_name_the_file_the_claim_and_what_is_valid(old, new, message, tmp_path, studies):
    with pytest.raises(TopolensError, match=message) as caught:
        claims_of(tmp_path, CLAIM.replace(old, new), studies)
    assert "claims.yaml" in str(caught.value)


def test_a_claim_that_is_decided_twice_is_refused(tmp_path, studies):
    with pytest.raises(TopolensError, match=r"decided twice.*W1.*disks"):
        claims_of(tmp_path, CLAIM + CLAIM, studies)


def test_claims_are_immutable(studies, tmp_path):
    (claim,) = claims_of(tmp_path, CLAIM, studies)
    assert isinstance(claim, Claim)
    with pytest.raises(ValueError, match="frozen"):
        claim.holds = Rule(above=0)


# Reasons


@pytest.mark.parametrize(
    ("bounds", "found", "reason"),
    [
        ({"above": 0}, (NAN, NAN, NAN, 0), "nothing to estimate"),
        ({"above": 0}, (1, 0.5, 2, 4), "too few units (5 are needed)"),
        ({"above": 0}, (1, NAN, NAN, 9), "no interval"),
        ({"above": 0}, (0, 0, 0, 9), "at its bound (without any spread)"),
        # The interval reaches 2 below an estimate that lies 1 above: four times the units would halve it.
        ({"above": 0}, (1, -1, 3, 10), "too few units (40 would decide)"),
        ({"below": 0.5}, (0.4, 0.1, 0.7, 8), "too few units (72 would decide)"),
        ({"above": 0}, (0.01, -1, 1, 10), "at its bound (102,010 units would decide)"),
        ({"above": 0}, (0, -1, 1, 10), "at its bound"),
        ({"above": 9, "below": 11}, (10.2, 8.7, 11.7, 10), "too few units (36 would decide)"),  # the nearer bound
        ({"above": 0}, (1, 0, 3, 10), ""),  # decided
    ],
)
def test_what_decides_nothing_says_why(bounds, found, reason):
    rule, own = Rule(**bounds), Estimate(*found)
    assert (rule.why_undecided(own, 5) if rule.verdict(own, 5) == UNDECIDED else "") == reason


def test_so_many_units_would_decide():
    # What `why_undecided` says, by simulation of the same estimate with so many units.
    rule, own = Rule(above=0), Estimate(0.3, -0.5, 1.1, 10)
    needed = int(rule.why_undecided(own, 5).split("(")[1].split()[0])
    assert rule.verdict(Estimate(0.3, 0.3 - 0.8 * (10 / needed) ** 0.5, 1, needed), 5) == REPRODUCED
    assert rule.verdict(Estimate(0.3, 0.3 - 0.8 * (10 / (needed - 1)) ** 0.5, 1, needed), 5) == UNDECIDED


def test_what_cannot_be_decided_or_compared_says_so_before_its_estimate(tmp_path, studies):
    sure = Estimate(1, 0.9, 1, 10)
    (claim,) = claims_of(tmp_path, CLAIM, studies)
    assert claim.verdict(sure) == (REPRODUCED, "")
    assert claim.verdict(sure, "stand-in data") == (UNDECIDED, "stand-in data")
    (claim,) = claims_of(tmp_path, CLAIM + "  by_design: for a reason\n", studies)
    assert claim.verdict(sure) == (UNDECIDED, "by design: for a reason")
    (claim,) = claims_of(tmp_path, CLAIM + "  not_comparable: theirs is another\n", studies)
    assert claim.verdict(sure) == (NOT_COMPARABLE, "theirs is another")


# Headlines


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("  headline: {study: mnist}\n", r"claim 'W1': headline: expected one of its studies \(disks\) and no twin"),
        ("  headline: {study: disks, twin: raw}\n", r"headline: expected .* and no twin"),
        ("  headline: {study: disks, twin: rough}\n", r"unknown value of headline.twin: 'rough'"),
    ],
)
def test_a_headline_is_a_row_of_its_claim(lines, message, tmp_path, studies):
    with pytest.raises(TopolensError, match=message):
        claims_of(tmp_path, CLAIM + lines, studies)


def test_a_published_claim_has_one_headline(tmp_path, studies):
    headed = CLAIM + "  headline: {study: disks}\n"
    (claim,) = claims_of(tmp_path, headed, studies)
    assert claim.headline.study == "disks"
    with pytest.raises(TopolensError, match=r"claim 'W1.more': headline: W1 has one already, in 'W1'"):
        claims_of(tmp_path, headed + headed.replace("id: W1", "id: W1.more"), studies)
