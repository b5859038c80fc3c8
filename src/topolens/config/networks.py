"""Settings of data and networks: what a change of re-trains. Kept apart, so that nothing else does."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topolens.config.model import Fraction, Model


class Data(Model):
    """Which data set the networks see."""

    name: str = Field(description="An entry of workflow/config/datasets.yaml.")
    options: dict[str, float | int | str | bool] = Field(
        default_factory=dict, description="Options of a generated data set; see the options in datasets.yaml."
    )


class Networks(Model):
    """A family of multilayer perceptrons."""

    hidden: list[Annotated[int, Field(gt=0)]] = Field(min_length=1, description="Width of each hidden layer.")
    activation: Literal["tanh", "relu", "leaky_relu"] = Field(
        description="Activation after each hidden layer; leaky_relu: slope 0.01 below 0."
    )
    count: int = Field(gt=0, description="Number of networks, trained together.")


class Training(Model):
    """How the networks are trained and when their snapshots are taken."""

    learning_rate: float = Field(gt=0, description="Adam's learning rate.")
    batch_size: int = Field(gt=0, description="Samples per step and network.")
    maximum_epochs: int = Field(gt=0, description="Training stops after this many epochs at the latest.")
    thresholds: list[Fraction] = Field(
        min_length=1,
        description="Training accuracies at whose first crossing a snapshot is taken; increasing.",
    )
    accuracy_window: int | None = Field(
        default=None,
        gt=0,
        description="Training accuracy over this many last batches of the epoch, checked after each batch; "
        "null: over an epoch's batches, checked at its end.",
    )
    held_out: Annotated[float, Field(ge=0, lt=1)] = Field(
        description="Stratified share of the training points that is held out, different for each network."
    )
    stop_at_held_out: Fraction | None = Field(
        default=None, description="Stop a network at this held-out accuracy, as the authors do; null: do not."
    )
    loss: Literal["cross-entropy", "sphere-first-sample"] = Field(
        default="cross-entropy",
        description="sphere-first-sample: 1 - sqrt(p[label]) of the first sample of each batch (as coded).",
    )

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if any(a >= b for a, b in zip(self.thresholds, self.thresholds[1:], strict=False)):
            raise ValueError(f"thresholds must increase strictly, found {self.thresholds}")
        return self
