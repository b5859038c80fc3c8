"""Alterations of a real run, the committed reference's own: each is caught in every study that has such rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from topolens.artifacts import read_json
from topolens.statistics.rows import KEYS
from topolens.verification.compare import AGREES, DIFFERS, OUTSIDE, ROUNDING, Reference, compare_study, rounded
from topolens.verification.fingerprint import FILE
from topolens.verification.gold import CLAIMS, read_gold
from topolens.verification.quantities import names_of
from topolens.verification.tables import read_tables

FOLDER = Path(__file__).parents[2] / "results" / "reference" / "quick"
pytestmark = pytest.mark.skipif(
    not (FOLDER / FILE).is_file(), reason="the quick reference is of the former rules: make gold, make reference"
)
CLAIMS_FILE = FOLDER.parents[2] / "workflow" / "config" / "claims.yaml"
STUDIES = ("disks", "mnist", "cifar10", "crops", "metrics", "naitzat")
PLACED = ["estimate", "low", "high"]


@pytest.fixture(scope="module")
def reference():
    return Reference(read_tables(FOLDER, STUDIES), *read_gold(FOLDER))


def compared(study, reference, table=None, claims=None):
    """What comes out for a run of the same seed on another processor that has these tables in place of its own."""
    tables = reference.tables
    run = {study: tables[study] if table is None else table, CLAIMS: tables[CLAIMS] if claims is None else claims}
    return compare_study(study, run, reference, "same seed", np.zeros(len(tables[study]), bool))


def times(factor, *columns):
    def change(table):
        return table.assign(**{name: table[name] * factor for name in columns if name in table})

    return change


def p_values_turned(table):
    return table.assign(**{name: 1 - table[name] for name in ("p_value", "p_holm") if name in table})


def without_interval_times_minus_three(table):
    return table.assign(estimate=table["estimate"].where(table["low"].notna(), -3 * table["estimate"]))


def distances_of_averages_times_100(table):
    chosen = table["statistic"].str.contains("distance")
    changed = table.copy()
    changed.loc[chosen, PLACED] *= 100
    return changed


def wider(table):
    middle = (table["low"] + table["high"]) / 2
    return table.assign(low=middle + 101 * (table["low"] - middle), high=middle + 101 * (table["high"] - middle))


def worse_by_a_twentieth(table):
    changed = table.copy()
    changed.loc[table["statistic"].isin(["accuracy", "iou"]), PLACED] -= 0.05
    return changed


def moved_by_three_widths(table):
    width = table["high"] - table["low"]
    width = width.where(np.isfinite(width) & (width > 0), 0)
    return table.assign(**{name: table[name] + 3 * width for name in PLACED})


def swapped(column):
    """The two values of a column that have most rows in common, exchanged in the run `main`."""

    def change(table):
        if column not in table:
            return table
        numbers = [name for name in table if table[name].dtype == np.float64 and name not in ("depth", "degree")]
        others = [name for name in table if name not in {column, "depth", "unit", *numbers}]
        main = table[table["run"] == "main"].dropna(subset=[column])
        common = main[column].value_counts().index[:2]
        if len(common) < 2:
            return table
        first, second = (main[main[column] == value] for value in common)
        keys = [name for name in others if name in KEYS]
        pairs = first.reset_index().merge(second.reset_index(), on=keys, suffixes=("", " of the other"))
        changed = table.copy()
        for one, other in (("index", "index of the other"), ("index of the other", "index")):
            changed.loc[pairs[one], PLACED] = table.loc[pairs[other], PLACED].to_numpy()
        return changed

    return change


def untrained(table):
    """Rows of the run `random` in the place of the same rows of `main`."""
    rows = table.assign(name=names_of(table).str.replace(r"^run=\S+", "", regex=True))
    random = rows[rows["run"] == "random"].set_index("name")
    at = rows.index[(rows["run"] == "main") & rows["name"].isin(random.index)]
    changed = table.copy()
    changed.loc[at, PLACED] = random.loc[rows.loc[at, "name"], PLACED].to_numpy()
    return changed


ALTERATIONS = {
    "p-values turned round": (p_values_turned, 5),
    "nulls times 10": (times(10, "null_low", "null_high"), 4),
    "estimates without an interval times -3": (without_interval_times_minus_three, 5),
    "distances of averages times 100": (distances_of_averages_times_100, 2),
    "intervals 101 times as wide": (wider, 6),
    "accuracies lower by 0.05": (worse_by_a_twentieth, 3),
    "rows moved by three widths": (moved_by_three_widths, 6),
    "layers swapped": (swapped("layer"), 5),
    "networks swapped": (swapped("network"), 3),
    "untrained networks": (untrained, 2),
    "all times 1.02": (times(1.02, *PLACED), 6),
    "all times 1.002": (times(1.002, *PLACED), 6),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_alterations_are_caught_in_every_study_that_has_such_rows(name, reference):
    alter, fewest = ALTERATIONS[name]
    found = {}
    for study in STUDIES:
        table = alter(reference.tables[study])
        if not table.equals(reference.tables[study]):
            found[study] = compared(study, reference, table)[0]["outcome"]
    assert set(found.values()) == {DIFFERS}, found
    assert len(found) >= fewest, found


@pytest.mark.parametrize("study", STUDIES)
def test_every_single_row_that_moves_by_three_widths_is_listed(study, reference):
    table = reference.tables[study]
    altered = moved_by_three_widths(table)
    # Intervals so narrow that rounding on another processor moves them as far tell nothing.
    wide = 3 * (table["high"] - table["low"]) > 2 * ROUNDING * table["estimate"].abs()
    moved = names_of(table)[(altered["estimate"] != table["estimate"]) & wide]
    listed = {row["row"] for row in compared(study, reference, altered) if row["kind"] == "row"}
    assert len(moved) > 50
    assert {*moved} <= listed


CLAIM_CHANGES = {
    "n": {"n": 5},
    "rule": {"rule": "≥ 100"},
    "wording": {"wording": "something else"},
    "unit": {"unit": "snowflake"},
    "scope": {"scope": "all networks of the world"},
}


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("name", [*CLAIM_CHANGES, "estimates times 1.02"])
def test_altered_claims_are_caught(name, study, reference):
    claims = reference.tables[CLAIMS]
    changed = claims.assign(**CLAIM_CHANGES.get(name, {}))
    if name not in CLAIM_CHANGES:
        changed = times(1.02, *PLACED)(claims)
    assert compared(study, reference, claims=changed)[0]["outcome"] == DIFFERS


@pytest.mark.parametrize("study", STUDIES)
def test_the_run_itself_agrees_with_noise_of_another_processor_too(study, reference):
    noise = np.random.default_rng(0)

    def noisy(table):
        numbers = [name for name in (*PLACED, "null_low", "null_high") if name in table]
        return table.assign(**{name: table[name] * (1 + 5e-6 * noise.uniform(-1, 1, len(table))) for name in numbers})

    for table in (reference.tables[study], noisy(reference.tables[study])):
        outcomes = {row["outcome"] for row in compared(study, reference, table)}
        assert outcomes == {AGREES}


def moved_by_share(chosen, share):
    """The reference's table of metrics with estimates of some rows a share of their size higher or lower, in turns."""

    def change(table):
        rows = chosen(table)
        signs = np.where(np.arange(len(table)) % 2, 1, -1)
        return table.assign(estimate=table["estimate"] * np.where(rows, 1 + share * signs, 1))

    return change


def of_distances(table):
    return table["statistic"].str.startswith("disturbed")


def test_rows_of_networks_in_INT8_may_move_as_on_another_processor_but_not_further(reference):
    """Seen from one kind of processor to another: up to 9 % of such distances, 0.1 % of none other."""
    in_int8 = moved_by_share(lambda table: of_distances(table) & table["condition"].eq("int8"), 0.05)
    others = moved_by_share(lambda table: of_distances(table) & table["condition"].ne("int8"), 0.05)
    far = moved_by_share(lambda table: of_distances(table) & table["condition"].eq("int8"), 0.9)
    table = reference.tables["metrics"]
    outcomes = [compared("metrics", reference, change(table))[0]["outcome"] for change in (in_int8, others, far)]
    assert outcomes == [AGREES, DIFFERS, DIFFERS]


def test_claims_on_INT8_are_those_whose_wording_says_so(reference):
    quantised = {claim["id"] for claim in yaml.safe_load(CLAIMS_FILE.read_text()) if "quantised" in claim["statistic"]}
    claims = reference.tables[CLAIMS]
    assert len(quantised) >= 3
    assert {*claims["id"][rounded(claims)]} == quantised
    moved = claims.assign(estimate=claims["estimate"].where(claims["id"] != "H4.vit.topology", 0.1755))
    assert compared("metrics", reference, claims=moved)[0]["outcome"] == AGREES
    moved = claims.assign(estimate=claims["estimate"].where(claims["id"] != "H4.vit.topology", 0.5))
    assert compared("metrics", reference, claims=moved)[0]["outcome"] == DIFFERS


def test_a_few_choices_that_fall_otherwise_agree_but_not_far_and_not_many(reference):
    """Of points that nearly tie the last bit says which is nearest: one image of ten clouds of a hundred."""
    table = reference.tables["metrics"]
    found = table.index[(table["statistic"] == "neighbours") & (table["n"] == 10)]
    assert len(found) > 300
    for rows, more, outcome in ((found[:1], 0.001, AGREES), (found[:1], 0.2, DIFFERS), (found, 0.001, DIFFERS)):
        changed = table.copy()
        changed.loc[rows, PLACED] += more
        listed = compared("metrics", reference, changed)
        assert listed[0]["outcome"] == outcome
        assert {row["outcome"] for row in listed if row["kind"] == "row"} == {OUTSIDE if more == 0.001 else DIFFERS}


def test_the_reference_says_where_it_is_from():
    known = read_json(FOLDER / FILE)
    assert known["scale"] == "quick"
    assert set(known["settings"]) == {*STUDIES}


def test_gold_runs_are_at_least_eight():
    assert pd.read_csv(FOLDER / "gold_studies.csv")["runs"].min() >= 8
