"""The benchmark of a command at two commits: what it prints, and what it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "benchmarks" / "against_commit.py"
pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="an unpacked archive has no commits to check out")


def against(*arguments):
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False)


def test_both_trees_run_the_command_with_their_own_sources_and_no_results():
    code = (
        "import os, topolens; assert topolens.__file__.startswith(os.getcwd())"
        "; assert not os.path.exists('figures/quick')"
    )
    done = against("--runs", "2", "HEAD", sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    table = [line.split() for line in done.stdout.splitlines()]
    assert [row[0] for row in table[1:]] == ["cpu_seconds", "wall_seconds", "peak_mb"]
    assert all(float(number) > 0 for row in table[1:] for number in row[1:])
    assert done.stderr.count("run 2 in") == 2


def test_memory_is_that_of_the_largest_process():
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'x = bytearray(200_000_000)'])"
    done = against("--runs", "1", "HEAD", sys.executable, "-c", code)
    assert float(done.stdout.splitlines()[3].split()[1]) > 190


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("no-such-commit", "true"), "'no-such-commit' is no commit"),
        (("HEAD", sys.executable, "-c", "print('why'); raise SystemExit(3)"), "exit status 3"),
        (("HEAD",), "expected a COMMAND"),
        (("--runs", "0", "HEAD", "true"), "at least one run"),
        (("HEAD", "no-such-program"), "no-such-program cannot be run"),
    ],
)
def test_what_cannot_be_timed_is_refused_and_says_why(arguments, message):
    done = against(*arguments)
    assert done.returncode != 0
    assert message in done.stderr
    assert "why" in done.stderr or "print" not in str(arguments)
