"""Training all perceptrons of a run: groups, threads, killed trainings, and what is told of the networks."""

import numpy as np
import pytest
import rings_run
import sample_run
import torch
from rings_run import FAMILIES, POINTS, samples
from sample_run import FAMILY, TRAINING, trained_of

from topolens.artifacts import read_json
from topolens.config.networks import Perceptrons
from topolens.config.training import PerceptronTraining
from topolens.data.dataset import read_datasets, write_datasets
from topolens.nets.perceptrons import families
from topolens.nets.perceptrons.families import read_families
from topolens.nets.perceptrons.groups import group_count
from topolens.nets.perceptrons.training import Samples, accuracy_on, train_together
from topolens.seeding import child_seed
from topolens.stages import perceptrons as stage
from topolens.stages.perceptrons import train_perceptrons

FILES = ("networks.safetensors", "networks.json")


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Killed(Exception):
    pass


def same_files(one, other):
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES)


# Killed trainings


@pytest.mark.parametrize("threads", [1, 2])
def test_a_killed_training_goes_on_from_its_last_saved_epoch_with_the_same_result(
    samples_folder, tmp_path, monkeypatch, threads
):
    monkeypatch.setattr(stage, "SAVE_SECONDS", -1.0)
    epochs = []

    def stopping(*arguments, after_epoch, **named):
        def after(state):
            after_epoch(state)
            epochs.append(state.epoch)
            if state.epoch == 2:
                raise Killed

        return train_together(*arguments, after_epoch=after, **named)

    monkeypatch.setattr(families, "train_together", stopping)
    with pytest.raises(Killed):
        sample_run.train(samples_folder, tmp_path, threads=threads)
    parts = tmp_path / ".networks.parts"
    assert not (tmp_path / "networks.safetensors").exists()
    assert {part.stem for part in parts.rglob("*.safetensors")} <= {"disks-tanh-2-0", "disks-tanh-2-1"}
    assert list(parts.rglob("*.safetensors"))
    epochs.clear()

    def going_on(*arguments, after_epoch, **named):
        return train_together(*arguments, after_epoch=lambda s: (epochs.append(s.epoch), after_epoch(s)), **named)

    monkeypatch.setattr(families, "train_together", going_on)
    sample_run.train(samples_folder, tmp_path, threads=threads)
    assert min(epochs) == 3 if threads == 2 else 3 in epochs
    assert same_files(tmp_path, samples_folder)
    assert not parts.exists()


def test_a_killed_training_of_several_families_gives_the_same_bytes(rings_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "SAVE_SECONDS", 0.0)
    calls = []

    def killed(*arguments, **options):
        calls.append(1)
        keep = options.get("after_epoch")

        def after(state):
            keep(state)
            if state.epoch == 3:
                raise Killed

        first = keep and len(calls) == 1
        return train_together(*arguments, **(options | {"after_epoch": after} if first else options))

    monkeypatch.setattr(families, "train_together", killed)
    with pytest.raises(Killed):
        rings_run.train(tmp_path, threads=1)
    assert not (tmp_path / "networks.safetensors").exists()
    rings_run.train(tmp_path, threads=1)
    assert same_files(tmp_path, rings_folder)
    assert not (tmp_path / ".networks.parts").exists()


def test_a_group_that_is_done_is_kept_whenever_it_was_last_saved(rings_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "SAVE_SECONDS", 1e9)

    def fail(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(stage, "join", fail)
        with pytest.raises(Killed):
            rings_run.train(tmp_path)
    kept = {part.stem.rpartition("-")[0] for part in (tmp_path / ".networks.parts").rglob("*.safetensors")}
    assert kept
    assert kept <= {"rings-tanh-2", "rings-relu-2", "rings-tanh-1"}
    rings_run.train(tmp_path)
    assert same_files(tmp_path, rings_folder)


def test_parts_of_another_training_are_not_used(samples_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "SAVE_SECONDS", -1.0)
    shorter = TRAINING.model_copy(update={"learning_rate": 0.5, "max_epochs": 1})

    def fail(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(stage, "join", fail)
        with pytest.raises(Killed):
            sample_run.train(samples_folder, tmp_path, training=shorter)
    assert (tmp_path / ".networks.parts").exists()
    sample_run.train(samples_folder, tmp_path)
    assert same_files(tmp_path, samples_folder)


# Groups and threads


def test_threads_change_no_byte(samples_folder, tmp_path):
    sample_run.train(samples_folder, tmp_path, threads=2)
    assert same_files(tmp_path, samples_folder)


@pytest.mark.parametrize(("networks", "groups"), [(1, 1), (2, 2), (3, 2), (50, 2), (51, 3), (100, 4)])
def test_networks_are_split_into_groups_of_at_most_25_for_at_least_two_threads(networks, groups):
    assert group_count(networks) == groups


def test_the_grouping_of_networks_changes_the_numbers_by_rounding_only(samples_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "group_count", lambda networks: 1)
    sample_run.train(samples_folder, tmp_path)
    one, two = trained_of(tmp_path), trained_of(samples_folder)
    torch.testing.assert_close(one.reached, two.reached, equal_nan=True)
    for first, second in zip(one.snapshots, two.snapshots, strict=True):
        torch.testing.assert_close(first, second, rtol=1e-3, atol=1e-4, equal_nan=True)


# What is told of the networks


def test_an_only_family_is_trained_as_if_by_hand(samples_folder):
    dataset = read_datasets(samples_folder / "data.npz")["disks"]
    inputs, labels = (torch.from_numpy(array) for array in dataset.training_samples())
    seeds = [child_seed(sample_run.SEED, "network", number) for number in range(3)]
    expected = train_together(Samples(inputs, labels), [2, 6, 5, 2], "tanh", seeds, TRAINING)
    found = trained_of(samples_folder)
    torch.testing.assert_close(found.history, expected.history, equal_nan=True)
    torch.testing.assert_close(found.reached, expected.reached, equal_nan=True)


def test_the_card_describes_families_and_trainings(samples_folder, rings_folder):
    card = read_json(samples_folder / "networks.json")
    assert [*card["families"]] == [FAMILY]
    assert PerceptronTraining(**card["training"]["disks"]) == TRAINING
    card = read_json(rings_folder / "networks.json")
    assert [*card["training"]] == ["rings"]
    assert [*card["families"]] == ["rings/relu/2", "rings/tanh/1", "rings/tanh/2"]
    for name, family in card["families"].items():
        assert f"{family['data']}/{family['activation']}/{family['depth']}" == name
        assert family["widths"] == [2, *FAMILIES[name].hidden, 2]


def test_networks_that_count_make_no_error(rings_folder):
    trained, card = read_families(rings_folder / "networks.safetensors"), read_json(rings_folder / "networks.json")
    assert {*trained} == {*card["families"]} == {*FAMILIES}
    for name, family in card["families"].items():
        assert family["widths"] == [2, *[8 if family["depth"] == 2 else 6] * family["depth"], 2]
        assert family["seeds"] == [child_seed(0, "network", name, j) for j in range(len(family["seeds"]))]
        accuracies = [accuracy for (accuracy,) in family["train_accuracy"]]
        assert any(accuracy == 1 for accuracy in accuracies)
        for network, accuracy in enumerate(accuracies):
            weights = [tensor[0, network] for tensor in trained[name].snapshots]
            if accuracy is None:
                assert family["reached_epoch"][network] == [None]
                assert weights[0].isnan().all()
            else:
                right = accuracy_on(weights, samples(), np.arange(2 * POINTS), family["activation"])
                assert right == pytest.approx(accuracy, abs=1e-6)


def test_networks_that_never_get_there_are_kept_and_counted(tmp_path):
    hopeless = PerceptronTraining(
        learning_rate=1e-6, batch_size=16, max_epochs=2, snapshot_accuracies=[1.0], refined=True
    )
    files = rings_run.train(tmp_path, training=hopeless)
    described = read_json(files[2])["families"].values()
    assert all(family["train_accuracy"] == [[None]] * len(family["seeds"]) for family in described)
    assert all(0 < best < 1 for family in described for best in family["best_epoch_accuracy"])


def test_each_data_set_has_its_own_training(tmp_path):
    write_datasets(tmp_path / "data.npz", {"one": rings_run.rings(), "two": rings_run.rings()})
    networks = [
        Perceptrons(name=name, architecture="perceptrons", data=name, hidden=[4], activations=["tanh"], count=1)
        for name in ("one", "two")
    ]
    short = PerceptronTraining(learning_rate=1e-6, batch_size=16, max_epochs=1, snapshot_accuracies=[1.0])
    training = {"one": short, "two": short.model_copy(update={"max_epochs": 3})}
    files = [tmp_path / name for name in FILES]
    train_perceptrons(tmp_path / "data.npz", *files, networks=networks, training=training, seed=0, threads=2)
    described = read_json(files[1])["families"]
    assert {name: one["final_epoch"] for name, one in described.items()} == {"one/tanh/1": [1], "two/tanh/1": [3]}
    assert described["one/tanh/1"]["seeds"] != described["two/tanh/1"]["seeds"]
