"""Mapper graphs of a tiny untrained network on made-up images, and feature pictures of their nodes."""

from contextlib import contextmanager

import numpy as np
import torch

from topolens.artifacts import read_arrays
from topolens.config.analyses import Mapper
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.nets.images.prepared import TappedNetworks
from topolens.stages.feature_pictures import PaintedGraphs, paint_nodes
from topolens.stages.mapper import make_mapper_graphs

SEED = 7
CLASSES = ["cat", "dog", "ship"]
V = ImageNetwork(name="V", architecture="vgg16", bands=["R", "G", "B"], first_filters=4)
LAYERS = ["ReLU22", "ReLU53"]
MAPPER = Mapper(
    layers=LAYERS, images=60, repeats=2, intervals=3, overlap=0.3, other_intervals=[2], min_samples=2, min_points=2,
    noise_clouds=1, permutations=19, pair=("cat", "ship"), pair_intervals=2,
)  # fmt: skip
MODULES = {layer: layer for layer in LAYERS}
TAPPED = TappedNetworks(networks=[V], seeds=[0], layers={"V": [*MODULES.items()]})


@contextmanager
def one_thread():
    """Tiny maps are quicker by one thread than by two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def image_set(count=90):
    """Images of three classes in turn, each of its own colour and brightness; the first nine are for training."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 3
    images = generator.integers(0, 120, (count, 32, 32, 3))
    images[np.arange(count), :, :, labels] += generator.integers(20, 130, count)[:, None, None]
    split = np.where(np.arange(count) < 9, 0, 2).astype(np.uint8)
    names = np.arange(count).astype(str)
    return ImageSet(images.astype(np.uint8), labels.astype(np.uint8), split, CLASSES, names, "made up")


def make(folder, name="one", **changes):
    file = folder / "data.npz"
    if not file.exists():
        image_set().write(file)
    files = [folder / f"{name}-{artifact}" for artifact in ("graphs.npz", "structures.json", "mapper.csv")]
    settings = {"networks": TAPPED, "mapper": MAPPER, "seed": SEED, "threads": 1}
    make_mapper_graphs(file, *files, **(settings | changes))
    return files


def paint(folder, graphs, file, device="cpu"):
    paint_nodes(
        folder / "data.npz", graphs, folder / "one-structures.json", file,
        networks=TAPPED.model_copy(update={"device": device}),
        feature_pictures=PaintedGraphs(nodes=2, steps=1, mapper=MAPPER), seed=SEED, threads=1,
    )  # fmt: skip
    return read_arrays(file)


def finish(folder):
    """Graphs `one-*` and `pictures.npz`."""
    with one_thread():
        make(folder)
        paint(folder, folder / "one-graphs.npz", folder / "pictures.npz")
    return folder
