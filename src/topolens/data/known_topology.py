"""The generated data sets whose Betti numbers are known, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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


def known_betti_numbers(name: str) -> dict[int, tuple[int, ...]]:
    """Betti numbers by class, degree 0 first, up to degree 2.

    Raises:
        TopolensError: a data set whose Betti numbers are not known.
    """
    if name not in GENERATORS:
        raise unknown_name("data set", name, GENERATORS, "betti: data of known topology")
    return {label: (*numbers, 0, 0)[:3] for label, numbers in GENERATORS[name].betti_numbers().items()}


def generate(name: str, options: dict[str, Any], where: str = "options") -> Dataset:
    """The data set of a generator with these options.

    Raises:
        TopolensError: unknown generator or option, or options that do not give the shape.
    """
    if name not in GENERATORS:
        raise unknown_name("generator", name, GENERATORS)
    return GENERATORS[name].generate(checked(GENERATORS[name].options, options, where))
