"""Settings of point clouds: what a point is, and which points of which layers make up a cloud."""

from typing import Annotated, Literal

from pydantic import Field

from topolens.config.model import Model
from topolens.config.names import Label

ALL = "all"
Nulls = Annotated[int, Field(ge=0)]


class SampleClouds(Model):
    """A point is what a perceptron's layer makes of one sample, at one snapshot of its training."""

    of: Literal["samples"] = Field(description="What a point is of.")
    points: int = Field(gt=1, description="Points per cloud.")
    label: int | None = Field(default=None, description="Only samples of this class; null: all classes.")
    split: Literal["all", "train", "test"] = Field(default="all", description="Part of the data set to draw from.")
    rows: Literal["random", "first"] = Field(
        default="random", description="first: the first rows of the file (the published trap, a control)."
    )
    repeats: int = Field(default=1, gt=0, description="Random draws of input points.")
    shared: bool = Field(description="true: all networks see the same draws; false: each network has its own draws.")
    layers: list[Annotated[int, Field(ge=0)]] | None = Field(
        default=None, min_length=1, description="Layers to record, 0 = input, counted to the logits; null: all."
    )
    snapshots: Literal["all", "last"] = Field(default="all", description="Snapshots to record.")
    nulls: Nulls = Field(
        default=19, description="Gaussian clouds of equal size, mean and covariance per layer and snapshot."
    )


class PositionClouds(Model):
    """A point is the channel vector at one position of one image; clouds are standardised channel by channel."""

    of: Literal["positions"] = Field(description="What a point is of.")
    points: int = Field(gt=1, description="Channel vectors per cloud, at random positions.")
    repeats: int = Field(gt=0, description="Clouds per layer and group.")
    groups: list[str] = Field(min_length=1, description="Classes whose test images are drawn; all: any class.")
    layers: list[str] | dict[Label, str] | None = Field(
        default=None,
        min_length=1,
        description="ReLU layers of our networks by name, null: all; of torchvision's label to module name, in order "
        "of depth.",
    )
    content: Literal["channels", "constant"] = Field(
        default="channels", description="constant: each channel is replaced by its mean over the cloud (a control)."
    )
    nulls: Nulls = Field(default=19, description="Gaussian clouds of equal size, mean and covariance per layer, group.")


class ImageClouds(Model):
    """A point is one image: the mean over positions of a layer's map, or a token of a transformer."""

    of: Literal["images"] = Field(description="What a point is of.")
    images_per_class: int = Field(gt=1, description="Test images of each class in a cloud.")
    repeats: int = Field(gt=1, description="Further clouds of other test images, the null of every comparison.")
    tokens: Literal["class", "patches"] = Field(
        default="class", description="Of a transformer's layer: its class token, or the mean of its patch tokens."
    )
    layers: dict[str, dict[Label, str]] = Field(
        default_factory=dict,
        description="By network: label to module name as torchvision has it, in order of depth; resnet50 and "
        "vision_transformer have layers of their own.",
    )


Clouds = Annotated[SampleClouds | PositionClouds | ImageClouds, Field(discriminator="of")]
