"""The stage that compares a run with the reference: how it compares, what it writes, and that it always ends."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gold_tables import STUDY, run_of

from topolens.artifacts import read_json, read_table, write_json, write_table
from topolens.config.study import load_study
from topolens.stages.verify import compare_with_reference, stands_on_training
from topolens.verification.fingerprint import fingerprint
from topolens.verification.gold import CLAIMS, FILES, write_gold
from topolens.verification.report import verdict
from topolens.verification.tables import settings_of

STUDIES = Path(__file__).parents[2] / "workflow" / "config" / "studies"
NAME = "disks"


def tables_of(seed, noise=0.0):
    """Made-up tables, called those of the study of disks."""
    run = run_of(seed, noise)
    return {NAME: run[STUDY], CLAIMS: run[CLAIMS].assign(study=NAME)}


def write_run(folder, tables, processor="P", code="c", pins=None):
    for name, table in tables.items():
        write_table(folder / f"{name}.csv", table, digits=17)
    write_json(
        folder / "one.provenance.json",
        {"stage": "one", "code": code, "versions": {}, "processor": processor, "instruction_set": "AVX2", "blas": "b",
         "chosen_kernels": {}, "device": "cpu", "python": "3", "pinned": False},
    )  # fmt: skip
    write_json(
        folder / "trained.provenance.json",
        {"stage": "trained", "code": code, "versions": {}, "processor": processor, "instruction_set": "AVX2",
         "blas": "b", "chosen_kernels": pins or {}, "device": "cpu", "python": "3", "pinned": True},
    )  # fmt: skip


@pytest.fixture
def compare(tmp_path):
    """Compares a run of a seed, altered by a function of its tables, with the reference of seed 0: text, code."""
    studies = {NAME: load_study(STUDIES / f"{NAME}.yaml", "smoke")}
    reference = tmp_path / "reference"
    runs = [tables_of(seed) for seed in range(5)]
    write_run(reference, runs[0], pins={"A": "avx2"})
    write_gold(reference, runs[0], runs)
    write_json(reference / "fingerprint.json", fingerprint(reference, settings_of(studies), "smoke", 0))

    def run(seed=0, noise=0.0, change=lambda tables: tables, processor="P", pins=(("A", "avx2"),)):
        folder = tmp_path / "run"
        write_run(folder, change(tables_of(seed, noise)), processor, pins=dict(pins))
        files = [folder / name for name in ("verification.csv", "verification.json", "verification.html")]
        compare_with_reference(
            *files, results_folder=folder, reference_folder=reference, study_files=[STUDIES / f"{NAME}.yaml"],
            scale="smoke", seed=seed,
        )  # fmt: skip
        assert all(file.is_file() for file in files)
        return *verdict(folder), read_json(files[1])

    run.reference = reference
    return run


def test_the_same_run_agrees_to_the_byte(compare):
    text, code, record = compare()
    assert (code, record["how"]) == (0, "bytes")
    assert "agrees" in text


def test_another_processor_is_told_by_its_fingerprint(compare):
    _, code, record = compare(noise=1e-7, processor="Q")
    assert (code, record["how"]) == (0, "same seed")
    # On the same processor the same noise would have been a difference.
    assert compare(noise=1e-7)[1:2] == (1,)


def test_perceptrons_of_the_same_pinned_arithmetic_are_held_to_the_same_numbers(compare):
    def larger(tables):
        columns = ["estimate", "low", "high"]
        return tables | {NAME: tables[NAME].assign(**{name: 1.01 * tables[NAME][name] for name in columns})}

    assert compare(noise=1e-7, processor="Q")[1] == 0
    assert compare(change=larger, processor="Q")[1] == 1
    # Trained by other arithmetic they may be others: as from another seed.
    assert compare(change=larger, processor="Q", pins=())[1] == 0


def test_another_seed_is_held_against_gold_runs(compare):
    _, code, record = compare(seed=11)
    assert (code, record["how"]) == (0, "another seed")


def altered(name, **columns):
    def change(tables):
        return tables | {name: tables[name].assign(**{key: of(tables[name]) for key, of in columns.items()})}

    return change


def test_an_altered_run_differs(compare):
    text, code, _ = compare(seed=11, change=altered(NAME, estimate=lambda table: -3 * table["estimate"]))
    assert code == 1
    assert "disks    differs" in text
    text, code, _ = compare(seed=11, change=altered(CLAIMS, rule=lambda table: "≥ 7"))
    assert code == 1
    assert "differs: disks, X0 of disks, rule: ≥ 7, reference ≥ 0" in text


def test_other_data_and_settings_cannot_be_compared(compare):
    text, code, _ = compare(change=altered(CLAIMS, data=lambda table: "stand-in"))
    assert code == 2
    assert "not comparable: its data are 'stand-in', the reference's are 'real'" in text
    file = compare.reference / "fingerprint.json"
    write_json(file, read_json(file) | {"settings": {NAME: "other"}})
    text, code, _ = compare()
    assert code == 2
    assert "not comparable: its settings are not those of the reference" in text


def test_a_reference_of_one_run_tells_only_of_the_same_networks(compare):
    for name in FILES:
        (compare.reference / name).unlink()
    assert compare()[1] == 0
    assert compare(change=altered(NAME, estimate=lambda table: table["estimate"] + 1e-6))[1] == 1
    assert compare(noise=1e-7, processor="Q")[1] == 0
    assert compare(noise=1e-2, processor="Q")[1] == 1
    for other in ({"seed": 11}, {"processor": "Q", "pins": ()}):
        text, code, _ = compare(**other)
        assert code == 2
        assert "not comparable: the reference is one run" in text


def test_without_a_reference_it_says_so(compare):
    (compare.reference / "fingerprint.json").unlink()
    text, code, record = compare()
    assert code == 2
    assert "there is no reference at this scale" in text
    assert record["reference"] == "none"


def test_what_stands_on_networks_that_a_run_trains():
    disks = load_study(STUDIES / "disks.yaml", "quick")
    table = pd.DataFrame({"run": ["main", "main", "holes", "main"], "depth": [0, 1, 0, np.nan]})
    assert stands_on_training(table, disks, False).tolist() == [False, True, False, True]
    assert not stands_on_training(table, disks, True).any()
    restored, trained = (load_study(STUDIES / "crops.yaml", scale) for scale in ("quick", "smoke"))
    table = pd.DataFrame({"run": ["main", "random"]})
    assert stands_on_training(table, restored, True).tolist() == [False, False]
    assert stands_on_training(table, trained, True).tolist() == [True, False]


def test_every_row_of_the_table_has_its_study_and_outcome(compare):
    compare(seed=11, change=altered(NAME, n=lambda table: 5))
    table = read_table(compare.reference.parent / "run" / "verification.csv")
    assert {*table["study"]} == {NAME}
    assert table["outcome"].notna().all()
    assert {"study", "column", "claim", "row"} <= {*table["kind"]}
