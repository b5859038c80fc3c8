"""Channel vectors of a few images, at the positions that their points of Mapper graphs have."""

from collections.abc import Mapping, Sequence

import numpy as np
from torch import nn

from topolens.clouds.image_vectors import random_positions
from topolens.config.analyses import Mapper
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.nets.images.inference import as_inputs
from topolens.nets.taps import map_sizes, record_channel_vectors
from topolens.seeding import child_generator


def single_vectors(
    model: nn.Module,
    network: ImageNetwork,
    images: ImageSet,
    rows: np.ndarray,
    points: Mapping[str, Sequence[int]],
    modules: Mapping[str, str],
    mapper: Mapper,
    seed: int,
) -> dict[str, np.ndarray]:
    """As the network makes them, at the first position of image_vectors, of which these are a few.

    Args:
        model, network: The network.
        images, rows: The set, and all rows of it that have a point.
        points: Layer to the chosen ones, as places among the rows.
        modules: Layer to module.
        mapper, seed: As for image_vectors.

    Returns:
        Layer to (points, channels) float32.
    """
    wanted = np.unique(np.concatenate([np.asarray(own, np.int64) for own in points.values()]))
    if not len(wanted):
        return dict.fromkeys(modules, np.zeros((0, 0), np.float32))
    inputs = as_inputs(images.images[rows[wanted]], list(network.bands))
    sizes = map_sizes(model, inputs, [*modules.values()])
    positions = {}
    for layer, module in modules.items():
        drawn = random_positions(
            (mapper.repeats, len(rows)), sizes[module][1:], mapper.margin, child_generator(seed, "mapper", layer)
        )
        own = np.asarray(points[layer], np.int64)
        positions[module] = np.column_stack([np.searchsorted(wanted, own), drawn[0, own]])
    vectors = record_channel_vectors(model, inputs, positions)
    return {layer: vectors[module] for layer, module in modules.items()}
