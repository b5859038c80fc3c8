"""The point clouds of a run of samples, read off the layers of its perceptrons."""

from pathlib import Path

import numpy as np

from topolens.artifacts import write_arrays
from topolens.clouds.sample_recording import draw_rows, record_snapshot, snapshot_index
from topolens.config.clouds import SampleClouds
from topolens.config.networks import Perceptrons
from topolens.data.dataset import read_datasets
from topolens.errors import TopolensError
from topolens.nets.perceptrons.families import read_families


def record_sample_clouds(
    data_file: Path,
    clouds_file: Path,
    networks_file: Path | None = None,
    *,
    clouds: SampleClouds,
    networks: list[Perceptrons],
    layers: list[int],
    seed: int,
) -> None:
    """Draw input points and record what every wanted layer of every snapshot makes of them.

    Written arrays: `rows` and `labels` (draws, points) of the input samples; `owner` (draws,) the network
    that a draw belongs to, -1 for all; `index` (clouds, 3) of network, snapshot and draw; `layer_0` (draws, points,
    features) float32, the inputs, stored once for each draw; `layer_R` (clouds, points, width) float32. Snapshots never
    reached are absent.
    """
    (dataset,), (family,) = read_datasets(data_file).values(), networks
    rows = draw_rows(dataset, clouds, family.count, seed)
    shared = clouds.shared or clouds.rows == "first"
    arrays = {
        "rows": rows,
        "labels": dataset.labels[rows],
        "owner": np.full(len(rows), -1) if shared else np.arange(len(rows)) // clouds.repeats,
        "index": np.empty((0, 3), np.int64),
    }
    if 0 in layers:
        arrays["layer_0"] = np.stack([dataset.inputs(draw) for draw in rows])
    if networks_file is not None:
        (trained,) = read_families(networks_file).values()
        arrays["index"] = index = snapshot_index(trained, clouds)
        if len(index) == 0:
            best = float(trained.history.nan_to_num(0).max())
            raise TopolensError(
                f"no network reached a wanted snapshot; the best training accuracy of an epoch was {best:.3f}. "
                "Raise training.max_epochs or lower training.snapshot_accuracies"
            )
        (activation,) = family.activations
        recorded = [
            record_snapshot(trained, activation, layers, dataset.inputs(rows[draw]), network, snapshot)
            for network, snapshot, draw in index
        ]
        for layer in layers:
            if layer > 0:
                arrays[f"layer_{layer}"] = np.stack([activations[layer] for activations in recorded])
    write_arrays(clouds_file, arrays)
