"""Images with labels or masks, in memory and on disk."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from topolens.artifacts import read_arrays, write_arrays
from topolens.errors import TopolensError

SPLITS = ("train", "validation", "test")
Split = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class ImageSet:
    """Colour images of one size.

    Attributes:
        images: (n, height, width, 3) uint8, red, green, blue.
        targets: (n,) uint8 class numbers, or (n, height, width) uint8 masks.
        split: (n,) uint8, index into SPLITS.
        classes: Names of the classes (of the mask's values), by number.
        names: (n,) what the source calls each image.
        source: Where they came from, in plain words; starts with `stand-in` when they are not the real ones, in
            which case no claim is decided.
    """

    images: np.ndarray
    targets: np.ndarray
    split: np.ndarray
    classes: list[str]
    names: np.ndarray
    source: str

    @property
    def are_masks(self) -> bool:
        """Whether each pixel has a class of its own."""
        return self.targets.ndim == 3

    def rows(self, split: Split, label: str | None = None) -> np.ndarray:
        """Row numbers of a split and, for labelled images, of a class, in file order.

        Raises:
            TopolensError: unknown class, or none of its images in the split.
        """
        chosen = self.split == SPLITS.index(split)
        if label is not None:
            if label not in self.classes or self.are_masks:
                raise TopolensError(f"class {label!r}: the images' classes are {', '.join(self.classes)}")
            chosen = chosen & (self.targets == self.classes.index(label))
        if not chosen.any():
            raise TopolensError(f"no images in split {split!r}" + (f" of class {label!r}" if label else ""))
        return np.flatnonzero(chosen)

    def write(self, path: Path) -> None:
        """Write as .npz."""
        write_arrays(path, {name: np.asarray(value) for name, value in vars(self).items()})

    @classmethod
    def read(cls, path: Path) -> "ImageSet":
        """Read what :meth:`write` wrote."""
        arrays = read_arrays(path)
        return cls(
            **{name: arrays[name] for name in ("images", "targets", "split", "names")},
            classes=arrays["classes"].tolist(),
            source=str(arrays["source"]),
        )
