"""Mapper graphs of one random channel vector of every test image, and what chance makes of them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from io import StringIO
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
Part = dict[str, np.ndarray]


@dataclass(frozen=True)
class Layer:
    """A layer of a network from a seed.

    Attributes:
        network, seed: Which network.
        layer: Its label.
        is_kept: Whether the graph itself is kept, as of the first network and seed alone.
    """

    network: str
    seed: int
    layer: str
    is_kept: bool

    @property
    def part(self) -> str:
        """The name of its part."""
        return f"{self.network}-{self.seed}-{self.layer}"


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
    """Graphs of every network, layer, half and position, of noise, and under other parameters.

    A killed stage keeps whole layers of each network.

    Args:
        data_file: An ImageSet with labels.
        graphs_file: Of the first network from the first seed and the first half, the arrays `images` (n,) rows of the
            set, `labels` (n,), and of each layer `LAYER.plane` (n, 2) float32, the first two principal components of
            the first positions, their graph (see graph_to_arrays), `LAYER.means` (nodes, channels) float32, the mean
            vectors of its nodes, `LAYER.forkNUMBER.FIELD`, the rows, arm, local and overall positions of each
            ForkProjection, and the graph of the second positions (see graph_name).
        structures_file: By layer the scored `forks` and `loops` of that graph, and in `other_positions` those of the
            other one (JSON).
        mapper_file: A row a graph: network, seed, half, layer and the columns of LayerGraphs.table.
        networks: All are looked at.
        mapper: How.
        seed, threads: The root of all random choices; threads across layers and networks, which change nothing.

    Raises:
        TopolensError: masks, or a pair of classes that the images do not have.
    """
    images = ImageSet.read(data_file)
    pair, rows = _pair(images, mapper), _rows(images, mapper, seed)
    halves, labels = _halves(len(rows), mapper, seed), images.targets[rows].astype(np.int64)
    files = [file for _, _, file in networks.each() if file is not None]
    parts = Parts(graphs_file, content_key(f"{networks}{mapper}{seed}", code_hash(__name__), data_file, *files))
    found = {layer: parts.read(layer.part) for layer in _layers(networks)}
    clouds = dict(_clouds(found, networks, images, rows, mapper, seed, threads))

    def one(layer: Layer) -> Part:
        part = found[layer]
        if part is None:
            graphs = []
            for half, places in enumerate(halves):
                own = child_seed(seed, "mapper", layer.network, layer.seed, layer.layer, half)
                graphs.append(layer_graphs(clouds[layer][:, places], labels[places], mapper, pair, own))
            part = _part(layer, clouds.pop(layer)[0, halves[0]], graphs)
            parts.write(layer.part, part)
        progress.update()
        return part

    with ThreadPoolExecutor(threads) as pool, progress_bar(len(found), "Mapper", "layers") as progress:
        made = dict(zip(found, pool.map(one, found), strict=True))
    write_table(mapper_file, pd.concat([_table_of(layer, part) for layer, part in made.items()], ignore_index=True))
    kept = {layer.layer: part for layer, part in made.items() if layer.is_kept}
    write_json(structures_file, {layer: json.loads(str(part.pop(STRUCTURES))) for layer, part in kept.items()})
    arrays = {name: array for part in kept.values() for name, array in part.items() if name != TABLE}
    write_arrays(graphs_file, {"images": rows[halves[0]], "labels": labels[halves[0]]} | arrays)
    parts.remove()


def _layers(networks: TappedNetworks) -> list[Layer]:
    """All layers of all networks, the first network first."""
    return [
        Layer(network.name, seed, layer, place == 0)
        for place, (network, seed, _) in enumerate(networks.each())
        for layer in networks.modules(network.name)
    ]


def _clouds(
    found: dict[Layer, Part | None],
    networks: TappedNetworks,
    images: ImageSet,
    rows: np.ndarray,
    mapper: Mapper,
    seed: int,
    threads: int,
) -> Iterator[tuple[Layer, np.ndarray]]:
    """The vectors of layers without a part, (positions, images, channels)."""
    for network, own, file in networks.each():
        missing = {
            layer.layer: layer
            for layer, part in found.items()
            if part is None and (layer.network, layer.seed) == (network.name, own)
        }
        if missing:
            model = prepared_network(network, own, file, images, networks.device)
            modules = {label: name for label, name in networks.modules(network.name).items() if label in missing}
            vectors = image_vectors(model, network, images, rows, modules, mapper, seed, threads)
            yield from ((missing[label], cloud) for label, cloud in vectors.items())


def _halves(images: int, mapper: Mapper, seed: int) -> list[np.ndarray]:
    """Places of the images of each half, ascending; of all where they are not parted."""
    if mapper.halves == 1:
        return [np.arange(images)]
    order = child_generator(seed, "mapper halves").permutation(images)
    return [np.sort(part) for part in np.array_split(order, mapper.halves)]


def _table_of(layer: Layer, part: Part) -> pd.DataFrame:
    """The rows of a layer, which were kept as text."""
    table = pd.read_csv(StringIO(str(part[TABLE])))
    return table.assign(network=layer.network, seed=layer.seed, layer=layer.layer)


def _part(layer: Layer, cloud: np.ndarray, graphs: list[LayerGraphs]) -> Part:
    """All that is kept of a layer: the table as text, with every bit of its numbers; arrays and structures of one half.

    Args:
        layer: Which one.
        cloud: (n, channels) of the first half's first positions.
        graphs: Of each half.
    """
    table = pd.concat([one.table.assign(half=half) for half, one in enumerate(graphs)], ignore_index=True)
    part = {TABLE: np.array(table.to_csv(index=False, float_format="%.17g"))}
    if not layer.is_kept:
        return part
    first, *others = (
        {"forks": [*map(asdict, own.forks)], "loops": [*map(asdict, own.loops)]} for own in graphs[0].findings
    )
    structures = np.array(json.dumps(first | {"other_positions": others}))
    return layer_arrays(layer.layer, cloud, graphs[0]) | part | {STRUCTURES: structures}


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
