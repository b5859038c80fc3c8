"""Where a result came from: a sidecar JSON beside each artifact, and whether the artifact is still what was made."""

import contextlib
import hashlib
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

from topolens.artifacts import read_json, write_json
from topolens.errors import TopolensError
from topolens.processor import chosen_kernels, instruction_set, model_name

PACKAGES = ("topolens", "numpy", "scipy", "torch", "redzed-tda", "gudhi", "numba", "pandas", "matplotlib")


@contextlib.contextmanager
def recorded(
    sidecar: Path | str,
    stage: str,
    settings: str,
    inputs: Mapping[str, str],
    outputs: Mapping[str, str],
    *,
    code: str = "",
    pinned: bool = False,
) -> Iterator[None]:
    """Run a stage and write what it was made of, by what, at what cost, and the checksums of what it made.

    `code` is the hash of the code that it runs, `pinned` says whether its arithmetic was.

    Raises:
        TopolensError: an input that has changed since it was made.
    """
    start = time.perf_counter()
    checksums = {name: check_unchanged(Path(path)) for name, path in inputs.items()}
    yield
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak_kilobytes = used.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    write_json(
        Path(sidecar),
        {
            "stage": stage,
            "code": code,
            "pinned": pinned,
            "settings": json.loads(settings),
            "inputs_sha256": checksums,
            "outputs_sha256": {Path(path).name: _checksum(Path(path)) for path in outputs.values()},
            "commit": _commit(),
            "versions": {package: version(package) for package in PACKAGES},
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
            "processor": model_name(),
            "instruction_set": instruction_set(),
            "chosen_kernels": chosen_kernels(),
            "blas": _blas(),
            **_torch_device(),
            "wall_seconds": round(time.perf_counter() - start, 3),
            "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),  # with all that the process loaded before
            "peak_memory_mb": round(peak_kilobytes / 1024, 1),
        },
    )


def _torch_device() -> dict[str, str]:
    """What ran: a GPU if the stage has used one, else the processor, with the kernels that torch chose where it ran.

    A stage that has not loaded torch is not made to.
    """
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return {"device": "cpu"}
    used = torch.cuda.is_available() and torch.cuda.max_memory_allocated() > 0
    device = f"cuda ({torch.cuda.get_device_name()})" if used else "cpu"
    return {"device": device, "torch_kernels": torch.backends.cpu.get_cpu_capability()}


def _blas() -> str:
    """The libraries of linear algebra that are loaded, each with the kernels that it chose."""
    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    kernels = {f"{one['internal_api']} {one['version']} {one.get('architecture', '')}".strip() for one in found}
    return ", ".join(sorted(kernels))


def check_unchanged(path: Path) -> str:
    """The checksum of a file, which is refused where a sidecar in its folder has noted another when it was made.

    Raises:
        TopolensError: the file has changed since.
    """
    found = _checksum(path)
    for sidecar in sorted(path.parent.glob("*.provenance.json")):
        noted = read_json(sidecar).get("outputs_sha256", {}).get(path.name, found)
        if noted != found:
            raise TopolensError(
                f"{path}: changed since it was made: sha256 {noted[:12]}... expected, as {sidecar.name} says, found "
                f"{found[:12]}...; delete it and run again"
            )
    return found


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _commit() -> str | None:
    """The commit of the working tree, marked when there are changes; None outside git."""
    folder = Path(__file__).parent
    git = ["git", "-C", str(folder)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+changes" if changed else "")
