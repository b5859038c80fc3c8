"""What layers of perceptrons make of samples, snapshot by snapshot of the training."""

import numpy as np
import torch

from topolens.config.clouds import SampleClouds
from topolens.data.dataset import Dataset
from topolens.errors import TopolensError
from topolens.nets.perceptrons.mlp import as_module
from topolens.nets.perceptrons.state import Trained
from topolens.nets.taps import record_activations
from topolens.seeding import child_generator


def draw_rows(dataset: Dataset, clouds: SampleClouds, networks: int, seed: int) -> np.ndarray:
    """(draws, points) row numbers; network j's own draws are numbers j * clouds.repeats and following."""
    available = dataset.rows(clouds.split, clouds.label)
    if clouds.points > len(available):
        raise TopolensError(
            f"clouds.points: {clouds.points} asked, but split {clouds.split!r} of class "
            f"{'all' if clouds.label is None else clouds.label} has {len(available)} samples"
        )
    if clouds.rows == "first":
        return available[None, : clouds.points]
    draws = clouds.repeats if clouds.shared else clouds.repeats * networks
    return np.stack(
        [child_generator(seed, "cloud", draw).choice(available, clouds.points, replace=False) for draw in range(draws)]
    )


def snapshot_index(trained: Trained, clouds: SampleClouds) -> np.ndarray:
    """(clouds, 3) of network, snapshot and draw, for every reached snapshot that is wanted."""
    reached = ~trained.reached.isnan().numpy()
    snapshots, networks = reached.shape
    wanted = range(snapshots) if clouds.snapshots == "all" else [snapshots - 1]
    draws = 1 if clouds.rows == "first" else clouds.repeats
    own = 0 if clouds.shared or clouds.rows == "first" else draws
    return np.array(
        [
            (network, snapshot, network * own + draw)
            for network in range(networks)
            for snapshot in wanted
            if reached[snapshot, network]
            for draw in range(draws)
        ],
        dtype=np.int64,
    ).reshape(-1, 3)


def record_snapshot(
    trained: Trained, activation: str, layers: list[int], inputs: np.ndarray, network: int, snapshot: int
) -> dict[int, np.ndarray]:
    """What the layers above the input make of the inputs, by number of the layer."""
    model = as_module([tensor[snapshot, network] for tensor in trained.snapshots], activation)
    names = {layer: f"layer_{layer}" for layer in layers if layer > 0}
    try:
        recorded = record_activations(model, torch.from_numpy(inputs), list(names.values()))
    except TopolensError as error:
        raise TopolensError(f"network {network}, snapshot number {snapshot}: {error}") from error
    return {layer: recorded[name] for layer, name in names.items()}
