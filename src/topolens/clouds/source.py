"""Where point clouds come from: whatever can list its units and give the clouds of each, one batch after another."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Cloud:
    """One point cloud.

    Attributes:
        key: What tells it apart, as columns of a table.
        points: (n, d).
        model: Names of the seed of the Gaussian cloud of the same size, mean and covariance that takes its place; None
            where it is itself.
        labels: (n,) classes of the points, where they have any.
        is_last: Whether it is of the last layer of a network of images.
        is_first: Whether it is the first clean one of its layer, that others are held against.
    """

    key: dict[str, Any]
    points: np.ndarray
    model: tuple[str | int, ...] | None = None
    labels: np.ndarray | None = field(default=None, repr=False)
    is_last: bool = False
    is_first: bool = False


class CloudSource(Protocol):
    """Clouds in units, each of which can be made for itself, so that a run can be cut and resumed between them."""

    points: int
    seed: int

    def units(self) -> list[str]:
        """Names of all units, which may stand in names of files; in the order of the table of clouds."""

    def size(self, unit: str) -> int:
        """How many clouds a unit has."""

    def clouds(self, unit: str) -> Iterator[list[Cloud]]:
        """The clouds of a unit, batch by batch, so that never all are in memory."""
