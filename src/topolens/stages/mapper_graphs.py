"""Explain flow: Mapper graphs of one random channel vector of every test image, and what chance makes of them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from topolens.artifacts import write_arrays, write_json, write_table
from topolens.config.explain import Mapper
from topolens.config.images import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError, unknown_name
from topolens.mapper.fork_projections import plane
from topolens.mapper.graph_arrays import graph_to_arrays
from topolens.mapper.layer_graphs import LayerGraphs, layer_graphs
from topolens.nets.images.inference import THREADS, as_inputs
from topolens.nets.images.prepared import prepared_network
from topolens.nets.taps import map_sizes, record_channel_vectors
from topolens.progress import progress_bar
from topolens.seeding import child_generator, child_seed

BLOCK = 200  # images forwarded together


def make_mapper_graphs(
    images_file: Path,
    graphs_file: Path,
    structures_file: Path,
    mapper_file: Path,
    *,
    networks: list[ImageNetwork],
    seeds: list[int],
    checkpoints: list[Path],
    mapper: Mapper,
    seed: int,
    threads: int,
) -> None:
    """Graphs of every layer and position, of noise, and under other parameters.

    Args:
        images_file: An ImageSet with labels.
        graphs_file: Arrays `images` (n,) rows of the set, `labels` (n,), and of each layer `LAYER.plane` (n, 2)
            float32, the first two principal components of the first positions, their graph (see graph_to_arrays),
            `LAYER.means` (nodes, channels) float32, the mean vectors of its nodes, and `LAYER.forkNUMBER.FIELD`, the
            rows, arm, local and overall positions of each ForkProjection.
        structures_file: By layer the scored `forks` and `loops` of that graph (JSON).
        mapper_file: A row a graph: layer and the columns of LayerGraphs.table.
        networks, seeds, checkpoints: The first of each is looked at.
        mapper: How.
        seed, threads: The root of all random choices; threads across layers, which change nothing.

    Raises:
        TopolensError: masks, or a pair of classes that the images do not have.
    """
    torch.set_num_threads(THREADS)
    images = ImageSet.read(images_file)
    pair = _pair(images, mapper)
    rows = images.rows("test")
    if mapper.images is not None:
        rows = np.sort(child_generator(seed, "mapper images").permutation(rows)[: mapper.images])
    labels = images.targets[rows].astype(np.int64)
    model = prepared_network(networks[0], seeds[0], checkpoints[0], images)
    clouds = image_vectors(model, networks[0], images, rows, mapper, seed)

    def one(layer: str) -> LayerGraphs:
        return layer_graphs(clouds[layer], labels, mapper, pair, child_seed(seed, "mapper", layer))

    with (
        ThreadPoolExecutor(threads) as pool,
        progress_bar(len(mapper.layers), "Mapper", "layers") as progress,
    ):
        found = {}
        for layer, graphs in zip(mapper.layers, pool.map(one, mapper.layers), strict=True):
            found[layer] = graphs
            progress.update()
    arrays: dict[str, np.ndarray] = {"images": rows, "labels": labels}
    for layer, graphs in found.items():
        arrays |= layer_arrays(layer, clouds[layer][0], graphs)
    structures = {
        layer: {
            "forks": [asdict(fork) for fork in graphs.findings.forks],
            "loops": [asdict(loop) for loop in graphs.findings.loops],
        }
        for layer, graphs in found.items()
    }
    tables = [graphs.table.assign(layer=layer) for layer, graphs in found.items()]
    write_table(mapper_file, pd.concat(tables, ignore_index=True))
    write_json(structures_file, structures)
    write_arrays(graphs_file, arrays)


def _pair(images: ImageSet, mapper: Mapper) -> tuple[int, int] | None:
    """The numbers of the two classes that are looked at apart."""
    if images.are_masks:
        raise TopolensError("mapper: expected images with labels, found masks; set mapper: null")
    if mapper.pair is None:
        return None
    for name in mapper.pair:
        if name not in images.classes:
            raise unknown_name("class", name, images.classes, "mapper.pair")
    return images.classes.index(mapper.pair[0]), images.classes.index(mapper.pair[1])


def image_vectors(
    model: nn.Module, network: ImageNetwork, images: ImageSet, rows: np.ndarray, mapper: Mapper, seed: int
) -> dict[str, np.ndarray]:
    """Channel vectors at random positions of every image: layer to (positions, images, channels) float32.

    Positions of an image are drawn with replacement, away from the edges where the map is larger than they are.
    """
    first = as_inputs(images.images[rows[:1]], list(network.bands))
    sizes = map_sizes(model, first, mapper.layers)
    positions = {
        layer: random_positions(
            (mapper.positions, len(rows)), sizes[layer][1:], mapper.margin, child_generator(seed, "mapper", layer)
        )
        for layer in mapper.layers
    }
    parts: dict[str, list[np.ndarray]] = {layer: [] for layer in mapper.layers}
    with progress_bar(len(rows), "vectors", "images") as progress:
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            numbers = np.tile(np.arange(len(block)), mapper.positions)
            wanted = {
                layer: np.column_stack([numbers, at[:, start : start + BLOCK].reshape(-1, 2)])
                for layer, at in positions.items()
            }
            vectors = record_channel_vectors(model, as_inputs(images.images[block], list(network.bands)), wanted)
            for layer in mapper.layers:
                parts[layer].append(vectors[layer].reshape(mapper.positions, len(block), -1))
            progress.update(len(block))
    return {layer: np.concatenate(own, axis=1) for layer, own in parts.items()}


def random_positions(
    shape: tuple[int, int], size: tuple[int, int], margin: int, generator: np.random.Generator
) -> np.ndarray:
    """Rows and columns within a map of this size, (*shape, 2); the margin is kept along axes that are longer."""
    spared = [margin if length > 2 * margin else 0 for length in size]
    axes = [generator.integers(spare, length - spare, size=shape) for spare, length in zip(spared, size, strict=True)]
    return np.stack(axes, axis=-1)


def layer_arrays(layer: str, cloud: np.ndarray, graphs: LayerGraphs) -> dict[str, np.ndarray]:
    """What figures and the explorer need of a layer; see make_mapper_graphs."""
    points = cloud.astype(np.float64)
    means = [points[rows].mean(axis=0) for rows in graphs.graph.members]
    arrays = graph_to_arrays(graphs.graph, layer) | {
        f"{layer}.plane": plane(points).transform(points).astype(np.float32),
        f"{layer}.means": np.array(means, np.float32).reshape(-1, points.shape[1]),
    }
    for number, own in enumerate(graphs.findings.projections):
        fields = {"rows": own.rows, "arm": own.arm, "local": own.local, "overall": own.overall}
        arrays |= {f"{layer}.fork{number}.{field}": array for field, array in fields.items()}
    return arrays
