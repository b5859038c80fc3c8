"""Settings of data sets."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from topolens.config.model import Model
from topolens.config.names import Label, Seed

IMAGES = {"cifar10": 10, "crbd": 2}  # sets of images, with the number of their classes
SPLIT = ("row_width", "validation", "test", "split_seed")


class DataSet(Model):
    """One data set that the networks see."""

    name: str = Field(description="An entry of workflow/config/datasets.yaml.")
    label: Label | None = Field(
        default=None, description="How figures and tables call it where a study has several; null: as its name."
    )
    options: dict[str, Any] = Field(default_factory=dict, description="Options of a generated data set.")
    row_width: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.2, description="Half-width of a crop row's mask as a share of the rows' spacing; crbd only."
    )
    validation: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Share of the images kept apart for validation; crbd only."
    )
    test: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Share of the images kept apart for tests; crbd only."
    )
    split_seed: Seed = Field(default=0, description="Seed of that split, one for all runs and seeds; crbd only.")

    @model_validator(mode="after")
    def _only_where_it_counts(self) -> Self:
        wrong = [key for key in SPLIT if getattr(self, key) != type(self).model_fields[key].default]
        if wrong and self.name != "crbd":
            raise ValueError(f"{', '.join(wrong)}: for crbd only; {self.name} has masks, test images or neither")
        if self.options and self.are_images:
            raise ValueError(f"options {sorted(self.options)}: {self.name} is not generated and takes none")
        return self

    @property
    def called(self) -> str:
        """Its label, or its name."""
        return self.label or self.name

    @property
    def are_images(self) -> bool:
        """Whether it is a set of images for convolutional networks or transformers."""
        return self.name in IMAGES
