"""Files between stages: whole or not at all, readable or refused with the path and the mend."""

import errno
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import SafetensorError

from topolens import artifacts
from topolens.artifacts import read_arrays, read_json, read_table, write_arrays, write_json, write_table, written_whole
from topolens.config.settings import check_interpreter
from topolens.errors import TopolensError
from topolens.nets.perceptrons.families import read_families


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"", read_table),
        (b"\xff\xfe\x00a,b", read_table),
        (b'a,b\n"1,2', read_table),
        (b"a\n1,2,3\n4,5,6,7\n", read_table),
        (b"", read_families),
        (b"\x10\x00\x00\x00\x00\x00\x00\x00{", read_families),
        (b"[" * 100_000, read_json),
        (b'{"a": ', read_json),
        (b"\xff\xfe", read_json),
        (b"PK", read_arrays),
    ],
)
def test_R4_what_cannot_be_read_is_named_with_the_mend(content, read, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(TopolensError, match=r"file: not .*readable.*delete it and run again"):
        read(file)


@pytest.mark.parametrize("read", [read_table, read_families, read_json, read_arrays])
def test_R4_a_missing_file_is_named(read, tmp_path):
    with pytest.raises(TopolensError, match="missing: "):
        read(tmp_path / "missing")


def test_tables_arrays_and_records_come_back(tmp_path):
    table = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    write_table(tmp_path / "t.csv", table)
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv"), table)
    write_json(tmp_path / "r.json", {"b": 1, "a": [2]})
    assert json.loads((tmp_path / "r.json").read_text()) == read_json(tmp_path / "r.json") == {"a": [2], "b": 1}
    write_arrays(tmp_path / "a.npz", {"x": np.arange(3)})
    assert read_arrays(tmp_path / "a.npz")["x"].tolist() == [0, 1, 2]


FULL = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EDQUOT, "Disk quota exceeded"),
    SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    RuntimeError(
        "[enforce fail at inline_container.cc:603] . PytorchStreamWriter failed writing file data/0: file write failed"
    ),
]


def write_half(file, error):
    with written_whole(file) as temporary:
        temporary.write_text("half")
        raise error


@pytest.mark.parametrize("error", FULL, ids=["os", "quota", "safetensors", "torch"])
def test_R13_R23_a_full_disk_is_said_in_one_line_and_leaves_nothing(error, tmp_path, monkeypatch):
    monkeypatch.setattr(artifacts.shutil, "disk_usage", lambda _: SimpleNamespace(free=300))
    file = tmp_path / "weights.safetensors"
    file.write_text("the last good one")
    with pytest.raises(TopolensError, match=r"weights.safetensors: the disk is full, 0.0 MB are free; make") as caught:
        write_half(file, error)
    assert "\n" not in str(caught.value)
    assert file.read_text() == "the last good one"
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]


def test_R13_another_error_stays_what_it_is(tmp_path):
    with pytest.raises(RuntimeError, match="diverged"), written_whole(tmp_path / "a"):
        raise RuntimeError("diverged")
    with pytest.raises(TopolensError, match="b: cannot be written"), written_whole(tmp_path / "b"):
        raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_R23_torch_and_safetensors_say_what_is_told_apart_as_full():
    with pytest.raises((OSError, RuntimeError)) as caught, open("/dev/full", "wb") as file:
        torch.save(torch.zeros(10**6), file)
    assert artifacts._is_full(caught.value, Path("/"))


@pytest.mark.parametrize(("umask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o027, 0o640)])
def test_R23_the_umask_is_kept(umask, mode, tmp_path):
    before = os.umask(umask)
    try:
        write_json(tmp_path / "r.json", {})
    finally:
        os.umask(before)
    assert (tmp_path / "r.json").stat().st_mode & 0o777 == mode


def test_R14_an_interpreter_whose_path_has_a_space_is_refused_with_the_mend():
    check_interpreter("/home/me/topolens/.venv/bin/python")
    with pytest.raises(TopolensError, match=r"My Projects/.venv/bin/python: .* has a space.*make VENV="):
        check_interpreter("/home/me/My Projects/.venv/bin/python")


def test_room_is_asked_of_the_folder_that_is_written_to(tmp_path):
    assert shutil.disk_usage(tmp_path).free > artifacts.NO_ROOM
