"""What is kept of gold runs, and the reference that is made of them."""

import numpy as np
import pandas as pd
import pytest
from gold_tables import STUDY, run_of

from topolens import gold_runs
from topolens.artifacts import read_json, read_table, write_json, write_table
from topolens.claims.stability import with_stability
from topolens.config.study import load_study
from topolens.errors import TopolensError
from topolens.verification.compare import AGREES, Reference, compare_study
from topolens.verification.fingerprint import described, fingerprint, same_machine
from topolens.verification.gold import CLAIMS, aligned, gold_of, read_gold, share_limits, write_gold
from topolens.verification.quantities import QUANTITIES, names_of, quantities_of

RUNS = [run_of(seed, noise=0) for seed in range(5)]


def test_quantities_by_hand():
    table = pd.DataFrame(
        {"statistic": ["a", "b"], "estimate": [1.0, 2.0], "low": [0.0, np.nan], "high": [np.e, np.nan], "n": [5, 6],
         "null_low": [1.0, np.nan], "null_high": [3.0, np.nan], "p_value": [0.5, 0.0]}
    )  # fmt: skip
    found = quantities_of(table)
    expected = [[1, 1, 2, np.log(2), 0, np.nan, 5], [2, np.nan, np.nan, np.nan, -4.753424, np.nan, 6]]
    np.testing.assert_allclose(found.to_numpy(), expected, atol=1e-6)
    assert names_of(table).tolist() == ["statistic=a", "statistic=b"]


def test_names_are_the_filled_columns():
    table = pd.DataFrame(
        {"run": ["main", "main"], "statistic": ["s", "s"], "depth": [1.0, np.nan], "layer": [None, "L"]}
    )
    assert names_of(table).tolist() == ["run=main statistic=s depth=1", "run=main statistic=s layer=L"]


def test_rows_are_aligned_by_name_and_not_by_place():
    table = RUNS[0][STUDY]
    found = aligned(table, table.sample(frac=1, random_state=0).iloc[:-1])
    assert found.index.equals(table.index)
    missing = found["n"].isna()
    assert missing.sum() == 1
    pd.testing.assert_frame_equal(found[~missing], quantities_of(table)[~missing])


def test_what_is_kept_gives_the_same_comparison(tmp_path):
    write_gold(tmp_path, RUNS[0], RUNS)
    gold, limits, verdicts = read_gold(tmp_path)
    assert verdicts["runs"].sum() == 5 * len(RUNS[0][CLAIMS])
    assert {*limits["quantity"]} == {"all", *QUANTITIES}
    frames = [aligned(RUNS[0][STUDY], run[STUDY]) for run in RUNS]
    expected = share_limits(RUNS[0][STUDY], frames)
    np.testing.assert_allclose(limits["limit"], expected["limit"], rtol=1e-5)
    own = gold_of(frames)
    np.testing.assert_allclose(gold[STUDY].mean, own.mean, rtol=1e-6)
    np.testing.assert_array_equal(gold[STUDY].counted, own.counted)
    assert own.counted.any()
    reference = Reference(RUNS[0], gold, limits, verdicts)
    trained = np.ones(len(RUNS[0][STUDY]), bool)
    assert compare_study(STUDY, run_of(0), reference, "same seed", trained)[0]["outcome"] == AGREES


# Stability


def counts_of(**runs):
    return pd.DataFrame(
        [
            {"id": "X", "study": "s", "twin": "", "decided": name.replace("_", " "), "runs": n}
            for name, n in runs.items()
        ],
        columns=["id", "study", "twin", "decided", "runs"],
    )


@pytest.mark.parametrize(
    ("counts", "stability", "verdict"),
    [
        ({"reproduced": 8}, 1, "reproduced"),
        ({"reproduced": 7, "undecided": 1}, 7 / 8, "reproduced"),
        ({"reproduced": 6, "undecided": 2}, 6 / 8, "undecided"),
        ({"undecided": 8}, 0, "undecided"),
        ({"reproduced": 2, "undecided": 2}, 0.5, "reproduced"),  # too few runs to say
        ({}, np.nan, "reproduced"),
    ],
)
def test_unstable_verdicts_are_undecided(counts, stability, verdict):
    claims = pd.DataFrame([{"id": "X", "study": "s", "twin": np.nan, "decided": "reproduced", "reason": ""}])
    (row,) = with_stability(claims, counts_of(**counts)).to_dict("records")
    assert row["verdict"] == verdict
    assert row["stability"] == pytest.approx(stability, nan_ok=True)
    assert row["decided"] == "reproduced"
    assert ("unstable over seeds" in row["reason"]) == (verdict == "undecided")


# Where a run is from


def record(folder, name, **changes):
    values = {"stage": name, "code": "c", "versions": {"numpy": "2"}, "processor": "P", "instruction_set": "AVX2",
              "chosen_kernels": {}, "blas": "b", "device": "cpu", "python": "3.11", "pinned": False}  # fmt: skip
    cost = {"cpu_seconds": 60.0, "wall_seconds": 30.0, "peak_memory_mb": 100.0}
    write_json(folder / f"{name}.provenance.json", values | cost | changes)


def print_of(folder, seed=3, settings=1):
    return fingerprint(folder, {"s": settings}, "quick", seed)


def test_a_fingerprint_tells_machines_code_and_settings_apart(tmp_path):
    for folder in ("a", "b", "c", "d"):
        record(tmp_path / folder, "one")
        record(tmp_path / folder, "two", pinned=True, chosen_kernels={"A": "avx2"})
    assert print_of(tmp_path / "a") == print_of(tmp_path / "b")
    assert print_of(tmp_path / "a")["settings"] != print_of(tmp_path / "a", settings=2)["settings"]
    record(tmp_path / "b", "one", processor="Q")
    assert not same_machine(print_of(tmp_path / "a"), print_of(tmp_path / "b"))
    record(tmp_path / "c", "one", code="d")
    assert not same_machine(print_of(tmp_path / "a"), print_of(tmp_path / "c"))
    assert same_machine(print_of(tmp_path / "a", seed=4), print_of(tmp_path / "d"))
    assert "seed 3, P (AVX2), b" in described(print_of(tmp_path / "a"))


def test_stages_that_the_reference_has_not_do_not_count(tmp_path):
    record(tmp_path / "a", "one")
    record(tmp_path / "b", "one")
    record(tmp_path / "b", "figure", blas="another", processor="Q")
    assert not same_machine(print_of(tmp_path / "a"), print_of(tmp_path / "b"))
    known = print_of(tmp_path / "a")
    assert same_machine(known, fingerprint(tmp_path / "b", {"s": 1}, "quick", 3, known["code"]))


def test_a_run_that_went_on_elsewhere_shows_both_machines(tmp_path):
    record(tmp_path, "one")
    record(tmp_path, "two", processor="Q")
    assert print_of(tmp_path)["machine"]["processor"] == ["P", "Q"]


# Gold runs


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Gold runs whose snakemake writes made-up tables; `asked` holds what it was asked for."""
    asked = []
    study = load_study(gold_runs.Path(__file__).parents[2] / "workflow/config/studies/disks.yaml", "smoke")

    def snakemake(root, scale, config, targets):
        asked.append((config.get("seed"), targets))
        if "seed" in config:
            folder = root / config["results"]
            for name, table in run_of(config["seed"], noise=0).items():
                write_table(folder / f"{'disks' if name == STUDY else name}.csv", table)
            record(folder, "one")
        else:
            for target in targets:
                (root / target).parent.mkdir(parents=True, exist_ok=True)
                (root / target).write_bytes(b"data")
                record((root / target).parent, "data")

    monkeypatch.setattr(gold_runs, "_snakemake", snakemake)
    monkeypatch.setattr(gold_runs, "_studies", lambda root, scale: {"disks": study})
    return tmp_path, asked


def test_gold_runs_share_their_data_and_keep_their_fingerprint(project):
    root, asked = project
    gold_runs.gold(root, "smoke", [20, 21])
    assert [seed for seed, _ in asked] == [None, 20, 21]
    shared = root / "results/smoke/disks/main/data.npz"
    for seed in (20, 21):
        folder = root / "results/gold/smoke" / str(seed)
        assert (folder / "disks/main/data.npz").samefile(shared)
        assert read_json(folder / "fingerprint.json")["seed"] == seed
    gold_runs.gold(root, "smoke", [20])  # linked already


def test_the_reference_is_one_run_with_what_all_say_of_it(project):
    root, _ = project
    with pytest.raises(TopolensError, match=r"best of 3 seeds and more, 20 among them, found none; run `make gold"):
        gold_runs.make_reference(root, "smoke", 20)
    gold_runs.gold(root, "smoke", [20, 21, 22, 23, 24])
    assert gold_runs.make_reference(root, "smoke", 20) == [20, 21, 22, 23, 24]
    reference = root / "results/reference/smoke"
    assert (reference / "disks.csv").read_bytes() == (root / "results/gold/smoke/20/disks.csv").read_bytes()
    claims = read_table(reference / "claims.csv")
    assert claims["id"].tolist() == run_of(20)[CLAIMS]["id"].tolist()
    assert read_json(reference / "fingerprint.json")["seed"] == 20
    assert read_table(reference / "compute.csv")["cpu_minutes"].tolist() == [1, 1]


def test_one_run_makes_a_reference_that_says_nothing_of_spreads(project):
    root, _ = project
    reference = root / "results/reference/smoke"
    gold_runs.gold(root, "smoke", [20, 21, 22])
    gold_runs.make_reference(root, "smoke", 20)
    assert (reference / "gold.csv").is_file()
    for seed in (21, 22):
        (root / f"results/gold/smoke/{seed}/fingerprint.json").unlink()
    assert gold_runs.make_reference(root, "smoke", 20) == [20]
    assert not [*reference.glob("gold*")]
    assert read_table(reference / "claims.csv")["decided"].tolist() == run_of(20)[CLAIMS]["decided"].tolist()


def test_runs_of_other_code_make_no_reference(project):
    root, _ = project
    gold_runs.gold(root, "smoke", [20, 21, 22])
    file = root / "results/gold/smoke/21/fingerprint.json"
    write_json(file, read_json(file) | {"code": "other"})
    with pytest.raises(TopolensError, match="the runs differ in code; run `make gold SCALE=smoke` again"):
        gold_runs.make_reference(root, "smoke", 20)
