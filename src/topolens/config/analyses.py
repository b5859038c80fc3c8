"""Settings of the analyses that a study can ask for; a section that is absent is not made."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from topolens.config.model import Model
from topolens.config.names import Label

Count = Annotated[int, Field(gt=0)]
Overlap = Annotated[float, Field(gt=0, lt=1)]  # what mapper_graph takes
GRAD_CAM, OCCLUSION = "grad_cam", "occlusion"
INPUT = "input"  # the layer at which occlusion looks


class Intervals(Model):
    """How every interval of tables and claims is made."""

    bootstrap: Count = Field(default=2000, description="Bootstrap resamples over independent units.")
    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.95, description="Level of all intervals.")


class PermutationTests(Model):
    """Permutation tests between average landscapes."""

    permutations: Count = Field(default=999, description="Of each test between layers, snapshots, groups or networks.")
    network_permutations: Count = Field(default=2000, description="Of each test between whole networks.")
    splits: Count = Field(default=50, description="Random halvings for the stability of averages along training.")


class PrincipalShares(Model):
    """How variance falls on principal components within each class, in the last layer; it has no settings."""


class Clusters(Model):
    """Clusters of landscapes by principal components and k-means, beside the true groups."""

    layers: list[str] = Field(min_length=1, description="Layers whose landscapes are clustered.")
    variance: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.9, description="Share of the variance that the principal components keep before k-means."
    )
    shuffles: Count = Field(default=1000, description="Shuffled labels behind each clustering's null.")


class Separation(Model):
    """How the components and neighbours of each cloud of images meet the classes."""

    neighbours: Count = Field(default=5, description="Neighbours that vote on an image's class.")


class Untrained(Model):
    """Untrained networks of each kind; a trained one is ranked among them by the neighbours' vote at the last layer."""

    networks: Count = Field(description="So many of each kind, from seeds that no trained network has.")
    clouds: Count = Field(default=1, description="Of the clean clouds, the first so many.")

    def seeds(self, trained: list[int]) -> range:
        """Their seeds, above those of the trained networks."""
        return range(max(trained) + 1, max(trained) + 1 + self.networks)


class OtherCount(Model):
    """Another way to count the Betti numbers of the logits: what a claim on them depends on."""

    neighbours: Count = Field(description="Neighbours of the graph.")
    scale: float = Field(ge=1, description="In hops.")

    @property
    def called(self) -> str:
        """As in tables: `10 neighbours, scale 2.5`."""
        return f"{self.neighbours} neighbours, scale {self.scale:g}"


class BettiNumbers(Model):
    """How the Betti numbers of one data set are counted, at the input and in every layer."""

    neighbours: Count = Field(description="Neighbours of the graph whose hops are the distance.")
    max_degree: int = Field(ge=1, le=2, description="Highest Betti number.")
    others: list[OtherCount] = Field(default_factory=list, description="Other ways, of the logits alone.")


class LayerNorms(Model):
    """The landscape norm of the same layers, under the Euclidean distance."""

    points: int = Field(gt=1, description="Random points of each class that make up the cloud; fewer if it has fewer.")
    max_degree: int = Field(default=1, ge=0, le=1, description="Highest homology degree.")
    repeats: Count = Field(default=1, description="Random draws of points; a network has its own.")
    nulls: int = Field(
        default=1, ge=0, description="Gaussian clouds of equal size, mean and covariance per network, layer and class."
    )


class Betti(Model):
    """Betti numbers and landscape norms of every layer of perceptrons on data of known topology."""

    scale: float = Field(default=2.5, ge=1, description="The one scale, in hops, at which features are counted.")
    counted: dict[Label, BettiNumbers] = Field(description="How, by data set.")
    norms: LayerNorms


class Attributions(Model):
    """Grad-CAM at every layer and occlusion of the input, and how well both say what the network goes by."""

    images: Count = Field(
        description="Test images: of each class so many that are told right and so many that are not; where images "
        "have masks, those of the first so many clouds.",
    )
    networks: list[str] | None = Field(default=None, description="Networks, from each seed; null: all.")
    occluded_seeds: Count = Field(
        default=1,
        description="The first so many seeds have occlusion and the curves of deletion and insertion; others have "
        "Grad-CAM alone.",
    )
    layers: list[str] | None = Field(default=None, description="Layers for Grad-CAM; null: those of the clouds.")
    window: Count = Field(description="Side of the occluding square, in pixels.")
    stride: Count = Field(description="Pixels from one square to the next.")
    steps: Count = Field(description="Equal steps in which pixels are deleted or inserted.")
    pictured: Count = Field(default=4, description="Images (of each class) whose maps are kept for figures.")


class Mapper(Model):
    """Mapper graphs of one random channel vector of every image, layer by layer, of each network from each seed."""

    layers: list[str] = Field(min_length=2, description="Layers of the clouds, in order of depth.")
    images: int | None = Field(default=None, gt=1, description="So many random test images; null: all.")
    halves: int = Field(
        default=1,
        ge=1,
        le=2,
        description="2: the images are parted at random, each half with graphs of its own; 1: not.",
    )
    repeats: int = Field(gt=1, description="Random positions of every image, each with a graph of its own.")
    margin: int = Field(
        default=1, ge=0, description="Rows and columns at the edges of a map that give no vector, where any remain."
    )
    centred_from: Count | None = Field(
        default=30,
        description="In maps so small that each position has vectors of so many images, the mean at each position is "
        "taken off and the grand mean put back, so that graphs show images and not positions; null: nowhere.",
    )
    intervals: Count = Field(description="Intervals of the norm.")
    overlap: Overlap = Field(description="Portion that an interval shares with the next.")
    other_intervals: list[Count] = Field(default_factory=list, description="For the stability in the parameters.")
    other_overlaps: list[Overlap] = Field(default_factory=list, description="The same.")
    min_samples: Count = Field(default=5, description="Of DBSCAN, whose radius is the elbow of the distances.")
    min_points: Count = Field(description="Points that an arm of a fork has beyond those of the branching node.")
    noise_clouds: Count = Field(description="Clouds of noise with the norms and the covariance of the first position.")
    permutations: Count = Field(default=999, description="Permutations of labels behind each fork and loop.")
    chains: Count = Field(default=20, description="Random chains of nodes behind each loop.")
    subsets: Count = Field(default=5, description="Random connected subsets of nodes behind each fork.")
    significance: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.05, description="A fork or loop tells classes apart where its p-value lies below."
    )
    pair: tuple[str, str] | None = Field(default=None, description="Two classes that are looked at apart; null: none.")
    pair_intervals: Count = Field(default=40, description="Intervals of the graphs behind that pair.")
    pair_overlap: Overlap = Field(default=0.2, description="Their overlap.")

    @model_validator(mode="after")
    def _two_classes(self) -> Self:
        if self.pair is not None and self.pair[0] == self.pair[1]:
            raise ValueError(f"pair: expected two different classes, found {self.pair[0]!r} twice")
        return self


class FeaturePictures(Model):
    """What the mean channel vectors of a Mapper graph's nodes answer to; of no influence on the graphs."""

    nodes: Count = Field(default=24, description="Nodes of each layer, the largest, that get a feature picture.")
    steps: Count = Field(default=16, description="Steps of the optimisation behind each picture.")


class Planes(Model):
    """Class separation from two principal components of the clouds, against that from landscapes."""

    neighbours: Count = Field(default=5, description="Neighbours that vote on a cloud's class.")
    shuffles: Count = Field(default=200, description="Shuffled labels behind the null of each accuracy.")
    projected: Count = Field(
        default=4, description="Clouds of each class whose complexity is measured in their own plane, too."
    )
