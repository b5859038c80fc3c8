"""One vector per test image and layer, of clean images and disturbed ones, read off networks of images."""

from contextlib import AbstractContextManager, nullcontext

import numpy as np
from torch import nn

from topolens.config.conditions import INT8, Condition
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.images.inference import as_inputs
from topolens.nets.noise import noisy
from topolens.nets.quantise import quantise
from topolens.nets.readout import Readout, read_out
from topolens.seeding import child_generator, child_seed

BLOCK = 64  # images forwarded together


def balanced_rows(images: ImageSet, per_class: int, seed: int) -> np.ndarray:
    """Test images in an order in which every run of as many images as there are classes has one of each.

    Raises:
        TopolensError: masks, or a class with too few test images.
    """
    columns = []
    for name in images.classes:
        rows = images.rows("test", name)
        if len(rows) < per_class:
            raise TopolensError(
                f"class {name!r} has {len(rows)} test images, the clouds need {per_class}; lower "
                "clouds.images_per_class, clouds.repeats or conditions.images_per_class"
            )
        columns.append(child_generator(seed, "images", name).permutation(rows)[:per_class])
    return np.stack(columns, axis=1).ravel()


def read_under(
    condition: Condition,
    model: nn.Module,
    network: ImageNetwork,
    images: np.ndarray,
    layers: dict[str, str],
    tokens: str,
    seed: int,
) -> tuple[Readout, float]:
    """Vectors by layer and logits of a network under one condition, and the share of its weights that INT8 holds."""
    share = 0.0
    if condition.kind == INT8:
        quantised = quantise(model)
        model, share = quantised.network, quantised.share
    noise: AbstractContextManager[None] = nullcontext()
    if condition.strength is not None:
        noise = noisy(model, condition.kind, condition.strength, child_seed(seed, "noise"))
    blocks = [images[start : start + BLOCK] for start in range(0, len(images), BLOCK)]
    with noise:
        found = [read_out(model, as_inputs(block, network.bands), layers, tokens) for block in blocks]
    vectors = {layer: np.concatenate([one.vectors[layer] for one in found]) for layer in layers}
    return Readout(vectors, np.concatenate([one.logits for one in found])), share
