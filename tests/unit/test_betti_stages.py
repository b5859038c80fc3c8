"""The stages of the betti flow: training to no error, resumption, threads, and what a layer is measured to be."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from topolens.config.betti import BettiData, KnownSet
from topolens.stages.betti_layers import landscape_norms, layers_of, list_units, measure_layers, norm_rows
from topolens.stages.betti_statistics import compute_betti_statistics
from topolens.stages.betti_train import Cell, beside, train_families, train_group

from topolens.artifacts import read_json, write_json
from topolens.config.analyses import Intervals, LayerNorms
from topolens.config.networks import Perceptrons
from topolens.config.training import PerceptronTraining
from topolens.data.dataset import Dataset
from topolens.data.known_topology import write_sets
from topolens.nets.perceptrons.training import Samples, accuracy_on
from topolens.seeding import child_seed
from topolens.stages import betti_layers, betti_train
from topolens.topology.complexity import complexity
from topolens.topology.distances import mean_distance, pairwise_distances
from topolens.topology.persistence import persistence

POINTS = 40
FAMILIES = [
    Perceptrons(data="rings", width=8, depth=2, activations=["tanh", "relu"], count=3),
    Perceptrons(data="rings", width=6, depth=1, activations=["tanh"], count=2),
]
TRAINING = {"rings": PerceptronTraining(learning_rate=0.02, batch_size=16, maximum_epochs=400, initial_gain=2.0)}
NORMS = LayerNorms(points=25)
DATA = BettiData(
    name="known_topology",
    sets={"rings": KnownSet(generator="holed_square", neighbours=4, maximum_degree=1)},
)


def rings():
    """A ring inside another one."""
    angles = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = np.concatenate([circle, 2.5 * circle]).astype(np.float32)
    return Dataset(points, np.repeat([0, 1], POINTS), np.zeros(2 * POINTS, bool), "made up")


def train(folder, threads=2, training=TRAINING):
    folder.mkdir(exist_ok=True)
    write_sets(folder / "data.npz", {"rings": rings()})
    files = [folder / name for name in ("data.npz", "networks.safetensors", "networks.json")]
    train_families(*files, families=FAMILIES, training=training, seed=0, threads=threads)
    return files


def measure(folder, files, threads=2, name="layers.csv"):
    data_file, networks_file, card_file = files
    settings = {"data": DATA, "norms": NORMS, "seed": 0, "threads": threads}
    settings["training"] = {key: one.model_dump() for key, one in TRAINING.items()}
    measure_layers(data_file, networks_file, card_file, folder / name, **settings)
    return folder / name


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("betti")
    files = train(folder)
    return folder, files, measure(folder, files)


def test_networks_that_count_make_no_error(finished):
    _, (_, networks_file, card_file), _ = finished
    tensors, cells = load_file(networks_file), read_json(card_file)["cells"]
    assert [*cells] == ["rings/relu/2", "rings/tanh/1", "rings/tanh/2"]
    samples = Samples(torch.from_numpy(rings().inputs()), torch.from_numpy(rings().labels))
    for name, card in cells.items():
        count = sum(key.startswith(f"{name}/") for key in tensors)
        assert card["widths"] == [2, *[8 if card["depth"] == 2 else 6] * card["depth"], 2]
        assert card["seeds"] == [child_seed(0, "network", name, j) for j in range(len(card["seeds"]))]
        assert any(accuracy == 1 for accuracy in card["accuracy"])
        for network, accuracy in enumerate(card["accuracy"]):
            weights = [tensors[f"{name}/{i}"][network] for i in range(count)]
            if accuracy is None:
                assert card["reached_epoch"][network] is None
                assert weights[0].isnan().all()
            else:
                right = accuracy_on(weights, samples, np.arange(2 * POINTS), card["activation"])
                assert right == pytest.approx(accuracy, abs=1e-6)


def test_networks_that_never_get_there_are_kept_and_counted(tmp_path):
    one = PerceptronTraining(learning_rate=1e-6, batch_size=16, maximum_epochs=2)
    files = train(tmp_path, training={"rings": one})
    cells = read_json(files[2])["cells"]
    assert all(card["accuracy"] == [None] * len(card["seeds"]) for card in cells.values())
    assert all(0 < best < 1 for card in cells.values() for best in card["best_epoch_accuracy"])
    table = pd.read_csv(measure(tmp_path, files))
    assert (table["layer"] == 0).all()
    statistics(tmp_path, files, tmp_path / "layers.csv")
    trained = pd.read_csv(tmp_path / "statistics.csv").query("statistic == 'trained'")
    assert trained["estimate"].tolist() == [0, 0, 0]
    assert sorted(trained["n"]) == [2, 3, 3]


def test_weights_that_still_err_are_trained_on():
    """The accuracy of an epoch is taken while the weights change; what counts is the network that is stored."""
    samples = Samples(torch.from_numpy(rings().inputs()), torch.from_numpy(rings().labels))
    settings = PerceptronTraining(learning_rate=0.05, batch_size=8, maximum_epochs=300, initial_gain=2.0)
    cell = Cell(FAMILIES[0], "tanh")
    found = train_group(samples, cell, list(range(12)), settings)
    done = found.reached < settings.maximum_epochs
    assert done.sum() >= 6
    assert (found.accuracy[done] == 1).all()


def test_the_learning_rate_is_halved_again_and_again(monkeypatch):
    samples = Samples(torch.from_numpy(rings().inputs()), torch.from_numpy(rings().labels))
    settings = PerceptronTraining(learning_rate=1e-6, halved_every=3, batch_size=16, maximum_epochs=8)
    seen = []
    original = betti_train.train_together

    def watched(*arguments, **options):
        seen.append((arguments[4].learning_rate, arguments[4].maximum_epochs))
        return original(*arguments, **options)

    monkeypatch.setattr(betti_train, "train_together", watched)
    found = train_group(samples, Cell(FAMILIES[0], "tanh"), [0, 1], settings)
    assert seen == [(1e-6, 3), (5e-7, 6), (2.5e-7, 8)]
    assert found.reached.isnan().all()
    # Without halving, and with it after the end, training is the same.
    plain, late = (
        train_group(samples, Cell(FAMILIES[0], "tanh"), [0], settings.model_copy(update={"halved_every": every}))
        for every in (None, 8)
    )
    assert torch.equal(plain.best, late.best)


def test_the_gain_multiplies_all_initial_parameters(monkeypatch):
    samples = Samples(torch.from_numpy(rings().inputs()), torch.from_numpy(rings().labels))
    seen = []
    monkeypatch.setattr(
        betti_train,
        "train_together",
        lambda *_, state, **__: seen.append([p.clone() for p in state.parameters]) or 1 / 0,
    )
    for gain in (1.0, 3.0):
        settings = PerceptronTraining(learning_rate=0.1, batch_size=16, maximum_epochs=2, initial_gain=gain)
        with pytest.raises(ZeroDivisionError):
            train_group(samples, Cell(FAMILIES[0], "tanh"), [0], settings)
    assert all(torch.equal(3 * one, other) for one, other in zip(*seen, strict=True))


def test_a_group_is_what_its_networks_are_alone():
    samples = Samples(torch.from_numpy(rings().inputs()), torch.from_numpy(rings().labels))
    cell, settings = Cell(FAMILIES[0], "relu"), TRAINING["rings"].model_copy(update={"maximum_epochs": 5})
    whole = train_group(samples, cell, [1, 2], settings)
    parts = beside([train_group(samples, cell, [seed], settings) for seed in (1, 2)])
    assert torch.equal(whole.best, parts.best)


def test_threads_and_interruption_change_no_byte(finished, tmp_path, monkeypatch):
    _, files, layers_file = finished
    monkeypatch.setattr(betti_train, "SAVE_SECONDS", 0.0)
    calls = []
    original = betti_train.train_together

    def killed(*arguments, **options):
        calls.append(1)
        keep = options.get("after_epoch")

        def after(state):
            keep(state)
            if state.epoch == 3:
                raise KeyboardInterrupt

        return original(*arguments, **(options | {"after_epoch": after} if keep and len(calls) == 1 else options))

    monkeypatch.setattr(betti_train, "train_together", killed)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "again", threads=1)
    assert not (tmp_path / "again" / "networks.safetensors").exists()
    again = train(tmp_path / "again", threads=1)
    for one, other in zip(files, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert not (tmp_path / "again" / ".networks.parts").exists()

    seen = []
    original_unit = betti_layers.measure_unit

    def interrupted(unit, *arguments):
        seen.append(unit.network)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return original_unit(unit, *arguments)

    monkeypatch.setattr(betti_layers, "NETWORKS_PER_PART", 2)
    monkeypatch.setattr(betti_layers, "measure_unit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure(tmp_path, again, threads=1)
    monkeypatch.setattr(betti_layers, "measure_unit", original_unit)
    done = measure(tmp_path, again, threads=1)
    assert done.read_bytes() == layers_file.read_bytes()


def test_the_input_stands_once_and_every_layer_of_every_network(finished):
    _, (_, _, card_file), layers_file = finished
    table = pd.read_csv(layers_file)
    inputs = table[table["layer"] == 0]
    assert inputs[["class", "betti_0", "betti_1", "omega"]].to_numpy().tolist() == [[0, 1, 1, 2], [1, 1, 1, 2]]
    assert (inputs["network"] == -1).all()
    assert table["betti_2"].isna().all()
    for card in read_json(card_file)["cells"].values():
        own = table[(table["activation"] == card["activation"]) & (table["depth"] == card["depth"])]
        count = sum(accuracy == 1 for accuracy in card["accuracy"])
        assert len(own) == count * (card["depth"] + 1) * 2
        assert sorted(own["layer"].unique()) == [*range(1, card["depth"] + 2)]
    assert (table["omega"] == table["betti_0"] + table["betti_1"]).all()
    assert (table["distinct"] <= table["points"]).all()


def test_layers_are_those_of_the_network_in_double_precision(finished):
    _, (_, networks_file, card_file), _ = finished
    training = {name: one.model_dump() for name, one in TRAINING.items()}
    units = list_units({"rings": rings()}, load_file(networks_file), read_json(card_file)["cells"], training)
    unit = units[-1]
    values = layers_of(unit, rings())
    weights = [weight.double().numpy() for weight in unit.weights]
    first = np.tanh(rings().points.astype(float) @ weights[0].T + weights[1].T)
    assert values[1].dtype == np.float64
    assert np.allclose(values[1], first, atol=1e-12)
    assert values[3].shape == (2 * POINTS, 2)


def test_norms_are_those_of_both_degrees_side_by_side():
    points = np.random.default_rng(0).normal(size=(30, 3))
    distances = pairwise_distances(points)
    rows = [complexity(diagram, mean_distance(distances)) for diagram in persistence(distances, 1).by_degree]
    found = landscape_norms(points, 1)
    assert found["l2"] == pytest.approx(np.hypot(rows[0]["l2"], rows[1]["l2"]))
    # A larger cloud of the same shape has the same scale-free norm.
    larger = landscape_norms(7 * points, 1)
    assert larger["l2"] == pytest.approx(7**1.5 * found["l2"], rel=1e-5)
    assert larger["l2_scale_free"] == pytest.approx(found["l2_scale_free"], rel=1e-5)
    assert landscape_norms(np.zeros((20, 3)), 1) == dict.fromkeys(found, 0.0)


def test_the_cloud_of_the_norm_is_a_named_draw():
    rows = norm_rows(rings(), 25, 0, "rings")
    assert all(len(np.unique(chosen)) == 25 for chosen in rows.values())
    assert not np.array_equal(rows[0], rows[1])
    assert np.array_equal(rows[0], norm_rows(rings(), 25, 0, "rings")[0])
    assert np.array_equal(norm_rows(rings(), 100, 0, "rings")[0], np.arange(POINTS))


def test_a_collapsed_layer_is_a_point(tmp_path):
    """Weights of 0 send both classes to one point: (1, 0), one distinct point and no norm."""
    write_sets(tmp_path / "data.npz", {"rings": rings()})
    shapes = [(1, 8, 2), (1, 8, 1), (1, 2, 8), (1, 2, 1)]
    save_file(
        {f"rings/relu/1/{i}": torch.zeros(shape) for i, shape in enumerate(shapes)}, tmp_path / "networks.safetensors"
    )
    card = {"set": "rings", "activation": "relu", "depth": 1, "accuracy": [1.0]}
    write_json(tmp_path / "networks.json", {"cells": {"rings/relu/1": card}})
    files = [tmp_path / name for name in ("data.npz", "networks.safetensors", "networks.json")]
    table = pd.read_csv(measure(tmp_path, files)).query("layer > 0")
    assert (table["omega"] == 1).all()
    assert (table["distinct"] == 1).all()
    assert (table["l2"] == 0).all()


def statistics(folder, files, layers_file):
    compute_betti_statistics(
        layers_file, files[2], folder / "statistics.csv", training=TRAINING,
        statistics=Intervals(bootstrap=50), seed=0,
    )  # fmt: skip


def test_statistics_are_tidy(finished, tmp_path):
    _, files, layers_file = finished
    statistics(tmp_path, files, layers_file)
    table = pd.read_csv(tmp_path / "statistics.csv")
    keys = ["statistic", "set", "activation", "depth", "class", "degree", "layer"]
    assert not table.duplicated(keys).any()
    empty = table[table["n"] == 0]  # one hidden layer makes two pairs, of which there is no rank correlation
    assert set(empty["statistic"]) == {"l2_correlation", "l2_scale_free_correlation"}
    assert set(empty["depth"]) == {1}
    known = table.drop(empty.index)
    assert (known["low"] <= known["estimate"]).all()
    assert (known["estimate"] <= known["high"]).all()
    assert set(table["class"].dropna()) == {"0", "1", "both"}
    inputs = table[(table["layer"] == 0) & (table["statistic"] == "omega")]
    assert inputs["estimate"].tolist() == [2, 2]
    layers = pd.read_csv(layers_file)
    own = layers.query("activation == 'tanh' and depth == 2 and layer == 3 and `class` == 1")
    row = table.query("statistic == 'omega' and activation == 'tanh' and depth == 2 and layer == 3 and `class` == '1'")
    assert row["estimate"].item() == own["omega"].median()
    assert row["n"].item() == len(own)
    assert json.dumps(sorted(table["statistic"].unique())) == json.dumps(
        ["area", "betti", "half_layer", "l2", "l2_correlation", "l2_scale_free", "l2_scale_free_correlation",
         "late_share", "late_share_beyond_even", "omega", "omega_correlation", "omega_ratio", "trained", "trivial"]
    )  # fmt: skip
