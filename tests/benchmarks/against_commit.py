"""The same command at an old commit and now, in turns: CPU time, wall time and peak memory, and their ratios.

    python tests/benchmarks/against_commit.py [--runs N] [--keep] COMMIT COMMAND...

Both commits (the old one and HEAD; changes that are not committed are left out) are checked out into temporary folders,
so that neither finds results of earlier runs. The command runs in the root of each, in turns, with that tree's own
sources; data is found as from the project. CPU time is that of the command and all processes that it waited for, peak
memory that of the largest of them.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
DATA = (ROOT / "data", ROOT.parent / "shared" / "data")  # where topolens.data.files looks
SHOWN = 15  # last lines of a command that fails


@dataclass(frozen=True)
class Cost:
    """What one run of the command took."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float


@contextmanager
def checked_out(commit: str, keep: bool) -> Iterator[Path]:
    """The tree of a commit in a temporary folder."""
    found = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode:
        sys.exit(f"error: {commit!r} is no commit of {ROOT}; `git log --oneline` lists them")
    folder = Path(tempfile.mkdtemp(prefix=f"topolens-{commit[:8].replace('/', '-')}-"))
    try:
        # A clone rather than a worktree: it leaves nothing behind in the project.
        for arguments in (["clone", "--quiet", "--shared", str(ROOT), str(folder)],
                          ["-C", str(folder), "checkout", "--quiet", found.stdout.strip()]):  # fmt: skip
            subprocess.run(["git", *arguments], check=True)
        yield folder
    finally:
        if keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def run(command: list[str], tree: Path) -> Cost:
    """Run the command once in a tree; exit with its last lines where it fails."""
    binaries = Path(sys.executable).parent
    environment = os.environ | {
        "PYTHONPATH": str(tree / "src"),
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
    }
    for folder in DATA:
        if folder.is_dir():
            environment.setdefault("TOPOLENS_DATA", str(folder))
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(command, cwd=tree, env=environment, stdout=output, stderr=subprocess.STDOUT)
        except OSError as error:
            sys.exit(f"error: {command[0]} cannot be run: {error.strerror}; options stand before the commit")
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            lines = output.read().decode(errors="replace").splitlines()[-SHOWN:]
            sys.exit("\n".join([f"error: exit status {process.returncode} in {tree}:", *lines]))
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Cost(used.ru_utime + used.ru_stime, wall, kilobytes / 1024)


def report(old: list[Cost], new: list[Cost]) -> str:
    """Minimum and median of each number at both commits, and the ratios, new over old."""
    lines = [f"{'':14}{'old min':>10}{'median':>10}{'new min':>10}{'median':>10}{'ratio':>8}{'of min':>8}"]
    for place, field in enumerate(fields(Cost)):
        before, after = ([astuple(cost)[place] for cost in costs] for costs in (old, new))
        numbers = (min(before), median(before), min(after), median(after))
        ratios = (numbers[3] / numbers[1], numbers[2] / numbers[0])
        lines.append(f"{field.name:14}" + "".join(f"{n:10.2f}" for n in numbers) + "".join(f"{r:8.2f}" for r in ratios))
    return "\n".join(lines)


def main() -> None:
    """Time a command at both commits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit")
    parser.add_argument("--runs", type=int, default=3, help="of each tree")
    parser.add_argument("--keep", action="store_true", help="keep both folders")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if not arguments.command or arguments.runs < 1:
        parser.error("expected a COMMAND and at least one run")
    with checked_out(arguments.commit, arguments.keep) as old, checked_out("HEAD", arguments.keep) as new:
        costs: dict[Path, list[Cost]] = {old: [], new: []}
        for number in range(arguments.runs):
            for tree, own in costs.items():
                own.append(run(arguments.command, tree))
                print(f"run {number + 1} in {tree.name}: {own[-1].cpu_seconds:.1f} s CPU", file=sys.stderr)
        print(report(costs[old], costs[new]))


if __name__ == "__main__":
    main()
