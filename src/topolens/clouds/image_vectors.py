"""Channel vectors at random positions of every image: the points of Mapper graphs."""

import numpy as np
from torch import nn

from topolens.config.analyses import Mapper
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.nets.images.inference import as_inputs
from topolens.nets.images.replicas import across_threads
from topolens.nets.taps import map_sizes, record_channel_vectors
from topolens.progress import progress_bar
from topolens.seeding import child_generator

BLOCK = 64  # images forwarded together


def image_vectors(
    model: nn.Module,
    network: ImageNetwork,
    images: ImageSet,
    rows: np.ndarray,
    modules: dict[str, str],
    mapper: Mapper,
    seed: int,
    threads: int = 1,
) -> dict[str, np.ndarray]:
    """Channel vectors at random positions of every image: layer to (positions, images, channels) float32.

    Positions of an image are drawn with replacement, away from the edges where the map is larger than they are.
    """
    first = as_inputs(images.images[rows[:1]], list(network.bands))
    sizes = map_sizes(model, first, [*modules.values()])
    positions = {
        layer: random_positions(
            (mapper.repeats, len(rows)), sizes[module][1:], mapper.margin, child_generator(seed, "mapper", layer)
        )
        for layer, module in modules.items()
    }

    def recorded(own: nn.Module, start: int) -> dict[str, np.ndarray]:
        block = rows[start : start + BLOCK]
        numbers = np.tile(np.arange(len(block)), mapper.repeats)
        wanted = {
            modules[layer]: np.column_stack([numbers, at[:, start : start + BLOCK].reshape(-1, 2)])
            for layer, at in positions.items()
        }
        vectors = record_channel_vectors(own, as_inputs(images.images[block], list(network.bands)), wanted)
        progress.update(len(block))
        return {layer: vectors[module].reshape(mapper.repeats, len(block), -1) for layer, module in modules.items()}

    with progress_bar(len(rows), "vectors", "images") as progress:
        parts = [*across_threads(model, recorded, range(0, len(rows), BLOCK), threads)]
    return {layer: np.concatenate([part[layer] for part in parts], axis=1) for layer in modules}


def random_positions(
    shape: tuple[int, int], size: tuple[int, int], margin: int, generator: np.random.Generator
) -> np.ndarray:
    """Rows and columns within a map of this size, (*shape, 2); the margin is kept along axes that are longer."""
    spared = [margin if length > 2 * margin else 0 for length in size]
    axes = [generator.integers(spare, length - spare, size=shape) for spare, length in zip(spared, size, strict=True)]
    return np.stack(axes, axis=-1)
