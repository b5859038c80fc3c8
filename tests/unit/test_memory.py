"""Free memory: the machine's, or what a control group leaves of it."""

from types import SimpleNamespace

import psutil
import pytest

from topolens.memory import free_memory

GIB = 2**30


@pytest.fixture(autouse=True)
def _machine(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=64 * GIB))


def group(folder, limit, used, cached=0, names=("memory.max", "memory.current"), key="inactive_file"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in zip((*names, "memory.stat"), (limit, used, f"anon 5\n{key} {cached}\n"), strict=True):
        (folder / name).write_text(f"{value}\n")


def own_group(root, line):
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(line)


def test_R18_without_a_limit_it_is_the_machines(tmp_path):
    assert free_memory(tmp_path) == 64 * GIB
    group(tmp_path / "sys/fs/cgroup", "max", 5)
    assert free_memory(tmp_path) == 64 * GIB


def test_R18_the_limit_of_a_container_counts_and_its_cache_gives_way(tmp_path):
    group(tmp_path / "sys/fs/cgroup", GIB, GIB // 2, cached=GIB // 4)
    assert free_memory(tmp_path) == 3 * GIB // 4


def test_R18_the_tightest_of_nested_groups_counts(tmp_path):
    own_group(tmp_path, "0::/user/job\n")
    group(tmp_path / "sys/fs/cgroup/user", GIB, 0)
    group(tmp_path / "sys/fs/cgroup/user/job", 8 * GIB, 0)
    assert free_memory(tmp_path) == GIB


def test_R18_version_1_of_control_groups(tmp_path):
    own_group(tmp_path, "7:cpu,cpuacct:/x\n4:memory:/docker/abc\n")
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
    group(tmp_path / "sys/fs/cgroup/memory/docker/abc", 2 * GIB, GIB, GIB // 2, names, "total_inactive_file")
    assert free_memory(tmp_path) == 3 * GIB // 2


def test_R18_a_group_that_is_over_its_limit_leaves_nothing(tmp_path):
    group(tmp_path / "sys/fs/cgroup", GIB, 2 * GIB)
    assert free_memory(tmp_path) == 0
