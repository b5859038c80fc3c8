"""Nine pairs of linked solid tori, one of each class: D-II with known Betti numbers.

Data set D-II of Naitzat, Zhitnikov and Lim (JMLR 2020); sizes and the regular layout are this project's.
"""

import numpy as np
from pydantic import Field

from topolens.config.model import Model
from topolens.data.dataset import Dataset
from topolens.data.disks import SPACING, disk_centres
from topolens.errors import TopolensError

RIM = 4  # points around the centre of each cross-section


class LinkedToriOptions(Model):
    """Options of D-II."""

    sections: int = Field(default=40, ge=12, description="Cross-sections of each torus, of five points each.")
    radius: float = Field(default=0.3, gt=0, description="Radius of each torus' core circle.")
    tube: float = Field(default=0.06, gt=0, description="Radius of the tube around it.")
    spacing: float = Field(default=1.26, gt=0, description="Distance of neighbouring pairs.")


def known_betti_numbers() -> dict[int, tuple[int, ...]]:
    """(b0, b1) of nine solid tori, in each class."""
    return {0: (9, 9), 1: (9, 9)}


def generate_linked_tori(options: LinkedToriOptions) -> Dataset:
    """Class 0: tori that lie flat; class 1: upright ones, each through the hole of one of class 0.

    Raises:
        TopolensError: tubes of a pair that touch, or pairs that do.
    """
    if 4 * options.tube >= options.radius:
        raise TopolensError(
            f"linked_tori: tube {options.tube} must stay below {options.radius / 4:.4g}, a quarter of the radius, "
            "or the tori of a pair nearly touch"
        )
    if options.spacing <= 3 * options.radius + 2 * options.tube:
        raise TopolensError(
            f"linked_tori: spacing {options.spacing} must exceed {3 * options.radius + 2 * options.tube:.4g}, the "
            "length of a pair"
        )
    flat = solid_torus(options)
    upright = flat[:, [0, 2, 1]]
    shift = np.array([options.radius / 2, 0.0, 0.0])
    places = lattice(options.spacing)
    points = [place + torus for torus in (flat - shift, upright + shift) for place in places]
    labels = np.repeat([0, 1], len(places) * len(flat))
    return Dataset(
        points=np.concatenate(points).astype(np.float32),
        labels=labels.astype(np.int64),
        is_test=np.zeros(len(labels), bool),
        source="generated: nine pairs of linked solid tori, regular layout",
    )


def solid_torus(options: LinkedToriOptions) -> np.ndarray:
    """(5 * sections, 3) points of a torus around the third axis: the core circle and RIM lines along the tube."""
    around = np.linspace(0, 2 * np.pi, options.sections, endpoint=False)
    across = np.linspace(0, 2 * np.pi, RIM, endpoint=False)
    outward = options.radius + options.tube * np.append(0.0, np.cos(across))
    upward = options.tube * np.append(0.0, np.sin(across))
    circle = np.stack([np.cos(around), np.sin(around)], axis=1)
    flat = circle[:, None, :] * outward[None, :, None]
    height = np.broadcast_to(upward[:, None], (len(around), len(upward), 1))
    return np.concatenate([flat, height], axis=2).reshape(-1, 3)


def lattice(spacing: float) -> np.ndarray:
    """(9, 3) places of a square lattice in the plane of the first two axes."""
    return np.pad(disk_centres(9) * (spacing / SPACING), ((0, 0), (0, 1)))
