"""Which files runs leave behind, said once: for the rules that make them, the figures and claims that read them.

An artifact depends on some sections of the settings. Runs of a study that agree in all of them share one file, which
lies in the folder of the first: a variant that changes only the metric uses the networks of the headline run.
"""

from dataclasses import dataclass
from pathlib import Path

from topolens.config.explain import ExplainRun
from topolens.config.latent import LatentRun
from topolens.config.metric import MetricRun
from topolens.config.study import Flow, Run, Study
from topolens.errors import TopolensError

NETWORKS = ("data", "networks", "families", "training")
CHECKPOINTS = (*NETWORKS, "seeds", "weights")
CLOUDS = (*CHECKPOINTS, "clouds", "disturbances")
DIAGRAMS = (*CLOUDS, "distance", "output_distance", "diagrams", "metrics", "homology")
LANDSCAPES = (*DIAGRAMS, "landscapes")


@dataclass(frozen=True)
class Artifact:
    """One kind of file.

    Attributes:
        made_by: The rule, for each flow that has it.
        sections: What it depends on; a flow without a section agrees in it. None: each run has its own.
        names_data: Whether it says where the data came from.
    """

    made_by: dict[Flow, str]
    sections: tuple[str, ...] | None = None
    names_data: bool = False


ARTIFACTS: dict[str, Artifact] = {
    "data.npz": Artifact({"activation": "data", "betti": "betti_data"}, ("data",), names_data=True),
    "images.npz": Artifact({"latent": "images", "metric": "images"}, ("data",), names_data=True),
    "networks.safetensors": Artifact({"activation": "train", "betti": "betti_train"}, NETWORKS),
    "networks.json": Artifact({"activation": "train", "betti": "betti_train"}, NETWORKS),
    "performance.csv": Artifact(
        {"latent": "performance", "metric": "metric_clouds"}, (*CHECKPOINTS, "evaluated", "disturbances")
    ),
    "clouds.npz": Artifact({"activation": "activations", "metric": "metric_clouds"}, CLOUDS),
    "diagrams.npz": Artifact(
        {"activation": "diagrams", "latent": "latent_diagrams", "metric": "metric_diagrams"}, DIAGRAMS
    ),
    "distances.csv": Artifact({"metric": "diagram_distances"}, DIAGRAMS),
    "components.csv": Artifact({"activation": "components"}, CLOUDS),
    "landscapes.npz": Artifact({"activation": "landscapes", "latent": "latent_landscapes"}, LANDSCAPES),
    "complexity.csv": Artifact({"activation": "landscapes", "latent": "latent_landscapes"}, LANDSCAPES),
    "clusters.csv": Artifact({"latent": "latent_statistics"}),
    "layers.csv": Artifact({"betti": "betti_layers"}, (*NETWORKS, "norms")),
    "attributions.csv": Artifact({"explain": "attributions"}),
    "maps.npz": Artifact({"explain": "attributions"}),
    "mapper.csv": Artifact({"explain": "mapper_graphs"}),
    "graphs.npz": Artifact({"explain": "mapper_graphs"}),
    "structures.json": Artifact({"explain": "mapper_graphs"}),
    "pictures.npz": Artifact({"explain": "node_pictures"}),
    "planes.csv": Artifact({"explain": "planes"}),
    "statistics.csv": Artifact(
        {
            "activation": "statistics",
            "latent": "latent_statistics",
            "metric": "metric_statistics",
            "explain": "explain_statistics",
            "betti": "betti_statistics",
        }
    ),
}
# Those of the run that is explained, as an explanation's claims and figures name them.
SUBJECT = "subject:"


def owner(study: Study, run: str, artifact: str) -> str:
    """The run in whose folder an artifact of `run` lies: the first one that agrees in all that it depends on."""
    sections = ARTIFACTS[artifact].sections
    return run if sections is None else first_alike(study, run, sections)


def first_alike(study: Study, run: str, sections: tuple[str, ...]) -> str:
    """The first run of a study whose settings in some sections equal those of `run`."""

    def chosen(name: str) -> list[object]:
        return [getattr(study.all_runs[name], section, None) for section in sections]

    wanted = chosen(run)
    return next(name for name in study.all_runs if chosen(name) == wanted)


def made_by(study: Study, run: str) -> frozenset[str]:
    """The artifacts that a run has, those of its subject included."""
    settings = study.all_runs[run]
    found = {name for name, artifact in ARTIFACTS.items() if study.flow in artifact.made_by}
    if isinstance(settings, Run) and not settings.statistics.class_shares:
        found -= {"components.csv"}
    if isinstance(settings, ExplainRun):
        if settings.mapper is None:
            found -= {"mapper.csv", "graphs.npz", "structures.json", "pictures.npz"}
        if settings.planes is None:
            found -= {"planes.csv"}
        subject = made_by(study.subjects[settings.subject.study], settings.subject.run)
        found |= {SUBJECT + name for name in subject}
    return frozenset(found)


def data_artifact(study: Study) -> str:
    """The artifact that says where a study's data came from; that of the subject for an explanation."""
    if study.flow == "explain":
        return SUBJECT + data_artifact(next(iter(study.subjects.values())))
    return next(name for name, one in ARTIFACTS.items() if one.names_data and study.flow in one.made_by)


def checkpoint_path(folder: Path, study: Study, run: str, network: str, seed: int) -> Path:
    """Where the weights of one network of images lie: among the committed ones or where they are trained.

    Args:
        folder: results/<scale>/<study>.

    Raises:
        TopolensError: the run has no trained networks.
    """
    settings = study.all_runs[run]
    assert isinstance(settings, LatentRun | MetricRun)
    if settings.weights == "random":
        raise TopolensError(f"{study.name}: run {run!r} has untrained networks, there is no checkpoint")
    trained = folder / first_alike(study, run, CHECKPOINTS) / "checkpoints"
    chosen = folder.parents[1] / "checkpoints" / study.name if settings.weights == "restore" else trained
    return chosen / f"{network}-{seed}.safetensors"
