"""One training loop for classifiers and segmenters of images."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from topolens.config.training import ImageTraining
from topolens.errors import TopolensError
from topolens.nets.device import has_bfloat16
from topolens.nets.images.inference import Hits, Pictures, as_inputs, device_of, evaluate, forward, set_standardisation
from topolens.seeding import child_generator

# The order in which partial sums are added depends on the number of threads, so it is fixed, whatever the machine.
THREADS = 2


@dataclass
class Fitting:
    """Where a training stands after some epochs; all that is needed to go on, in tensors of its own."""

    network: dict[str, Tensor]
    optimiser: dict[str, Any]
    curve: list[dict[str, float]] = field(default_factory=list)


def fit(
    network: nn.Module,
    training: Pictures,
    validation: Pictures,
    settings: ImageTraining,
    seed: int,
    *,
    resume: Fitting | None = None,
    after_step: Callable[[], object] = lambda: None,
    after_epoch: Callable[[Fitting], object] = lambda _: None,
) -> list[dict[str, float]]:
    """Train a network in place, on the device where it lies.

    Each epoch draws its order, crops and flips from a generator of its own name, so that a resumed training
    goes the same way as one without a break.

    Args:
        network: With a Standardise layer, whose statistics are set from the training images.
        training: What to learn.
        validation: What the curve is scored on after each epoch; never learnt, and nothing is chosen by it.
        settings: How.
        seed: Of the order and the augmentation.
        resume: The last Fitting given to `after_epoch`.
        after_step: Called after each step.
        after_epoch: Called after each epoch.

    Returns:
        The curve: one row per epoch with epoch, learning_rate (of its last step), loss (mean over its steps),
        training_score (of the augmented images, as they were met) and validation_score; a score is the accuracy of
        labels or the IoU of the last class of masks.

    Raises:
        TopolensError: the loss is not finite.
    """
    torch.set_num_threads(THREADS)
    precision = precision_of(settings, device_of(network))
    optimiser = optimiser_of(network, settings)
    curve: list[dict[str, float]] = []
    if resume is None:
        set_standardisation(network, training)
    else:
        network.load_state_dict(resume.network)
        optimiser.load_state_dict(copy.deepcopy(resume.optimiser))
        curve = list(resume.curve)
    for epoch in range(len(curve), epochs_of(settings)):
        generator = child_generator(seed, "epoch", epoch)
        row = _train_epoch(network, optimiser, training, settings, precision, epoch, generator, after_step)
        curve.append(row | {"validation_score": evaluate(network, validation, precision).score})
        # Copies, because the optimiser goes on writing into the tensors of its state.
        after_epoch(Fitting(*copy.deepcopy((network.state_dict(), optimiser.state_dict(), curve))))
    network.eval()
    return curve


def precision_of(settings: ImageTraining, device: torch.device) -> Literal["bfloat16", "float32"]:
    """Of the forward pass: `auto` is bfloat16 where the device has it, and float32 where it would be emulated."""
    if settings.precision != "auto":
        return settings.precision
    return "bfloat16" if has_bfloat16(device) else "float32"


def optimiser_of(network: nn.Module, settings: ImageTraining) -> torch.optim.Optimizer:
    """What takes the steps; its learning rate is set before each."""
    if settings.optimiser == "adamw":
        return torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    return torch.optim.SGD(
        network.parameters(),
        lr=settings.learning_rate,
        momentum=settings.momentum,
        nesterov=settings.momentum > 0,
        weight_decay=settings.weight_decay,
    )


def epochs_of(settings: ImageTraining) -> int:
    """Epochs that are trained, all or the first of the cycle."""
    return min(settings.epochs, settings.stop_after or settings.epochs)


def steps_of(images: int, settings: ImageTraining) -> int:
    """Steps of an epoch; images that do not fill a batch wait for the next epoch's order."""
    return max(1, images // settings.batch_size)


def _train_epoch(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    training: Pictures,
    settings: ImageTraining,
    precision: str,
    epoch: int,
    generator: np.random.Generator,
    after_step: Callable[[], object],
) -> dict[str, float]:
    """One pass over the training images; its row of the curve without the validation score."""
    network.train()
    steps = steps_of(len(training), settings)
    order = generator.permutation(len(training))
    loss_sum, hits = 0.0, Hits()
    for step, rows in enumerate(np.array_split(order[: steps * settings.batch_size], steps)):
        rate = learning_rate(settings, (epoch * steps + step) / (settings.epochs * steps))
        for group in optimiser.param_groups:
            group["lr"] = rate
        images, targets = augment(training.images[rows], training.targets[rows], settings, generator)
        labels = torch.from_numpy(targets.astype(np.int64))
        optimiser.zero_grad()
        logits = forward(network, as_inputs(images, training.bands), precision)
        loss = loss_of(logits, labels, settings)
        if not math.isfinite(loss.item()):
            raise TopolensError(f"epoch {epoch + 1}: the loss is {loss.item()}; lower training.learning_rate")
        loss.backward()
        optimiser.step()
        loss_sum += loss.item() / steps
        hits.add(logits.detach(), labels)
        after_step()
    return {"epoch": epoch + 1, "learning_rate": rate, "loss": loss_sum, "training_score": hits.score}


def learning_rate(settings: ImageTraining, progress: float) -> float:
    """The one-cycle schedule (Smith and Topin 2019) in cosine halves: from 1/25 of the highest rate up, then down to 0.

    Args:
        settings: Its `learning_rate` and `warm_up`.
        progress: Share of the cycle that is done, in [0, 1).
    """
    if progress < settings.warm_up:
        rise = 0.5 - 0.5 * math.cos(math.pi * progress / settings.warm_up)
        return settings.learning_rate * (1 + 24 * rise) / 25
    fall = (progress - settings.warm_up) / (1 - settings.warm_up)
    return settings.learning_rate * (0.5 + 0.5 * math.cos(math.pi * fall))


def augment(
    images: np.ndarray, targets: np.ndarray, settings: ImageTraining, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Random crops and flips; masks move with their images.

    Args:
        images: (n, height, width, 3).
        targets: (n,) labels, which stay, or (n, height, width) masks.
        settings: Its `pad`, `crop` (no larger than the padded images) and `flip`.
        generator: Draws the crops' tops, then their left edges, then the flips.
    """
    pad, (height, width) = settings.pad, settings.crop or images.shape[1:3]

    def padded(maps: np.ndarray) -> np.ndarray:
        edges = [(0, 0), (pad, pad), (pad, pad)] + [(0, 0)] * (maps.ndim - 3)
        return np.pad(maps, edges, mode="reflect") if pad else maps

    wide = padded(images)
    count = len(images)
    top = generator.integers(wide.shape[1] - height + 1, size=count)
    left = generator.integers(wide.shape[2] - width + 1, size=count)
    flipped = generator.random(count) < 0.5 if settings.flip else np.zeros(count, bool)
    columns = np.where(flipped[:, None], np.arange(width)[::-1], np.arange(width)) + left[:, None]
    window = (np.arange(count)[:, None, None], (top[:, None] + np.arange(height))[:, :, None], columns[:, None, :])
    return wide[window], padded(targets)[window] if targets.ndim == 3 else targets


def loss_of(logits: Tensor, labels: Tensor, settings: ImageTraining) -> Tensor:
    """Cross-entropy, plus 1 - Dice coefficient of the last class where the settings ask for it.

    Dice: (2 Σ p·t + 1) / (Σ p + Σ t + 1), over all pixels of the batch (Milletari, Navab and Ahmadi 2016, without
    squares; the ones make it 1 where nothing is to be found and nothing is).
    """
    labels = labels.to(logits.device)
    loss = functional.cross_entropy(logits, labels, label_smoothing=settings.label_smoothing)
    if settings.dice:
        probability = logits.softmax(1)[:, -1]
        truth = (labels == logits.shape[1] - 1).float()
        overlap = 2 * (probability * truth).sum() + 1
        loss = loss + 1 - overlap / (probability.sum() + truth.sum() + 1)
    return loss
