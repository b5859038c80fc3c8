"""Mapper graphs of one random channel vector of every test image, and what chance makes of them."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from io import StringIO
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import write_arrays, write_json, write_table
from topolens.closure import code_hash
from topolens.clouds.image_vectors import image_vectors
from topolens.config.analyses import Mapper
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError, unknown_name
from topolens.mapper.layer_graphs import LayerGraphs, layer_arrays, layer_graphs
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.progress import progress_bar
from topolens.resume import Parts, content_key
from topolens.seeding import child_generator, child_seed

TABLE, STRUCTURES = "table", "structures"  # in a layer's part, beside its arrays


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
    """Graphs of every layer and position, of noise, and under other parameters; a killed stage keeps whole layers.

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
    pair, rows = _pair(images, mapper), _rows(images, mapper, seed)
    labels = images.targets[rows].astype(np.int64)
    network, own, file = next(networks.each())
    files = [] if file is None else [file]
    model, modules = prepared_network(network, own, file, images, networks.device), networks.modules(network.name)
    clouds = image_vectors(model, network, images, rows, modules, mapper, seed, threads)

    parts = Parts(graphs_file, content_key(f"{networks}{mapper}{seed}", code_hash(__name__), data_file, *files))

    def one(layer: str) -> dict[str, np.ndarray]:
        part = parts.read(layer)
        if part is None:
            graphs = layer_graphs(clouds[layer], labels, mapper, pair, child_seed(seed, "mapper", layer))
            part = _part(layer, clouds[layer][0], graphs)
            parts.write(layer, part)
        progress.update()
        return part

    with ThreadPoolExecutor(threads) as pool, progress_bar(len(modules), "Mapper", "layers") as progress:
        found = dict(zip(modules, pool.map(one, modules), strict=True))
    tables = [_table_of(part.pop(TABLE)).assign(network=network.name, layer=layer) for layer, part in found.items()]
    write_table(mapper_file, pd.concat(tables, ignore_index=True))
    write_json(structures_file, {layer: json.loads(str(part.pop(STRUCTURES))) for layer, part in found.items()})
    arrays = dict(chain.from_iterable(part.items() for part in found.values()))
    write_arrays(graphs_file, {"images": rows, "labels": labels} | arrays)
    parts.remove()


def _table_of(text: np.ndarray) -> pd.DataFrame:
    """A table that was kept as text."""
    return pd.read_csv(StringIO(str(text)))


def _part(layer: str, cloud: np.ndarray, graphs: LayerGraphs) -> dict[str, np.ndarray]:
    """All that is kept of a layer: arrays, and table and structures as text, with every bit of their numbers."""
    forks, loops = ([*map(asdict, own)] for own in (graphs.findings.forks, graphs.findings.loops))
    structures = json.dumps({"forks": forks, "loops": loops})
    table = graphs.table.to_csv(index=False, float_format="%.17g")
    return layer_arrays(layer, cloud, graphs) | {TABLE: np.array(table), STRUCTURES: np.array(structures)}


def _rows(images: ImageSet, mapper: Mapper, seed: int) -> np.ndarray:
    """The test images, or so many random ones of them, ascending."""
    rows = images.rows("test")
    if mapper.images is None:
        return rows
    return np.sort(child_generator(seed, "mapper images").permutation(rows)[: mapper.images])


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
