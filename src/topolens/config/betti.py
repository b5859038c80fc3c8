"""Settings of the study of Betti numbers: families of perceptrons on data of known topology, layer by layer."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topolens.config.model import Model
from topolens.config.names import Label

Activation = Literal["tanh", "relu", "leaky_relu"]


class KnownSet(Model):
    """A generated data set, and how its Betti numbers are counted, at the input and in every layer."""

    generator: Literal["holed_square", "linked_tori", "nested_spheres"] = Field(
        description="A generator of topolens.data.known_topology."
    )
    options: dict[str, float | int | list[float]] = Field(default_factory=dict, description="Its options.")
    neighbours: int = Field(gt=0, description="Neighbours of the graph whose hops are the distance.")
    maximum_degree: int = Field(ge=1, le=2, description="Highest Betti number.")


class BettiData(Model):
    """The data sets of the study."""

    name: Literal["known_topology"] = Field(description="An entry of workflow/config/datasets.yaml.")
    scale: float = Field(default=2.5, ge=1, description="The one scale, in hops, at which features are counted.")
    sets: dict[Label, KnownSet] = Field(min_length=1, description="In the order of figures and tables.")


class Family(Model):
    """Perceptrons of one shape on one data set, some with each activation."""

    data: str = Field(description="A name of data.sets.")
    width: int = Field(gt=0, description="Units of each hidden layer.")
    depth: int = Field(gt=0, description="Hidden layers.")
    activations: list[Activation] = Field(min_length=1, description="Activations after hidden layers.")
    count: int = Field(gt=0, description="Networks with each activation, trained together.")


class BettiTraining(Model):
    """How networks are trained, to the first epoch without an error and on until the network has none."""

    learning_rate: float = Field(gt=0, description="Adam's learning rate at the start.")
    halved_every: int | None = Field(
        default=None, gt=0, description="Epochs after which the learning rate is halved, again and again; null: never."
    )
    batch_size: int = Field(gt=0, description="Samples per step and network.")
    maximum_epochs: int = Field(gt=0, description="Training stops after this many epochs at the latest.")
    initial_gain: float = Field(
        default=1.0, gt=0, description="Factor of torch's initial weights and biases; signals fade with 1."
    )
    accuracy: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Training accuracy that makes a network count; others are counted and left out."
    )


class LayerNorms(Model):
    """The landscape norm of the same layers, under the Euclidean distance."""

    points: int = Field(gt=1, description="Random points of each class that make up the cloud; fewer if it has fewer.")
    maximum_degree: int = Field(default=1, ge=0, le=1, description="Highest homology degree.")


class BettiStatistics(Model):
    """Resampling numbers of the statistical analysis."""

    bootstrap: int = Field(default=2000, gt=0, description="Bootstrap resamples over networks.")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.95, description="Level of all intervals.")


class BettiRun(Model):
    """One complete set of settings: a headline run, a control or a variant."""

    data: BettiData
    families: list[Family] = Field(
        min_length=1, description="Of each data set the deepest one is the headline, the others are shallow."
    )
    training: dict[str, BettiTraining] = Field(description="By data set.")
    norms: LayerNorms
    statistics: BettiStatistics = BettiStatistics()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        sets = [*self.data.sets]
        for place, family in enumerate(self.families):
            if family.data not in sets:
                raise ValueError(f"families.{place}.data: no data set {family.data!r}; there are {', '.join(sets)}")
        shapes = [(family.data, family.depth) for family in self.families]
        twice = sorted({shape for shape in shapes if shapes.count(shape) > 1})
        if twice:
            raise ValueError(f"families: more than one of data set and depth {twice}")
        for key, names in (("training", {*self.training}), ("families", {family.data for family in self.families})):
            if names != {*sets}:
                raise ValueError(f"{key}: one for each of {', '.join(sets)} expected, found {', '.join(sorted(names))}")
        return self

    def depths(self, name: str) -> list[int]:
        """Depths of the families of a data set, increasing; the last is the headline."""
        return sorted(family.depth for family in self.families if family.data == name)

    @property
    def activations(self) -> list[str]:
        """All activations, in the order in which families name them."""
        return [*dict.fromkeys(name for family in self.families for name in family.activations)]
