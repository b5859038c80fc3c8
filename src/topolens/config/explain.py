"""Settings of the study of other explanations, beside the landscapes of a latent study's networks."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from topolens.config.model import Model

Count = Annotated[int, Field(gt=0)]
Overlap = Annotated[float, Field(gt=0, lt=1)]  # what mapper_graph takes
GRAD_CAM, OCCLUSION = "grad_cam", "occlusion"
INPUT = "input"  # the layer at which occlusion looks


class Subject(Model):
    """The run whose networks, images, clouds and landscapes are looked at."""

    study: str = Field(description="A study of the latent flow.")
    run: str = Field(default="main", description="Its run.")


class Attributions(Model):
    """Grad-CAM at every layer and occlusion of the input, and how well both say what the network goes by."""

    images: int = Field(
        gt=0,
        description="Test images: of each class so many that are told right and so many that are not; where images "
        "have masks, those of the first so many clouds of the subject.",
    )
    networks: list[str] | None = Field(default=None, description="Networks of the subject, first seed; null: all.")
    layers: list[str] | None = Field(default=None, description="Layers for Grad-CAM; null: all of the subject.")
    window: int = Field(gt=0, description="Side of the occluding square, in pixels.")
    stride: int = Field(gt=0, description="Pixels from one square to the next.")
    steps: int = Field(gt=0, description="Equal steps in which pixels are deleted or inserted.")
    pictured: int = Field(default=4, gt=0, description="Images whose maps are kept for figures.")


class Mapper(Model):
    """Mapper graphs of one random channel vector of every image, layer by layer."""

    layers: list[str] = Field(min_length=2, description="Layers of the subject, in order of depth.")
    images: int | None = Field(default=None, gt=1, description="So many random test images; null: all.")
    positions: int = Field(gt=1, description="Random positions of every image, each with a graph of its own.")
    margin: int = Field(
        default=1, ge=0, description="Rows and columns at the edges of a map that give no vector, where any remain."
    )
    intervals: int = Field(gt=0, description="Intervals of the norm.")
    overlap: Overlap = Field(description="Portion that an interval shares with the next.")
    other_intervals: list[Count] = Field(default_factory=list, description="For the stability in the parameters.")
    other_overlaps: list[Overlap] = Field(default_factory=list, description="The same.")
    min_samples: int = Field(default=5, gt=0, description="Of DBSCAN, whose radius is the elbow of the distances.")
    fewest: int = Field(gt=0, description="Points that an arm of a fork has beyond those of the branching node.")
    noise_clouds: int = Field(gt=0, description="Clouds of noise with the same norms, of each kind.")
    resamples: int = Field(default=999, gt=0, description="Permutations of labels behind each fork and loop.")
    significance: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.05, description="A fork or loop tells classes apart where its p-value lies below."
    )
    pair: tuple[str, str] | None = Field(default=None, description="Two classes that are looked at apart; null: none.")
    pair_intervals: int = Field(default=40, gt=0, description="Intervals of the graphs behind that pair.")
    pair_overlap: Overlap = Field(default=0.2, description="Their overlap.")

    @model_validator(mode="after")
    def _two_classes(self) -> Self:
        if self.pair is not None and self.pair[0] == self.pair[1]:
            raise ValueError(f"pair: expected two different classes, found {self.pair[0]!r} twice")
        return self


class FeaturePictures(Model):
    """What the mean channel vectors of nodes answer to; of no influence on the graphs."""

    nodes: int = Field(default=24, gt=0, description="Nodes of each layer, the largest, that get a feature picture.")
    steps: int = Field(default=16, gt=0, description="Steps of the optimisation behind each picture.")


class Planes(Model):
    """Class separation from two principal components of the subject's clouds, against that from landscapes."""

    neighbours: int = Field(default=5, gt=0, description="Neighbours that vote on a cloud's class.")
    shuffles: int = Field(default=200, gt=0, description="Shuffled labels behind the null of each accuracy.")


class ExplainStatistics(Model):
    """Resampling numbers of the statistical analysis."""

    bootstrap: int = Field(default=2000, gt=0, description="Bootstrap resamples over images, positions or clouds.")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.95, description="Level of all intervals.")


class ExplainRun(Model):
    """One complete set of settings: a headline run, a control or a variant."""

    subject: Subject
    attributions: Attributions
    mapper: Mapper | None = Field(description="null: none, as for images with masks.")
    feature_pictures: FeaturePictures = FeaturePictures()
    planes: Planes | None = Field(description="null: none, as for images with masks.")
    statistics: ExplainStatistics = ExplainStatistics()
