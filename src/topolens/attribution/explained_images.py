"""Which test images other explanations are made of."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from topolens.clouds.positions import choose_images, rows_of_group
from topolens.config.clouds import ALL
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.images.inference import predict
from topolens.seeding import child_generator

BLOCK = 50  # images looked at together in search of mistakes


@dataclass(frozen=True)
class ExplainedImages:
    """Test images in the order in which they are explained.

    Attributes:
        rows: (n,) rows of the set.
        repeats: (n,) of which of the run's clouds each is the image, -1 where of none.
    """

    rows: np.ndarray
    repeats: np.ndarray


def images_with_masks(images: ImageSet, count: int, seed: int) -> ExplainedImages:
    """The images of the first `count` clouds with one image a cloud, empty masks left out.

    Raises:
        TopolensError: more images asked for than there are, or none with an object.
    """
    rows = rows_of_group(images, ALL)
    if count > len(rows):
        raise TopolensError(f"attributions.images {count}: there are {len(rows)} test images; ask for fewer")
    chosen = np.array([choose_images(rows, 1, repeat, seed, ALL)[0] for repeat in range(count)])
    filled = (images.targets[chosen] == len(images.classes) - 1).any(axis=(1, 2))
    if not filled.any():
        raise TopolensError("attributions: none of the images has anything inside its mask")
    return ExplainedImages(chosen[filled], np.flatnonzero(filled))


def images_with_labels(
    images: ImageSet, model: nn.Module, network: ImageNetwork, count: int, seed: int
) -> ExplainedImages:
    """Of each class up to `count` images that the network tells right, and up to `count` that it does not.

    Random ones; a class with fewer mistakes gives all it has. One of each class and kind come first.
    """
    found = []
    for label, name in enumerate(images.classes):
        order = child_generator(seed, "explained images", name).permutation(images.rows("test", name))
        kinds = _right_and_wrong(images, model, network, order, label, count)
        found += [
            (place, kind, label, row) for kind, rows in enumerate(kinds) for place, row in enumerate(rows[:count])
        ]
    rows = np.array([row for *_, row in sorted(found)])
    return ExplainedImages(rows, np.full(len(rows), -1))


def _right_and_wrong(
    images: ImageSet, model: nn.Module, network: ImageNetwork, order: np.ndarray, label: int, count: int
) -> tuple[list[int], list[int]]:
    """The first rows that the network tells right, and that it does not: at least `count` of both where there are."""
    right: list[int] = []
    wrong: list[int] = []
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        hits = predict(model, images.images[block], list(network.bands)) == label
        right += block[hits].tolist()
        wrong += block[~hits].tolist()
        if min(len(right), len(wrong)) >= count:
            break
    return right, wrong
