"""What the mean channel vector of each large node of a Mapper graph answers to."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import nn

from topolens.artifacts import read_arrays, read_json, write_arrays
from topolens.attribution.feature_picture import feature_pictures as paint
from topolens.config.analyses import FeaturePictures
from topolens.data.image_set import ImageSet
from topolens.mapper.graph import Fork
from topolens.mapper.telling import clearness
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.nets.images.replicas import across_threads
from topolens.progress import progress_bar
from topolens.seeding import child_seed

OF_AN_ARM = 2  # nodes of each arm of the clearest fork that surely have a picture


def paint_nodes(
    data_file: Path,
    graphs_file: Path,
    structures_file: Path,
    pictures_file: Path,
    *,
    networks: TappedNetworks,
    feature_pictures: FeaturePictures,
    seed: int,
    threads: int,
) -> None:
    """A feature picture of some nodes of each layer: see shown_nodes.

    Args:
        data_file: An ImageSet, whose size the pictures have.
        graphs_file, structures_file: As from make_mapper_graphs.
        pictures_file: For each layer `LAYER.nodes` (k,) and `LAYER.pictures` (k, height, width, 3) uint8.
        networks: The first network from the first seed, at these layers.
        feature_pictures: How many and how.
        seed, threads: Root of the pictures' seeds; threads across layers, which change nothing.
    """
    images, graphs, structures = ImageSet.read(data_file), read_arrays(graphs_file), read_json(structures_file)
    network, own, file = next(networks.each())
    model, modules = prepared_network(network, own, file, images, networks.device), networks.modules(network.name)
    size = (images.images.shape[1], images.images.shape[2])

    def pictures_of(own_model: nn.Module, layer: str) -> dict[str, np.ndarray]:
        forks = [Fork(**fork) for fork in structures[layer]["forks"]]
        nodes = shown_nodes(forks, graphs[f"{layer}.sizes"], graphs[f"{layer}.means"], feature_pictures.nodes)
        pictures = np.zeros((0, *size, 3), np.uint8)
        if len(nodes):
            pictures = paint(
                own_model,
                modules[layer],
                graphs[f"{layer}.means"][nodes],
                size,
                feature_pictures.steps,
                child_seed(seed, "feature pictures", layer),
                [str(node) for node in nodes],
            )
        progress.update()
        return {f"{layer}.nodes": nodes, f"{layer}.pictures": pictures}

    arrays: dict[str, np.ndarray] = {}
    with progress_bar(len(modules), "feature pictures", "layers") as progress:
        for found in across_threads(model, pictures_of, modules, threads):
            arrays |= found
    write_arrays(pictures_file, arrays)


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
