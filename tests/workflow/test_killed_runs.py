"""A stage killed with SIGKILL in the middle goes on where it was and gives the same bytes."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from topolens.data.dataset import Dataset

TRAIN = """
import sys
from pathlib import Path
import topolens.stages.train as stage
from topolens.config.networks import Perceptrons
from topolens.config.training import PerceptronTraining
stage.SAVE_SECONDS = 0.0
folder = Path(sys.argv[1])
stage.train(
    folder / "data.npz", folder / "networks.safetensors", folder / "networks.json",
    networks=Perceptrons(hidden=[15, 15], activation="tanh", count=4),
    training=PerceptronTraining(learning_rate=0.001, batch_size=64, maximum_epochs=15, thresholds=[0.5, 1.0], held_out=0.2),
    seed=0, threads=2,
)
"""

DIAGRAMS = """
import sys
from pathlib import Path
import topolens.stages.diagrams as stage
from topolens.config.homology import Homology
from topolens.config.homology import Distance
stage.CLOUDS_PER_PART = 4
folder = Path(sys.argv[1])
stage.compute_diagrams(
    folder / "clouds.npz", folder / "diagrams.npz", layers=[0], distance=Distance(), output_distance=None,
    output_layer=3, diagrams=Homology(gaussian_clouds=0), seed=0, threads=2,
)
"""


def write_data(folder: Path) -> None:
    generator = np.random.default_rng(0)
    points = generator.normal(size=(2000, 2)).astype(np.float32)
    labels = (generator.random(2000) < 0.5).astype(np.int64)  # nothing to learn: training takes all its epochs
    Dataset(points, labels, np.zeros(2000, bool), "test").write(folder / "data.npz")


def write_clouds(folder: Path) -> None:
    generator = np.random.default_rng(0)
    np.savez(
        folder / "clouds.npz",
        rows=np.zeros((60, 500), np.int64),
        labels=np.zeros((60, 500), np.int64),
        owner=np.full(60, -1),
        index=np.empty((0, 3), np.int64),
        layer_0=generator.normal(size=(60, 500, 3)).astype(np.float32),
    )


def start(script: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", script, str(folder)], stderr=subprocess.DEVNULL)


def parts_of(folder: Path, final: str) -> list[Path]:
    return [part for part in (folder / f".{final}.parts").glob("*") if part.name != "key" and part.name[0] != "."]


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
    if final == "diagrams":  # finished parts are used, not made again
        while again.poll() is None and parts_of(killed, final):
            unchanged = [part.stat().st_mtime_ns == kept[part] for part in kept if part.exists()]
            assert all(unchanged)
            time.sleep(0.05)
    assert again.wait() == 0
    assert (killed / file).read_bytes() == (whole / file).read_bytes()
    assert not parts_of(killed, final)
