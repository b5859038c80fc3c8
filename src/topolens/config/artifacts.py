"""Which files runs leave behind, said once: for the rules that make them, the figures and claims that read them.

An artifact depends on some sections of the settings. Runs of a study that agree in all of them share one file, which
lies in the folder of the first: a variant that changes only the metric uses the networks of the headline run.
"""

from dataclasses import dataclass
from pathlib import Path

from topolens.config.run import Run
from topolens.config.sections import Kind
from topolens.config.study import Study
from topolens.errors import TopolensError

DATA = ("data", "betti")  # data of known topology are checked when they are made
NETWORKS = (*DATA, "networks", "training")
CHECKPOINTS = (*NETWORKS, "seeds", "weights")
CLOUDS = (*CHECKPOINTS, "clouds", "conditions")
DIAGRAMS = (*CLOUDS, "distances", "homology")
LANDSCAPES = (*DIAGRAMS, "landscapes")
UNTRAINED = (*DATA, "networks", "seeds", "clouds", "distances", "separation", "untrained")
GRAPHS = (*CHECKPOINTS, "mapper")
EVERY: tuple[Kind, ...] = ("samples", "positions", "images", "layers")


@dataclass(frozen=True)
class Artifact:
    """One kind of file.

    Attributes:
        kinds: The runs that have it.
        sections: What it depends on, `kind` among them where kinds have other columns; None: each run has its own.
        section: That a run must ask for; None: none.
    """

    kinds: tuple[Kind, ...]
    sections: tuple[str, ...] | None = None
    section: str | None = None


ARTIFACTS: dict[str, Artifact] = {
    "data.npz": Artifact(EVERY, DATA),
    "networks.safetensors": Artifact(("samples", "layers"), NETWORKS),
    "networks.json": Artifact(("samples", "layers"), NETWORKS),
    "performance.csv": Artifact(("positions", "images"), (*CHECKPOINTS, "kind", "evaluated", "conditions")),
    "clouds.npz": Artifact(("samples", "images"), CLOUDS),
    "diagrams.npz": Artifact(("samples", "positions", "images"), DIAGRAMS),
    "diagram_distances.csv": Artifact(("images",), DIAGRAMS),
    "landscapes.npz": Artifact(("samples", "positions"), LANDSCAPES),
    "complexity.csv": Artifact(("samples", "positions"), LANDSCAPES),
    "principal_shares.csv": Artifact(("samples",), CLOUDS, "principal_shares"),
    "clusters.csv": Artifact(("positions",), (*LANDSCAPES, "clusters"), "clusters"),
    "separation.csv": Artifact(("images",), (*DIAGRAMS, "separation"), "separation"),
    "untrained.csv": Artifact(("images",), UNTRAINED, "untrained"),
    "layers.csv": Artifact(("layers",), NETWORKS),
    "attributions.csv": Artifact(("positions",), (*CLOUDS, "attributions"), "attributions"),
    "maps.npz": Artifact(("positions",), (*CLOUDS, "attributions"), "attributions"),
    "mapper.csv": Artifact(("positions",), GRAPHS, "mapper"),
    "graphs.npz": Artifact(("positions",), GRAPHS, "mapper"),
    "structures.json": Artifact(("positions",), GRAPHS, "mapper"),
    "pictures.npz": Artifact(("positions",), (*GRAPHS, "feature_pictures"), "feature_pictures"),
    "planes.csv": Artifact(("positions",), (*LANDSCAPES, "planes"), "planes"),
    "projections.csv": Artifact(("positions",), (*LANDSCAPES, "planes"), "planes"),
    "statistics.csv": Artifact(EVERY),
}


def owner(study: Study, run: str, artifact: str) -> str:
    """The run in whose folder an artifact of `run` lies: the first one that agrees in all that it depends on."""
    sections = ARTIFACTS[artifact].sections
    return run if sections is None else first_alike(study, run, sections)


def first_alike(study: Study, run: str, sections: tuple[str, ...]) -> str:
    """The first run of a study whose settings in some sections equal those of `run`."""

    def chosen(name: str) -> list[object]:
        return [getattr(study.all_runs[name], section) for section in sections]

    wanted = chosen(run)
    return next(name for name in study.all_runs if chosen(name) == wanted)


def artifacts_of(run: Run) -> frozenset[str]:
    """The artifacts that a run has."""
    asked = {None, *run.sections()}
    return frozenset(
        name for name, artifact in ARTIFACTS.items() if run.kind in artifact.kinds and artifact.section in asked
    )


def checkpoint_path(folder: Path, study: Study, run: str, network: str, seed: int) -> Path:
    """Where the weights of one network of images lie: among the committed ones or where they are trained.

    Args:
        folder: results/<scale>/<study>.

    Raises:
        TopolensError: the run has no trained networks.
    """
    settings = study.all_runs[run]
    if settings.weights == "random":
        raise TopolensError(f"{study.name}: run {run!r} has untrained networks, there is no checkpoint")
    trained = folder / first_alike(study, run, CHECKPOINTS) / "checkpoints"
    if settings.weights == "restore":
        # Beside all runs, whose folders are results/SCALE, or deeper in results for gold runs.
        results = next(parent for parent in folder.parents if parent.name == "results")
        return results / "checkpoints" / study.name / f"{network}-{seed}.safetensors"
    return trained / f"{network}-{seed}.safetensors"
