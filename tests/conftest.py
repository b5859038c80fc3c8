"""Fixtures: a copy of the project, run once at the smoke scale."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from topolens.artifacts import write_arrays
from topolens.config.analyses import Separation
from topolens.config.clouds import ImageClouds
from topolens.config.conditions import Conditions
from topolens.config.data import DataSet
from topolens.config.homology import Distances, Homology
from topolens.config.networks import ImageNetwork
from topolens.config.run import Run
from topolens.config.study import Study
from topolens.config.training import ImageTraining
from topolens.data.image_set import ImageSet
from topolens.results import Results
from topolens.stages.diagram_distances import compare_diagrams
from topolens.stages.image_diagrams import compute_image_diagrams
from topolens.stages.separation import measure_separation

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


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project after `snakemake --cores 2` at the smoke scale. Tests must leave it as it is."""
    project = copy_project(tmp_path_factory.mktemp("smoke") / "project")
    project.snakemake()
    return project


@pytest.fixture(autouse=True)
def _no_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests train in float32 on every processor: same numbers, and none that emulates bfloat16 crawls."""
    monkeypatch.setattr("topolens.processor.has_bfloat16", lambda: False)


NETWORKS = {"ResNet-50": "resnet50", "ViT": "vision_transformer"}
CLASSES = ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


@pytest.fixture(scope="session")
def metric_run(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A made-up run of clouds of images, whose ten classes move apart with depth. Tests must leave it as it is."""
    folder = tmp_path_factory.mktemp("metrics")
    settings = Run(
        data=[DataSet(name="cifar10")],
        networks=[ImageNetwork(name=name, architecture=kind, bands=list("RGB")) for name, kind in NETWORKS.items()],
        weights="restore",
        training=ImageTraining(epochs=1, batch_size=2, learning_rate=0.1),
        clouds=ImageClouds(of="images", images_per_class=4, repeats=3),
        distances=[
            Distances(
                metric=["euclidean", "mahalanobis", "cosine"],
                normalise=[None, "relative-max", "relative-geometric"],
                k=5,
            )
        ],
        homology=Homology(clean_degree=2),
        separation=Separation(),
        conditions=Conditions(noises={"gaussian": [0.1, 0.4]}, images_per_class=4),
    )
    run = Results(
        folder, Study(name="toy", title="", scale="smoke", runs={"main": settings}, variants={}, figures={}), "main"
    )
    clouds, diagrams, distances, separation = (
        folder / "main" / name for name in ("clouds.npz", "diagrams.npz", "diagram_distances.csv", "separation.csv")
    )
    black, numbers = np.zeros((10, 1, 1, 3), np.uint8), np.arange(10, dtype=np.uint8)
    ImageSet(black, numbers, np.full(10, 2, np.uint8), CLASSES, numbers.astype(str), "toy").write(
        folder / "main" / "data.npz"
    )
    write_arrays(clouds, made_up_clouds(settings))
    named = [*settings.all_distances.items()]
    how = {"homology": settings.homology, "seed": 0, "threads": 1}
    compute_image_diagrams(clouds, diagrams, distances=named, other_k=[], **how)
    compare_diagrams(diagrams, distances, threads=1)
    measure_separation(clouds, diagrams, separation, distances=named, separation=Separation(), seed=0, threads=1)
    return run


def made_up_clouds(settings: Run) -> dict[str, np.ndarray]:
    """Gaussian classes in 16 dimensions, the further apart the deeper the layer and the weaker the noise."""
    generator = np.random.default_rng(0)
    size = settings.image_clouds.images_per_class * len(CLASSES)
    images = np.arange(size * (1 + settings.image_clouds.repeats))
    arrays = {"size": np.array(size), "labels": images % len(CLASSES), "images": images}
    for network, layers in settings.layers_by_network.items():
        for depth, layer in enumerate(layers, 1):
            centres = 4 * depth / len(layers) * generator.standard_normal((len(CLASSES), 16))
            for condition in settings.all_conditions:
                if condition.published or depth == len(layers):
                    labels = arrays["labels"][: None if condition.name == "clean" else size]
                    noise = (1 + (condition.strength or 0)) * generator.standard_normal((len(labels), 16))
                    arrays[f"{network}/{layer}/{condition.name}"] = (centres[labels] + noise).astype(np.float32)
    return arrays
