"""How concentrated and how faithful maps are, of images with labels or with masks."""

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


def faithfulness(
    model: nn.Module, inputs: Tensor, maps: np.ndarray, target: Target, steps: int, seed: int
) -> dict[str, np.ndarray]:
    """Areas under the deletion and insertion curves of maps, and of the same maps in a random other place."""
    scores: dict[str, np.ndarray] = {}
    for suffix, own in (("", maps), ("_shifted", shifted_maps(maps, child_seed(seed, "shifted maps")))):
        curves = deletion_insertion(model, inputs, own, target, steps)
        scores |= {f"deletion{suffix}": curves.deletion_area, f"insertion{suffix}": curves.insertion_area}
    return scores
