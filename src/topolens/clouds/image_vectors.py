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

    Positions are those of random_positions, the same for every network. In small maps they are centred, see
    centred_positions.
    """
    first = as_inputs(images.images[rows[:1]], list(network.bands))
    sizes = map_sizes(model, first, [*modules.values()])
    places = {layer: _places(sizes[module][1:], mapper.margin) for layer, module in modules.items()}
    positions = {
        layer: random_positions(
            (mapper.repeats, len(rows)), sizes[module][1:], mapper.margin, child_generator(seed, "mapper", layer)
        )
        for layer, module in modules.items()
    }
    vectors = _recorded(model, network, images, rows, modules, positions, threads)
    if mapper.centred_from is None:
        return vectors
    return {
        layer: centred_positions(own, positions[layer], len(places[layer]), mapper.centred_from)
        for layer, own in vectors.items()
    }


def _recorded(
    model: nn.Module,
    network: ImageNetwork,
    images: ImageSet,
    rows: np.ndarray,
    modules: dict[str, str],
    positions: dict[str, np.ndarray],
    threads: int,
) -> dict[str, np.ndarray]:
    """The vectors as the network makes them."""

    def recorded(own: nn.Module, start: int) -> dict[str, np.ndarray]:
        block = rows[start : start + BLOCK]
        wanted, shapes = {}, {}
        for layer, at in positions.items():
            chosen = at[:, start : start + BLOCK]
            numbers = np.tile(np.arange(len(block)), len(chosen))
            wanted[modules[layer]] = np.column_stack([numbers, chosen.reshape(-1, 2)])
            shapes[layer] = (*chosen.shape[:2], -1)
        vectors = record_channel_vectors(own, as_inputs(images.images[block], list(network.bands)), wanted)
        progress.update(len(block))
        return {layer: vectors[module].reshape(shapes[layer]) for layer, module in modules.items()}

    with progress_bar(len(rows), "vectors", "images") as progress:
        parts = [*across_threads(model, recorded, range(0, len(rows), BLOCK), threads)]
    return {layer: np.concatenate([part[layer] for part in parts], axis=1) for layer in modules}


def random_positions(
    shape: tuple[int, int], size: tuple[int, int], margin: int, generator: np.random.Generator
) -> np.ndarray:
    """Rows and columns within a map of this size for (repeats, images), (*shape, 2), uniform and apart for each image.

    The margin at the edges is kept along axes that are longer than both. The positions of an image differ, so that no
    repeat has a vector of another; they are drawn with replacement only where a map has fewer positions than repeats.
    """
    repeats, images = shape
    places = _places(size, margin)
    if repeats <= len(places):
        orders = np.tile(np.arange(len(places), dtype=np.int32), (images, 1))
        return places[generator.permuted(orders, axis=1)[:, :repeats].T]
    return places[generator.integers(len(places), size=shape)]


def centred_positions(vectors: np.ndarray, positions: np.ndarray, places: int, fewest: int) -> np.ndarray:
    """Vectors less the mean of those at their position, plus the mean of all; the same where too few images tell.

    In maps of few positions, vectors lie together by position as much as by what the image shows. All repeats and
    halves have the same means taken off.

    Args:
        vectors: (repeats, images, channels) float32.
        positions: (repeats, images, 2), their rows and columns.
        places: Positions that a map has.
        fewest: Images with a vector at a position that each position must have.
    """
    repeats, images, channels = vectors.shape
    found, numbers = np.unique(positions.reshape(-1, 2), axis=0, return_inverse=True)
    numbers = numbers.ravel()
    pairs = np.unique(np.column_stack([numbers, np.tile(np.arange(images), repeats)]), axis=0)
    if len(found) < places or np.bincount(pairs[:, 0]).min() < fewest:
        return vectors
    flat, order = vectors.reshape(-1, channels), np.argsort(numbers, kind="stable")
    counts = np.bincount(numbers)
    sums = np.add.reduceat(flat[order], np.cumsum(counts) - counts, axis=0, dtype=np.float64)
    offsets = sums.sum(axis=0) / len(flat) - sums / counts[:, None]
    return (flat + offsets[numbers]).astype(np.float32).reshape(vectors.shape)


def _places(size: tuple[int, int], margin: int) -> np.ndarray:
    """Rows and columns of all positions of a map that may give a vector, (places, 2)."""
    spared = [margin if length > 2 * margin else 0 for length in size]
    axes = [np.arange(spare, length - spare) for spare, length in zip(spared, size, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
