"""Stage 1 of studies on images: the images of a run, checked, as one file."""

from pathlib import Path

from topolens.config.images import ImageData
from topolens.data.files import KnownDataset
from topolens.data.load_images import load_images


def prepare_images(
    images_file: Path,
    *,
    data: ImageData,
    catalogue: dict[str, KnownDataset],
    root: Path,
    real_only: bool,
    download: bool,
) -> None:
    """Find, check and store the images of a run; `catalogue` says how their files are recognised."""
    load_images(data, catalogue, root, real_only=real_only, download=download).write(images_file)
