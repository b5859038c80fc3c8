"""How much memory there is to work with: of the machine, or of the container that limits it further."""

from pathlib import Path

import psutil

# What needs less is never refused, so that small clouds do not wait for the question.
NEVER_REFUSED = 2**26
# Where version 2 and version 1 of Linux's control groups keep the limit and the use of a group, below their mounts.
CONTROL_GROUPS = (("", "memory.max", "memory.current"), ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes"))


def free_memory(root: Path = Path("/")) -> int:
    """Bytes that can still be used without swapping or being killed; `root` is there for tests."""
    return min([psutil.virtual_memory().available, *_left_in_groups(root)])


def _left_in_groups(root: Path) -> list[int]:
    """What the limits of this process's control groups leave; caches of files count as free, since they give way."""
    left = []
    for controller, *names in CONTROL_GROUPS:
        mount = root / "sys/fs/cgroup" / controller
        for group in _own_groups(root, controller):
            for folder in [mount / group, *(mount / group).parents]:
                if not folder.is_relative_to(mount):
                    break
                try:
                    limit, used = (int((folder / name).read_text()) for name in names)
                    pairs = (line.split() for line in (folder / "memory.stat").read_text().splitlines())
                    cached = [int(value[0]) for key, *value in filter(None, pairs) if key.endswith("inactive_file")]
                except (OSError, ValueError):  # no such group, or no limit: "max"
                    continue
                left.append(max(0, limit - used + max(cached, default=0)))
    return left


def _own_groups(root: Path, controller: str) -> list[str]:
    """Paths of the process's groups below the mount; the mount itself, where a container sees no more than its own."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        lines = []
    parts = [line.split(":", 2) for line in lines]
    return ["", *(path.lstrip("/") for _, names, path in parts if controller in names.split(","))]
