"""A copy of the project, in which tests run snakemake."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(
    *(".git", ".venv", ".snakemake", "__pycache__", "*.egg-info", ".*_cache"),
    *("smoke", "quick", "full", "generated", "data"),
)


@dataclass(frozen=True)
class Project:
    """A copy of the project in which snakemake can be run."""

    folder: Path

    @property
    def tables(self) -> list[Path]:
        """The tables of a run that has references: the claims, and one of every study."""
        studies = sorted((self.folder / "workflow" / "config" / "studies").glob("*.yaml"))
        return [self.folder / "results/smoke" / f"{name}.csv" for name in ["claims", *(file.stem for file in studies)]]

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which the copy's own sources are run."""
        environment = os.environ | {
            "PYTHONPATH": str(self.folder / "src"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        data = ROOT.parent / "shared" / "data"
        if data.is_dir():
            environment.setdefault("TOPOLENS_DATA", str(data))
        return environment

    def start(self, *arguments: str, cores: int = 2) -> subprocess.Popen[str]:
        """Start snakemake at the smoke scale, in a process group of its own."""
        return subprocess.Popen(
            ["snakemake", "--cores", str(cores), "--config", "scale=smoke", "download=False", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def snakemake(self, *arguments: str, cores: int = 2, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run snakemake at the smoke scale to its end; the result holds its text."""
        process = self.start(*arguments, cores=cores)
        text, _ = process.communicate()
        assert not check or process.returncode == 0, text[-6000:]
        return subprocess.CompletedProcess(process.args, process.returncode, text)

    def planned(self, *targets: str) -> set[str]:
        """The rules that a dry run would run."""
        text = self.snakemake("--dry-run", "--", *targets).stdout
        if "Nothing to be done" in text:
            return set()
        table = text.split("Job stats:")[-1].split("total")[0].splitlines()[3:]
        return {line.split()[0] for line in table if line.strip()} - {"all", *targets}


def copy_project(target: Path) -> Project:
    """The working tree without what runs and tools leave in it; its data folder is that of the project.

    So archives are unpacked once, not in every copy.
    """
    shutil.copytree(ROOT, target, ignore=lambda folder, names: _ignored(Path(folder), names))
    data = ROOT / "data"
    data.mkdir(exist_ok=True)
    (target / "data").symlink_to(data)
    return Project(target)


def _ignored(folder: Path, names: list[str]) -> set[str]:
    """LEFT_OUT, but for the packages of the same names inside src and tests."""
    kept = {"data", "smoke"} if {"src", "tests"} & set(folder.relative_to(ROOT).parts) else set()
    return LEFT_OUT(str(folder), names) - kept
