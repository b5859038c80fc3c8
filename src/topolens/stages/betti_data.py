"""Betti flow, stage 1: the data sets, their Betti numbers found before any network sees them."""

from pathlib import Path

from topolens.config.betti import BettiData, KnownSet
from topolens.data.dataset import Dataset
from topolens.data.known_topology import GENERATORS, generate, write_sets
from topolens.errors import TopolensError
from topolens.topology.hop_complex import hop_betti_numbers

LARGEST_SET = 5000  # points: beyond it every layer's complex would cost minutes


def prepare_known_sets(data_file: Path, *, data: BettiData) -> None:
    """Generate, check and store all data sets.

    Raises:
        TopolensError: a set with other Betti numbers than its shape has, or with too many points.
    """
    sets = {}
    for name, settings in data.sets.items():
        sets[name] = generate(settings.generator, settings.options, f"data.sets.{name}.options")
        check_betti_numbers(name, sets[name], settings, data.scale)
    write_sets(data_file, sets)


def check_betti_numbers(name: str, dataset: Dataset, settings: KnownSet, scale: float) -> None:
    """Raise a TopolensError unless every class of a data set shows the Betti numbers of its shape."""
    if len(dataset.labels) > LARGEST_SET:
        raise TopolensError(
            f"data.sets.{name}: {len(dataset.labels)} points, at most {LARGEST_SET} expected; change its options"
        )
    for label, known in GENERATORS[settings.generator].betti_numbers().items():
        expected = (*known, 0, 0)[: settings.maximum_degree + 1]
        points = dataset.inputs(dataset.rows("all", label))
        found = hop_betti_numbers(points, settings.neighbours, scale, settings.maximum_degree).betti
        if found != expected:
            raise TopolensError(
                f"data.sets.{name}: class {label} has Betti numbers {found} at scale {scale:g} with "
                f"{settings.neighbours} neighbours, expected {expected}; take denser points or other neighbours"
            )
