"""What the rules stand on: their names, and how little they load."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from topolens.config.targets import RULES

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "Snakefile", *sorted((ROOT / "workflow" / "rules").glob("*.smk"))]
TEXT = "\n".join(file.read_text(encoding="utf-8") for file in FILES)
MODULES = sorted(set(re.findall(r"^from (topolens\.[\w.]+) import", TEXT, re.MULTILINE)))
# Seconds each; every command of the workflow reads the rules.
HEAVY = {"gudhi", "matplotlib", "numba", "pandas", "scipy", "seaborn", "sklearn", "torch"}
# The names of statistics are checked against their functions, which compute.
ALLOWED = {"topolens.claims.registry": {"pandas"}}


def test_the_workflows_own_rules_are_known():
    assert set(re.findall(r"^rule (\w+):", TEXT, re.MULTILINE)) == RULES


def test_rules_import_modules_that_are_looked_at_here():
    assert {"topolens.closure", "topolens.config.study_files", "topolens.config.artifacts"} <= set(MODULES)
    assert set(ALLOWED) <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_what_rules_import_is_light(module):
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded) - ALLOWED.get(module, set())
