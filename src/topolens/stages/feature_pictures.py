"""What the mean channel vectors of a Mapper graph's nodes answer to, and those of single images."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from torch import nn

from topolens.artifacts import read_arrays, read_json, write_arrays
from topolens.attribution.feature_picture import feature_pictures as paint
from topolens.clouds.single_vectors import single_vectors
from topolens.config.analyses import FeaturePictures, Mapper
from topolens.data.image_set import ImageSet
from topolens.mapper.examples import example_rows, fork_parts
from topolens.mapper.graph import Fork
from topolens.mapper.graph_arrays import graph_from_arrays
from topolens.mapper.telling import clearness
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.nets.images.replicas import across_threads
from topolens.progress import progress_bar
from topolens.seeding import child_generator, child_seed

OF_AN_ARM = 2  # nodes of each arm of the clearest fork that surely have a picture


class PaintedGraphs(FeaturePictures):
    """Its settings, and those of the graphs, which say at which position of an image its vector is."""

    mapper: Mapper


def paint_nodes(
    data_file: Path,
    graphs_file: Path,
    structures_file: Path,
    pictures_file: Path,
    *,
    networks: TappedNetworks,
    feature_pictures: PaintedGraphs,
    seed: int,
    threads: int,
) -> None:
    """A feature picture of some nodes of each layer, see shown_nodes, and of single vectors of its clearest fork.

    Args:
        data_file: An ImageSet, whose size the pictures have.
        graphs_file, structures_file: As from make_mapper_graphs.
        pictures_file: For each layer `LAYER.nodes` (k,) and `LAYER.pictures` (k, height, width, 3) uint8; likewise
            `LAYER.points` (m,) and `LAYER.single_pictures` of the vectors of single_points.
        networks: The first network from the first seed, at these layers.
        feature_pictures: How many and how, and how the graphs were made.
        seed, threads: Root of the pictures' seeds; threads across layers, which change nothing.
    """
    images, graphs, structures = ImageSet.read(data_file), read_arrays(graphs_file), read_json(structures_file)
    network, own, file = next(networks.each())
    model, modules = prepared_network(network, own, file, images, networks.device), networks.modules(network.name)
    size, mapper = (images.images.shape[1], images.images.shape[2]), feature_pictures.mapper
    forks = {layer: [Fork(**fork) for fork in structures[layer]["forks"]] for layer in modules}
    points = {layer: single_points(graphs, layer, forks[layer], mapper, seed) for layer in modules}
    singles = single_vectors(model, network, images, graphs["images"], points, modules, mapper, seed)

    def pictures_of(own_model: nn.Module, layer: str) -> dict[str, np.ndarray]:
        root, means = child_seed(seed, "feature pictures", layer), graphs[f"{layer}.means"]

        def painted(directions: np.ndarray, names: list[str]) -> np.ndarray:
            if not names:
                return np.zeros((0, *size, 3), np.uint8)
            return paint(own_model, modules[layer], directions, size, feature_pictures.steps, root, names)

        nodes = shown_nodes(forks[layer], graphs[f"{layer}.sizes"], means, feature_pictures.nodes)
        alive = singles[layer].any(axis=1)
        chosen = np.array(points[layer], np.int64)[alive]
        arrays = {"nodes": nodes, "pictures": painted(means[nodes], [str(node) for node in nodes]), "points": chosen}
        arrays["single_pictures"] = painted(singles[layer][alive], [f"point {point}" for point in chosen])
        progress.update()
        return {f"{layer}.{name}": array for name, array in arrays.items()}

    arrays: dict[str, np.ndarray] = {}
    with progress_bar(len(modules), "feature pictures", "layers") as progress:
        for found in across_threads(model, pictures_of, modules, threads):
            arrays |= found
    write_arrays(pictures_file, arrays)


def single_points(
    graphs: Mapping[str, np.ndarray], layer: str, forks: Sequence[Fork], mapper: Mapper, seed: int
) -> list[int]:
    """The first example of the clearest fork's branching node and of each of its arms, as figures show them.

    None without forks, nor where images are parted into halves, whose points are drawn together.
    """
    if not forks or mapper.halves > 1:
        return []
    parts = fork_parts(graph_from_arrays(graphs, layer), min(forks, key=clearness))
    order = child_generator(seed, "explorer").permutation(len(graphs["images"]))
    return [int(point) for rows in example_rows(parts, order, 1) for point in rows]


def shown_nodes(forks: Sequence[Fork], sizes: np.ndarray, means: np.ndarray, count: int) -> np.ndarray:
    """The nodes that get a picture, ascending: the clearest fork's and the largest of its arms, then the largest.

    A mean vector of 0 has no direction and no picture.

    Args:
        forks: Of the graph, scored.
        sizes, means: (nodes,) points and (nodes, channels) mean vectors of the nodes.
        count: So many nodes at most.
    """
    by_size, first = np.argsort(-sizes, kind="stable").tolist(), []
    if forks:
        fork = min(forks, key=clearness)
        arms = [sorted(arm, key=by_size.index)[:OF_AN_ARM] for arm in fork.arms]
        first = [fork.node, *(node for arm in arms for node in arm)]
    wanted = [node for node in dict.fromkeys([*first, *by_size]) if means[node].any()]
    return np.sort(np.array(wanted[:count], dtype=np.int64))
