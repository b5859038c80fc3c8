"""Training many networks at once: each as one network alone in a plain torch loop, snapshots, stops, restarts."""

import itertools

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from topolens.config.training import PerceptronTraining
from topolens.nets.perceptrons.losses import LOSSES, count_right, cross_entropy, sphere_first_sample
from topolens.nets.perceptrons.mlp import as_module, forward, initial_parameters
from topolens.nets.perceptrons.state import (
    start,
    state_from_tensors,
    state_tensors,
    trained_from_tensors,
    trained_tensors,
)
from topolens.nets.perceptrons.training import Samples, _shuffled, split_held_out, train_together
from topolens.seeding import child_seed

WIDTHS = [2, 7, 5, 3]
SEEDS = [11, 22, 33]


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def blobs(count=120, classes=3, seed=0, noise=0.35, dtype=torch.float64):
    """Overlapping Gaussian classes."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    angles = 2 * np.pi * labels / classes
    points = np.stack([np.cos(angles), np.sin(angles)], 1) + generator.normal(scale=noise, size=(count, 2))
    return Samples(torch.from_numpy(points).to(dtype), torch.from_numpy(labels))


def settings(**changes):
    return PerceptronTraining(
        **{
            "learning_rate": 0.02,
            "batch_size": 32,
            "max_epochs": 15,
            "snapshot_accuracies": [0.4, 0.7, 0.9],
            "held_out": 0.2,
        }
        | changes
    )


def tensors_equal(first, second):
    """Whether two results are equal to the bit, NaN equal to NaN."""
    one, other = trained_tensors(first), trained_tensors(second)
    assert one.keys() == other.keys()
    return all(torch.equal(one[name].nan_to_num(-7.0), other[name].nan_to_num(-7.0)) for name in one)


def alone(samples, widths, activation, seed, chosen, loss=None):
    """One network by torch.nn.Linear and torch.optim.Adam, its state after each epoch and the epoch's accuracy."""
    weights = initial_parameters(widths, [child_seed(seed, "weights")], samples.inputs.dtype)
    layers = [nn.Linear(a, b, dtype=samples.inputs.dtype) for a, b in itertools.pairwise(widths)]
    with torch.no_grad():
        for place, layer in enumerate(layers):
            layer.weight.copy_(weights[2 * place][0])
            layer.bias.copy_(weights[2 * place + 1][0].flatten())
    between = {"tanh": nn.Tanh, "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU}[activation]
    model = nn.Sequential(*(part for layer in layers for part in (layer, between())))[:-1]
    optimiser = torch.optim.Adam(model.parameters(), lr=chosen.learning_rate)
    loss = loss or nn.CrossEntropyLoss()
    rows, _ = split_held_out(samples.labels.numpy(), chosen.held_out, seed)
    for epoch in range(chosen.max_epochs):
        right = 0
        for batch in _shuffled(rows, seed, epoch).split(chosen.batch_size):
            logits = model(samples.inputs[batch])
            right += int((logits.argmax(1) == samples.labels[batch]).sum())
            optimiser.zero_grad()
            loss(logits, samples.labels[batch]).backward()
            optimiser.step()
        yield model, right / len(rows)


def first_sample_loss(logits, labels):
    return 1 - torch.softmax(logits[0], 0)[labels[0]].sqrt()


# Together as alone


@pytest.mark.parametrize("activation", ["tanh", "relu", "leaky_relu"])
@pytest.mark.parametrize("loss", ["cross-entropy", "sphere-first-sample"])
def test_networks_trained_together_equal_plain_torch_loops(activation, loss):
    samples = blobs(noise=0.8)
    chosen = settings(max_epochs=17, snapshot_accuracies=[1.0], loss=loss)  # 17 epochs of 3 batches: 51 steps
    states = []

    def keep(state):
        states.append([parameter.clone() for parameter in state.parameters])

    trained = train_together(samples, WIDTHS, activation, SEEDS, chosen, after_epoch=keep)
    assert trained.final_epoch.tolist() == [17] * 3
    for place, seed in enumerate(SEEDS):
        plain = first_sample_loss if loss == "sphere-first-sample" else None
        for epoch, (model, accuracy) in enumerate(alone(samples, WIDTHS, activation, seed, chosen, plain)):
            for found, expected in zip(states[epoch], model.parameters(), strict=True):
                torch.testing.assert_close(found[place].reshape(expected.shape), expected.detach(), rtol=0, atol=1e-9)
            assert trained.history[epoch, place] == pytest.approx(accuracy, abs=1e-12)


def test_snapshots_hold_the_weights_at_the_end_of_the_crossing_epoch():
    samples, chosen = blobs(), settings()
    trained = train_together(samples, WIDTHS, "tanh", SEEDS, chosen)
    for place, seed in enumerate(SEEDS):
        reached = {}
        for epoch, (model, accuracy) in enumerate(alone(samples, WIDTHS, "tanh", seed, chosen), start=1):
            for number, threshold in enumerate(chosen.snapshot_accuracies):
                if accuracy >= threshold and number not in reached:
                    reached[number] = (epoch, accuracy, [p.detach().clone() for p in model.parameters()])
        assert reached
        for number in range(3):
            if number not in reached:
                assert trained.reached[number, place].isnan()
                continue
            epoch, accuracy, weights = reached[number]
            assert trained.reached[number, place] == epoch
            assert trained.train_accuracy[number, place] == pytest.approx(accuracy, abs=1e-12)
            for found, expected in zip(trained.snapshots, weights, strict=True):
                torch.testing.assert_close(found[number, place].reshape(expected.shape), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("activation", ["tanh", "relu", "leaky_relu"])
def test_a_group_equals_each_network_trained_singly_also_after_others_have_left(activation):
    samples, chosen = blobs(), settings(max_epochs=30)
    together = train_together(samples, WIDTHS, activation, SEEDS, chosen)
    assert len(set(together.final_epoch.tolist())) > 1  # they leave at different times
    for place, seed in enumerate(SEEDS):
        single = train_together(samples, WIDTHS, activation, [seed], chosen)
        torch.testing.assert_close(together.reached[:, place], single.reached[:, 0], equal_nan=True)
        torch.testing.assert_close(together.history[:, place], single.history[:, 0], equal_nan=True)
        assert together.final_epoch[place] == single.final_epoch[0]
        for both, one in zip(together.snapshots, single.snapshots, strict=True):
            torch.testing.assert_close(both[:, place], one[:, 0], rtol=0, atol=1e-9, equal_nan=True)


def test_the_order_of_the_networks_does_not_matter():
    samples, chosen = blobs(), settings()
    forwards = train_together(samples, WIDTHS, "tanh", SEEDS, chosen)
    backwards = train_together(samples, WIDTHS, "tanh", SEEDS[::-1], chosen)
    for one, other in zip(forwards.snapshots, backwards.snapshots, strict=True):
        torch.testing.assert_close(one, other.flip(1), rtol=0, atol=1e-9, equal_nan=True)
    torch.testing.assert_close(forwards.reached, backwards.reached.flip(1), equal_nan=True)


def test_different_seeds_give_different_networks_and_equal_seeds_equal_ones():
    samples, chosen = blobs(), settings(max_epochs=3, snapshot_accuracies=[0.1])
    trained = train_together(samples, WIDTHS, "tanh", [1, 2, 1], chosen)
    weights = trained.snapshots[0][0]
    # Not to the bit: on some processors rounding depends on the place in the batch.
    assert torch.allclose(weights[0], weights[2], rtol=1e-12, atol=1e-14)
    assert not torch.isclose(weights[0], weights[1]).any()


# Snapshots, accuracies and stops


def test_what_is_never_reached_is_nan_and_not_zero():
    samples = blobs(dtype=torch.float32)
    trained = train_together(samples, WIDTHS, "tanh", SEEDS, settings(max_epochs=2, snapshot_accuracies=[0.01, 1.0]))
    assert not trained.reached[0].isnan().any()
    for tensor in (trained.reached, trained.train_accuracy, trained.held_out_accuracy, *trained.snapshots):
        assert tensor[1].isnan().all()
    assert trained.final_epoch.tolist() == [2] * 3


def test_a_snapshot_stays_what_it_was_at_the_first_crossing():
    samples = blobs()
    short, long = (
        train_together(samples, WIDTHS, "tanh", SEEDS, settings(max_epochs=epochs, snapshot_accuracies=[0.01, 1.0]))
        for epochs in (1, 12)
    )
    assert (long.reached[0] == 1).all()
    for early, late in zip(short.snapshots, long.snapshots, strict=True):
        assert torch.equal(early[0], late[0])


def test_accuracies_crossed_at_once_share_their_snapshot():
    trained = train_together(blobs(), WIDTHS, "tanh", SEEDS, settings(max_epochs=1, snapshot_accuracies=[0.01, 0.02]))
    for tensor in (*trained.snapshots, trained.reached, trained.train_accuracy, trained.held_out_accuracy):
        assert torch.equal(tensor[0], tensor[1])


def test_a_network_that_has_all_its_snapshots_trains_no_further():
    states = []
    trained = train_together(
        blobs(),
        WIDTHS,
        "tanh",
        SEEDS,
        settings(snapshot_accuracies=[0.01]),
        after_epoch=lambda s: states.append(s.epoch),
    )
    assert states == [1]
    assert trained.final_epoch.tolist() == [1, 1, 1]
    assert trained.history.shape == (15, 3)
    assert trained.history[1:].isnan().all()
    assert not trained.history[0].isnan().any()


def test_held_out_accuracy_is_that_of_the_snapshot_on_samples_it_never_saw():
    samples, chosen = blobs(), settings(held_out=0.3)
    trained = train_together(samples, WIDTHS, "relu", SEEDS, chosen)
    for place, seed in enumerate(SEEDS):
        rows, out = split_held_out(samples.labels.numpy(), 0.3, seed)
        assert not set(rows) & set(out)
        for number in range(3):
            if trained.reached[number, place].isnan():
                continue
            model = as_module([p[number, place] for p in trained.snapshots], "relu")
            right = model(samples.inputs[out]).argmax(1) == samples.labels[out]
            assert trained.held_out_accuracy[number, place] == pytest.approx(right.double().mean().item())


def test_without_held_out_samples_all_are_trained_on_and_their_accuracy_is_nan():
    trained = train_together(blobs(), WIDTHS, "tanh", SEEDS, settings(held_out=0.0, snapshot_accuracies=[0.01]))
    assert not trained.reached.isnan().any()
    assert trained.held_out_accuracy.isnan().all()


def test_an_accuracy_equal_to_the_threshold_crosses_it():
    trained = train_together(blobs(noise=0.02), WIDTHS, "tanh", SEEDS, settings(snapshot_accuracies=[1.0]))
    assert (trained.train_accuracy == 1).all()
    for place in range(3):
        # The first epoch without a mistake, not a later one.
        history = trained.history[:, place]
        assert trained.reached[0, place] == 1 + int((history == 1).nonzero()[0])


def test_stop_at_held_out_ends_each_network_before_its_last_snapshot():
    samples, seeds = blobs(300), [11, 22, 33, 44, 55, 66]
    free = settings(max_epochs=20, snapshot_accuracies=[0.3, 1.0])
    stopped = free.model_copy(update={"stop_at_held_out": 0.85})
    trained = train_together(samples, WIDTHS, "tanh", seeds, stopped)
    going_on = train_together(samples, WIDTHS, "tanh", seeds, free)
    assert (trained.final_epoch < going_on.final_epoch).all()
    assert len(set(trained.final_epoch.tolist())) > 2  # so that places in the batch move
    assert trained.reached[1].isnan().all()
    for place, seed in enumerate(seeds):
        _, out = split_held_out(samples.labels.numpy(), 0.2, seed)
        accuracies = []
        for model, _ in alone(samples, WIDTHS, "tanh", seed, stopped):
            right = model(samples.inputs[out]).argmax(1) == samples.labels[out]
            accuracies.append(right.double().mean().item())
        assert trained.final_epoch[place] == 1 + next(i for i, value in enumerate(accuracies) if value >= 0.85)
        assert trained.history[trained.final_epoch[place] :, place].isnan().all()


def running_accuracies(samples, seed, chosen):
    """By the plain loop: (share of the epoch done, accuracy over the last window of batches) after each batch."""
    window = chosen.accuracy_window
    weights = initial_parameters(WIDTHS, [child_seed(seed, "weights")], samples.inputs.dtype)
    model = as_module([w[0] for w in weights], "tanh").train()
    optimiser = torch.optim.Adam(model.parameters(), lr=chosen.learning_rate)
    rows, _ = split_held_out(samples.labels.numpy(), chosen.held_out, seed)
    for epoch in range(chosen.max_epochs):
        batches = _shuffled(rows, seed, epoch).split(chosen.batch_size)
        right, seen = [], []
        for done, batch in enumerate(batches, start=1):
            logits = model(samples.inputs[batch])
            right.append(int((logits.argmax(1) == samples.labels[batch]).sum()))
            seen.append(len(batch))
            optimiser.zero_grad()
            nn.functional.cross_entropy(logits, samples.labels[batch]).backward()
            optimiser.step()
            if done >= min(window, len(batches)):
                yield epoch + done / len(batches), sum(right[-window:]) / sum(seen[-window:])


@pytest.mark.parametrize("window", [1, 3, 4, 100])
def test_an_accuracy_window_is_checked_after_every_batch_over_its_last_batches(window):
    samples = blobs(100)
    chosen = settings(batch_size=9, accuracy_window=window, snapshot_accuracies=[0.5, 0.8], max_epochs=6)
    trained = train_together(samples, WIDTHS, "tanh", SEEDS, chosen)
    for place, seed in enumerate(SEEDS):
        accuracies = list(running_accuracies(samples, seed, chosen))
        for number, threshold in enumerate(chosen.snapshot_accuracies):
            crossing = next((pair for pair in accuracies if pair[1] >= threshold), None)
            if crossing is None:
                assert trained.reached[number, place].isnan()
            else:
                assert trained.reached[number, place] == pytest.approx(crossing[0], abs=1e-12)
                assert trained.train_accuracy[number, place] == pytest.approx(crossing[1], abs=1e-12)
    assert not trained.reached[0].isnan().any()


def test_without_a_window_accuracies_are_checked_at_the_end_of_epochs():
    trained = train_together(blobs(), WIDTHS, "tanh", SEEDS, settings(batch_size=9))
    reached = trained.reached[~trained.reached.isnan()]
    assert torch.equal(reached, reached.round())


# Restart


@pytest.mark.parametrize("epochs", [1, 4, 9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_restart_from_a_saved_state_changes_no_bit(epochs, dtype, tmp_path):
    samples, chosen = blobs(dtype=dtype), settings(max_epochs=12)
    whole = train_together(samples, WIDTHS, "tanh", SEEDS, chosen)
    file = tmp_path / "state.safetensors"

    class Killed(Exception):
        pass

    def save(state):
        if state.epoch == epochs:
            save_file({name: tensor.contiguous() for name, tensor in state_tensors(state).items()}, file)
            raise Killed

    with pytest.raises(Killed):
        train_together(samples, WIDTHS, "tanh", SEEDS, chosen, after_epoch=save)
    resumed = state_from_tensors(load_file(file))
    assert resumed.epoch == epochs
    assert tensors_equal(train_together(samples, WIDTHS, "tanh", SEEDS, chosen, state=resumed), whole)


def test_a_restart_after_networks_have_left_changes_no_bit(tmp_path):
    samples, chosen = blobs(), settings(max_epochs=30)
    saved = {}

    def keep(state):
        saved[len(state.active)] = {name: tensor.clone() for name, tensor in state_tensors(state).items()}

    whole = train_together(samples, WIDTHS, "tanh", SEEDS, chosen, after_epoch=keep)
    assert min(saved) < 3
    for tensors in saved.values():
        save_file(tensors, tmp_path / "state.safetensors")
        state = state_from_tensors(load_file(tmp_path / "state.safetensors"))
        assert tensors_equal(train_together(samples, WIDTHS, "tanh", SEEDS, chosen, state=state), whole)


def test_a_finished_state_is_not_trained_again():
    samples, chosen = blobs(), settings(snapshot_accuracies=[0.01])
    states = []
    whole = train_together(samples, WIDTHS, "tanh", SEEDS, chosen, after_epoch=states.append)
    again = train_together(
        samples, WIDTHS, "tanh", SEEDS, chosen, state=states[-1], after_epoch=lambda state: pytest.fail("trained")
    )
    assert tensors_equal(again, whole)


def test_results_survive_being_written_as_tensors():
    trained = train_together(blobs(), WIDTHS, "tanh", SEEDS, settings())
    assert tensors_equal(trained_from_tensors(trained_tensors(trained)), trained)


# Networks


@pytest.mark.parametrize("activation", ["tanh", "relu", "leaky_relu"])
def test_one_network_as_a_module_reproduces_the_batched_one(activation):
    parameters = initial_parameters(WIDTHS, SEEDS, torch.float64)
    inputs = torch.randn(3, 2, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    logits = forward(parameters, inputs.clone(), activation)
    assert logits.shape == (3, 3, 50)
    for network in range(3):
        model = as_module([p[network] for p in parameters], activation)
        assert [name for name, _ in model.named_children()] == ["layer_1", "layer_2", "layer_3"]
        assert isinstance(model.layer_3, nn.Linear)
        assert not model.training
        torch.testing.assert_close(model(inputs[network].T).T, logits[network], rtol=1e-12, atol=1e-14)


def test_one_layer_by_hand():
    parameters = [
        torch.tensor([[[1.0, -2.0]]]),
        torch.tensor([[[0.5]]]),
        torch.tensor([[[3.0], [-1.0]]]),
        torch.zeros(1, 2, 1),
    ]
    # 1*2 - 2*1 + 0.5 = 0.5 and 1*0 - 2*1 + 0.5 = -1.5, cut at 0, times 3 and -1.
    logits = forward(parameters, torch.tensor([[[2.0, 0.0], [1.0, 1.0]]]), "relu")
    assert logits.tolist() == [[[1.5, 0.0], [-0.5, 0.0]]]


def test_initial_parameters_are_those_of_torchs_linear_layers_in_distribution():
    weights, biases = initial_parameters([16, 4000], [5], torch.float64)
    assert weights.shape == (1, 4000, 16)
    assert biases.shape == (1, 4000, 1)
    for tensor in (weights, biases):
        assert tensor.abs().max() <= 0.25
        # Uniform on [-b, b]: mean 0, variance b^2 / 3.
        assert tensor.mean().item() == pytest.approx(0, abs=0.03)
        assert tensor.var().item() == pytest.approx(0.25**2 / 3, rel=0.1)
    reference = nn.Linear(16, 4000)
    for tensor in (reference.weight, reference.bias):
        assert tensor.abs().max() <= 0.25
        assert tensor.var().item() == pytest.approx(0.25**2 / 3, rel=0.1)


def test_each_networks_parameters_come_from_its_own_seed_alone():
    both, one = initial_parameters(WIDTHS, [1, 2]), initial_parameters(WIDTHS, [2])
    for pair, single in zip(both, one, strict=True):
        assert torch.equal(pair[1], single[0])
        assert not torch.equal(pair[0], pair[1])
    state = start(WIDTHS, [1, 2], settings())
    assert state.parameters[0].shape == (2, 7, 2)
    assert torch.equal(state.parameters[0][1], start(WIDTHS, [2], settings()).parameters[0][0])


# Samples


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5])
def test_held_out_samples_are_a_stratified_share_and_differ_between_networks(share):
    labels = np.repeat([0, 1, 2], [100, 50, 10])
    rows, out = split_held_out(labels, share, 1)
    np.testing.assert_array_equal(np.sort(np.concatenate([rows, out])), np.arange(160))
    np.testing.assert_array_equal(np.bincount(labels[out], minlength=3), np.round(share * np.array([100, 50, 10])))
    assert (np.diff(rows) > 0).all()
    if share:
        assert not np.array_equal(out, split_held_out(labels, share, 2)[1])
        np.testing.assert_array_equal(out, split_held_out(labels, share, 1)[1])


def test_each_epoch_shuffles_all_rows_anew():
    rows = np.array([3, 5, 8, 9, 12, 14, 20])
    first, second = _shuffled(rows, 1, 0), _shuffled(rows, 1, 1)
    assert sorted(first.tolist()) == sorted(second.tolist()) == rows.tolist()
    assert first.tolist() != second.tolist()
    assert first.tolist() != _shuffled(rows, 2, 0).tolist()


# Losses


def test_the_first_sample_loss_by_hand():
    # Two networks, two classes, two samples; softmax of (log 4, 0) is (4/5, 1/5). The second sample is not seen.
    logits = torch.tensor([[[np.log(4), 100.0], [0.0, -100.0]], [[0.0, -100.0], [0.0, 100.0]]])
    labels = torch.tensor([[0, 1], [1, 0]])
    expected = (1 - np.sqrt(4 / 5)) + (1 - np.sqrt(1 / 2))
    assert sphere_first_sample(logits, labels).item() == pytest.approx(expected, rel=1e-12)
    assert LOSSES["sphere-first-sample"] is sphere_first_sample


def test_cross_entropy_is_summed_over_networks_and_averaged_over_samples():
    logits = torch.randn(4, 3, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels = torch.arange(24).reshape(4, 6) % 3
    expected = sum(nn.functional.cross_entropy(one.T, own) for one, own in zip(logits, labels, strict=True))
    torch.testing.assert_close(cross_entropy(logits, labels), expected)


def test_right_answers_are_counted_for_each_network():
    logits = torch.tensor([[[2.0, 0.0, 5.0], [1.0, 3.0, 4.0]], [[0.0, 0.0, 0.0], [9.0, 9.0, 9.0]]])
    assert count_right(logits, torch.tensor([[0, 1, 1], [1, 1, 0]])).tolist() == [2, 2]


def test_logits_that_are_nan_are_never_right():
    assert count_right(torch.full((1, 2, 3), torch.nan), torch.zeros(1, 3, dtype=torch.int64)).tolist() == [0]
