"""Trained convolutional networks as small files: weights without pickle, and a card that says what they are."""

import hashlib
import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import BeforeValidator, Field
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor, nn

from topolens.artifacts import read_json, write_json, written_whole
from topolens.config.data import DataSet
from topolens.config.model import Model
from topolens.config.names import Seed
from topolens.config.networks import ImageNetwork
from topolens.config.training import ImageTraining
from topolens.config.validation import checked
from topolens.errors import TopolensError
from topolens.nets.images.build import build_network


def _known(value: Any) -> Any:
    """A score of nothing is NaN, and null in the file."""
    return None if isinstance(value, float) and math.isnan(value) else value


Score = Annotated[Annotated[float, Field(ge=0, le=1)] | None, BeforeValidator(_known)]


class Epoch(Model):
    """One epoch of a training: its number, highest learning rate, mean loss, and scores on its own and other images."""

    epoch: int = Field(gt=0)
    learning_rate: float = Field(ge=0)
    loss: float
    training_score: Score
    validation_score: Score


class Card(Model):
    """What a reader wants to know of a checkpoint without loading it, and what rebuilds its module.

    Attributes:
        network: Settings of the network.
        classes: Names of the classes, by number.
        training: How it was trained.
        data: On which images.
        source: Where these came from, in plain words; starts with `stand-in` when they are not the real ones.
        seed: Of weights, order and augmentation.
        curve: One row per epoch.
        precision: Of the forward pass while it was trained; empty in cards that say it under `training`.
        hardware: Processor, number of cores and operating system.
        minutes: Time of training.
        versions: Of what decides the numbers.
        code: Hash of the code that trained it.
        scores: `test_accuracy` of labels or `test_iou` of masks (last class, over all pixels), by the stored weights.
        sha256: Of the file of weights.
        card_sha256: Of the card itself, without this entry.
    """

    network: ImageNetwork
    classes: list[str]
    training: ImageTraining
    data: DataSet
    source: str
    seed: Seed
    curve: list[Epoch]
    hardware: str
    minutes: float = Field(ge=0)
    versions: dict[str, str]
    code: str
    scores: dict[Literal["test_accuracy", "test_iou"], Score]
    precision: Literal["", "bfloat16", "float32"] = ""
    sha256: str = ""
    card_sha256: str = ""


def round_parameters(network: nn.Module) -> None:
    """Round the parameters in place to the precision of a checkpoint, float16; buffers stay float32.

    Raises:
        TopolensError: a weight is not finite, or too large for float16.
    """
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            rounded = parameter.half()
            if not rounded.isfinite().all():
                raise TopolensError(
                    f"{_place(name)}: expected finite weights within ±65504, the range of float16, found "
                    f"{parameter.abs().max().item():g}; lower training.learning_rate and train again"
                )
            parameter.copy_(rounded)


def save_checkpoint(file: Path, card_file: Path, network: nn.Module, card: Card) -> None:
    """Write a network, its parameters rounded in place, and then its card with the file's checksum.

    Raises:
        TopolensError: a weight or a buffer is not finite, or too large for float16.
    """
    round_parameters(network)
    parameters = dict(network.named_parameters())
    tensors = {
        name: (tensor.half() if name in parameters else tensor).cpu().contiguous()
        for name, tensor in network.state_dict().items()
    }
    _require_finite(tensors, file)
    with written_whole(file) as temporary:
        save_file(tensors, temporary)
        checksum = hashlib.sha256(temporary.read_bytes()).hexdigest()
    # By way of pydantic's JSON, which writes NaN as null.
    write_json(card_file, sealed(json.loads(card.model_copy(update={"sha256": checksum}).model_dump_json())))


def sealed(card: dict[str, Any]) -> dict[str, Any]:
    """A card's entries with the checksum of all of them."""
    content = {key: value for key, value in card.items() if key != "card_sha256"}
    return content | {"card_sha256": hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()}


def load_checkpoint(file: Path, card_file: Path) -> tuple[nn.Module, Card]:
    """Read and check a network and its card.

    Returns:
        The network in evaluation mode, float32, channels_last, and its card.

    Raises:
        TopolensError: a missing or unreadable file, a checksum other than the card's, a tensor that is missing, of
            another shape than the card's module has, unknown to it, or not finite.
    """
    for path in (file, card_file):
        if not path.is_file():
            raise TopolensError(
                f"{path}: no such file; a checkpoint is a .safetensors file with its .json card beside it"
            )
    entries = read_json(card_file)
    card = checked(Card, entries, str(card_file))
    if card.card_sha256 != sealed(entries)["card_sha256"]:
        raise TopolensError(f"{card_file}: changed since it was made; fetch it again or train again")
    content = file.read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != card.sha256:
        raise TopolensError(
            f"{file}: expected sha256 {card.sha256}, as {card_file.name} says, found {checksum}; "
            "fetch both files again or train again"
        )
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise TopolensError(f"{file}: not a readable .safetensors file ({error}); fetch it again") from error
    network = build_network(card.network, len(card.classes), card.seed)
    _require_same_layers(network.state_dict(), tensors, file)
    _require_finite(tensors, file)
    state = network.state_dict()
    state.update(tensors)  # keeps what modules note beside their tensors, such as a version
    network.load_state_dict(state)
    return network.eval(), card


def _require_same_layers(expected: dict[str, Tensor], found: dict[str, Tensor], file: Path) -> None:
    mend = "the card is of another network: use the checkpoint's own card or train again"
    for name in [*expected, *sorted(set(found) - set(expected))]:
        shapes = [tuple(tensors[name].shape) if name in tensors else "none" for tensors in (expected, found)]
        if shapes[0] != shapes[1]:
            raise TopolensError(f"{file}: {_place(name)}: expected shape {shapes[0]}, found {shapes[1]}; {mend}")


def _require_finite(tensors: dict[str, Tensor], file: Path) -> None:
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise TopolensError(f"{file}: {_place(name)}: expected finite values, found NaN or infinity; train again")


def _place(name: str) -> str:
    layer, _, tensor = name.rpartition(".")
    return f"layer {layer!r}, {tensor}"
