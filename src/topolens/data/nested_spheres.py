"""Nine triples of nested spheres, the middle one of the other class: D-III with known Betti numbers.

Data set D-III of Naitzat, Zhitnikov and Lim (JMLR 2020); sizes and the regular layout are this project's.
"""

import numpy as np
from pydantic import Field

from topolens.config.model import Model
from topolens.data.dataset import Dataset
from topolens.data.linked_tori import lattice
from topolens.errors import TopolensError

GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


class NestedSpheresOptions(Model):
    """Options of D-III; each list from the inner to the outer sphere."""

    radii: tuple[float, float, float] = Field(default=(0.1, 0.2, 0.3), description="Radii of a triple.")
    points: tuple[int, int, int] = Field(
        default=(60, 100, 160),
        description="Points of each sphere; an outer one with fewer meets the inner one within two hops.",
    )
    spacing: float = Field(default=0.8, gt=0, description="Distance of neighbouring triples.")


def known_betti_numbers() -> dict[int, tuple[int, ...]]:
    """(b0, b1, b2) of nine spheres (class 0), and of eighteen, nine in nine (class 1)."""
    return {0: (9, 0, 9), 1: (18, 0, 18)}


def generate_nested_spheres(options: NestedSpheresOptions) -> Dataset:
    """Class 0: the middle spheres; class 1: the inner and the outer ones.

    Raises:
        TopolensError: radii that do not increase, or triples that touch.
    """
    inner, middle, outer = options.radii
    if not 0 < inner < middle < outer < options.spacing / 2:
        raise TopolensError(
            f"nested_spheres: expected increasing radii below {options.spacing / 2:.4g}, half of the spacing; found "
            f"{options.radii}"
        )
    spheres = [r * unit_sphere(n) for r, n in zip(options.radii, options.points, strict=True)]
    classes = (spheres[1], np.concatenate([spheres[0], spheres[2]]))
    places = lattice(options.spacing)
    labels = np.repeat([0, 1], [len(places) * len(points) for points in classes])
    return Dataset(
        points=np.concatenate([place + points for points in classes for place in places]).astype(np.float32),
        labels=labels.astype(np.int64),
        is_test=np.zeros(len(labels), bool),
        source="generated: nine triples of nested spheres, regular layout",
    )


def unit_sphere(points: int) -> np.ndarray:
    """(points, 3) nearly even points on a spiral of golden angles (the Fibonacci lattice of the sphere)."""
    places = np.arange(points)
    height = 1 - (2 * places + 1) / points
    angle, flat = GOLDEN_ANGLE * places, np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), height], axis=1)
