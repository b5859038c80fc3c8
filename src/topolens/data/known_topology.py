"""The generated data sets whose Betti numbers are known, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from topolens.artifacts import read_arrays, write_arrays
from topolens.config.model import Model
from topolens.config.validation import checked
from topolens.data import holed_square, linked_tori, nested_spheres
from topolens.data.dataset import Dataset
from topolens.errors import unknown_name


@dataclass(frozen=True)
class Generator:
    """The options of a data set, what makes it, and its Betti numbers by class, degree 0 first."""

    options: type[Model]
    generate: Callable[[Any], Dataset]
    betti_numbers: Callable[[], dict[int, tuple[int, ...]]]


GENERATORS = {
    "holed_square": Generator(
        holed_square.HoledSquareOptions, holed_square.generate_holed_square, holed_square.known_betti_numbers
    ),
    "linked_tori": Generator(
        linked_tori.LinkedToriOptions, linked_tori.generate_linked_tori, linked_tori.known_betti_numbers
    ),
    "nested_spheres": Generator(
        nested_spheres.NestedSpheresOptions,
        nested_spheres.generate_nested_spheres,
        nested_spheres.known_betti_numbers,
    ),
}


def generate(name: str, options: dict[str, Any], where: str = "options") -> Dataset:
    """The data set of a generator with these options.

    Raises:
        TopolensError: unknown generator or option, or options that do not give the shape.
    """
    if name not in GENERATORS:
        raise unknown_name("generator", name, GENERATORS)
    return GENERATORS[name].generate(checked(GENERATORS[name].options, options, where))


def write_sets(path: Path, sets: dict[str, Dataset]) -> None:
    """Write data sets by name as one .npz."""
    arrays = {"source": np.array("; ".join(f"{name} {dataset.source}" for name, dataset in sets.items()))}
    for name, dataset in sets.items():
        arrays |= {f"{name}/{key}": np.asarray(value) for key, value in vars(dataset).items()}
    write_arrays(path, arrays)


def read_sets(path: Path) -> dict[str, Dataset]:
    """Read what :func:`write_sets` wrote."""
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
