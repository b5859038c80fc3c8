"""The data set of a run of samples, checked, as one file."""

from pathlib import Path

from topolens.config.data import DataSet
from topolens.data.dataset import write_datasets
from topolens.data.files import KnownDataset
from topolens.data.load import load_dataset


def prepare_data(
    data_file: Path,
    *,
    data: list[DataSet],
    catalogue: dict[str, KnownDataset],
    root: Path,
    real_only: bool,
    download: bool,
) -> None:
    """Find, check and store the data sets of a run; `catalogue` says how files are recognised."""
    sets = {
        one.called: load_dataset(one.name, one.options, catalogue, root, real_only=real_only, download=download)
        for one in data
    }
    write_datasets(data_file, sets)
