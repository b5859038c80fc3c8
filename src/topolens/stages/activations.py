"""Stage 3: the point clouds of a run, read off the layers of its networks."""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from topolens.artifacts import write_arrays
from topolens.config.homology import Clouds
from topolens.config.networks import Networks
from topolens.data.dataset import Dataset
from topolens.errors import TopolensError
from topolens.nets.perceptrons.mlp import as_module
from topolens.nets.perceptrons.state import Trained, trained_from_tensors
from topolens.nets.taps import record_activations
from topolens.seeding import child_generator


def record_clouds(
    data_file: Path,
    clouds_file: Path,
    networks_file: Path | None = None,
    *,
    clouds: Clouds,
    networks: Networks,
    layers: list[int],
    seed: int,
) -> None:
    """Draw input points and record what every wanted layer of every snapshot makes of them.

    Written arrays: `rows` and `labels` (draws, points) of the input samples; `owner` (draws,) the network
    that a draw belongs to, -1 for all; `index` (snapshots, 3) of
    network, threshold and draw; `layer_0` (draws, points, features) float32, the inputs, stored once for
    each draw; `layer_R` (snapshots, points, width) float32. Snapshots never reached are absent.
    """
    dataset = Dataset.read(data_file)
    rows = draw_rows(dataset, clouds, networks.count, seed)
    shared = clouds.shared or clouds.rows == "first"
    arrays = {
        "rows": rows,
        "labels": dataset.labels[rows],
        "owner": np.full(len(rows), -1) if shared else np.arange(len(rows)) // clouds.draws,
        "index": np.empty((0, 3), np.int64),
    }
    if 0 in layers:
        arrays["layer_0"] = np.stack([dataset.inputs(draw) for draw in rows])
    if networks_file is not None:
        trained = trained_from_tensors(load_file(networks_file))
        arrays["index"] = index = snapshot_index(trained, clouds)
        if len(index) == 0:
            best = float(trained.history.nan_to_num(0).max())
            raise TopolensError(
                f"no network reached a wanted threshold; the best training accuracy of an epoch was {best:.3f}. "
                "Raise training.maximum_epochs or lower training.thresholds"
            )
        recorded = [
            _record(trained, networks.activation, layers, dataset.inputs(rows[draw]), network, threshold)
            for network, threshold, draw in index
        ]
        for layer in layers:
            if layer > 0:
                arrays[f"layer_{layer}"] = np.stack([activations[layer] for activations in recorded])
    write_arrays(clouds_file, arrays)


def draw_rows(dataset: Dataset, clouds: Clouds, networks: int, seed: int) -> np.ndarray:
    """(draws, points) row numbers; network j's own draws are numbers j * clouds.draws and following."""
    available = dataset.rows(clouds.split, clouds.label)
    if clouds.points > len(available):
        raise TopolensError(
            f"clouds.points: {clouds.points} asked, but split {clouds.split!r} of class "
            f"{'all' if clouds.label is None else clouds.label} has {len(available)} samples"
        )
    if clouds.rows == "first":
        return available[None, : clouds.points]
    draws = clouds.draws if clouds.shared else clouds.draws * networks
    return np.stack(
        [child_generator(seed, "cloud", draw).choice(available, clouds.points, replace=False) for draw in range(draws)]
    )


def snapshot_index(trained: Trained, clouds: Clouds) -> np.ndarray:
    """(snapshots, 3) of network, threshold and draw, for every reached threshold that is wanted."""
    reached = ~trained.reached.isnan().numpy()
    thresholds, networks = reached.shape
    wanted = range(thresholds) if clouds.thresholds == "all" else [thresholds - 1]
    draws = 1 if clouds.rows == "first" else clouds.draws
    own = 0 if clouds.shared or clouds.rows == "first" else draws
    return np.array(
        [
            (network, threshold, network * own + draw)
            for network in range(networks)
            for threshold in wanted
            if reached[threshold, network]
            for draw in range(draws)
        ],
        dtype=np.int64,
    ).reshape(-1, 3)


def _record(
    trained: Trained, activation: str, layers: list[int], inputs: np.ndarray, network: int, threshold: int
) -> dict[int, np.ndarray]:
    weights = [tensor[threshold, network] for tensor in trained.snapshots]
    model = as_module(weights, activation)
    names = {layer: f"layer_{layer}" for layer in layers if layer > 0}
    try:
        recorded = record_activations(model, torch.from_numpy(inputs), list(names.values()))
    except TopolensError as error:
        raise TopolensError(f"network {network}, threshold number {threshold}: {error}") from error
    return {layer: recorded[name] for layer, name in names.items()}
