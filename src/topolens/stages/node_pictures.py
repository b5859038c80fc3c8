"""Explain flow: what the mean channel vector of each large node of a Mapper graph answers to."""

from pathlib import Path

import numpy as np
import torch

from topolens.artifacts import read_arrays, write_arrays
from topolens.attribution.feature_picture import feature_pictures as paint
from topolens.config.explain import FeaturePictures
from topolens.config.images import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.nets.images.inference import THREADS
from topolens.nets.images.prepared import prepared_network
from topolens.progress import progress_bar
from topolens.seeding import child_seed


def paint_nodes(
    images_file: Path,
    graphs_file: Path,
    pictures_file: Path,
    *,
    networks: list[ImageNetwork],
    seeds: list[int],
    checkpoints: list[Path],
    layers: list[str],
    feature_pictures: FeaturePictures,
    seed: int,
) -> None:
    """A feature picture of the largest nodes of each layer.

    Args:
        images_file: An ImageSet, whose size the pictures have.
        graphs_file: As from make_mapper_graphs.
        pictures_file: For each layer `LAYER.nodes` (k,) and `LAYER.pictures` (k, height, width, 3) uint8.
        networks, seeds, checkpoints: The first of each.
        layers, feature_pictures: Of which layers, how many and how.
        seed: Root of the pictures' seeds.
    """
    torch.set_num_threads(THREADS)
    images, graphs = ImageSet.read(images_file), read_arrays(graphs_file)
    model = prepared_network(networks[0], seeds[0], checkpoints[0], images)
    size = (images.images.shape[1], images.images.shape[2])
    arrays: dict[str, np.ndarray] = {}
    with progress_bar(len(layers), "feature pictures", "layers") as progress:
        for layer in layers:
            nodes = largest(graphs[f"{layer}.sizes"], graphs[f"{layer}.means"], feature_pictures.nodes)
            arrays |= {f"{layer}.nodes": nodes, f"{layer}.pictures": np.zeros((0, *size, 3), np.uint8)}
            if len(nodes):
                arrays[f"{layer}.pictures"] = paint(
                    model,
                    layer,
                    graphs[f"{layer}.means"][nodes],
                    size,
                    feature_pictures.steps,
                    child_seed(seed, "feature pictures", layer),
                    [str(node) for node in nodes],
                )
            progress.update()
    write_arrays(pictures_file, arrays)


def largest(sizes: np.ndarray, means: np.ndarray, count: int) -> np.ndarray:
    """The nodes with most points, ascending by number; a mean vector of 0 has no direction and no picture."""
    order = np.argsort(-sizes, kind="stable")
    return np.sort(order[(means[order] != 0).any(axis=1)][:count])
