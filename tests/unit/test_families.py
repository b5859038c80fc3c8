"""Families of perceptrons: which there are, their training to no error, and how groups are joined and kept."""

import numpy as np
import pytest
import torch
from rings_run import FAMILIES, NETWORKS, TRAINING, samples
from safetensors.torch import save_file

from topolens.config.networks import Perceptrons
from topolens.config.training import PerceptronTraining
from topolens.nets.perceptrons import families
from topolens.nets.perceptrons.cards import successes
from topolens.nets.perceptrons.families import (
    Family,
    all_tensors,
    describe,
    families_of,
    join,
    read_families,
    train_group,
)
from topolens.nets.perceptrons.training import accuracy_on, train_together
from topolens.seeding import child_seed

TANH, RELU = FAMILIES["rings/tanh/2"], FAMILIES["rings/relu/2"]


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def training(**changes):
    return PerceptronTraining(
        **({"learning_rate": 0.02, "batch_size": 16, "max_epochs": 5, "snapshot_accuracies": [1.0]} | changes)
    )


def grouped(family, seeds, settings, state=None, after_epoch=lambda state: None):
    return train_group(family, seeds, samples(), settings, state, after_epoch)


# Which there are


def test_families_come_network_by_network_and_activation_by_activation():
    found = families_of(NETWORKS, "rings", 0)
    assert [family.name for family in found] == ["rings/tanh/2", "rings/relu/2", "rings/tanh/1"]
    assert [(family.hidden, len(family.seeds)) for family in found] == [((8, 8), 3), ((8, 8), 3), ((6,), 2)]
    assert found[0].widths(samples()) == [2, 8, 8, 2]


def test_networks_that_name_no_data_set_see_the_only_one():
    (family,) = families_of(
        [Perceptrons(name="a", architecture="perceptrons", hidden=[4], activations=["relu"], count=1)], "disks", 0
    )
    assert (family.data, family.name) == ("disks", "disks/relu/1")


def test_seeds_are_named_by_the_family_unless_it_is_the_only_one():
    alone = Perceptrons(name="a", architecture="perceptrons", hidden=[4], activations=["relu"], count=2)
    (family,) = families_of([alone], "disks", 5)
    assert family.seeds == (child_seed(5, "network", 0), child_seed(5, "network", 1))
    both = families_of([alone.model_copy(update={"activations": ["relu", "tanh"]})], "disks", 5)
    assert [one.seeds[1] for one in both] == [
        child_seed(5, "network", "disks/relu/1", 1),
        child_seed(5, "network", "disks/tanh/1", 1),
    ]


# Training


def test_weights_that_still_err_are_trained_on():
    """The accuracy of an epoch is taken while the weights change; what counts is the network that is stored."""
    settings = training(learning_rate=0.1, batch_size=4, max_epochs=300, initial_gain=2.0, refined=True)
    seeds = list(range(24))
    found = grouped(TANH, seeds, settings)
    done = found.reached[0] < settings.max_epochs
    assert done.sum() >= 12
    assert (found.train_accuracy[0, done] == 1).all()
    plain = grouped(TANH, seeds, settings.model_copy(update={"refined": False}))
    assert (plain.train_accuracy[0, done] == 1).all()
    stored = [[own[0, j] for own in plain.snapshots] for j in seeds]
    erring = torch.tensor([accuracy_on(weights, samples(), np.arange(80), "tanh") < 1 for weights in stored])
    assert erring.any()
    assert (found.reached[0, erring] > plain.reached[0, erring]).all()
    for refined, own in zip(found.snapshots, plain.snapshots, strict=True):
        assert torch.equal(refined[0, ~erring], own[0, ~erring])


def test_without_refinement_a_family_is_trained_together_as_it_is():
    settings = training(max_epochs=9, snapshot_accuracies=[0.6, 1.0])
    found = grouped(TANH, [1, 2], settings)
    expected = train_together(samples(), [2, 8, 8, 2], "tanh", [1, 2], settings)
    assert torch.equal(found.history.nan_to_num(-1), expected.history.nan_to_num(-1))
    assert found.reached.shape == (2, 2)


def test_the_learning_rate_is_halved_again_and_again(monkeypatch):
    settings = training(learning_rate=1e-6, halved_every=3, max_epochs=8, refined=True)
    seen = []

    def watched(*arguments, **options):
        seen.append((arguments[4].learning_rate, arguments[4].max_epochs))
        return train_together(*arguments, **options)

    monkeypatch.setattr(families, "train_together", watched)
    found = grouped(TANH, [0, 1], settings)
    assert seen == [(1e-6, 3), (5e-7, 6), (2.5e-7, 8)]
    assert found.reached.isnan().all()
    assert found.history.shape == (8, 2)
    assert not found.history.isnan().any()
    # Without halving, and with it after the end, training is the same.
    plain, late = (grouped(TANH, [0], settings.model_copy(update={"halved_every": every})) for every in (None, 8))
    assert torch.equal(plain.history, late.history)


def test_a_restart_between_two_halvings_changes_no_bit():
    settings = training(halved_every=3, max_epochs=8, snapshot_accuracies=[0.9999])

    class Killed(Exception):
        pass

    for epoch in (2, 3, 5):
        kept = []

        def keep(state, kept=kept, epoch=epoch):
            if state.epoch == epoch:
                kept.append(state)
                raise Killed

        with pytest.raises(Killed):
            grouped(TANH, [3, 4], settings, after_epoch=keep)
        again, whole = grouped(TANH, [3, 4], settings, state=kept[0]), grouped(TANH, [3, 4], settings)
        assert torch.equal(again.history.nan_to_num(-1), whole.history.nan_to_num(-1))


def test_the_gain_multiplies_all_initial_parameters(monkeypatch):
    seen = []
    monkeypatch.setattr(
        families,
        "train_together",
        lambda *_, state, **__: seen.append([p.clone() for p in state.parameters]) or 1 / 0,
    )
    for gain in (1.0, 3.0):
        with pytest.raises(ZeroDivisionError):
            grouped(TANH, [0], training(learning_rate=0.1, max_epochs=2, initial_gain=gain))
    assert all(torch.equal(3 * one, other) for one, other in zip(*seen, strict=True))


# Groups


def test_a_group_is_what_its_networks_are_alone():
    settings = TRAINING.model_copy(update={"max_epochs": 5})
    whole = grouped(RELU, [1, 2], settings)
    parts = join([grouped(RELU, [seed], settings) for seed in (1, 2)])
    assert torch.equal(whole.history.nan_to_num(-1), parts.history.nan_to_num(-1))
    assert torch.equal(whole.final_epoch, parts.final_epoch)
    assert whole.reached.shape == parts.reached.shape == (1, 2)
    assert [one.shape for one in whole.snapshots] == [one.shape for one in parts.snapshots]


def test_families_are_read_as_they_were_kept(tmp_path):
    settings = training(snapshot_accuracies=[0.1, 1.0])
    trained = {"D-I/tanh/2": grouped(TANH, [1, 2], settings), "D-I/tanh/20": grouped(TANH, [3], settings)}
    save_file(all_tensors(trained), tmp_path / "networks.safetensors")
    found = read_families(tmp_path / "networks.safetensors")
    assert {*found} == {*trained}
    for name, own in trained.items():
        expected, read = all_tensors({name: own}), all_tensors({name: found[name]})
        assert expected.keys() == read.keys()
        assert all(torch.equal(expected[key].nan_to_num(-7), read[key].nan_to_num(-7)) for key in expected)


def test_a_family_is_described_with_null_where_an_accuracy_was_not_reached():
    settings = training(learning_rate=1e-6, max_epochs=2, snapshot_accuracies=[0.01, 1.0])
    family = Family("rings", "tanh", (8, 8), (5, 6, 7))
    found = describe(family, samples(), grouped(family, family.seeds, settings))
    assert {key: found[key] for key in ("data", "activation", "depth", "widths", "seeds")} == {
        "data": "rings",
        "activation": "tanh",
        "depth": 2,
        "widths": [2, 8, 8, 2],
        "seeds": [5, 6, 7],
    }
    assert found["reached_epoch"] == [[1.0, None]] * 3
    assert all(0 < first < 1 and last is None for first, last in found["train_accuracy"])
    assert found["final_epoch"] == [2, 2, 2]
    assert all(
        best >= first for best, (first, _) in zip(found["best_epoch_accuracy"], found["train_accuracy"], strict=True)
    )


def test_networks_with_the_accuracy_at_their_last_snapshot_succeed():
    family = {"train_accuracy": [[0.6, 1.0], [0.6, None], [None, None], [0.7, 0.99]]}
    assert [*successes(family, 1.0)] == [True, False, False, False]
    assert [*successes(family, 0.99)] == [True, False, False, True]
