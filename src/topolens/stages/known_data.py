"""Data sets of known topology, their Betti numbers found before any network sees them."""

from pathlib import Path

from topolens.config.analyses import BettiNumbers
from topolens.config.data import DataSet
from topolens.data.dataset import write_datasets
from topolens.data.known_topology import generate, known_betti_numbers
from topolens.topology.hop_complex import check_betti_numbers


def prepare_known_data(data_file: Path, *, data: list[DataSet], scale: float, counted: dict[str, BettiNumbers]) -> None:
    """Generate, check and store all data sets.

    Raises:
        TopolensError: a data set of unknown topology, or other Betti numbers than its shape has.
    """
    sets = {}
    for one in data:
        known, how = known_betti_numbers(one.name), counted[one.called]
        dataset = sets[one.called] = generate(one.name, one.options, f"data: {one.called}: options")
        for label in dataset.classes:
            points, expected = dataset.inputs(dataset.rows("all", label)), known[label][: how.max_degree + 1]
            where = f"data: {one.called}: class {label}"
            check_betti_numbers(points, how.neighbours, scale, expected, where)
    write_datasets(data_file, sets)
