"""A tiny run of layers: families of perceptrons on a ring inside another one."""

import numpy as np
import torch

from topolens.config.analyses import Betti, BettiNumbers, LayerNorms, OtherCount
from topolens.config.networks import Perceptrons
from topolens.config.training import PerceptronTraining
from topolens.data.dataset import Dataset, write_datasets
from topolens.nets.perceptrons.families import families_of
from topolens.nets.perceptrons.training import Samples
from topolens.stages.betti import measure_layers
from topolens.stages.perceptrons import train_perceptrons

POINTS = 40
NETWORKS = [
    Perceptrons(
        name="deep", architecture="perceptrons", data="rings", hidden=[8, 8], activations=["tanh", "relu"], count=3
    ),
    Perceptrons(name="flat", architecture="perceptrons", data="rings", hidden=[6], activations=["tanh"], count=2),
]
TRAINING = PerceptronTraining(
    learning_rate=0.02, batch_size=16, max_epochs=400, initial_gain=2.0, snapshot_accuracies=[1.0], refined=True
)
OTHER = OtherCount(neighbours=6, scale=1.5)
BETTI = Betti(
    counted={"rings": BettiNumbers(neighbours=4, max_degree=1, others=[OTHER])}, norms=LayerNorms(points=25, repeats=2)
)
FAMILIES = {family.name: family for family in families_of(NETWORKS, "rings", 0)}
FILES = ("data.npz", "networks.safetensors", "networks.json")


def rings():
    """A ring inside another one."""
    angles = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = np.concatenate([circle, 2.5 * circle]).astype(np.float32)
    return Dataset(points, np.repeat([0, 1], POINTS), np.zeros(2 * POINTS, bool), "made up")


def samples():
    return Samples(torch.from_numpy(rings().inputs()), torch.from_numpy(rings().labels))


def train(folder, threads=2, training=TRAINING):
    """The files of data, of networks and of what describes them."""
    folder.mkdir(exist_ok=True)
    write_datasets(folder / "data.npz", {"rings": rings()})
    files = [folder / name for name in FILES]
    train_perceptrons(*files, networks=NETWORKS, training={"rings": training}, seed=0, threads=threads)
    return files


def measure(folder, files, threads=2):
    """The table of layers."""
    measure_layers(*files, folder / "layers.csv", betti=BETTI, seed=0, threads=threads)
    return folder / "layers.csv"


def finish(folder):
    """Networks and the table of layers."""
    measure(folder, train(folder))
    return folder
