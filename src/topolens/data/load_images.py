"""From the name of an image data set to its images, by the lookup order that the README states."""

import logging
from functools import partial
from pathlib import Path

from topolens.config.data import DataSet
from topolens.data.cifar10 import read_cifar10
from topolens.data.crbd import read_crbd
from topolens.data.files import KnownDataset, added_whole, find_real
from topolens.data.image_set import ImageSet
from topolens.data.image_stand_ins import stand_in_cifar10, stand_in_crbd
from topolens.errors import unknown_name

log = logging.getLogger("topolens")


def load_images(
    settings: DataSet, catalogue: dict[str, KnownDataset], root: Path, *, real_only: bool, download: bool
) -> ImageSet:
    """Find, check and read a set of images.

    Args:
        settings: Which set, and how masks and split are made where the source has none.
        catalogue: The entries of datasets.yaml.
        root: The folder of the Snakefile.
        real_only: Refuse stand-ins (the full scale).
        download: Whether the network may be asked; for CIFAR-10 only.

    Raises:
        TopolensError: unknown name, wrong checksum, damaged files, or no real data where it is demanded.
    """
    name = settings.name
    if name not in catalogue:
        raise unknown_name("data set", name, catalogue, "data.name")
    ask = partial(_download_cifar10, catalogue[name]) if download and name == "cifar10" else None
    files = find_real(name, catalogue[name], root, real_only=real_only, download=ask)
    if files is None:
        log.warning("%s: no files found; using a stand-in", name)
        return stand_in_cifar10() if name == "cifar10" else stand_in_crbd(settings)
    return read_cifar10(files) if name == "cifar10" else read_crbd(next(iter(files)), settings)


def _download_cifar10(known: KnownDataset, folder: Path) -> None:
    """The files as torchvision downloads and unpacks them, moved to `folder` when they are complete."""
    from topolens.data.vision import import_torchvision

    with added_whole(known, folder) as temporary:
        import_torchvision().datasets.CIFAR10(temporary, download=True)
