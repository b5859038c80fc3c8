"""The diagrams of many clouds in one file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays, write_arrays


@dataclass(frozen=True)
class DiagramTable:
    """Diagrams of many clouds, bars of all clouds of a degree behind one another.

    Attributes:
        clouds: One row per cloud, or view of one: `mean_distance`, and what tells it apart; the stages that compute
            diagrams say what columns there are.
        bars: For each degree (all bars, 2) of birth and death, infinite ones included.
        offsets: For each degree (clouds + 1,) where each cloud's bars start.
    """

    clouds: pd.DataFrame
    bars: tuple[np.ndarray, ...]
    offsets: tuple[np.ndarray, ...]

    @classmethod
    def collect(cls, clouds: pd.DataFrame, diagrams: Sequence[Sequence[np.ndarray]]) -> "DiagramTable":
        """From the table of clouds and, for each cloud, its diagrams by degree."""
        by_degree = [list(same) for same in zip(*diagrams, strict=True)]
        return cls(
            clouds.reset_index(drop=True),
            tuple(np.concatenate(same) for same in by_degree),
            tuple(np.concatenate([[0], np.cumsum([len(one) for one in same])]) for same in by_degree),
        )

    @classmethod
    def join(cls, tables: Sequence["DiagramTable"]) -> "DiagramTable":
        """Tables behind one another."""
        clouds = pd.concat([table.clouds for table in tables], ignore_index=True)
        bars, offsets = [], []
        for degree in tables[0].degrees:
            bars.append(np.concatenate([table.bars[degree] for table in tables]))
            lengths = np.concatenate([np.diff(table.offsets[degree]) for table in tables])
            offsets.append(np.concatenate([[0], np.cumsum(lengths)]))
        return cls(clouds, tuple(bars), tuple(offsets))

    @property
    def degrees(self) -> range:
        """The homology degrees."""
        return range(len(self.bars))

    def diagram(self, cloud: int, degree: int) -> np.ndarray:
        """The (m, 2) diagram of the cloud in one row of `clouds`."""
        start, stop = self.offsets[degree][cloud : cloud + 2]
        return self.bars[degree][start:stop]

    def write(self, path: Path) -> None:
        """Write as .npz."""
        arrays = {f"clouds.{name}": np.array(values.tolist()) for name, values in self.clouds.items()}
        for degree in self.degrees:
            arrays |= {f"bars.{degree}": self.bars[degree], f"offsets.{degree}": self.offsets[degree]}
        write_arrays(path, arrays)

    @classmethod
    def read(cls, path: Path) -> "DiagramTable":
        """Read what :meth:`write` wrote."""
        arrays = read_arrays(path)
        degrees = range(sum(name.startswith("bars.") for name in arrays))
        columns = [name for name in arrays if name.startswith("clouds.")]
        return cls(
            pd.DataFrame({name.removeprefix("clouds."): arrays[name] for name in columns}),
            tuple(arrays[f"bars.{degree}"] for degree in degrees),
            tuple(arrays[f"offsets.{degree}"] for degree in degrees),
        )
