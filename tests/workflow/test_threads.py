"""How many cores a job counts as, told by a dry run: what lets another job run beside it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from topolens.processor import cores

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("allowed", "settings", "counted"),
    [
        (64, [], max(1, cores() // 2)),
        (1, [], 1),
        (64, ["threads=3"], 3),
        (2, ["threads=3"], 2),
    ],
)
def test_a_job_counts_as_half_of_the_cores_or_as_the_threads_that_it_is_given(allowed, settings, counted):
    dry = [sys.executable, "-m", "snakemake", "-n", "--forceall", "--nolock", "--cores", f"{allowed}"]
    told = subprocess.run(
        [*dry, "--config", "scale=smoke", *settings, "--", "results/smoke/mnist/main/networks.safetensors"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (training,) = re.findall(r"^Job \d+: networks of mnist/main\n((?:.+\n)*)", told, re.MULTILINE)
    assert int((re.findall(r"threads: (\d+)", training) or [1])[0]) == counted, told
