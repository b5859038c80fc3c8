"""Training many small networks as one batched program, each exactly as if it were alone.

Each network has its own initial weights, held-out samples, shuffling, snapshots and stop. Networks that
are done leave the batch. Shuffles are drawn from named seeds for each epoch, so a killed training goes on
from its last saved epoch with the same result.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from topolens.config.training import PerceptronTraining
from topolens.nets.perceptrons.losses import LOSSES, count_right
from topolens.nets.perceptrons.mlp import backward, forward, layer_values
from topolens.nets.perceptrons.optimiser import Adam, stepping
from topolens.nets.perceptrons.state import State, Trained, start
from topolens.seeding import child_generator, child_seed


@dataclass(frozen=True)
class Samples:
    """Training data: inputs (n, features) float, labels (n,) int64."""

    inputs: Tensor
    labels: Tensor

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.labels.max()) + 1


def split_held_out(labels: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Stratified (training rows, held-out rows) of one network, both sorted."""
    generator = child_generator(seed, "held-out")
    held_out = [
        generator.choice(rows := np.flatnonzero(labels == label), round(share * len(rows)), replace=False)
        for label in np.unique(labels)
    ]
    out = np.zeros(len(labels), bool)
    out[np.concatenate(held_out)] = True
    return np.flatnonzero(~out), np.flatnonzero(out)


def train_together(
    samples: Samples,
    widths: Sequence[int],
    activation: str,
    seeds: Sequence[int],
    settings: PerceptronTraining,
    *,
    state: State | None = None,
    after_epoch: Callable[[State], None] = lambda state: None,
) -> Trained:
    """Train one network for each seed, together, until each has its snapshots or the epoch cap is reached.

    Args:
        samples: Data of all networks; each holds out its own stratified share.
        widths: Layer widths, inputs first, classes last.
        activation: A name of topolens.nets.perceptrons.mlp.ACTIVATIONS.
        seeds: One per network; alone it fixes weights, held-out samples and shuffling.
        settings: Optimiser, thresholds and stop.
        state: Where an interrupted training goes on from; None starts afresh.
        after_epoch: Called with the state after each epoch, for saving and progress.

    Returns:
        Snapshots at the first crossing of each accuracy threshold, and the record of the training.
    """
    state = state or start(widths, seeds, settings, samples.inputs.dtype)
    splits = [split_held_out(samples.labels.numpy(), settings.held_out, seed) for seed in seeds]
    while len(state.active) and state.epoch < settings.max_epochs:
        _train_epoch(state, samples, activation, seeds, splits, settings)
        after_epoch(state)
    return state.trained


def _train_epoch(
    state: State,
    samples: Samples,
    activation: str,
    seeds: Sequence[int],
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    settings: PerceptronTraining,
) -> None:
    """One epoch of all active networks; those that are done leave the batch at its end."""
    order = torch.stack([_shuffled(splits[j][0], seeds[j], state.epoch) for j in state.active.tolist()])
    batches = order.split(settings.batch_size, dim=1)
    window = settings.accuracy_window or len(batches)
    correct = torch.zeros(len(batches), len(state.active), dtype=torch.float64)
    with stepping(state, settings.learning_rate) as adam:
        for done, rows in enumerate(batches, start=1):
            correct[done - 1] = _count_and_step(state.parameters, adam, samples, rows, activation, settings.loss)
            if done >= window or done == len(batches):
                seen = sum(batch.shape[1] for batch in batches[max(0, done - window) : done])
                accuracy = correct[max(0, done - window) : done].sum(0) / seen
                epoch = state.epoch + done / len(batches)
                _snapshot(state, accuracy, epoch, samples, activation, splits, settings)
    state.trained.history[state.epoch, state.active] = correct.sum(0) / order.shape[1]
    state.epoch += 1
    state.trained.final_epoch[state.active] = state.epoch
    _leave(state, _done(state, samples, activation, splits, settings))


def _shuffled(rows: np.ndarray, seed: int, epoch: int) -> Tensor:
    generator = torch.Generator().manual_seed(child_seed(seed, "shuffle", epoch))
    return torch.from_numpy(rows)[torch.randperm(len(rows), generator=generator)]


def _count_and_step(
    parameters: Sequence[Tensor], adam: Adam, samples: Samples, rows: Tensor, activation: str, loss: str
) -> Tensor:
    """One optimiser step of every network on its own batch; (networks,) right answers before the step."""
    labels = samples.labels[rows]
    arrays = [parameter.numpy() for parameter in parameters]
    values = layer_values(arrays, samples.inputs[rows].transpose(1, 2).numpy(), activation)
    logits = torch.from_numpy(values[-1]).requires_grad_()
    # The sum over networks keeps their gradients apart; each network's own loss is a mean over its batch.
    (slope,) = torch.autograd.grad(LOSSES[loss](logits, labels), logits)
    backward(arrays, values, slope.numpy(), activation, adam.gradients)
    adam.step()
    return count_right(logits.detach(), labels)


def _snapshot(
    state: State,
    accuracy: Tensor,
    epoch: float,
    samples: Samples,
    activation: str,
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    settings: PerceptronTraining,
) -> None:
    """Store the weights of the networks that cross a threshold for the first time."""
    trained = state.trained
    new = trained.reached[:, state.active].isnan() & (
        accuracy >= torch.tensor(settings.snapshot_accuracies, dtype=torch.float64)[:, None]
    )
    for place in new.any(0).nonzero().flatten().tolist():
        network = int(state.active[place])
        crossed = new[:, place].nonzero().flatten()
        weights = [parameter[place] for parameter in state.parameters]
        for stored, values in zip(trained.snapshots, weights, strict=True):
            stored[crossed, network] = values
        trained.reached[crossed, network] = epoch
        trained.train_accuracy[crossed, network] = accuracy[place]
        trained.held_out_accuracy[crossed, network] = accuracy_on(weights, samples, splits[network][1], activation)


def accuracy_on(weights: Sequence[Tensor], samples: Samples, rows: np.ndarray, activation: str) -> float:
    """Accuracy of one network, given without batch dimension, on some rows; NaN without rows."""
    if len(rows) == 0:
        return float("nan")
    inputs, labels = samples.inputs[torch.from_numpy(rows)], samples.labels[torch.from_numpy(rows)]
    logits = forward([weight[None] for weight in weights], inputs.T[None], activation)
    return float(count_right(logits, labels[None])[0]) / len(rows)


def _done(
    state: State,
    samples: Samples,
    activation: str,
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    settings: PerceptronTraining,
) -> Tensor:
    """Which active networks need no further epoch, (active,) bool."""
    done = ~state.trained.reached[:, state.active].isnan().any(0)
    if settings.stop_at_held_out is not None:
        for place, network in enumerate(state.active.tolist()):
            weights = [parameter[place] for parameter in state.parameters]
            accuracy = accuracy_on(weights, samples, splits[network][1], activation)
            done[place] |= accuracy >= settings.stop_at_held_out
    return done


def _leave(state: State, done: Tensor) -> None:
    """Take networks out of the batch, so that stragglers do not cost what the whole batch did."""
    if not done.any():
        return
    stay = (~done).nonzero().flatten()
    kept = {
        field: [tensor[stay].clone() for tensor in getattr(state, field)]
        for field in ("parameters", "first_moments", "second_moments")
    }
    for field, tensors in kept.items():
        setattr(state, field, tensors)
    state.active = state.active[stay]
