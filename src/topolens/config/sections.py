"""The sections of a run, from data to analyses, and what follows from them."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from topolens.config.analyses import (
    Attributions,
    Betti,
    Clusters,
    FeaturePictures,
    Intervals,
    Mapper,
    PermutationTests,
    Planes,
    PrincipalShares,
    Separation,
    Untrained,
)
from topolens.config.architectures import TAPPED_LAYERS, TAPPED_MODULES
from topolens.config.clouds import Clouds, ImageClouds, PositionClouds, SampleClouds
from topolens.config.conditions import CLEAN, Condition, Conditions
from topolens.config.data import IMAGES, DataSet
from topolens.config.homology import Distance, Distances, Homology, Landscapes
from topolens.config.model import Model
from topolens.config.names import Seed
from topolens.config.networks import ImageNetwork, Network, Perceptrons
from topolens.config.training import ImageTraining, PerceptronTraining, Training

# What the points of a run's clouds are of; `layers` where it counts Betti numbers of whole layers.
Kind = Literal["samples", "positions", "images", "layers"]
# The sections that only some kinds of runs can have.
KINDS: dict[str, tuple[Kind, ...]] = {
    "landscapes": ("samples", "positions"),
    "tests": ("samples", "positions"),
    "principal_shares": ("samples",),
    "clusters": ("positions",),
    "attributions": ("positions",),
    "mapper": ("positions",),
    "feature_pictures": ("positions",),
    "planes": ("positions",),
    "conditions": ("images",),
    "separation": ("images",),
    "untrained": ("images",),
    "betti": ("layers",),
}
# Those that look into trained networks.
EXPLANATIONS = ("attributions", "mapper", "planes")


def _one_or_several(value: Any) -> Any:
    """A single mapping as a list of one."""
    return [value] if isinstance(value, dict | DataSet) else value


class Sections(Model):
    """All that a run can be told. A section that is absent or null is not made."""

    data: Annotated[list[DataSet], BeforeValidator(_one_or_several, json_schema_input_type=DataSet | list[DataSet])] = (
        Field(min_length=1, description="The data set, or a list of them for perceptrons whose layers are counted.")
    )
    networks: list[Network] = Field(min_length=1, description="In the order of figures and tables.")
    seeds: list[Seed] = Field(
        default=[0], min_length=1, description="Each network of images is trained once from each; one for their clouds."
    )
    weights: Literal["train", "restore", "random"] = Field(
        default="train",
        description="train: from nothing; restore: the committed checkpoints; random: untrained (a control). The last "
        "two for networks of images only.",
    )
    training: Training = Field(
        description="How networks are trained; or so by network, of images, or by data set, of perceptrons."
    )
    evaluated: int | None = Field(default=None, gt=0, description="Test at most so many random test images; null: all.")
    conditions: Conditions | None = Field(default=None, description="null: clean images alone.")
    clouds: Clouds | None = Field(default=None, description="null: none, with `betti` alone.")
    distances: list[Distances] = Field(
        default=[Distances()], min_length=1, description="One for each layer; of clouds of images several."
    )
    homology: Homology = Homology()
    landscapes: Landscapes | None = None
    intervals: Intervals = Intervals()
    tests: PermutationTests | None = None
    principal_shares: PrincipalShares | None = None
    clusters: Clusters | None = None
    separation: Separation | None = None
    untrained: Untrained | None = None
    betti: Betti | None = None
    attributions: Attributions | None = None
    mapper: Mapper | None = None
    feature_pictures: FeaturePictures | None = None
    planes: Planes | None = None

    @property
    def kind(self) -> Kind:
        """What its points are of."""
        return self.clouds.of if self.clouds else "layers"

    @property
    def data_set(self) -> DataSet:
        """Its first data set; of all runs but those of layers the only one."""
        return self.data[0]

    # Perceptrons.

    @property
    def families(self) -> list[Perceptrons]:
        """Its families of perceptrons."""
        return [network for network in self.networks if isinstance(network, Perceptrons)]

    @property
    def perceptrons(self) -> Perceptrons:
        """The only family of a run of samples."""
        return self.families[0]

    @property
    def snapshot_accuracies(self) -> list[float]:
        """The accuracies at which snapshots of the only family are taken."""
        return self.perceptron_training(self.data_set.called).snapshot_accuracies

    def perceptron_training(self, data: str) -> PerceptronTraining:
        """How perceptrons on a data set are trained."""
        training = self.training[data] if isinstance(self.training, dict) else self.training
        assert isinstance(training, PerceptronTraining)
        return training

    @property
    def sample_clouds(self) -> SampleClouds:
        """The clouds of a run of samples."""
        assert isinstance(self.clouds, SampleClouds)
        return self.clouds

    @property
    def numbered_layers(self) -> list[int]:
        """The recorded layers of perceptrons, 0 = input, last = logits."""
        return sorted(self.sample_clouds.layers or range(self.perceptrons.depth + 2))

    @property
    def output_layer(self) -> int:
        """The number of the logits' layer."""
        return self.perceptrons.depth + 1

    @property
    def needs_networks(self) -> bool:
        """Whether any layer behind the input is recorded."""
        return self.numbered_layers != [0]

    def depths(self, data: str) -> list[int]:
        """Depths of the families on a data set, increasing; the last is the headline."""
        return sorted(family.depth for family in self.families if family.data in (data, None))

    @property
    def activations(self) -> list[str]:
        """All activations, in the order in which families name them."""
        return [*dict.fromkeys(name for family in self.families for name in family.activations)]

    # Networks of images.

    @property
    def image_networks(self) -> list[ImageNetwork]:
        """Its networks of images."""
        return [network for network in self.networks if isinstance(network, ImageNetwork)]

    def image_training(self, network: str) -> ImageTraining:
        """How a network of images is trained."""
        training = self.training[network] if isinstance(self.training, dict) else self.training
        assert isinstance(training, ImageTraining)
        return training

    @property
    def position_clouds(self) -> PositionClouds:
        """The clouds of a run of positions."""
        assert isinstance(self.clouds, PositionClouds)
        return self.clouds

    @property
    def image_clouds(self) -> ImageClouds:
        """The clouds of a run of images."""
        assert isinstance(self.clouds, ImageClouds)
        return self.clouds

    @property
    def layers(self) -> list[str]:
        """The recorded layers of a run of positions, in order of depth."""
        return [*self.modules]

    @property
    def modules(self) -> dict[str, str]:
        """Label to module name of the recorded layers of a run of positions, in order of depth."""
        layers = self.position_clouds.layers
        if isinstance(layers, dict):
            return layers
        tapped = TAPPED_LAYERS[self.image_networks[0].architecture]
        return {layer: layer for layer in tapped if layer in (layers or tapped)}

    @property
    def layers_by_network(self) -> dict[str, dict[str, str]]:
        """By network: label to module name of each recorded layer of a run of images, in order of depth."""
        own = self.image_clouds.layers
        return {
            network.name: own.get(network.name) or TAPPED_MODULES[network.architecture]
            for network in self.image_networks
        }

    @property
    def all_conditions(self) -> list[Condition]:
        """Clean first."""
        return self.conditions.all if self.conditions else [Condition(kind=CLEAN)]

    @property
    def evaluated_per_class(self) -> int:
        """Test images of each class behind each accuracy of a run of images."""
        return self.conditions.images_per_class if self.conditions else self.image_clouds.images_per_class

    @property
    def explained_layers(self) -> list[str]:
        """Where Grad-CAM looks, in order of depth."""
        assert self.attributions is not None
        return [layer for layer in self.layers if layer in (self.attributions.layers or self.layers)]

    @property
    def mapper_layers(self) -> list[str]:
        """Layers with Mapper graphs, in order of depth; none where the run has no Mapper."""
        return self.mapper.layers if self.mapper else []

    @property
    def sampled(self) -> Landscapes:
        """The landscapes of a run of samples or positions."""
        assert self.landscapes is not None
        return self.landscapes

    # Distances.

    def distance(self, *, output: bool = False) -> Distance:
        """The one distance of the last layer, or of all others."""
        return next(own.all[0] for own in self.distances if own.layers in ("all", "output" if output else "hidden"))

    @property
    def all_distances(self) -> dict[str, Distance]:
        """All distances of clouds of images by name, in the order of figures and tables."""
        return {one.name: one for own in self.distances for one in own.all}

    @property
    def bases(self) -> list[str]:
        """Their metrics."""
        return [*dict.fromkeys(str(metric) for own in self.distances for metric in own.metrics)]

    @property
    def other_k(self) -> list[int]:
        """Their further k."""
        return [k for own in self.distances for k in own.other_k]

    def sections(self) -> Iterator[str]:
        """The optional sections that it has."""
        return (name for name in KINDS if getattr(self, name) is not None)

    @property
    def points(self) -> int | None:
        """Points of a cloud; None where the data alone tell."""
        if isinstance(self.clouds, ImageClouds):
            classes = IMAGES.get(self.data_set.name)
            return classes and classes * self.clouds.images_per_class
        return self.clouds.points if self.clouds else None
