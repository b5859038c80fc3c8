"""Deletion and insertion curves (Petsiuk, Das and Saenko 2018): whether the hot pixels are those that matter."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from topolens.attribution.replaced import fill_of, on_device_of, replaced_scores
from topolens.attribution.targets import Target, check_explainable
from topolens.errors import TopolensError
from topolens.seeding import child_generator


@dataclass(frozen=True)
class DeletionInsertion:
    """Curves of n images.

    Attributes:
        shares: (steps + 1,) share of the pixels that are deleted or inserted, hottest first, from 0 to 1.
        deletion: (n, steps + 1) the target's probability while pixels vanish: falls early when the map is right.
        insertion: (n, steps + 1) the same while they appear on the baseline: rises early when the map is right.
    """

    shares: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray

    @property
    def deletion_area(self) -> np.ndarray:
        """(n,) area under the deletion curve by trapezoids, in [0, 1]; lower is better."""
        return np.trapezoid(self.deletion, self.shares, axis=1)

    @property
    def insertion_area(self) -> np.ndarray:
        """(n,) area under the insertion curve, in [0, 1]; higher is better."""
        return np.trapezoid(self.insertion, self.shares, axis=1)


def deletion_insertion(
    model: nn.Module,
    inputs: Tensor,
    maps: np.ndarray,
    target: Target,
    steps: int,
    baseline: Tensor | None = None,
) -> DeletionInsertion:
    """Take pixels away from images, and put them on a baseline, in the order of their heat.

    Both curves use one baseline, so that each ends where the other starts. Equal heat goes row by row, from the left.

    Args:
        model: In evaluation mode.
        inputs: (n, bands, height, width).
        maps: (n, height, width), finite; only their order counts, so they may be signed.
        target: Of the n images: the probability of the class, or the object's mean probability inside the mask.
        steps: Groups of equally many pixels, but for rounding; at most as many as there are pixels.
        baseline: What is shown where pixels are missing, as (bands,) or as the inputs, e.g. blurred images; without
            it the training images' mean of each band.

    Raises:
        TopolensError: maps that are not finite or not of the inputs' size, steps out of range, or what
            check_explainable and fill_of refuse.
    """
    inputs = on_device_of(model, inputs)
    check_explainable(model, inputs, target)
    ranks = torch.from_numpy(_ranks(maps, (len(inputs), *inputs.shape[2:])))
    pixels = ranks[0].numel()
    if not 1 <= steps <= pixels:
        raise TopolensError(f"steps={steps}: expected 1 to the images' {pixels} pixels")
    fill = fill_of(model, inputs, baseline)
    counts = torch.arange(steps + 1) * pixels // steps
    curves = []
    for row in range(len(inputs)):
        taken = ranks[row] < counts[:, None, None]
        curves.append(replaced_scores(model, inputs, row, torch.cat([taken, ~taken]), fill, target.probabilities))
    both = torch.stack(curves).numpy()
    return DeletionInsertion(counts.numpy() / pixels, both[:, : steps + 1], both[:, steps + 1 :])


def shifted_maps(maps: np.ndarray, seed: int) -> np.ndarray:
    """Control: each map shifted at random, around the edges; (n, height, width) to the same.

    As smooth as the map itself, which a shuffled one is not: scattered holes spoil an image sooner than a patch does,
    wherever they are.
    """
    shifted = []
    for row, heat in enumerate(np.asarray(maps)):
        generator = child_generator(seed, "shifted map", row)
        shifted.append(np.roll(heat, [int(generator.integers(side)) for side in heat.shape], axis=(0, 1)))
    return np.stack(shifted)


def _ranks(maps: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(n, height, width): 0 for the hottest pixel of each map."""
    maps = np.asarray(maps, dtype=np.float64)
    if maps.shape != shape:
        raise TopolensError(f"maps: expected shape {shape} as the inputs, found {maps.shape}")
    bad = ~np.isfinite(maps).all(axis=(1, 2))
    if bad.any():
        raise TopolensError(f"maps: map {bad.argmax()} holds NaN or infinite values")
    order = np.argsort(-maps.reshape(len(maps), -1), axis=1, kind="stable")
    return np.argsort(order, axis=1).reshape(shape)
