"""Networks that a run trains are the same on all processors with AVX2: their arithmetic is pinned, whatever is set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from topolens.artifacts import read_json
from topolens.processor import flags, pins

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "stage.py"
# As Snakemake does: a preamble that makes the object `snakemake`, and the script behind it.
PREAMBLE = """
import sys
from types import SimpleNamespace
sys.path.insert(0, {source!r})
snakemake = SimpleNamespace(
    params=SimpleNamespace(
        stage="perceptrons.train_perceptrons", settings={settings!r}, get=dict(pinned={pinned}).get
    ),
    input={{"data_file": {folder!r} + "/data.npz"}},
    output={{
        name: {folder!r} + "/" + file for name, file in (
            ("networks_file", "networks.safetensors"), ("card_file", "networks.json"), ("provenance", "provenance.json")
        )
    }},
    config=dict(threads=1),
)
"""
SETTINGS = """{"networks": [{"name": "rings", "architecture": "perceptrons", "hidden": [8, 8], "activations": ["tanh"],
"count": 3}], "training": {"learning_rate": 0.01, "batch_size": 32, "max_epochs": 30, "snapshot_accuracies": [0.6, 1.0],
"held_out": 0.2}, "seed": 0}"""
LOWER = {"ATEN_CPU_CAPABILITY": "default", "OPENBLAS_CORETYPE": "Nehalem", "ONEDNN_MAX_CPU_ISA": "SSE41"}

pytestmark = pytest.mark.skipif("avx2" not in flags(), reason="arithmetic is pinned on processors with AVX2 alone")


def trained(data, folder, pinned, **environment):
    """The bytes of the networks, and what their provenance says of kernels."""
    folder.mkdir()
    (folder / "data.npz").write_bytes(data.read_bytes())
    source = str(SCRIPT.parents[2] / "src")
    script = folder / "script.py"
    preamble = PREAMBLE.format(source=source, settings=SETTINGS, folder=str(folder), pinned=pinned)
    script.write_text(preamble + SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
    plain = {name: value for name, value in os.environ.items() if name not in pins()}
    told = subprocess.run(
        [sys.executable, str(script)], env=plain | environment, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    return (folder / "networks.safetensors").read_bytes(), read_json(folder / "provenance.json")["chosen_kernels"]


def test_lower_instruction_sets_change_no_byte_where_it_is_pinned(rings_folder, tmp_path):
    data = rings_folder / "data.npz"
    free, kernels = trained(data, tmp_path / "a", False)
    assert kernels == {}
    lower, kernels = trained(data, tmp_path / "b", False, **LOWER)
    assert kernels == LOWER
    assert free != lower  # the test would see a difference
    pinned, kernels = trained(data, tmp_path / "c", True)
    assert kernels == pins()
    again, kernels = trained(data, tmp_path / "d", True, **LOWER)
    assert kernels == pins()
    assert pinned == again
