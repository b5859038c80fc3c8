"""How well trained networks of images do on each test image."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor, nn

from topolens.artifacts import write_table
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.checkpoint import Card, load_checkpoint
from topolens.nets.device import AUTO, find_device
from topolens.nets.images.inference import Pictures, check_images, predict, predict_each
from topolens.nets.images.scores import image_scores
from topolens.nets.images.unet import UNet
from topolens.progress import progress_bar
from topolens.seeding import child_generator

SCORES = ["label", "predicted", "correct", "iou", "precision", "recall"]
COLUMNS = ["network", "seed", "skips", "image", *SCORES]


def evaluate_networks(
    data_file: Path,
    performance_file: Path,
    *,
    checkpoints: list[Path],
    images: int | None,
    seed: int,
    threads: int,
    device: str = AUTO,
) -> None:
    """One row per network and test image; U-Nets are run twice, with their skip connections and with zeros in place.

    Args:
        data_file: An ImageSet.
        performance_file: The table, with columns COLUMNS. `image` is the row number in the set; `skips` is empty for
            classifiers; label, predicted (names of classes) and correct (0 or 1) are empty for masks; iou, precision
            and recall of the masks' last class are empty for labels.
        checkpoints: Files of weights, each with its card beside it under the suffix .json; none leave a bare header.
        images: At most so many random test images, the same for all networks; None: all.
        seed, threads: The root of that choice; threads across images, which change nothing.
        device: Where the networks run; see :func:`topolens.nets.device.find_device`.

    Raises:
        TopolensError: a checkpoint that does not load, or whose network is for other classes or other images.
    """
    image_set = ImageSet.read(data_file)
    rows = image_set.rows("test")
    if images is not None:
        rows = np.sort(child_generator(seed, "evaluation").permutation(rows)[:images])
    tables = []
    with progress_bar(len(checkpoints) * len(rows), "evaluating", "images") as progress:
        for file in checkpoints:
            network, card = load_checkpoint(file, file.with_suffix(".json"))
            check_network(card, image_set, file, data_file)
            network = network.to(find_device(device))
            for skips, predicted in predictions(network, image_set.images[rows], card.network.bands, threads).items():
                scores = image_scores(image_set, rows, predicted).reindex(columns=["image", *SCORES])
                tables.append(scores.assign(network=card.network.name, seed=card.seed, skips=skips))
            progress.update(len(rows))
    write_table(performance_file, pd.concat(tables)[COLUMNS] if tables else pd.DataFrame(columns=COLUMNS))


def check_network(card: Card, image_set: ImageSet, file: Path, images_file: Path) -> None:
    """Refuse a network that was trained for other classes or cannot take the images."""
    if card.classes != image_set.classes:
        raise TopolensError(
            f"{file}: expected the classes of {images_file}, {', '.join(image_set.classes)}, "
            f"found {', '.join(card.classes)}; evaluate it on its own data, {card.data.name}"
        )
    check_images(card.network, Pictures(image_set.images, image_set.targets, card.network.bands), str(images_file))


def predictions(
    network: nn.Module, images: np.ndarray, bands: Sequence[str], threads: int
) -> dict[bool | None, np.ndarray]:
    """What a U-Net says with its skip connections (True) and without (False), what another network says (None)."""
    if not isinstance(network, UNet):
        return {None: predict(network, images, bands, threads)}

    def twice(own: nn.Module, inputs: Tensor) -> tuple[Tensor, Tensor]:
        assert isinstance(own, UNet)
        return own.with_and_without_skips(inputs)

    both = predict_each(network, twice, images, bands, threads)
    return dict(zip((True, False), both, strict=True))
