"""Settings of networks: families of perceptrons, and networks of images."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from topolens.config.model import Model
from topolens.config.names import Label

Band = Literal["R", "G", "B", "ExG", "ExR", "ExGR", "CIVE", "NGRDI", "VEG", "COM2"]
Activation = Literal["tanh", "relu", "leaky_relu"]
PERCEPTRONS = "perceptrons"
OWN_ARCHITECTURES = ("vgg16", "unet")


class Perceptrons(Model):
    """A family of multilayer perceptrons of one shape, trained together."""

    name: Label = Field(description="How overlays call it.")
    architecture: Literal["perceptrons"] = Field(description="Tells them from networks of images.")
    data: str | None = Field(default=None, description="The data set it sees; null: the only one.")
    hidden: list[Annotated[int, Field(gt=0)]] = Field(min_length=1, description="Width of each hidden layer.")
    activations: list[Activation] = Field(
        min_length=1, description="Activations after each hidden layer; leaky_relu: slope 0.01 below 0."
    )
    count: int = Field(gt=0, description="Networks with each activation.")

    @property
    def depth(self) -> int:
        """Number of hidden layers."""
        return len(self.hidden)


class ImageNetwork(Model):
    """One network of images."""

    name: str = Field(pattern=r"^[A-Za-z0-9-]+$", description="How figures and tables call it.")
    architecture: str = Field(
        pattern=r"^[a-z0-9_]+$",
        description="The module tree: vgg16, unet, vision_transformer (torchvision's, its sizes under options), or any "
        "classifier of torchvision.models by name, e.g. resnet50.",
    )
    bands: list[Band] = Field(min_length=1, description="Input bands; vegetation indices are computed from RGB.")
    first_filters: int = Field(
        default=64, gt=0, le=1024, description="Channels of the first block; doubled by each deeper one."
    )
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


def _kind_of_network(value: Any) -> str:
    architecture = value.get("architecture") if isinstance(value, dict) else getattr(value, "architecture", None)
    return PERCEPTRONS if architecture == PERCEPTRONS else "of images"


Network = Annotated[
    Annotated[Perceptrons, Tag(PERCEPTRONS)] | Annotated[ImageNetwork, Tag("of images")],
    Discriminator(_kind_of_network),
]
