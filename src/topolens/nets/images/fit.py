"""One training loop for classifiers and segmenters of images."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from topolens.config.images import ImageNetwork, ImageTraining
from topolens.data.bands import compute_bands
from topolens.errors import TopolensError
from topolens.nets.images import unet, vgg
from topolens.nets.images.standardise import Standardise
from topolens.nets.images.torchvision_network import VISION_TRANSFORMER
from topolens.seeding import child_generator

# The order in which partial sums are added depends on the number of threads, so it is fixed, whatever the machine.
THREADS = 2
# So many pixels are forwarded together when nothing is trained: more would fall out of the cache.
FORWARD_PIXELS = 2**16
# Variances below this are what rounding leaves of a constant band.
LEAST_VARIANCE = 1e-10


@dataclass(frozen=True)
class Pictures:
    """Images and targets as a network is fed: (n, height, width, 3) uint8, targets of n labels or masks, its bands."""

    images: np.ndarray
    targets: np.ndarray
    bands: Sequence[str]

    def __len__(self) -> int:
        return len(self.images)

    def inputs(self, rows: np.ndarray | slice = slice(None)) -> Tensor:
        """Chosen images as (n, bands, height, width) float32."""
        return as_inputs(self.images[rows], self.bands)


@dataclass
class Fitting:
    """Where a training stands after some epochs; all that is needed to go on, in tensors of its own."""

    network: dict[str, Tensor]
    optimiser: dict[str, Any]
    curve: list[dict[str, float]] = field(default_factory=list)


def as_inputs(images: np.ndarray, bands: Sequence[str]) -> Tensor:
    """(n, height, width, 3) uint8 to (n, bands, height, width) float32, channels_last."""
    return torch.from_numpy(compute_bands(images, bands)).contiguous(memory_format=torch.channels_last)


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
    """Train a network in place.

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
        row = _train_epoch(network, optimiser, training, settings, epoch, generator, after_step)
        curve.append(row | {"validation_score": evaluate(network, validation, settings.precision).score})
        # Copies, because the optimiser goes on writing into the tensors of its state.
        after_epoch(Fitting(*copy.deepcopy((network.state_dict(), optimiser.state_dict(), curve))))
    network.eval()
    return curve


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
        logits = forward(network, as_inputs(images, training.bands), settings.precision)
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


def forward(network: nn.Module, inputs: Tensor, precision: str) -> Tensor:
    """Logits in float32, computed under autocast where the precision asks for it."""
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
        logits: Tensor = network(inputs)
    return logits.float()


def loss_of(logits: Tensor, labels: Tensor, settings: ImageTraining) -> Tensor:
    """Cross-entropy, plus 1 - Dice coefficient of the last class where the settings ask for it.

    Dice: (2 Σ p·t + 1) / (Σ p + Σ t + 1), over all pixels of the batch (Milletari, Navab and Ahmadi 2016, without
    squares; the ones make it 1 where nothing is to be found and nothing is).
    """
    loss = functional.cross_entropy(logits, labels, label_smoothing=settings.label_smoothing)
    if settings.dice:
        probability = logits.softmax(1)[:, -1]
        truth = (labels == logits.shape[1] - 1).float()
        overlap = 2 * (probability * truth).sum() + 1
        loss = loss + 1 - overlap / (probability.sum() + truth.sum() + 1)
    return loss


class Hits:
    """Counts of right answers, from which a score is made."""

    def __init__(self) -> None:
        self.right, self.counted = 0, 0

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Labels: right among all. Masks: intersection among the union of the last class, over all images."""
        predicted = logits.argmax(1)
        if labels.ndim == 1:
            self.right += int((predicted == labels).sum())
            self.counted += labels.numel()
        else:
            found, truth = (values == logits.shape[1] - 1 for values in (predicted, labels))
            self.right += int((found & truth).sum())
            self.counted += int((found | truth).sum())

    @property
    def score(self) -> float:
        """Accuracy or IoU; NaN before anything was counted."""
        return self.right / self.counted if self.counted else math.nan


def evaluate(network: nn.Module, pictures: Pictures, precision: str) -> Hits:
    """The score of a network on pictures, in evaluation mode; BatchNorm's statistics stay as they are."""
    hits = Hits()
    for rows in _blocks(pictures.images):
        labels = torch.from_numpy(pictures.targets[rows].astype(np.int64))
        hits.add(_infer(network, pictures.inputs(rows), precision), labels)
    return hits


def predict(network: nn.Module, images: np.ndarray, bands: Sequence[str]) -> np.ndarray:
    """Class numbers by a network in float32 and in evaluation mode.

    Args:
        network: A classifier or a segmenter.
        images: (n, height, width, 3) uint8.
        bands: Its input bands.

    Returns:
        uint8, (n,) labels or (n, height, width) masks.
    """
    torch.set_num_threads(THREADS)
    blocks = [_infer(network, as_inputs(images[rows], bands), "float32").argmax(1) for rows in _blocks(images)]
    return torch.cat(blocks).to(torch.uint8).numpy()


def _infer(network: nn.Module, inputs: Tensor, precision: str) -> Tensor:
    network.eval()
    with torch.no_grad():
        return forward(network, inputs, precision)


def _blocks(images: np.ndarray) -> Iterator[slice]:
    size = max(1, FORWARD_PIXELS // int(np.prod(images.shape[1:3])))
    return (slice(start, start + size) for start in range(0, len(images), size))


def set_standardisation(network: nn.Module, pictures: Pictures) -> None:
    """Mean and deviation of each band over all pixels, summed image block by image block."""
    total, squares, count = np.zeros(len(pictures.bands)), np.zeros(len(pictures.bands)), 0
    for rows in _blocks(pictures.images):
        bands = compute_bands(pictures.images[rows], pictures.bands).astype(np.float64)
        total = total + bands.sum(axis=(0, 2, 3))
        squares = squares + (bands**2).sum(axis=(0, 2, 3))
        count += bands[:, 0].size
    mean = total / count
    variance = squares / count - mean**2
    deviation = np.sqrt(np.where(variance > LEAST_VARIANCE, variance, 0))
    for module in network.modules():
        if isinstance(module, Standardise):
            module.set(mean.tolist(), deviation.tolist())


def check_images(network: ImageNetwork, pictures: Pictures, where: str) -> None:
    """Refuse images that a network cannot take.

    Args:
        network: Its settings.
        pictures: Images and targets.
        where: What to name in the error, e.g. the file of the images.

    Raises:
        TopolensError: labels for a U-Net, masks for a classifier, or sides that do not fit.
    """
    kinds = {False: "labels", True: "masks"}
    wanted, found = network.architecture == "unet", pictures.targets.ndim == 3
    if wanted != found:
        raise TopolensError(
            f"{where}: {network.architecture} learns images with {kinds[wanted]}, found {kinds[found]}; "
            "change the architecture or data.name"
        )
    height, width = pictures.images.shape[1:3]
    check_sides(network, height, width, where)


def check_sides(network: ImageNetwork, height: int, width: int, where: str) -> None:
    """Refuse sides that do not fit a network: VGG-16 and vision transformers have one size, U-Nets halve theirs."""
    if network.architecture in ("vgg16", VISION_TRANSFORMER):
        side = 2 ** len(vgg.BLOCKS) if network.is_own else network.options.get("image_size")
        fits, expected = height == width == side, f"{side} x {side} pixels"
    elif network.architecture != "unet":
        return  # torchvision's other networks average over whatever is left of an image
    else:
        factor = 2**unet.DEPTH
        fits, expected = height % factor == width % factor == 0, f"sides divisible by {factor}"
    if not fits:
        raise TopolensError(
            f"{where}: {network.architecture} expects {expected}, found {height} x {width}; crop or resize the images"
        )
