"""A run against the reference: honest runs agree, every alteration is caught."""

import numpy as np
import pandas as pd
import pytest
from gold_tables import STUDY, claims_table, reference_of, run_of, study_table

from topolens.verification.compare import AGREES, AT_ITS_BOUND, DIFFERS, OUTSIDE, compare_study
from topolens.verification.gold import CLAIMS, aligned, gold_of

SEEDS = range(8)
ROWS = len(study_table(0))


@pytest.fixture(scope="module")
def reference():
    return reference_of(SEEDS)


def outcome(run, reference, how="same seed", trained=False):
    return compared(run, reference, how, trained)[0]["outcome"]


def compared(run, reference, how="same seed", trained=False):
    return compare_study(STUDY, run, reference, how, np.full(ROWS, trained))


def altered(table, **columns):
    return table.assign(**{name: change(table) for name, change in columns.items()})


def moved(column, factor=1.0, widths=0.0):
    """Estimates and their intervals times a factor, or moved by so many widths."""

    def change(table):
        return table[column] * factor + widths * (table["high"] - table["low"])

    return change


def all_moved(**how):
    return {column: moved(column, **how) for column in ("estimate", "low", "high")}


ALTERATIONS = {
    "p-values turned round": {"p_value": lambda table: 1 - table["p_value"]},
    "nulls times 10": {name: lambda table, name=name: 10 * table[name] for name in ("null_low", "null_high")},
    "estimates times -3": {"estimate": moved("estimate", -3)},
    "estimates times 1.02": all_moved(factor=1.02),
    "estimates times 1.002": all_moved(factor=1.002),
    "rows moved by three widths": all_moved(widths=3.0),
    "intervals 101 times as wide": {
        "low": lambda table: table["estimate"] - 101 * (table["estimate"] - table["low"]),
        "high": lambda table: table["estimate"] + 101 * (table["high"] - table["estimate"]),
    },
    "n": {"n": lambda table: 5},
    "unit": {"unit": lambda table: "image"},
    "layers swapped": {
        name: lambda table, name=name: table[name].to_numpy()[::-1] for name in ("estimate", "low", "high")
    },
}


def test_an_honest_run_elsewhere_agrees(reference):
    for trained in (False, True):
        rows = compared(run_of(0, noise=1e-6), reference, trained=trained)
        assert rows[0]["outcome"] == AGREES
        assert {row["outcome"] for row in rows} <= {AGREES, OUTSIDE if trained else AGREES}


def test_the_same_bytes_agree_and_one_other_digit_does_not(reference):
    assert outcome(run_of(0, noise=0), reference, "bytes") == AGREES
    run = run_of(0, noise=0)
    run[STUDY].loc[3, "estimate"] *= 1 + 1e-12
    assert outcome(run, reference, "bytes") == DIFFERS


@pytest.mark.parametrize("name", ALTERATIONS)
@pytest.mark.parametrize("how", ["same seed", "bytes"])
def test_alterations_of_what_hangs_on_no_training_are_caught(name, how, reference):
    run = run_of(0, noise=0)
    assert outcome(run | {STUDY: altered(run[STUDY], **ALTERATIONS[name])}, reference, how) == DIFFERS


def test_other_networks_are_caught(reference):
    """Such as untrained ones in place of trained ones, or two networks swapped."""
    run = run_of(0, noise=0)
    assert outcome(run | {STUDY: study_table(0, networks=1, noise=0)}, reference) == DIFFERS
    swapped = run[STUDY].copy()
    columns = ["estimate", "low", "high"]
    swapped.loc[[0, 1], columns] = swapped.loc[[1, 0], columns].to_numpy()
    assert outcome(run | {STUDY: swapped}, reference) == DIFFERS


@pytest.mark.parametrize("row", range(0, ROWS, 4))
def test_one_row_moved_by_three_widths_is_caught(row, reference):
    run = run_of(0)
    table = run[STUDY].copy()
    table.loc[row, ["estimate", "low", "high"]] += 3 * (table.loc[row, "high"] - table.loc[row, "low"])
    rows = compared(run | {STUDY: table}, reference)
    assert rows[0]["outcome"] == DIFFERS
    assert [row_["quantity"] for row_ in rows if row_["kind"] == "row"] == ["estimate"]


@pytest.mark.parametrize("name", [name for name in ALTERATIONS if name != "estimates times 1.002"])
@pytest.mark.parametrize("how", ["same seed", "another seed"])
def test_alterations_of_networks_trained_in_the_run_are_caught(name, how, reference):
    if name == "estimates times 1.02" and how == "another seed":
        pytest.skip("seeds alone are blunt: their own spread is as large")
    run = run_of(0 if how == "same seed" else 20)
    if name == "estimates times 1.02":
        return  # likewise where networks are trained anew
    assert outcome(run | {STUDY: altered(run[STUDY], **ALTERATIONS[name])}, reference, how, True) == DIFFERS


def test_other_seeds_rarely_differ(reference):
    outcomes = [outcome(run_of(seed), reference, "another seed") for seed in range(100, 130)]
    assert outcomes.count(DIFFERS) <= 1


def test_numbers_outside_are_listed_with_their_intervals(reference):
    run = run_of(50)
    run[STUDY].loc[2, ["estimate", "low", "high"]] *= 2
    rows = [row for row in compared(run, reference, "another seed") if row["outcome"] == OUTSIDE]
    (listed,) = (row for row in rows if row["quantity"] == "estimate" and "complexity_l2 layer=L2" in row["row"])
    assert listed["run"] > listed["high"] > listed["low"]


def test_missing_and_additional_rows_differ(reference):
    run = run_of(0)
    for how in ("same seed", "another seed", "bytes"):
        rows = compared(run | {STUDY: run[STUDY].drop(index=4)}, reference, how)
        assert rows[0]["outcome"] == DIFFERS
        more = pd.concat([run[STUDY], run[STUDY].iloc[[4]].assign(layer="L99")], ignore_index=True)
        rows = compared(run | {STUDY: more}, reference, how)
        assert rows[0]["outcome"] == DIFFERS
        assert any("layer=L99" in row["row"] and row["run"] == "there" for row in rows)


def test_a_row_that_gold_runs_do_not_all_have_may_be_missing():
    runs = [run_of(seed, noise=0) for seed in SEEDS]
    runs[3][STUDY] = runs[3][STUDY].drop(index=4)
    reference = reference_of(SEEDS)
    frames = [aligned(runs[0][STUDY], run[STUDY]) for run in runs]
    gold = dict(reference.gold) | {STUDY: gold_of(frames)}
    lenient = type(reference)(reference.tables, gold, reference.limits, reference.verdicts)
    run = run_of(50)
    run[STUDY] = run[STUDY].drop(index=4)
    assert outcome(run, lenient, "another seed") == AGREES


CLAIM_CHANGES = {
    "rule": {"rule": lambda table: "≥ 1"},
    "wording": {"wording": lambda table: "other words"},
    "unit": {"unit": lambda table: "image"},
    "n set to 5": {"n": lambda table: 5},
    "intervals 101 times as wide": {
        "low": lambda table: table["estimate"] - 20,
        "high": lambda table: table["estimate"] + 20,
    },
    "scope": {"scope": lambda table: "these networks"},
}


@pytest.mark.parametrize("name", CLAIM_CHANGES)
@pytest.mark.parametrize("how", ["same seed", "another seed", "bytes"])
def test_altered_claims_are_caught(name, how, reference):
    run = run_of(0)
    assert outcome(run | {CLAIMS: altered(run[CLAIMS], **CLAIM_CHANGES[name])}, reference, how) == DIFFERS


def with_claim(place, **values):
    claims = claims_table(0)
    for name, value in values.items():
        claims.loc[place, name] = value
    return run_of(0) | {CLAIMS: claims}


def test_a_verdict_that_moves_to_undecided_within_its_interval_is_at_its_bound(reference):
    run = with_claim(0, decided="undecided")
    for how in ("same seed", "another seed"):
        assert outcome(run, reference, how) == AT_ITS_BOUND
    rows = [row for row in compared(run, reference) if row["outcome"] == AT_ITS_BOUND and row["kind"] == "claim"]
    assert {(row["row"], row["quantity"]) for row in rows} == {("X0 of study", "estimate"), ("X0 of study", "verdict")}


def test_a_verdict_that_turns_round_differs_unless_gold_runs_show_both(reference):
    run = with_claim(0, decided="not reproduced")
    assert outcome(run, reference, "another seed") == DIFFERS
    both = pd.concat([
        reference.verdicts,
        pd.DataFrame([{"id": "X0", "study": STUDY, "twin": "raw", "decided": "not reproduced", "runs": 1}]),
    ])  # fmt: skip
    shown = type(reference)(reference.tables, reference.gold, reference.limits, both)
    assert outcome(run, shown, "another seed") == AT_ITS_BOUND


def test_an_estimate_outside_its_interval_differs_whatever_the_verdict(reference):
    run = with_claim(1, estimate=5.0, low=4.8, high=5.2)
    for how in ("same seed", "another seed"):
        assert outcome(run, reference, how) == DIFFERS


def test_an_estimate_without_an_upper_end_is_compared_all_the_same(reference):
    run = with_claim(5, estimate=1.6 + reference.tables[CLAIMS].loc[5, "estimate"])
    assert outcome(run, reference, "same seed") == DIFFERS
    assert outcome(run, reference, "another seed") == DIFFERS


def test_missing_claims_differ(reference):
    run = run_of(0)
    assert outcome(run | {CLAIMS: run[CLAIMS].drop(index=2)}, reference, "another seed") == DIFFERS
