"""Settings of training: what a change of re-trains, and nothing else."""

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from topolens.config.model import Fraction, Model


class PerceptronTraining(Model):
    """How families of perceptrons are trained by Adam, and when their snapshots are taken."""

    learning_rate: float = Field(gt=0, description="Adam's learning rate, at the start.")
    halved_every: int | None = Field(
        default=None, gt=0, description="Epochs after which the learning rate is halved, again and again; null: never."
    )
    initial_gain: float = Field(
        default=1.0, gt=0, description="Factor of torch's initial weights and biases; in deep networks signals fade."
    )
    batch_size: int = Field(gt=0, description="Samples per step and network.")
    max_epochs: int = Field(gt=0, description="Training stops after this many epochs at the latest.")
    snapshot_accuracies: list[Annotated[float, Field(gt=0, le=1)]] = Field(
        min_length=1, description="Training accuracies at whose first crossing a snapshot is taken; increasing."
    )
    refined: bool = Field(
        default=False,
        description="Train on each network that reached the last accuracy over an epoch, but does not with the weights "
        "at its end; with one snapshot accuracy only.",
    )
    accuracy_window: int | None = Field(
        default=None,
        gt=0,
        description="Training accuracy over this many last batches of the epoch, checked after each batch; "
        "null: over an epoch's batches, checked at its end.",
    )
    held_out: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Stratified share of the training points that is held out, different for each network."
    )
    stop_at_held_out: Fraction | None = Field(
        default=None, description="Stop a network at this held-out accuracy, as the authors do; null: do not."
    )
    loss: Literal["cross-entropy", "sphere-first-sample"] = Field(
        default="cross-entropy",
        description="sphere-first-sample: 1 - sqrt(p[label]) of the first sample of each batch (as coded).",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        accuracies = self.snapshot_accuracies
        if any(a >= b for a, b in pairwise(accuracies)):
            raise ValueError(f"snapshot_accuracies must increase strictly, found {accuracies}")
        if self.refined and len(accuracies) > 1:
            raise ValueError(f"refined: expected one snapshot accuracy, found {accuracies}")
        return self


class ImageTraining(Model):
    """One cycle of the learning rate, by stochastic gradient descent with Nesterov momentum or by AdamW."""

    epochs: int = Field(gt=0, description="Length of the learning-rate cycle.")
    stop_after: int | None = Field(default=None, gt=0, description="Stop after this many epochs of the cycle.")
    images: int | None = Field(default=None, gt=0, description="Train on this many random images; null: on all.")
    batch_size: int = Field(gt=1, description="Images per step.")
    optimiser: Literal["sgd", "adamw"] = Field(default="sgd", description="What takes the steps.")
    learning_rate: float = Field(gt=0, description="The cycle's highest learning rate.")
    warm_up: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.25, description="Rising share of the cycle.")
    momentum: Annotated[float, Field(ge=0, lt=1)] = Field(default=0.9, description="Nesterov momentum; sgd only.")
    weight_decay: float = Field(
        default=0.0005, ge=0, description="Of every weight: added to its gradient (sgd) or decoupled (adamw)."
    )
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(default=0.0, description="Of the cross-entropy.")
    dice: bool = Field(default=False, description="Add the Dice loss to the cross-entropy (masks).")
    pad: int = Field(default=0, ge=0, description="Images are mirrored this far beyond their edges before cropping.")
    crop: tuple[int, int] | None = Field(default=None, description="Random crop (height, width); null: whole image.")
    flip: bool = Field(default=True, description="Mirror every second image left to right, at random.")
    precision: Literal["auto", "bfloat16", "float32"] = Field(
        default="auto",
        description="Of the forward pass while training; weights and losses stay float32. auto: bfloat16 where the "
        "processor has it, else float32.",
    )


def _kind_of_training(value: Any) -> str:
    """By a key that each kind must have; what has neither is a mapping of trainings by name."""
    has = value.__contains__ if isinstance(value, dict) else lambda key: hasattr(value, key)
    for key, kind in (("max_epochs", "of perceptrons"), ("epochs", "of images")):
        if has(key):
            return kind
    return "by name" if isinstance(value, dict) and all(isinstance(own, dict | Model) for own in value.values()) else ""


_KINDS = Annotated[PerceptronTraining, Tag("of perceptrons")] | Annotated[ImageTraining, Tag("of images")]
OneTraining = Annotated[_KINDS, Discriminator(_kind_of_training)]
Training = Annotated[_KINDS | Annotated[dict[str, OneTraining], Tag("by name")], Discriminator(_kind_of_training)]
