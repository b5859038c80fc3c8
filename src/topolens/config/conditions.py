"""Settings of the conditions under which networks of images are looked at."""

from typing import Annotated, Literal

from pydantic import Field

from topolens.config.model import Model

CLEAN, INT8 = "clean", "int8"
Noise = Literal["gaussian", "salt_pepper", "speckle", "poisson", "uniform"]
FEWER_IS_STRONGER: tuple[Noise, ...] = ("poisson",)  # its strength is a number of photons


class Condition(Model):
    """Clean images, a noise at one strength, or quantised weights."""

    kind: str
    strength: float | None = None
    published: bool = True

    @property
    def name(self) -> str:
        """`clean`, `int8`, `gaussian 0.1`."""
        return self.kind if self.strength is None else f"{self.kind} {self.strength:g}"


def dose(kind: str, strength: float) -> float:
    """A number that grows as a noise grows stronger."""
    return -strength if kind in FEWER_IS_STRONGER else strength


class ConditionSet(Model):
    """Conditions, clean first, and how many test images of each class their accuracies are of."""

    conditions: list[Condition]
    images_per_class: int


class Conditions(Model):
    """What is done to the standardised images, and to the weights, beside leaving them as they are."""

    noises: dict[Noise, list[Annotated[float, Field(gt=0)]]] | None = Field(
        default=None, description="Strengths of each noise; the first is the published one. null: no noise."
    )
    quantise: bool = Field(default=True, description="INT8 dynamic quantisation of the linear layers.")
    images_per_class: int = Field(gt=0, description="Test images of each class behind each accuracy.")

    @property
    def all(self) -> list[Condition]:
        """Clean first, then each noise at each strength, then INT8."""
        noises = [
            Condition(kind=kind, strength=strength, published=number == 0)
            for kind, strengths in (self.noises or {}).items()
            for number, strength in enumerate(strengths)
        ]
        quantised = [Condition(kind=INT8)] if self.quantise else []
        return [Condition(kind=CLEAN), *noises, *quantised]
