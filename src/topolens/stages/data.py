"""The data sets of a run of perceptrons, checked, as one file."""

from pathlib import Path

from topolens.config.analyses import Betti
from topolens.config.data import DataSet
from topolens.data.dataset import write_datasets
from topolens.data.files import KnownDataset
from topolens.data.known_topology import known_betti_numbers
from topolens.data.load import load_dataset
from topolens.topology.hop_complex import check_betti_numbers


def prepare_data(
    data_file: Path,
    *,
    data: list[DataSet],
    betti: Betti | None,
    catalogue: dict[str, KnownDataset],
    root: Path,
    real_only: bool,
    download: bool,
) -> None:
    """Find, check and store the data sets of a run; `catalogue` says how files are recognised.

    Where Betti numbers are to be counted, those of the input are found before any network sees it.

    Raises:
        TopolensError: no real data where they are demanded, or other Betti numbers than the shape has.
    """
    sets = {}
    for one in data:
        sets[one.called] = load_dataset(one.name, one.options, catalogue, root, real_only=real_only, download=download)
        if betti is not None:
            known, dataset = known_betti_numbers(one.name), sets[one.called]
            for label in dataset.classes:
                points = dataset.inputs(dataset.rows("all", label))
                counted = betti.counted[one.called]
                where = f"data: {one.called}: class {label}"
                check_betti_numbers(
                    points, counted.neighbours, betti.scale, known[label][: counted.max_degree + 1], where
                )
    write_datasets(data_file, sets)
