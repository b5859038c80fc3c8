"""What surrounds a whole run: the lock of a killed one, and the summary at the end."""

import subprocess
import sys
import time

import pandas as pd
import pytest

from topolens import runs
from topolens.artifacts import write_json
from topolens.errors import TopolensError


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
    verdicts = pd.DataFrame(
        {"study": ["disks", "disks", "mnist"], "verdict": ["reproduced", "reproduced", "undecided"]}
    )
    verdicts.to_csv(results / "claims.csv", index=False)
    text = runs.summary(tmp_path, "quick")
    assert "disks      3.0 minutes of computation; claims: 2 reproduced" in text
    assert "mnist      0.1 minutes of computation; claims: 1 undecided" in text
    assert str(results / "topolens.pdf") in text


def test_a_summary_of_nothing_says_what_to_run(tmp_path):
    with pytest.raises(TopolensError, match="make reproduce SCALE=full"):
        runs.summary(tmp_path, "full")
