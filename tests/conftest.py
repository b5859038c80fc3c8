"""Fixtures: a copy of the project, run once at the smoke scale."""

import numpy as np
import pytest

from project_copy import Project, copy_project
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
