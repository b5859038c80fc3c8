"""Mapper graphs of one random channel vector of every test image, and what chance makes of them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import write_arrays, write_json, write_table
from topolens.clouds.image_vectors import image_vectors
from topolens.config.analyses import Mapper
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError, unknown_name
from topolens.mapper.layer_graphs import LayerGraphs, layer_arrays, layer_graphs
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.progress import progress_bar
from topolens.seeding import child_generator, child_seed


def make_mapper_graphs(
    data_file: Path,
    graphs_file: Path,
    structures_file: Path,
    mapper_file: Path,
    *,
    networks: TappedNetworks,
    mapper: Mapper,
    seed: int,
    threads: int,
) -> None:
    """Graphs of every layer and position, of noise, and under other parameters.

    Args:
        data_file: An ImageSet with labels.
        graphs_file: Arrays `images` (n,) rows of the set, `labels` (n,), and of each layer `LAYER.plane` (n, 2)
            float32, the first two principal components of the first positions, their graph (see graph_to_arrays),
            `LAYER.means` (nodes, channels) float32, the mean vectors of its nodes, and `LAYER.forkNUMBER.FIELD`, the
            rows, arm, local and overall positions of each ForkProjection.
        structures_file: By layer the scored `forks` and `loops` of that graph (JSON).
        mapper_file: A row a graph: network, layer and the columns of LayerGraphs.table.
        networks: The first network from the first seed is looked at.
        mapper: How.
        seed, threads: The root of all random choices; threads across layers, which change nothing.

    Raises:
        TopolensError: masks, or a pair of classes that the images do not have.
    """
    images = ImageSet.read(data_file)
    pair = _pair(images, mapper)
    rows = images.rows("test")
    if mapper.images is not None:
        rows = np.sort(child_generator(seed, "mapper images").permutation(rows)[: mapper.images])
    labels = images.targets[rows].astype(np.int64)
    network, own, file = next(networks.each())
    model, modules = prepared_network(network, own, file, images), networks.modules(network.name)
    clouds = image_vectors(model, network, images, rows, modules, mapper, seed, threads)

    def one(layer: str) -> LayerGraphs:
        return layer_graphs(clouds[layer], labels, mapper, pair, child_seed(seed, "mapper", layer))

    with ThreadPoolExecutor(threads) as pool, progress_bar(len(modules), "Mapper", "layers") as progress:
        found = {}
        for layer, graphs in zip(modules, pool.map(one, modules), strict=True):
            found[layer] = graphs
            progress.update()
    arrays: dict[str, np.ndarray] = {"images": rows, "labels": labels}
    for layer, graphs in found.items():
        arrays |= layer_arrays(layer, clouds[layer][0], graphs)
    tables = [graphs.table.assign(network=network.name, layer=layer) for layer, graphs in found.items()]
    write_table(mapper_file, pd.concat(tables, ignore_index=True))
    write_json(structures_file, {layer: _structures(graphs) for layer, graphs in found.items()})
    write_arrays(graphs_file, arrays)


def _structures(graphs: LayerGraphs) -> dict[str, object]:
    return {
        "forks": [asdict(fork) for fork in graphs.findings.forks],
        "loops": [asdict(loop) for loop in graphs.findings.loops],
    }


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
