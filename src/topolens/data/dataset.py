"""What every data set is, in memory and on disk."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from topolens.artifacts import read_arrays, write_arrays
from topolens.errors import TopolensError

STAND_IN = "stand-in"


@dataclass(frozen=True)
class Dataset:
    """Samples with labels.

    Attributes:
        points: (n, features) in the original number type; `scale` times it is what networks see.
        labels: (n,) int64 classes from 0.
        is_test: (n,) bool, the samples of the original test split.
        source: Where the samples came from, in plain words; starts with `stand-in` when they are not the
            real ones, in which case no claim is decided.
        scale: Factor applied when samples are used as inputs.
    """

    points: np.ndarray
    labels: np.ndarray
    is_test: np.ndarray
    source: str
    scale: float = 1.0

    def inputs(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Chosen samples as float32 network inputs, (n, features)."""
        return self.points[rows].astype(np.float32) * np.float32(self.scale)

    def rows(self, split: str, label: int | None = None) -> np.ndarray:
        """Row numbers of a split (`all`, `train`, `test`) and class, in file order."""
        chosen = np.ones(len(self.labels), bool) if split == "all" else self.is_test == (split == "test")
        if label is not None:
            chosen = chosen & (self.labels == label)
            if not chosen.any():
                raise TopolensError(f"no samples of class {label} in split {split!r}; classes: {self.classes}")
        return np.flatnonzero(chosen)

    @property
    def classes(self) -> list[int]:
        """The classes that occur."""
        return [int(label) for label in np.unique(self.labels)]

    def training_samples(self) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and labels of the training split; of all samples where there is none."""
        rows = self.rows("train" if self.is_test.any() else "all")
        return self.inputs(rows), self.labels[rows]


def write_datasets(path: Path, sets: dict[str, Dataset]) -> None:
    """Write data sets by name as one .npz; `source` says where all came from."""
    sources = [f"{name} {one.source}" if len(sets) > 1 else one.source for name, one in sets.items()]
    arrays = {"source": np.array("; ".join(sources))}
    for name, dataset in sets.items():
        arrays |= {f"{name}/{key}": np.asarray(value) for key, value in vars(dataset).items()}
    write_arrays(path, arrays)


def read_datasets(path: Path) -> dict[str, Dataset]:
    """Read what :func:`write_datasets` wrote."""
    arrays = read_arrays(path)
    names = dict.fromkeys(name.rpartition("/")[0] for name in arrays if "/" in name)
    return {
        name: Dataset(
            **{key: arrays[f"{name}/{key}"] for key in ("points", "labels", "is_test")},
            source=str(arrays[f"{name}/source"]),
            scale=float(arrays[f"{name}/scale"]),
        )
        for name in names
    }
