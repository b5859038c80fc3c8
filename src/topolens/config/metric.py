"""Settings of the study of distances: one vector per image and layer, seen by many metrics, clean and disturbed."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from topolens.config.architectures import TAPPED_MODULES
from topolens.config.homology import Distance
from topolens.config.images import CLASSES, ImageData, ImageNetwork, ImageTraining, Seed
from topolens.config.model import Model
from topolens.config.names import Label

CLEAN, INT8 = "clean", "int8"
# Beside the metrics: the mean of all their distances, each divided by its mean.
STACKED = "stacked"
Noise = Literal["gaussian", "salt_pepper", "speckle", "poisson", "uniform"]
Base = Literal["euclidean", "mahalanobis", "cosine"]
Relative = Literal["relative-max", "relative-geometric"]


class MetricClouds(Model):
    """Which images become point clouds: one vector per test image and layer."""

    images_per_class: int = Field(gt=1, description="Test images of each class in a cloud.")
    resamples: int = Field(gt=1, description="Further clouds of other test images, the null of every comparison.")
    tokens: Literal["class", "patches"] = Field(
        default="class", description="Of a transformer's layer: its class token, or the mean of its patch tokens."
    )
    layers: dict[str, dict[Label, str]] = Field(
        default_factory=dict,
        description="By network: label to module name as torchvision has it, in order of depth; resnet50 and "
        "vision_transformer have layers of their own.",
    )


class Metrics(Model):
    """Every base metric as it is and under each relative-neighbour normalisation."""

    bases: list[Base] = Field(min_length=1, description="Metrics of topolens.pairwise_distances.")
    normalisations: list[Relative] = Field(description="What else each base is divided by.")
    k: int = Field(gt=0, description="Which neighbour's distance the normalisations use.")
    other_k: list[Annotated[int, Field(gt=0)]] = Field(
        default_factory=list, description="Further k of the last layer's clouds, for the stability in k."
    )

    @property
    def distances(self) -> dict[str, Distance]:
        """All metrics by name, `cosine` or `cosine relative-max`, in the order of figures and tables."""
        return {
            f"{base} {how}" if how else base: Distance(metric=base, normalise=how, k=self.k if how else None)
            for how in (None, *self.normalisations)
            for base in self.bases
        }


class MetricHomology(Model):
    """Persistent homology of each cloud under each metric."""

    maximum_degree: int = Field(default=1, ge=0, le=2, description="Highest homology degree of every cloud.")
    clean_degree: int = Field(default=2, ge=0, le=2, description="Highest homology degree of the clean clouds.")
    engine: Literal["auto", "redzed", "gudhi"] = Field(default="auto", description="An engine of topolens.persistence.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.clean_degree < self.maximum_degree:
            raise ValueError(f"clean_degree {self.clean_degree} is below maximum_degree {self.maximum_degree}")
        return self


class Disturbances(Model):
    """What is done to the standardised images, and to the weights."""

    noises: dict[Noise, list[Annotated[float, Field(gt=0)]]] | None = Field(
        default=None, description="Strengths of each noise; the first is the published one. null: no noise."
    )
    quantise: bool = Field(default=True, description="INT8 dynamic quantisation of the linear layers.")
    images_per_class: int = Field(gt=0, description="Test images of each class behind each accuracy.")


class Separation(Model):
    """How each cloud's neighbours meet the classes."""

    neighbours: int = Field(default=5, gt=0, description="Neighbours that vote on an image's class.")


class MetricStatistics(Model):
    """Resampling numbers of the statistical analysis."""

    bootstrap: int = Field(default=2000, gt=0, description="Bootstrap resamples over clouds, images or conditions.")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.95, description="Level of all intervals.")


class Condition(Model):
    """Clean images, a noise at one strength, or quantised weights."""

    kind: str
    strength: float | None = None
    published: bool = True

    @property
    def name(self) -> str:
        """`clean`, `int8`, `gaussian 0.1`."""
        return self.kind if self.strength is None else f"{self.kind} {self.strength:g}"


class MetricRun(Model):
    """One complete set of settings: a headline run, a control or a variant."""

    data: ImageData
    networks: list[ImageNetwork] = Field(min_length=1, description="In the order of figures and tables.")
    seeds: list[Seed] = Field(min_length=1, max_length=1, description="The one seed that each network is trained from.")
    weights: Literal["restore", "train", "random"] = Field(
        description="restore: the committed checkpoints; train: from nothing; random: untrained (a control)."
    )
    training: dict[str, ImageTraining] = Field(description="By network.")
    clouds: MetricClouds
    metrics: Metrics
    homology: MetricHomology = MetricHomology()
    separation: Separation = Separation()
    disturbances: Disturbances
    statistics: MetricStatistics = MetricStatistics()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [network.name for network in self.networks]
        if len(set(names)) < len(names):
            raise ValueError(f"networks: the names must differ, found {names}")
        for key, table in (("training", self.training), ("clouds.layers", self.clouds.layers)):
            if set(table) - set(names):
                raise ValueError(f"{key}: {sorted(set(table) - set(names))}: the networks are {', '.join(names)}")
        for network in self.networks:
            if network.name not in self.training:
                raise ValueError(f"training: none for network {network.name}")
            if network.name not in self.clouds.layers and network.architecture not in TAPPED_MODULES:
                raise ValueError(
                    f"clouds.layers: none for network {network.name}; only {', '.join(TAPPED_MODULES)} have their own"
                )
        if self.disturbances.images_per_class < self.clouds.images_per_class:
            raise ValueError("disturbances.images_per_class must not be below clouds.images_per_class")
        if self.data.name in CLASSES:
            self._check_neighbours(CLASSES[self.data.name] * self.clouds.images_per_class)
        return self

    def _check_neighbours(self, points: int) -> None:
        """Refuse more neighbours than a cloud of so many images has."""
        relative = [("metrics.k", self.metrics.k), *(("metrics.other_k", k) for k in self.metrics.other_k)]
        used = relative if self.metrics.normalisations else []
        for key, value in [("separation.neighbours", self.separation.neighbours), *used]:
            if value >= points:
                raise ValueError(f"{key}: expected 1 to {points - 1} for clouds of {points} images, found {value}")

    def training_of(self, network: str) -> ImageTraining:
        """How the network of this name is trained."""
        return self.training[network]

    @property
    def layers(self) -> dict[str, dict[str, str]]:
        """By network: label to module name of each tapped layer, in order of depth."""
        return {
            network.name: self.clouds.layers.get(network.name) or TAPPED_MODULES[network.architecture]
            for network in self.networks
        }

    @property
    def conditions(self) -> list[Condition]:
        """Clean first, then each noise at each strength, then INT8."""
        noises = [
            Condition(kind=kind, strength=strength, published=number == 0)
            for kind, strengths in (self.disturbances.noises or {}).items()
            for number, strength in enumerate(strengths)
        ]
        quantised = [Condition(kind=INT8)] if self.disturbances.quantise else []
        return [Condition(kind=CLEAN), *noises, *quantised]

    def spec(self) -> dict[str, Any]:
        """What the stages take beside the sections: layers, metrics and conditions, resolved.

        Lists, because settings travel with sorted keys and depth is an order.
        """
        return {
            "layers": {network: [*layers.items()] for network, layers in self.layers.items()},
            "distances": [(name, one.model_dump(mode="json")) for name, one in self.metrics.distances.items()],
            "conditions": [condition.model_dump(mode="json") for condition in self.conditions],
        }
