"""Settings of the latent line of work: from a network's channel vectors to statistics of their landscapes."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topolens.config.architectures import TAPPED_LAYERS
from topolens.config.homology import Diagrams, Distance, check_neighbours
from topolens.config.images import ImageData, ImageNetwork, ImageTraining, Seed
from topolens.config.model import Model

ALL = "all"


class LatentClouds(Model):
    """Which channel vectors become point clouds; each cloud is standardised channel by channel."""

    points: int = Field(gt=1, description="Channel vectors per cloud, at random positions.")
    repeats: int = Field(gt=0, description="Clouds per layer and group.")
    groups: list[str] = Field(min_length=1, description="Classes whose test images are drawn; all: any class.")
    layers: list[str] | None = Field(
        default=None, min_length=1, description="ReLU layers by name; null: all, in order of depth."
    )
    content: Literal["channels", "constant"] = Field(
        default="channels", description="constant: each channel is replaced by its mean over the cloud (a control)."
    )


class LatentLandscapes(Model):
    """Persistence landscapes of one homology degree, on one grid per layer."""

    degree: int = Field(default=1, ge=0, le=2, description="Homology degree.")
    levels: int = Field(default=10, gt=0, description="Levels stored for pictures, averages and tests.")
    samples: int = Field(default=700, gt=1, description="Samples of each level.")
    grid: Literal["width", "refitted"] = Field(
        default="width",
        description="width: [0, 2 sqrt(2 n)] for n channels; refitted: from the first birth to the last death of each "
        "network and layer, landscapes times sqrt(2), norm of the sampled vector (as coded).",
    )


class LatentStatistics(Model):
    """Resampling numbers of the statistical analysis."""

    resamples: int = Field(default=9999, gt=0, description="Permutations of each layerwise test.")
    network_resamples: int = Field(default=2000, gt=0, description="Permutations of each whole-network test.")
    bootstrap: int = Field(default=2000, gt=0, description="Bootstrap resamples over images and clouds.")
    shuffles: int = Field(default=1000, gt=0, description="Shuffled labels behind each clustering's null.")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.95, description="Level of all intervals.")
    cluster_layers: list[str] = Field(default_factory=list, description="Layers whose landscapes are clustered.")
    variance: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.9, description="Share of the variance that PCA keeps before k-means."
    )


class LatentRun(Model):
    """One complete set of settings: a headline run, a control or a variant."""

    data: ImageData
    networks: list[ImageNetwork] = Field(min_length=1, description="In the order of figures and tables.")
    seeds: list[Seed] = Field(min_length=1, description="Each network is trained once from each seed.")
    weights: Literal["restore", "train", "random"] = Field(
        description="restore: the committed checkpoints; train: from nothing; random: untrained (a control)."
    )
    training: ImageTraining
    evaluated: int | None = Field(default=None, gt=0, description="Test at most so many random test images; null: all.")
    clouds: LatentClouds
    distance: Distance = Distance()
    diagrams: Diagrams = Diagrams()
    landscapes: LatentLandscapes = LatentLandscapes()
    statistics: LatentStatistics = LatentStatistics()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [network.name for network in self.networks]
        for key, values in (
            ("networks: the names", names),
            ("seeds", self.seeds),
            ("clouds.groups", self.clouds.groups),
        ):
            if len({*map(str, values)}) < len(values):
                raise ValueError(f"{key} must differ, found {values}")
        unknown = [network.architecture for network in self.networks if network.architecture not in TAPPED_LAYERS]
        if unknown:
            raise ValueError(f"networks: the architecture must be one of {', '.join(TAPPED_LAYERS)}, found {unknown}")
        if len({network.architecture for network in self.networks}) > 1:
            raise ValueError("networks: all must have one architecture, so that their layers can be compared")
        wrong = [
            layer
            for layer in [*(self.clouds.layers or []), *self.statistics.cluster_layers]
            if layer not in TAPPED_LAYERS[self.networks[0].architecture]
        ]
        if wrong:
            raise ValueError(f"layers {wrong}: valid are {', '.join(TAPPED_LAYERS[self.networks[0].architecture])}")
        check_neighbours(self.distance, self.clouds.points, "distance")
        outside = set(self.statistics.cluster_layers) - set(self.layers)
        if outside:
            raise ValueError(f"statistics.cluster_layers {sorted(outside)} must be among clouds.layers")
        if self.landscapes.degree > self.diagrams.maximum_degree:
            raise ValueError(
                f"landscapes.degree {self.landscapes.degree} exceeds diagrams.maximum_degree "
                f"{self.diagrams.maximum_degree}"
            )
        return self

    def training_of(self, network: str) -> ImageTraining:
        """How the network of this name is trained: all in the same way."""
        return self.training

    @property
    def layers(self) -> list[str]:
        """The recorded layers, in order of depth."""
        tapped = TAPPED_LAYERS[self.networks[0].architecture]
        return [layer for layer in tapped if layer in (self.clouds.layers or tapped)]
