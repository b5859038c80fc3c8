"""What a finished run left behind, as tidy tables and named arrays; topolens.config.artifacts lists them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays, read_json, read_table
from topolens.config.artifacts import ARTIFACTS, checkpoint_path, owner
from topolens.config.run import Run
from topolens.config.study import Study, load_study
from topolens.data.dataset import Dataset, read_datasets
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError, unknown_name
from topolens.provenance import check_unchanged
from topolens.topology.diagram_table import DiagramTable

# What pandas must not guess: a degree may be `all`; what a distance does not compare with is an empty text.
READING: dict[str, dict[str, Any]] = {
    "statistics.csv": {"dtype": {"degree": str}},
    "diagram_distances.csv": {"keep_default_na": False},
}


@dataclass(frozen=True)
class Results:
    """One run, each artifact read when first asked for and kept.

    Attributes:
        folder: Where the study's runs lie, results/<scale>/<study>.
        study: The study with all its runs' settings.
        name: The run.
    """

    folder: Path
    study: Study
    name: str
    _kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def config(self) -> Run:
        """The run's settings."""
        return self.study.all_runs[self.name]

    def table(self, name: str) -> pd.DataFrame:
        """A tidy table by name, e.g. `complexity` or `statistics`; the stage that writes it says what its columns are.

        Raises:
            TopolensError: no such table, or not made yet.
        """
        file = f"{name}.csv"
        return self._once(file, lambda path: read_table(path, **READING.get(file, {})))

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Named arrays, e.g. `landscapes`; the stage that writes them says what their names and shapes are.

        Raises:
            TopolensError: no such arrays, or not made yet.
        """
        return self._once(f"{name}.npz", read_arrays)

    def record(self, name: str) -> Any:
        """A JSON file, e.g. `networks`, how families of perceptrons were trained."""
        return self._once(f"{name}.json", read_json)

    @cached_property
    def diagrams(self) -> DiagramTable:
        """All persistence diagrams."""
        return self._once("diagrams.npz", DiagramTable.read)

    @cached_property
    def dataset(self) -> Dataset:
        """The data set of a run with one data set of samples."""
        return next(iter(self.sets.values()))

    @cached_property
    def sets(self) -> dict[str, Dataset]:
        """The data sets of samples by name."""
        return self._once("data.npz", read_datasets)

    @cached_property
    def images(self) -> ImageSet:
        """The images."""
        return self._once("data.npz", ImageSet.read)

    @property
    def source(self) -> str:
        """Where the data came from, without reading the data."""
        with np.load(self.path("data.npz"), allow_pickle=False) as arrays:
            return str(arrays["source"])

    def checkpoint(self, network: str, seed: int) -> Path:
        """The weights of one network of images; its card lies beside it.

        Raises:
            TopolensError: the run has no trained networks.
        """
        return checkpoint_path(self.folder, self.study, self.name, network, seed)

    def checkpoint_card(self, network: str, seed: int) -> dict[str, Any]:
        """How one network of images was trained; see topolens.nets.checkpoint.Card."""
        return read_json(self.checkpoint(network, seed).with_suffix(".json"))

    def other(self, run: str) -> "Results":
        """Another run of the same study."""
        return Results(self.folder, self.study, run)

    def path(self, artifact: str) -> Path:
        """Where an artifact lies, in the folder of the run that makes it for all that share it.

        Raises:
            TopolensError: no such artifact, or not made yet.
        """
        if artifact not in ARTIFACTS:
            raise unknown_name("artifact", artifact, ARTIFACTS, f"{self.study.name}/{self.name}")
        path = self.folder / owner(self.study, self.name, artifact) / artifact
        if not path.is_file():
            raise TopolensError(
                f"{path}: not made yet; run `snakemake --cores all {self.study.name}` at scale {self.study.scale!r}"
            )
        return path

    def _once(self, artifact: str, read: Callable[[Path], Any]) -> Any:
        if artifact not in self._kept:
            check_unchanged(self.path(artifact))
            self._kept[artifact] = read(self.path(artifact))
        return self._kept[artifact]


@dataclass(frozen=True)
class StudyResults:
    """A finished study: `statistics` of all its runs, its `claims`, and each run by name in `runs`."""

    statistics: pd.DataFrame
    claims: pd.DataFrame
    runs: dict[str, Results]


def load_results(study: str, scale: str = "quick", root: Path | str = ".") -> StudyResults:
    """The results of a finished study.

    Args:
        study: Name of a file in workflow/config/studies.
        scale: `smoke`, `quick` or `full`.
        root: The project's folder.

    Raises:
        TopolensError: the study does not exist, has not been run at this scale, or a table has changed since.
    """
    root = Path(root)
    settings = load_study(root / "workflow" / "config" / "studies" / f"{study}.yaml", scale)
    folder = root / "results" / scale
    table, claims = folder / f"{study}.csv", folder / "claims.csv"
    for file in (table, claims):
        if not file.is_file():
            raise TopolensError(f"{file}: not made yet; run `snakemake --cores all --config scale={scale}`")
        check_unchanged(file)
    decided = read_table(claims)
    return StudyResults(
        statistics=read_table(table, **READING["statistics.csv"]),
        claims=decided[decided["study"] == study].reset_index(drop=True),
        runs={name: Results(folder / study, settings, name) for name in settings.runs},
    )
