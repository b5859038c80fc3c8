"""How concentrated and how faithful maps are, of images with labels or with masks."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from topolens.attribution.concentration import inside_gain, inside_share, spatial_concentration
from topolens.attribution.deletion import deletion_insertion, shifted_maps
from topolens.attribution.targets import ClassTarget, MaskTarget, Target
from topolens.data.image_set import ImageSet
from topolens.seeding import child_seed


def target_of(images: ImageSet, rows: np.ndarray) -> Target:
    """The true class, or the object inside the true mask."""
    if images.are_masks:
        return MaskTarget(object_masks(images, rows))
    return ClassTarget(images.targets[rows].astype(np.int64))


def object_masks(images: ImageSet, rows: np.ndarray) -> np.ndarray:
    """(n, height, width) bool: where the last class is."""
    masks: np.ndarray = images.targets[rows] == len(images.classes) - 1
    return masks


def map_scores(images: ImageSet, rows: np.ndarray, maps: np.ndarray) -> dict[str, np.ndarray]:
    """Concentration of the heat that speaks for the target and, where there are masks, its share inside of them."""
    heat = np.maximum(maps, 0)
    scores = {"concentration": spatial_concentration(heat)}
    if images.are_masks:
        masks = object_masks(images, rows)
        scores |= {"inside": inside_share(heat, masks), "gain": inside_gain(heat, masks)}
    return scores


def with_shifted(maps: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Maps, and the same maps in a random other place."""
    return maps, shifted_maps(maps, child_seed(seed, "shifted maps"))


def faithfulness(
    model: nn.Module, inputs: Tensor, maps: Sequence[np.ndarray], target: Target, steps: int
) -> dict[str, np.ndarray]:
    """Areas under the deletion and insertion curves of maps and of shifted ones, as from :func:`with_shifted`."""
    scores: dict[str, np.ndarray] = {}
    for suffix, own in zip(("", "_shifted"), maps, strict=True):
        curves = deletion_insertion(model, inputs, own, target, steps)
        scores |= {f"deletion{suffix}": curves.deletion_area, f"insertion{suffix}": curves.insertion_area}
    return scores
