"""Settings of image data and convolutional networks: what a change of re-trains, and nothing else."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from topolens.config.model import Model

Band = Literal["R", "G", "B", "ExG", "ExR", "ExGR", "CIVE", "NGRDI", "VEG", "COM2"]
Seed = Annotated[int, Field(ge=0)]  # digits alone stand in the names of checkpoints
CLASSES = {"cifar10": 10}  # of sets with labels, known without reading them
OWN_ARCHITECTURES = ("vgg16", "unet")


class ImageData(Model):
    """Which images the networks see."""

    name: Literal["cifar10", "crbd"] = Field(description="An entry of workflow/config/datasets.yaml.")
    row_width: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.2, description="Half-width of a crop row's mask as a share of the rows' spacing; crbd only."
    )
    validation: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Share of the images kept apart for validation; only for sets without a test split."
    )
    test: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Share of the images kept apart for tests; only for sets without a test split."
    )
    split_seed: Seed = Field(default=0, description="Seed of that split: one split for all runs and seeds.")

    @model_validator(mode="after")
    def _only_where_it_counts(self) -> Self:
        if self.name == "cifar10" and (self.validation or self.test):
            raise ValueError("data.validation and data.test: cifar10 has its own test split")
        return self


class ImageNetwork(Model):
    """One convolutional network."""

    name: str = Field(pattern=r"^[A-Za-z0-9-]+$", description="How figures and tables call it.")
    architecture: str = Field(
        pattern=r"^[a-z0-9_]+$",
        description="The module tree: vgg16, unet, vision_transformer (torchvision's, its sizes under options), or any "
        "classifier of torchvision.models by name, e.g. resnet50.",
    )
    bands: list[Band] = Field(min_length=1, description="Input bands; vegetation indices are computed from RGB.")
    first_filters: int = Field(default=64, gt=0, description="Channels of the first block; doubled by each deeper one.")
    small_stem: bool = Field(
        default=False,
        description="A first layer for small images. ResNets: a 3x3 convolution with stride 2 and no max-pooling; "
        "vision_transformer: three 3x3 convolutions in place of the cut into patches.",
    )
    options: dict[str, Any] = Field(default_factory=dict, description="Arguments of torchvision's builder.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(set(self.bands)) < len(self.bands):
            raise ValueError(f"bands must differ, found {self.bands}")
        if not self.is_own:
            if len(self.bands) != 3:
                raise ValueError(f"bands: {self.architecture} takes 3, found {self.bands}")
            if self.first_filters != 64:
                raise ValueError(f"first_filters: {self.architecture} has a width of its own; use options")
        elif self.options or self.small_stem:
            raise ValueError(f"options, small_stem: {self.architecture} has none; they are for torchvision's networks")
        return self

    @property
    def is_own(self) -> bool:
        """Whether the module tree is this project's; else it is torchvision's."""
        return self.architecture in OWN_ARCHITECTURES


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
