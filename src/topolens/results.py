"""What a finished run left behind, as tidy tables and named arrays."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays, read_json
from topolens.checkpoint_path import checkpoint_path
from topolens.config.betti import BettiRun
from topolens.config.explain import ExplainRun
from topolens.config.latent import LatentRun
from topolens.config.metric import MetricRun
from topolens.config.study import (
    BETTI_LAYER_SECTIONS,
    BETTI_NETWORK_SECTIONS,
    LATENT_SECTIONS,
    METRIC_CLOUD_SECTIONS,
    NETWORK_SECTIONS,
    PERFORMANCE_SECTIONS,
    Run,
    Study,
    load_study,
    owner,
)
from topolens.data.dataset import Dataset
from topolens.data.image_set import ImageSet
from topolens.data.known_topology import read_sets
from topolens.errors import TopolensError
from topolens.topology.diagram_table import DiagramTable


@dataclass(frozen=True)
class _Results:
    """What runs of all flows leave behind, each artifact read when first asked for.

    Attributes:
        folder: Where the study's runs lie.
        study: The study with all its runs' settings.
        name: The run.
    """

    folder: Path
    study: Study
    name: str

    @cached_property
    def diagrams(self) -> DiagramTable:
        """All persistence diagrams."""
        return DiagramTable.read(self._path("diagrams.npz"))

    @cached_property
    def landscapes(self) -> dict[str, np.ndarray]:
        """Landscapes, their averages and inner products; see the stage that writes them for names and shapes."""
        return read_arrays(self._path("landscapes.npz"))

    @cached_property
    def complexity(self) -> pd.DataFrame:
        """One row per cloud and degree."""
        return pd.read_csv(self._path("complexity.csv"))

    @cached_property
    def statistics(self) -> pd.DataFrame:
        """The run's tidy statistics; `degree` is text, since it may be `all`."""
        return read_statistics(self._path("statistics.csv"))

    def other(self, run: str) -> Self:
        """Another run of the same study."""
        return type(self)(self.folder, self.study, run)

    def _path(self, name: str, *sections: str) -> Path:
        """A file of the run, or of the run that makes it for all with the same `sections`."""
        path = self.folder / (owner(self.study, self.name, *sections) if sections else self.name) / name
        if not path.is_file():
            raise TopolensError(
                f"{path}: not made yet; run `snakemake --cores all {self.study.name}` at scale {self.study.scale!r}"
            )
        return path


@dataclass(frozen=True)
class RunResults(_Results):
    """One run of the activation flow."""

    @property
    def config(self) -> Run:
        """The run's settings."""
        run = self.study.all_runs[self.name]
        assert isinstance(run, Run)
        return run

    @cached_property
    def dataset(self) -> Dataset:
        """The data set."""
        return Dataset.read(self._path("data.npz", "data"))

    @property
    def source(self) -> str:
        """Where the data came from, without reading the data."""
        return read_source(self._path("data.npz", "data"))

    @property
    def networks_file(self) -> Path:
        """The networks' snapshots (safetensors)."""
        return self._path("networks.safetensors", *NETWORK_SECTIONS)

    @cached_property
    def card(self) -> dict[str, Any]:
        """How the networks were trained and when they reached each threshold."""
        return read_json(self._path("networks.json", *NETWORK_SECTIONS))

    @cached_property
    def shares(self) -> pd.DataFrame | None:
        """Within-class principal component shares, where the run measures them."""
        if not self.config.statistics.class_shares:
            return None
        return pd.read_csv(self._path("components.csv"))


@dataclass(frozen=True)
class _ImageResults(_Results):
    """What runs on networks of images have in common."""

    @cached_property
    def images(self) -> ImageSet:
        """The images."""
        return ImageSet.read(self._path("images.npz", "data"))

    @property
    def source(self) -> str:
        """Where the images came from, without reading them."""
        return read_source(self._path("images.npz", "data"))

    def checkpoint(self, network: str, seed: int) -> Path:
        """A network's weights; its card lies beside it.

        Raises:
            TopolensError: the run has no trained networks.
        """
        return checkpoint_path(self.folder, self.study, self.name, network, seed)

    def card(self, network: str, seed: int) -> dict[str, Any]:
        """How one network was trained; see topolens.nets.checkpoint.Card."""
        return read_json(self.checkpoint(network, seed).with_suffix(".json"))


@dataclass(frozen=True)
class LatentResults(_ImageResults):
    """One run of the latent flow."""

    @property
    def config(self) -> LatentRun:
        """The run's settings."""
        run = self.study.all_runs[self.name]
        assert isinstance(run, LatentRun)
        return run

    @cached_property
    def diagrams(self) -> DiagramTable:
        """All persistence diagrams."""
        return DiagramTable.read(self._path("diagrams.npz", *LATENT_SECTIONS))

    @cached_property
    def clusters(self) -> pd.DataFrame:
        """One row per clustered cloud; see topolens.statistics.clusters.cluster_table."""
        return pd.read_csv(self._path("clusters.csv"))

    @cached_property
    def performance(self) -> pd.DataFrame:
        """One row per test image, network, seed and use of the skip connections."""
        return pd.read_csv(self._path("performance.csv", *PERFORMANCE_SECTIONS))


@dataclass(frozen=True)
class MetricResults(_ImageResults):
    """One run of the metric flow."""

    @property
    def config(self) -> MetricRun:
        """The run's settings."""
        run = self.study.all_runs[self.name]
        assert isinstance(run, MetricRun)
        return run

    @cached_property
    def clouds(self) -> dict[str, np.ndarray]:
        """The clouds themselves; see topolens.stages.metric_clouds for names and shapes."""
        return read_arrays(self._path("clouds.npz", *METRIC_CLOUD_SECTIONS))

    @cached_property
    def distances(self) -> pd.DataFrame:
        """Distances between diagrams; see topolens.stages.diagram_distances."""
        return pd.read_csv(self._path("distances.csv"), keep_default_na=False)

    @cached_property
    def performance(self) -> pd.DataFrame:
        """One row per network, condition and evaluated image."""
        return pd.read_csv(self._path("performance.csv", *METRIC_CLOUD_SECTIONS))


@dataclass(frozen=True)
class ExplainResults(_Results):
    """One run of the explain flow."""

    @property
    def config(self) -> ExplainRun:
        """The run's settings."""
        run = self.study.all_runs[self.name]
        assert isinstance(run, ExplainRun)
        return run

    @property
    def subject(self) -> LatentResults:
        """The run whose networks are explained."""
        study, run = self.config.subject.study, self.config.subject.run
        return LatentResults(self.folder.with_name(study), self.study.subjects[study], run)

    @property
    def source(self) -> str:
        """Where the images came from, without reading them."""
        return self.subject.source

    @property
    def layers(self) -> list[str]:
        """Where Grad-CAM looks, in order of depth."""
        wanted = self.config.attributions.layers
        return [layer for layer in self.subject.config.layers if layer in (wanted or self.subject.config.layers)]

    @property
    def mapper_layers(self) -> list[str]:
        """Layers with Mapper graphs, in order of depth; none where the run has no Mapper."""
        wanted = self.config.mapper.layers if self.config.mapper else []
        return [layer for layer in self.subject.config.layers if layer in wanted]

    @cached_property
    def attributions(self) -> pd.DataFrame:
        """One row per network, method, layer and image; see topolens.stages.attributions."""
        return pd.read_csv(self._path("attributions.csv"))

    @cached_property
    def maps(self) -> dict[str, np.ndarray]:
        """Maps of the pictured images."""
        return read_arrays(self._path("maps.npz"))

    @cached_property
    def mapper(self) -> pd.DataFrame:
        """One row per Mapper graph; see topolens.mapper.layer_graphs."""
        return pd.read_csv(self._path("mapper.csv"))

    @cached_property
    def graphs(self) -> dict[str, np.ndarray]:
        """The first position's graphs; see topolens.stages.mapper_graphs."""
        return read_arrays(self._path("graphs.npz"))

    @cached_property
    def structures(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Their scored forks and loops, by layer."""
        found: dict[str, dict[str, list[dict[str, Any]]]] = read_json(self._path("structures.json"))
        return found

    @cached_property
    def pictures(self) -> dict[str, np.ndarray]:
        """Feature pictures of their largest nodes."""
        return read_arrays(self._path("pictures.npz"))

    @cached_property
    def planes(self) -> pd.DataFrame:
        """One row per layer and method; see topolens.stages.planes."""
        return pd.read_csv(self._path("planes.csv"))


@dataclass(frozen=True)
class BettiResults(_Results):
    """One run of the betti flow."""

    @property
    def config(self) -> BettiRun:
        """The run's settings."""
        run = self.study.all_runs[self.name]
        assert isinstance(run, BettiRun)
        return run

    @cached_property
    def sets(self) -> dict[str, Dataset]:
        """The data sets by name."""
        return read_sets(self._path("data.npz", "data"))

    @property
    def source(self) -> str:
        """Where the data came from, without reading the data."""
        return read_source(self._path("data.npz", "data"))

    @cached_property
    def card(self) -> dict[str, Any]:
        """How the networks were trained, by cell; see topolens.stages.betti_train."""
        return read_json(self._path("networks.json", *BETTI_NETWORK_SECTIONS))

    @cached_property
    def layers(self) -> pd.DataFrame:
        """Betti numbers and norm, one row per network, layer and class; see topolens.stages.betti_layers."""
        return pd.read_csv(self._path("layers.csv", *BETTI_LAYER_SECTIONS))


AnyResults = RunResults | LatentResults | MetricResults | ExplainResults | BettiResults
RESULTS: dict[str, type[AnyResults]] = {
    "activation": RunResults,
    "latent": LatentResults,
    "metric": MetricResults,
    "explain": ExplainResults,
    "betti": BettiResults,
}


def results_of(folder: Path, study: Study, run: str) -> AnyResults:
    """The results of a run of any flow."""
    return RESULTS[study.flow](folder, study, run)


def read_source(file: Path) -> str:
    """The source that a data set names, without reading its arrays."""
    with np.load(file, allow_pickle=False) as arrays:
        return str(arrays["source"])


def read_statistics(file: Path) -> pd.DataFrame:
    """A table of statistics; `degree`, where there is one, is text, since it may be `all`."""
    return pd.read_csv(file, dtype={"degree": str})


@dataclass(frozen=True)
class StudyResults:
    """A finished study: `statistics` of all its runs, its `claims`, and each run by name in `runs`."""

    statistics: pd.DataFrame
    claims: pd.DataFrame
    runs: dict[str, AnyResults]


def load_results(study: str, scale: str = "quick", root: Path | str = ".") -> StudyResults:
    """The results of a finished study.

    Args:
        study: Name of a file in workflow/config/studies.
        scale: `smoke`, `quick` or `full`.
        root: The project's folder.

    Raises:
        TopolensError: the study does not exist or has not been run at this scale.
    """
    root = Path(root)
    settings = load_study(root / "workflow" / "config" / "studies" / f"{study}.yaml", scale)
    folder = root / "results" / scale
    table, claims = folder / f"{study}.csv", folder / "claims.csv"
    for file in (table, claims):
        if not file.is_file():
            raise TopolensError(f"{file}: not made yet; run `snakemake --cores all --config scale={scale}`")
    decided = pd.read_csv(claims)
    return StudyResults(
        statistics=read_statistics(table),
        claims=decided[decided["study"] == study].reset_index(drop=True),
        runs={name: results_of(folder / study, settings, name) for name in settings.runs},
    )
