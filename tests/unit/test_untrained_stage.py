"""Untrained networks see the clouds of the trained one, and every vote is that of a network of its own seed."""

import numpy as np
import pandas as pd
import pytest
import torch
from test_image_clouds import CLOUDS, LAYERS, SEED, A, B, image_set, observed

from topolens import pairwise_distances
from topolens.artifacts import read_arrays
from topolens.config.analyses import Untrained
from topolens.config.conditions import CLEAN, Condition
from topolens.config.homology import Distance
from topolens.inference.neighbours import leave_one_out_accuracy
from topolens.nets.images.inference import as_inputs
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.nets.readout import read_out
from topolens.stages.image_clouds import record_image_clouds
from topolens.stages.untrained import COLUMNS, Vote, measure_untrained

VOTE = Vote(distances=[(name, Distance(metric=name)) for name in ("euclidean", "cosine")], neighbours=2)
NETWORKS = TappedNetworks(networks=[A, B], seeds=[0, 4], layers={name: [*LAYERS.items()] for name in "AB"})


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


UNTRAINED = Untrained(networks=3, clouds=2)


def measured(folder, threads=1):
    images, file = folder / "data.npz", folder / f"untrained{threads}.csv"
    image_set().write(images)
    measure_untrained(
        images, file, networks=NETWORKS, clouds=CLOUDS, untrained=UNTRAINED, vote=VOTE, seed=SEED, threads=threads
    )
    return file


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return pd.read_csv(measured(tmp_path_factory.mktemp("untrained")))


def test_every_network_cloud_and_metric_has_a_row(table):
    assert table.columns.tolist() == COLUMNS
    assert len(table) == 2 * 3 * 2 * 3
    assert not table.duplicated(COLUMNS[:-1]).any()
    assert set(table["seed"]) == {5, 6, 7}  # above those of trained networks
    assert set(table["metric"]) == {"euclidean", "cosine", "stacked"}


def test_votes_are_those_of_each_network_on_the_clouds_of_the_run(table, tmp_path):
    images = image_set()
    images.write(tmp_path / "data.npz")
    record_image_clouds(
        tmp_path / "data.npz", tmp_path / "clouds.npz", tmp_path / "performance.csv", networks=NETWORKS,
        conditions=observed([Condition(kind=CLEAN)]), clouds=CLOUDS, seed=SEED, threads=1,
    )  # fmt: skip
    arrays = read_arrays(tmp_path / "clouds.npz")
    for row in table[table["metric"] != "stacked"].to_dict("records"):
        chosen = slice(6 * row["repeat"], 6 * (row["repeat"] + 1))
        network = prepared_network({"A": A, "B": B}[row["network"]], row["seed"], None, images)
        inputs = as_inputs(images.images[arrays["images"][chosen]], list("RGB"))
        points = read_out(network, inputs, {"last": LAYERS["last"]}).vectors["last"]
        classes = arrays["labels"][chosen].astype(np.int64)
        assert row["neighbours"] == leave_one_out_accuracy(pairwise_distances(points, row["metric"]), classes, 2)


def test_threads_change_no_byte(tmp_path):
    assert measured(tmp_path, 1).read_bytes() == measured(tmp_path, 2).read_bytes()


def test_seeds_are_none_of_a_trained_network():
    assert [*Untrained(networks=2).seeds([3, 1])] == [4, 5]
