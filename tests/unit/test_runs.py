"""What surrounds a whole run: the lock of a killed one, and the summary at the end."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from topolens import runs
from topolens.artifacts import write_json
from topolens.claims.findings import MARKS
from topolens.errors import TopolensError

ROOT = Path(__file__).parents[2]
CLAIM = """
- id: W1
  studies: [disks]
  scope: these networks
  headline: {study: disks}
  run: holes
  source: the slides
  wording: w
  statistic: gap_share
  options: {depth: 0, degree: 1, bars: 9}
  holds: {above: 0.8}
  expected: e
"""


def verdicts_of(rows):
    table = pd.DataFrame(rows, columns=["id", "study", "headline", "verdict"])
    return table.assign(kind="published", scope="these networks", twin=None, reason=None)


@pytest.fixture
def locked(tmp_path):
    (tmp_path / ".snakemake" / "locks").mkdir(parents=True)
    (tmp_path / ".snakemake" / "locks" / "0.input.lock").touch()
    return tmp_path


@pytest.fixture
def calls(monkeypatch):
    made = []

    def run(command, **_):
        made.append(command)
        return subprocess.CompletedProcess(command, 0, "")

    monkeypatch.setattr(runs.subprocess, "run", run)
    return made


def test_without_a_lock_there_is_nothing_to_unlock(tmp_path, calls):
    runs.unlock(tmp_path)
    assert calls == []


def test_the_lock_of_a_killed_run_is_removed(locked, calls):
    runs.unlock(locked)
    assert calls == [[sys.executable, "-m", "snakemake", "--unlock"]]


def test_r17_what_keeps_snakemake_from_unlocking_is_shown(locked, monkeypatch):
    told = subprocess.CompletedProcess([], 1, "mnist.yaml: main.training.batchsize: unknown key\n")
    monkeypatch.setattr(runs.subprocess, "run", lambda command, **_: told)
    with pytest.raises(TopolensError, match=r"could not be unlocked: mnist\.yaml: .* unknown key"):
        runs.unlock(locked)


def test_the_lock_of_a_living_run_stays(locked, calls):
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)  # snakemake"]
    living = subprocess.Popen(sleeper, cwd=locked)
    try:
        time.sleep(0.2)
        with pytest.raises(TopolensError, match=f"process {living.pid}"):
            runs.unlock(locked)
    finally:
        living.kill()
        living.wait()
    assert calls == []


def test_the_summary_counts_verdicts_and_adds_up_minutes(tmp_path):
    results = tmp_path / "results" / "quick"
    for name, seconds in (("disks/main/networks", 90.0), ("disks/main/diagrams", 30.0), ("mnist/main/networks", 6.0)):
        write_json(results / f"{name}.provenance.json", {"wall_seconds": seconds})
    write_json(tmp_path / "figures" / "quick" / "disks" / "training.provenance.json", {"wall_seconds": 60.0})
    verdicts_of(
        [("W3", "disks", True, "reproduced"), ("W3", "disks", False, "reproduced"), ("W3", "mnist", False, "undecided")]
    ).to_csv(results / "claims.csv", index=False)
    text = runs.summary(tmp_path, "quick")
    assert "each once: 1 reproduced, 0 not reproduced, 0 undecided, 0 not comparable" in text
    assert "disks      3.0 minutes of computation; rows: 2 reproduced" in text
    assert "mnist      0.1 minutes of computation; rows: 1 undecided" in text
    assert str(results / "topolens.pdf") in text


def test_a_summary_of_nothing_says_what_to_run(tmp_path):
    with pytest.raises(TopolensError, match="make reproduce SCALE=full"):
        runs.summary(tmp_path, "full")


def test_a_summary_of_an_earlier_version_says_so(tmp_path):
    (tmp_path / "results" / "full").mkdir(parents=True)
    old = verdicts_of([("W3", "disks", True, "reproduced")]).drop(columns=["headline", "reason"])
    old.to_csv(tmp_path / "results" / "full" / "claims.csv", index=False)
    with pytest.raises(TopolensError, match=r"claims\.csv: made by an earlier version, without headline, reason"):
        runs.summary(tmp_path, "full")


def test_the_verdicts_of_a_reference_are_published(tmp_path):
    config, reference = tmp_path / "workflow" / "config", tmp_path / "results" / "reference" / "full"
    shutil.copytree(ROOT / "workflow" / "config" / "studies", config / "studies")
    (config / "claims.yaml").write_text(CLAIM, encoding="utf-8")
    finding = {"id": "holes", "text": "Nine holes, {disks W1}.", "stands_on": {"disks W1": "reproduced"}}
    (config / "findings.yaml").write_text(json.dumps([finding]), encoding="utf-8")
    reference.mkdir(parents=True)
    told = {"estimate": 0.92, "low": 0.89, "high": 1.0, "n": 300, "unit": "repeat", "data": "d", "scale": "full"}
    row = verdicts_of([("W1", "disks", True, "reproduced")]).assign(**told, rule="≥ 0.8", wording="w", band=None)
    row.to_csv(reference / "claims.csv", index=False)
    (tmp_path / "README.md").write_text("".join(MARKS), encoding="utf-8")
    runs.publish(tmp_path, "full")
    (entry,) = json.loads((tmp_path / "results" / "claims.json").read_text(encoding="utf-8"))
    assert (entry["id"], entry["interval"], entry["source"]) == ("W1", [0.89, 1.0], "the slides")
    assert entry["figures"] == ["figures/full/disks/diagrams.pdf", "figures/full/disks/loops.pdf"]
    page = (tmp_path / "results" / "VERDICTS.md").read_text(encoding="utf-8")
    assert "| W1 | w | reproduced: 0.92 [0.89, 1.00], n = 300 | disks, W1 | these networks | the slides |" in page
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    figure = "[`disks_diagrams`](figures/reference/disks_diagrams.png)"
    assert (
        f"- Nine holes, 0.92 [0.89, 1.00], n = 300. ([W1](results/VERDICTS.md#disks-w1), the slides: {figure})\n"
        in readme
    )


def test_the_readme_holds_the_verdicts_against_the_quick_scale(tmp_path):
    config = tmp_path / "workflow" / "config"
    shutil.copytree(ROOT / "workflow" / "config", config)
    shutil.copytree(ROOT / "results" / "reference", tmp_path / "results" / "reference")
    (tmp_path / "README.md").write_text("".join(MARKS), encoding="utf-8")
    full, quick = (
        pd.read_csv(ROOT / f"results/reference/{scale}/claims.csv").query("headline").set_index(["study", "id", "twin"])
        for scale in ("full", "quick")
    )
    same = int((full["verdict"] == quick["verdict"].reindex(full.index)).sum())
    readme = runs.published_texts(tmp_path, "full")[tmp_path / "README.md"]
    told = f"Of these the quick scale, with fewer units, shares {same}; {len(full) - same} are undecided there."
    assert told in readme
    assert "with fewer units" not in runs.published_texts(tmp_path, "quick")[tmp_path / "README.md"]


def test_what_is_published_agrees_with_the_reference():
    made = [one for one in ("full", "quick") if (ROOT / "results/reference" / one / "fingerprint.json").is_file()]
    for file, text in runs.published_texts(ROOT, made[0]).items():
        assert file.read_text(encoding="utf-8") == text, f"{file}: run `topolens publish {made[0]}`"
