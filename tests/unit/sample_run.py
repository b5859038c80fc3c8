"""A tiny run of clouds of samples on random disks, stage by stage."""

import numpy as np
import torch

from topolens import landscape
from topolens.config.analyses import Intervals, PermutationTests
from topolens.config.clouds import SampleClouds
from topolens.config.homology import Distance, Grid, Homology, Landscapes
from topolens.config.networks import Perceptrons
from topolens.config.training import PerceptronTraining
from topolens.data.dataset import write_datasets
from topolens.data.disks import DisksOptions, generate_disks
from topolens.nets.perceptrons.families import read_families
from topolens.stages.perceptrons import train_perceptrons
from topolens.stages.sample_clouds import record_sample_clouds
from topolens.stages.sample_diagrams import compute_sample_diagrams
from topolens.stages.sample_landscapes import make_sample_landscapes
from topolens.stages.sample_statistics import compute_sample_statistics

SEED = 3
FAMILY = "disks/tanh/2"
NETWORKS = [Perceptrons(name="tiny", architecture="perceptrons", hidden=[6, 5], activations=["tanh"], count=3)]
TRAINING = PerceptronTraining(
    learning_rate=0.02, batch_size=32, max_epochs=8, snapshot_accuracies=[0.4, 0.6, 1.0], held_out=0.2
)
CLOUDS = SampleClouds(of="samples", points=60, label=1, shared=False)
SPHERE = Distance(metric="sphere", softmax=True)
LAYERS, OUTPUT_LAYER = [0, 1, 2, 3], 3
DISTANCES = [(0, Distance()), (1, Distance()), (2, Distance()), (3, SPHERE)]
NULLS = 2
LANDSCAPES = Landscapes(levels=10, grid=Grid(stop=3.0, step=0.01))


def train(folder, target=None, threads=1, **changes):
    files = [(target or folder) / name for name in ("networks.safetensors", "networks.json")]
    settings = {"networks": NETWORKS, "training": TRAINING, "seed": SEED} | changes
    train_perceptrons(folder / "data.npz", *files, **settings, threads=threads)


def record(folder, target=None, **changes):
    """The file of clouds."""
    file = (target or folder) / "clouds.npz"
    settings = {"clouds": CLOUDS, "networks": NETWORKS, "layers": LAYERS, "seed": SEED} | changes
    record_sample_clouds(folder / "data.npz", file, folder / "networks.safetensors", **settings)
    return file


def diagrams(folder, target=None, **changes):
    """The file of diagrams."""
    file = (target or folder) / "diagrams.npz"
    settings = {"layers": DISTANCES, "nulls": NULLS, "homology": Homology(), "seed": SEED, "threads": 1} | changes
    compute_sample_diagrams(folder / "clouds.npz", file, **settings)
    return file


def landscapes(folder, target=None, **changes):
    """The files of landscapes and of complexities."""
    files = [(target or folder) / name for name in ("landscapes.npz", "complexity.csv")]
    settings = {"landscapes": LANDSCAPES, "output_layer": OUTPUT_LAYER, "snapshots": 3, "networks": 3, "threads": 1}
    make_sample_landscapes(folder / "diagrams.npz", *files, **(settings | changes))
    return files


def statistics(folder, target=None, **changes):
    """The file of statistics."""
    file = (target or folder) / "statistics.csv"
    settings = {
        "intervals": Intervals(bootstrap=20),
        "tests": PermutationTests(permutations=19, splits=3),
        "snapshot_accuracies": TRAINING.snapshot_accuracies,
        "output_layer": OUTPUT_LAYER,
        "seed": SEED,
    }
    files = {"complexity_csv": folder / "complexity.csv", "landscapes_npz": folder / "landscapes.npz"}
    compute_sample_statistics(file, **(settings | files | changes))
    return file


def finish(folder):
    """All stages: data, networks, clouds, diagrams, landscapes, statistics."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    write_datasets(folder / "data.npz", {"disks": generate_disks(DisksOptions(disks=4, layout="random", points=500))})
    for stage in (train, record, diagrams, landscapes, statistics):
        stage(folder)
    torch.set_num_threads(before)
    return folder


def trained_of(folder):
    return read_families(folder / "networks.safetensors")[FAMILY]


def mean_landscape(table, layer, snapshot, network, degree, grid):
    """Of a network's clouds of one layer and snapshot, ten levels; None where it has none."""
    clouds = table.clouds
    own = clouds.index[
        (clouds["depth"] == layer) & (clouds["snapshot"] == snapshot) & (clouds["network"] == network) & ~clouds["null"]
    ]
    return np.mean([landscape(table.diagram(cloud, degree), grid, 10) for cloud in own], axis=0) if len(own) else None
