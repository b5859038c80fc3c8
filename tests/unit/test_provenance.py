"""The sidecar of an artifact: what made it, on what, at what cost."""

import hashlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from topolens import processor
from topolens.artifacts import read_json
from topolens.config.study import load_study
from topolens.errors import TopolensError
from topolens.provenance import check_unchanged, recorded
from topolens.results import Results

ROOT = Path(__file__).parents[2]


def sidecar_of(tmp_path):
    file = tmp_path / "input.txt"
    file.write_text("content")
    with recorded(tmp_path / "sidecar.json", "some.stage", '{"seed": 3}', {"input_file": str(file)}, {}):
        pass
    return read_json(tmp_path / "sidecar.json")


def test_inputs_settings_and_the_processor_are_recorded(tmp_path):
    found = sidecar_of(tmp_path)
    assert found["inputs_sha256"] == {"input_file": hashlib.sha256(b"content").hexdigest()}
    assert (found["stage"], found["settings"]) == ("some.stage", {"seed": 3})
    assert (found["processor"], found["instruction_set"]) == (processor.model_name(), processor.instruction_set())
    assert found["wall_seconds"] >= 0
    assert found["cpu_seconds"] > 0
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
    with pytest.raises(ZeroDivisionError), recorded(tmp_path / "sidecar.json", "some.stage", "{}", {}, {}):
        raise ZeroDivisionError
    assert not (tmp_path / "sidecar.json").exists()


def made(tmp_path, content="a,b\n1,2\n"):
    """A table as a stage leaves it, with its record."""
    table = tmp_path / "table.csv"
    with recorded(tmp_path / "table.provenance.json", "some.stage", "{}", {}, {"table_file": str(table)}):
        table.write_text(content)
    return table


def test_R1_the_checksum_of_what_was_made_is_recorded_and_checked(tmp_path):
    table = made(tmp_path)
    checksum = hashlib.sha256(table.read_bytes()).hexdigest()
    assert read_json(tmp_path / "table.provenance.json")["outputs_sha256"] == {"table.csv": checksum}
    assert check_unchanged(table) == checksum
    other = tmp_path / "other.csv"
    other.write_text("of no stage")
    assert check_unchanged(other) == hashlib.sha256(b"of no stage").hexdigest()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("1", "2"),
        lambda text: text + text.splitlines()[-1],
        lambda text: text[:-3],
        lambda text: text.splitlines()[0],
        lambda text: text.replace("a", "c"),
        lambda text: "",
        lambda text: text + " ",
    ],
    ids=["digit", "doubled", "cut", "header", "renamed", "empty", "space"],
)
def test_R2_a_changed_table_is_refused_by_stages_and_readers(damage, tmp_path):
    table = made(tmp_path)
    table.write_text(damage(table.read_text()))
    message = r"table.csv: changed since it was made: sha256 \w{12}.* as table.provenance.json says.*delete it and run"
    with pytest.raises(TopolensError, match=message):
        check_unchanged(table)
    with (
        pytest.raises(TopolensError, match=message),
        recorded(tmp_path / "next.json", "next.stage", "{}", {"table_file": str(table)}, {}),
    ):
        raise AssertionError("the stage has started")


def test_R3_a_changed_card_or_array_is_refused_by_results(tmp_path):
    study = load_study(ROOT / "workflow/config/studies/disks.yaml", "smoke")
    folder = tmp_path / "main"
    for name, content in {"networks.json": "{}", "complexity.csv": "a\n1\n"}.items():
        with recorded(folder / f"{name}.provenance.json", "s", "{}", {}, {"file": str(folder / name)}):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(content)
        assert check_unchanged(folder / name)
        (folder / name).write_text(content.replace("{}", "[]").replace("1", "2"))
    with pytest.raises(TopolensError, match=r"networks.json: changed since it was made"):
        Results(tmp_path, study, "main").record("networks")
    with pytest.raises(TopolensError, match=r"complexity.csv: changed since it was made"):
        Results(tmp_path, study, "main").table("complexity")
