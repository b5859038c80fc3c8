"""CIFAR-10: the original batch files (Krizhevsky 2009)."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from topolens.data.files import UNREADABLE
from topolens.data.image_set import SPLITS, ImageSet
from topolens.errors import TopolensError

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
TRAIN_BATCHES = [f"data_batch_{number}" for number in range(1, 6)]
SIDE = 32
# What pickle raises for files that are no pickles, and what taking a wrong one apart raises.
NOT_A_BATCH = (*UNREADABLE, pickle.UnpicklingError, LookupError, TypeError, AttributeError, ImportError)


def read_cifar10(files: dict[Path, bytes]) -> ImageSet:
    """The six batch files, told apart by their names, in any order."""
    batches = {path.name: read_batch(path, content) for path, content in files.items()}
    ordered = [batches[name] for name in (*TRAIN_BATCHES, "test_batch")]
    images, labels, names = (np.concatenate(part) for part in zip(*ordered, strict=True))
    split = np.full(len(labels), SPLITS.index("train"), np.uint8)
    split[len(labels) - len(ordered[-1][1]) :] = SPLITS.index("test")
    return ImageSet(images, labels, split, list(CLASSES), names, "CIFAR-10, original files")


def read_batch(path: Path, content: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One batch file.

    Returns:
        Images (n, 32, 32, 3) uint8, labels (n,) uint8, file names (n,).

    Raises:
        TopolensError: not such a file, or one that asks for anything but arrays.
    """
    try:
        batch = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
        images, labels = batch[b"data"], np.asarray(batch[b"labels"])
        names = np.array([name.decode() for name in batch[b"filenames"]])
        if images.dtype != np.uint8 or len(names) != len(labels) or not np.isin(labels, np.arange(len(CLASSES))).all():
            raise ValueError(
                f"{images.dtype} images, {len(labels)} labels from {labels.min()} to {labels.max()}, {len(names)} names"
            )
        images = images.reshape(len(labels), 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    except NOT_A_BATCH as error:
        raise TopolensError(f"{path}: not a batch file of CIFAR-10 ({error}); replace it") from error
    return np.ascontiguousarray(images), labels.astype(np.uint8), names


class _ArraysOnly(pickle.Unpickler):
    """Rebuilds numpy arrays and nothing else, whatever the file asks for."""

    ALLOWED = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("_codecs", "encode"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)
