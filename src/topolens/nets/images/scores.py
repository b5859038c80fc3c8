"""How well networks of images do on each of some images."""

import numpy as np
import pandas as pd

from topolens.data.image_set import ImageSet


def image_scores(images: ImageSet, rows: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """A row an image: those of :func:`label_scores`, or `image` and those of :func:`mask_scores` for the last class.

    Args:
        images: The set.
        rows: (n,) rows of it.
        predicted: (n,) numbers of classes, or (n, height, width) where images have masks.
    """
    if not images.are_masks:
        return label_scores(images, rows, predicted)
    last = len(images.classes) - 1
    return pd.DataFrame({"image": rows} | mask_scores(predicted == last, images.targets[rows] == last))


def label_scores(images: ImageSet, rows: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """`image`, `label` and `predicted` (names of classes) and `correct` (0 or 1) of each image."""
    names, labels = np.array(images.classes), images.targets[rows]
    correct = (predicted == labels).astype(int)
    return pd.DataFrame({"image": rows, "label": names[labels], "predicted": names[predicted], "correct": correct})


def mask_scores(predicted: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Intersection over union, precision and recall of each image.

    Args:
        predicted: (n, height, width) bool.
        truth: The same.

    Returns:
        iou, precision and recall, (n,) each. The IoU is 1 where nothing is to be found and nothing is; precision is
        NaN where nothing is found, recall where nothing is to be found.
    """
    hit, found, sought, either = (
        mask.sum(axis=(1, 2)) for mask in (predicted & truth, predicted, truth, predicted | truth)
    )
    return {
        "iou": np.where(either > 0, hit / np.maximum(either, 1), 1.0),
        "precision": np.where(found > 0, hit / np.maximum(found, 1), np.nan),
        "recall": np.where(sought > 0, hit / np.maximum(sought, 1), np.nan),
    }
