"""Nine disks in a square and the square without them, both on one regular grid: D-I with known Betti numbers.

Data set D-I of Naitzat, Zhitnikov and Lim (JMLR 2020). Points drawn at random show more holes than nine under the
hop metric; on a grid the published numbers come out, so the layout is regular here.
"""

import numpy as np
from pydantic import Field

from topolens.config.model import Model
from topolens.data.dataset import Dataset
from topolens.data.disks import SPACING, disk_centres
from topolens.errors import TopolensError

HALF = 1.1  # of the square's side


class HoledSquareOptions(Model):
    """Options of D-I."""

    step: float = Field(default=0.05, gt=0, le=0.1, description="Grid step.")
    disk: float = Field(default=0.16, gt=0, description="Radius of each of the nine disks, class 0.")
    hole: float = Field(default=0.26, gt=0, description="Radius of the hole around each disk; class 1 is outside.")


def known_betti_numbers() -> dict[int, tuple[int, ...]]:
    """(b0, b1) of the disks (class 0) and of the holed square (class 1)."""
    return {0: (9, 0), 1: (1, 9)}


def generate_holed_square(options: HoledSquareOptions) -> Dataset:
    """Class 0: grid points in the disks; class 1: grid points outside the holes.

    Raises:
        TopolensError: disks that reach beyond their holes, or holes that touch one another.
    """
    if not options.disk < options.hole < SPACING / 2:
        raise TopolensError(
            f"holed_square: expected disk < hole < {SPACING / 2:.4f}, half of the lattice spacing; found disk "
            f"{options.disk} and hole {options.hole}"
        )
    line = np.linspace(-HALF, HALF, 1 + round(2 * HALF / options.step))
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    nearest = np.min(np.linalg.norm(points[:, None] - disk_centres(9), axis=2), axis=1)
    keep = (nearest <= options.disk) | (nearest >= options.hole)
    labels = (nearest[keep] > options.disk).astype(np.int64)
    order = np.argsort(labels, kind="stable")
    return Dataset(
        points=points[keep][order].astype(np.float32),
        labels=labels[order],
        is_test=np.zeros(len(order), bool),
        source="generated: nine disks and the square without them, regular grid",
    )
