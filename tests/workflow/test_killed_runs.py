"""A stage killed with SIGKILL in the middle goes on where it was and gives the same bytes."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from topolens.data.dataset import Dataset, write_datasets

TRAIN = """
import sys
from pathlib import Path
import topolens.stages.perceptrons as stage
from topolens.config.networks import Perceptrons
from topolens.config.training import PerceptronTraining
stage.SAVE_SECONDS = 0.0
folder = Path(sys.argv[1])
stage.train_perceptrons(
    folder / "data.npz", folder / "networks.safetensors", folder / "networks.json",
    networks=[
        Perceptrons(name="noise", architecture="perceptrons", hidden=[15, 15], activations=["tanh"], count=4)
    ],
    training=PerceptronTraining(
        learning_rate=0.001, batch_size=64, max_epochs=15, snapshot_accuracies=[0.5, 1.0], held_out=0.2
    ),
    seed=0, threads=2,
)
"""

DIAGRAMS = """
import sys
from pathlib import Path
from topolens.config.homology import Distance, Homology
from topolens.stages.sample_diagrams import compute_sample_diagrams
folder = Path(sys.argv[1])
compute_sample_diagrams(
    folder / "clouds.npz", folder / "diagrams.npz", layers=[(1, Distance())], nulls=0, homology=Homology(), seed=0,
    threads=2,
)
"""


def write_data(folder: Path) -> None:
    generator = np.random.default_rng(0)
    points = generator.normal(size=(2000, 2)).astype(np.float32)
    labels = (generator.random(2000) < 0.5).astype(np.int64)  # nothing to learn: training takes all its epochs
    write_datasets(folder / "data.npz", {"noise": Dataset(points, labels, np.zeros(2000, bool), "test")})


def write_clouds(folder: Path) -> None:
    """Four clouds at each of fifteen snapshots of a network: what a killed run keeps are whole snapshots."""
    generator = np.random.default_rng(0)
    snapshots, draws = np.repeat(np.arange(15), 4), np.tile(np.arange(4), 15)
    np.savez(
        folder / "clouds.npz",
        rows=np.zeros((4, 500), np.int64),
        labels=np.zeros((4, 500), np.int64),
        owner=np.full(4, -1),
        index=np.stack([np.zeros(60, np.int64), snapshots, draws], axis=1),
        layer_1=generator.normal(size=(60, 500, 3)).astype(np.float32),
    )


def start(script: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", script, str(folder)], stderr=subprocess.DEVNULL)


def parts_of(folder: Path, final: str) -> list[Path]:
    return [part for part in (folder / f".{final}.parts").glob("*/*") if part.name[0] != "."]


@pytest.mark.parametrize(
    ("script", "prepare", "final", "file"),
    [
        (TRAIN, write_data, "networks", "networks.safetensors"),
        (DIAGRAMS, write_clouds, "diagrams", "diagrams.npz"),
    ],
)
def test_a_killed_stage_continues_with_the_same_result(tmp_path, script, prepare, final, file):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
        prepare(folder)
    assert start(script, whole).wait() == 0

    process = start(script, killed)
    deadline = time.monotonic() + 120
    while len(parts_of(killed, final)) < 2:
        assert process.poll() is None, "finished before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed / file).exists()
    kept = {part: part.stat().st_mtime_ns for part in parts_of(killed, final)}

    again = start(script, killed)
    if final == "diagrams":  # finished units are used, not made again
        while again.poll() is None and parts_of(killed, final):
            unchanged = [part.stat().st_mtime_ns == kept[part] for part in kept if part.exists()]
            assert all(unchanged)
            time.sleep(0.05)
    assert again.wait() == 0
    assert (killed / file).read_bytes() == (whole / file).read_bytes()
    assert not parts_of(killed, final)
