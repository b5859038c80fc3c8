"""The images of a run, checked, as one file."""

from pathlib import Path

from topolens.config.data import DataSet
from topolens.data.files import KnownDataset
from topolens.data.load_images import load_images


def prepare_images(
    data_file: Path,
    *,
    data: list[DataSet],
    catalogue: dict[str, KnownDataset],
    root: Path,
    real_only: bool,
    download: bool,
) -> None:
    """Find, check and store the images of a run; `catalogue` says how their files are recognised."""
    load_images(data[0], catalogue, root, real_only=real_only, download=download).write(data_file)
