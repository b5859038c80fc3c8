"""The sidecar of an artifact: what made it, on what, at what cost."""

import hashlib
import sys
from types import SimpleNamespace

import pytest

from topolens import processor
from topolens.artifacts import read_json
from topolens.provenance import recorded


def sidecar_of(tmp_path):
    file = tmp_path / "input.txt"
    file.write_text("content")
    with recorded(tmp_path / "sidecar.json", "some.stage", '{"seed": 3}', {"input_file": str(file)}):
        pass
    return read_json(tmp_path / "sidecar.json")


def test_inputs_settings_and_the_processor_are_recorded(tmp_path):
    found = sidecar_of(tmp_path)
    assert found["inputs_sha256"] == {"input_file": hashlib.sha256(b"content").hexdigest()}
    assert (found["stage"], found["settings"]) == ("some.stage", {"seed": 3})
    assert (found["processor"], found["instruction_set"]) == (processor.model_name(), processor.instruction_set())
    assert found["wall_seconds"] >= 0
    assert found["peak_memory_mb"] > 1


@pytest.mark.parametrize(
    ("available", "allocated", "device"), [(False, 0, "cpu"), (True, 0, "cpu"), (True, 9, "cuda (G)")]
)
def test_the_device_is_what_ran(tmp_path, monkeypatch, available, allocated, device):
    cuda = SimpleNamespace(
        is_available=lambda: available, max_memory_allocated=lambda: allocated, get_device_name=lambda: "G"
    )
    cpu = SimpleNamespace(get_cpu_capability=lambda: "AVX9")
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda, backends=SimpleNamespace(cpu=cpu)))
    found = sidecar_of(tmp_path)
    assert (found["device"], found["torch_kernels"]) == (device, "AVX9")


def test_a_stage_without_torch_is_not_made_to_load_it(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    found = sidecar_of(tmp_path)
    assert found["device"] == "cpu"
    assert "torch_kernels" not in found
    assert "torch" not in sys.modules


def test_a_stage_that_fails_leaves_no_record(tmp_path):
    with pytest.raises(ZeroDivisionError), recorded(tmp_path / "sidecar.json", "some.stage", "{}", {}):
        raise ZeroDivisionError
    assert not (tmp_path / "sidecar.json").exists()
