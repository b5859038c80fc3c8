"""Betti numbers of every layer: which networks count, layers by hand, collapsed layers, killed runs."""

import numpy as np
import pandas as pd
import pytest
import torch
from rings_run import BETTI, FILES, POINTS, TRAINING, measure, rings, train
from safetensors.torch import save_file

from topolens.artifacts import read_json, write_json
from topolens.config.analyses import BettiNumbers, LayerNorms
from topolens.data.dataset import write_datasets
from topolens.nets.perceptrons.families import all_tensors, read_families
from topolens.nets.perceptrons.state import Trained
from topolens.stages import betti as stage
from topolens.stages.betti import (
    COLUMNS,
    Unit,
    layers_of,
    measure_unit,
    norm_draws,
    norms_of,
    other_counts,
    trained_units,
)
from topolens.topology.hop_complex import hop_betti_numbers
from topolens.topology.layer_norms import landscape_norms

OTHERS = ["omega, 6 neighbours, scale 1.5"]
NORMS = [f"l2{twin}{draw}" for draw in ("", "_0", "_1") for twin in ("", "_scale_free")] + ["l2_gaussian"]


@pytest.fixture(scope="module")
def table(rings_folder):
    return pd.read_csv(rings_folder / "layers.csv")


def files_of(folder):
    return [folder / name for name in FILES]


def test_threads_and_interruption_change_no_byte(rings_folder, tmp_path, monkeypatch):
    seen = []

    def interrupted(unit, *arguments):
        seen.append(unit.network)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return measure_unit(unit, *arguments)

    monkeypatch.setattr(stage, "NETWORKS_PER_PART", 2)
    monkeypatch.setattr(stage, "measure_unit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure(tmp_path, files_of(rings_folder), threads=1)
    parts = tmp_path / ".layers.parts"
    assert [part.stem for part in parts.rglob("*.npz")] == ["from-0"]
    made = []
    monkeypatch.setattr(stage, "measure_unit", lambda unit, *rest: made.append(unit) or measure_unit(unit, *rest))
    done = measure(tmp_path, files_of(rings_folder), threads=1)
    assert done.read_bytes() == (rings_folder / "layers.csv").read_bytes()
    assert len(made) == len([*trained_units(*files_of(rings_folder)[1:])]) - 1
    assert not parts.exists()


def test_the_input_stands_once_and_every_layer_of_every_network(rings_folder, table):
    assert table.columns.tolist() == [*COLUMNS, *OTHERS, *NORMS]
    inputs = table[table["depth"] == 0]
    assert inputs[["group", "betti_0", "betti_1", "omega"]].to_numpy().tolist() == [[0, 1, 1, 2], [1, 1, 1, 2]]
    assert (inputs["network"] == -1).all()
    assert table["betti_2"].isna().all()
    for family in read_json(rings_folder / "networks.json")["families"].values():
        own = table[(table["activation"] == family["activation"]) & (table["hidden"] == family["depth"])]
        count = sum(accuracy == [1] for accuracy in family["train_accuracy"])
        assert len(own) == count * (family["depth"] + 1) * 2
        assert sorted(own["depth"].unique()) == [*range(1, family["depth"] + 2)]
    assert (table["omega"] == table["betti_0"] + table["betti_1"]).all()
    assert (table["distinct"] <= table["points"]).all()


def test_networks_that_never_get_there_are_left_out(tmp_path):
    hopeless = TRAINING.model_copy(update={"learning_rate": 1e-6, "max_epochs": 2})
    table = pd.read_csv(measure(tmp_path, train(tmp_path, training=hopeless)))
    assert (table["depth"] == 0).all()
    assert len(table) == 2


def test_layers_are_those_of_the_network_in_double_precision(rings_folder):
    unit = [*trained_units(*files_of(rings_folder)[1:])][-1]
    assert (unit.data, unit.activation, unit.hidden) == ("rings", "tanh", 2)
    trained = read_families(rings_folder / "networks.safetensors")["rings/tanh/2"]
    assert all(
        torch.equal(own, stored[-1, unit.network]) for own, stored in zip(unit.weights, trained.snapshots, strict=True)
    )
    values = layers_of(unit, rings())
    weights = [weight.double().numpy() for weight in unit.weights]
    first = np.tanh(rings().points.astype(float) @ weights[0].T + weights[1].T)
    assert values[1].dtype == np.float64
    assert np.allclose(values[1], first, atol=1e-12)
    assert values[3].shape == (2 * POINTS, 2)


def test_the_clouds_of_the_norm_are_a_networks_own_named_draws():
    norms = LayerNorms(points=25, repeats=2)

    def draws(network, norms=norms):
        return norm_draws(Unit("rings", "tanh", 2, network, []), rings(), norms, 0)

    found = draws(0)
    assert {label: len(clouds) for label, clouds in found.items()} == {0: 2, 1: 2}
    assert all(len(np.unique(rows)) == 25 for clouds in found.values() for rows in clouds)
    different = [found[0][0], found[0][1], found[1][0], draws(1)[0][0]]
    assert len({tuple(rows) for rows in different}) == 4
    assert np.array_equal(found[1][1], draws(0)[1][1])
    # The first draw is the same however many there are.
    assert np.array_equal(draws(0, LayerNorms(points=25))[0][0], found[0][0])
    assert np.array_equal(draws(0, LayerNorms(points=100))[0][0], np.arange(POINTS))


def test_norms_are_those_of_each_draw_their_mean_and_those_of_gaussian_clouds(rings_folder, table):
    assert np.allclose(table["l2"], table[["l2_0", "l2_1"]].mean(axis=1))
    assert (table["l2_0"] != table["l2_1"]).mean() > 0.9
    row = table.query("depth == 0 and group == 1").iloc[0]
    points = rings().points[rings().labels == 1].astype(float)
    rows = norm_draws(Unit("rings", "", 0, -1, None), rings(), BETTI.norms, 0)[1]
    assert [row["l2_0"], row["l2_1"]] == pytest.approx([landscape_norms(points[own], 1)["l2"] for own in rows])
    assert (table["l2_gaussian"] > 0).equals(table["distinct"] > 1)
    none = norms_of([points], LayerNorms(points=25, nulls=0), np.random.default_rng(0))
    assert np.isnan(none["l2_gaussian"])


def test_the_logits_alone_are_counted_in_other_ways_too(table):
    column = "omega, 6 neighbours, scale 1.5"
    assert table[column].notna().equals(table["depth"] == table["hidden"] + 1)
    assert (table[column].dropna() >= 1).all()
    points = rings().points[:POINTS].astype(float)
    found = other_counts(points, BETTI, "rings", True)
    assert found == {column: sum(hop_betti_numbers(points, 6, 1.5, 1).betti)}


def flat_network(weights, train_accuracy):
    """One network that is all there is of its family."""
    return Trained(
        snapshots=[weight[None, None] for weight in weights],
        reached=torch.ones(1, 1),
        train_accuracy=torch.full((1, 1), train_accuracy),
        held_out_accuracy=torch.ones(1, 1),
        history=torch.ones(1, 1),
        final_epoch=torch.ones(1, dtype=torch.int64),
    )


def test_a_collapsed_layer_is_a_point(tmp_path):
    """Weights of 0 send both classes to one point: (1, 0), one distinct point and no norm."""
    write_datasets(tmp_path / "data.npz", {"rings": rings()})
    weights = [torch.zeros(shape) for shape in [(8, 2), (8, 1), (2, 8), (2, 1)]]
    save_file(all_tensors({"rings/relu/1": flat_network(weights, 1.0)}), tmp_path / "networks.safetensors")
    family = {"data": "rings", "activation": "relu", "depth": 1, "train_accuracy": [[1.0]]}
    card = {"families": {"rings/relu/1": family}, "training": {"rings": TRAINING.model_dump()}}
    write_json(tmp_path / "networks.json", card)
    table = pd.read_csv(measure(tmp_path, files_of(tmp_path))).query("depth > 0")
    assert len(table) == 4
    assert (table["omega"] == 1).all()
    assert (table["distinct"] == 1).all()
    assert (table["l2"] == 0).all()


def test_each_data_set_is_counted_up_to_its_own_degree(tmp_path):
    write_datasets(tmp_path / "data.npz", {"rings": rings(), "again": rings()})
    save_file({}, tmp_path / "networks.safetensors")
    write_json(tmp_path / "networks.json", {"families": {}, "training": {}})
    counted = BETTI.counted | {"again": BettiNumbers(neighbours=4, max_degree=2)}
    both = BETTI.model_copy(update={"counted": counted})
    stage.measure_layers(*files_of(tmp_path), tmp_path / "layers.csv", betti=both, seed=0, threads=1)
    table = pd.read_csv(tmp_path / "layers.csv")
    assert table["data"].tolist() == ["rings", "rings", "again", "again"]
    assert table["betti_2"].isna().tolist() == [True, True, False, False]
    assert (table["omega"] == 2).all()
