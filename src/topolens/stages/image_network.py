"""Train one convolutional network on images and keep it as a checkpoint."""

import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from topolens.artifacts import written_whole
from topolens.closure import code_hash
from topolens.config.data import DataSet
from topolens.config.networks import ImageNetwork
from topolens.config.training import ImageTraining
from topolens.data.image_set import SPLITS, ImageSet
from topolens.errors import TopolensError
from topolens.nets.checkpoint import Card, Epoch, round_parameters, save_checkpoint
from topolens.nets.device import AUTO, described, find_device
from topolens.nets.images.build import build_network
from topolens.nets.images.inference import Pictures, check_forward, check_images, check_sides, evaluate
from topolens.nets.images.training import Fitting, epochs_of, fit, precision_of, steps_of
from topolens.progress import progress_bar
from topolens.resume import Parts, content_key
from topolens.seeding import child_generator

VERSIONS = {"python": platform.python_version()} | {name: version(name) for name in ("torch", "topolens")}


def train_image_network(
    data_file: Path,
    checkpoint_file: Path,
    card_file: Path,
    *,
    network: ImageNetwork,
    data: DataSet,
    training: ImageTraining,
    seed: int,
    device: str = AUTO,
) -> None:
    """Train on the training split; write the weights in float16 and a card with the test score of just these weights.

    The curve is scored on the validation split, or on the test split where there is none: nothing is chosen by it,
    the last epoch's network is kept. The same seed gives the same weights to the bit on one kind of processor,
    whatever the number of cores. A killed stage goes on from its last whole epoch, and goes the same way. For `device`
    see :func:`topolens.nets.device.find_device`.

    Raises:
        TopolensError: images that the network cannot take, settings that do not fit them, or a training that diverged.
    """
    image_set = ImageSet.read(data_file)
    learnt, scored, test = pictures_of(image_set, network, training, seed)
    check_images(network, learnt, str(data_file))
    check_training(network, training, learnt, len(image_set.classes))
    height, width = training.crop or learnt.images.shape[1:3]
    for mode in (False, True):  # a network of its own, since training changes it
        check_forward(
            build_network(network, len(image_set.classes), seed).train(mode), network, height, width, str(data_file)
        )

    place = find_device(device)
    precision = precision_of(training, place)
    spec = network.model_dump_json() + training.model_dump_json() + precision + str(seed)
    parts = Parts(checkpoint_file, content_key(spec, code_hash(__name__), data_file))
    part = parts.folder / "epoch.pt"
    resume, seconds = kept_epoch(part)
    epochs = epochs_of(training) - (len(resume.curve) if resume else 0)
    progress = progress_bar(epochs * steps_of(len(learnt), training), f"training {network.name}, seed {seed}", "steps")
    keeper = _Keeper(part, progress, seconds)
    model = build_network(network, len(image_set.classes), seed).to(place)
    after = {"after_step": progress.update, "after_epoch": keeper}
    with progress:
        curve = fit(model, learnt, scored, training, seed, resume=resume, **after)
    round_parameters(model)
    score = evaluate(model, test, "float32").score
    run = {"precision": precision, "hardware": described(place), "minutes": round(keeper.seconds / 60, 2)}
    card = card_of(image_set, network, data, training, seed, curve, run, score)
    save_checkpoint(checkpoint_file, card_file, model, card)
    parts.remove()


def card_of(
    image_set: ImageSet,
    network: ImageNetwork,
    data: DataSet,
    training: ImageTraining,
    seed: int,
    curve: Sequence[Mapping[str, float]],
    run: Mapping[str, Any],
    score: float,
) -> Card:
    """What a reader wants to know of a trained network; `run` says in which precision, on what and how long."""
    return Card(
        network=network,
        classes=image_set.classes,
        training=training,
        data=data,
        source=image_set.source,
        seed=seed,
        curve=[Epoch.model_validate(row) for row in curve],
        versions=VERSIONS,
        code=code_hash(__name__),
        scores={"test_iou" if image_set.are_masks else "test_accuracy": score},
        **run,
    )


def pictures_of(
    image_set: ImageSet, network: ImageNetwork, training: ImageTraining, seed: int
) -> tuple[Pictures, Pictures, Pictures]:
    """What is learnt, what the curve is scored on, and what the test score is of."""

    def pictures(rows: np.ndarray) -> Pictures:
        return Pictures(image_set.images[rows], image_set.targets[rows], network.bands)

    test = pictures(image_set.rows("test"))
    has_validation = (image_set.split == SPLITS.index("validation")).any()
    scored = pictures(image_set.rows("validation")) if has_validation else test
    return pictures(training_rows(image_set, training, seed)), scored, test


def training_rows(image_set: ImageSet, training: ImageTraining, seed: int) -> np.ndarray:
    """Row numbers of the images to train on: the training split, or `training.images` random ones of it."""
    rows = image_set.rows("train")
    if training.images is None:
        return rows
    if training.images > len(rows):
        raise TopolensError(f"training.images: {training.images}, but the training split has {len(rows)}; lower it")
    return child_generator(seed, "images").choice(rows, training.images, replace=False)


def check_training(network: ImageNetwork, training: ImageTraining, learnt: Pictures, classes: int) -> None:
    """Refuse, before hours are spent, settings that do not fit the images.

    Raises:
        TopolensError: an over-large batch or crop, a crop that the network cannot take, the Dice loss for labels, or
            targets beyond the classes.
    """
    if training.batch_size > len(learnt):
        raise TopolensError(
            f"training.batch_size: {training.batch_size}, but there are {len(learnt)} training images; lower it"
        )
    if training.crop is not None:
        check_sides(network, *training.crop, "training.crop")
        largest = tuple(side + 2 * training.pad for side in learnt.images.shape[1:3])
        if training.crop[0] > largest[0] or training.crop[1] > largest[1]:
            raise TopolensError(
                f"training.crop: expected at most {largest[0]} x {largest[1]}, the images with their pad, "
                f"found {training.crop[0]} x {training.crop[1]}; lower it or raise training.pad"
            )
    if training.dice and learnt.targets.ndim == 1:
        raise TopolensError("training.dice: the Dice loss is for masks, found labels; set it to false")
    if learnt.targets.max() >= classes:
        raise TopolensError(
            f"targets: expected 0 to {classes - 1}, one number per class, found {learnt.targets.max()}; "
            "make the images again"
        )


def kept_epoch(part: Path) -> tuple[Fitting | None, float]:
    """The last whole epoch of a killed training, and the seconds spent until then."""
    if not part.is_file():
        return None, 0.0
    earlier = torch.load(part, map_location="cpu", weights_only=True)
    return Fitting(**earlier["fitting"]), earlier["seconds"]


@dataclass
class _Keeper:
    """Keeps each epoch's end, the seconds spent so far, and shows the scores beside the progress bar."""

    part: Path
    progress: tqdm
    seconds: float
    since: float = field(default_factory=time.monotonic)

    def __call__(self, fitting: Fitting) -> None:
        now = time.monotonic()
        self.seconds, self.since = self.seconds + now - self.since, now
        with written_whole(self.part) as temporary:
            torch.save({"fitting": vars(fitting), "seconds": self.seconds}, temporary)
        row = fitting.curve[-1]
        self.progress.set_postfix_str(
            f"epoch {row['epoch']}: loss {row['loss']:.3f}, score {row['training_score']:.3f} on its own images, "
            f"{row['validation_score']:.3f} on others"
        )
