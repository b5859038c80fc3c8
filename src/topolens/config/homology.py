"""Settings from point clouds to landscapes: distances, persistent homology, landscapes."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topolens.config.model import Model

Metric = Literal["euclidean", "cosine", "mahalanobis", "geodesic", "sphere", "sphere-similarity"]
Normalisation = Literal["mean", "max", "relative-max", "relative-geometric"]
Neighbour = Annotated[int, Field(gt=0)]
# Beside the distances of a cloud: the mean of all, each divided by its mean.
STACKED = "stacked"


class Distance(Model):
    """One distance that a filtration sees."""

    metric: Metric = Field(default="euclidean", description="A metric of topolens.pairwise_distances.")
    neighbours: Neighbour = Field(default=12, description="Neighbours of the geodesic metric's graph.")
    normalise: Normalisation | None = Field(
        default=None,
        description="Divide each cloud's distances by their mean or maximum, or each distance by the larger or the "
        "geometric mean of both points' distances to their k-th neighbours.",
    )
    k: Neighbour | None = Field(default=None, description="Which neighbour; relative normalisations only.")
    percentile: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Percentile normalisation of the points before the distances; null: none."
    )
    softmax: bool = Field(default=False, description="Take the softmax of each point before the distance.")

    @property
    def name(self) -> str:
        """`cosine`, `cosine relative-max`."""
        return f"{self.metric} {self.normalise}" if self.normalise else self.metric

    def check_neighbours(self, points: int, key: str) -> None:
        """Refuse more neighbours than a cloud of so many points has.

        Raises:
            ValueError: with the key of the number, and the most there can be.
        """
        relative = (self.normalise or "").startswith("relative")
        for name, value, needed in (
            ("neighbours", self.neighbours, self.metric == "geodesic"),
            ("k", self.k, relative),
        ):
            if needed and (value is None or value >= points):
                found = "none" if value is None else value
                raise ValueError(
                    f"{key}.{name}: expected 1 to {points - 1} for clouds of {points} points, found {found}"
                )


class Distances(Model):
    """One or several distances: every metric under every normalisation."""

    metric: Metric | list[Metric] = Field(default="euclidean", description="One or several metrics.")
    normalise: Normalisation | list[Normalisation | None] | None = Field(
        default=None, description="One or several normalisations; null: none."
    )
    k: Neighbour | None = Field(default=None, description="Which neighbour; relative normalisations only.")
    other_k: list[Neighbour] = Field(
        default_factory=list, description="Further k of the last layer's clouds of images, for the stability in k."
    )
    neighbours: Neighbour = Field(default=12, description="Neighbours of the geodesic metric's graph.")
    percentile: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Percentile normalisation of the points before the distances; null: none."
    )
    softmax: bool = Field(default=False, description="Take the softmax of each point before the distance.")
    layers: Literal["all", "hidden", "output"] = Field(
        default="all", description="hidden: all layers but the last, the input among them; output: the last."
    )

    @property
    def metrics(self) -> list[Metric]:
        """The metrics as a list."""
        return self.metric if isinstance(self.metric, list) else [self.metric]

    @property
    def all(self) -> list[Distance]:
        """Each distance, in the order of figures and tables: all metrics, then all of them normalised."""
        common = self.model_dump(include={"neighbours", "percentile", "softmax"})
        return [
            Distance(metric=metric, normalise=how, k=self.k if how else None, **common)
            for how in (self.normalise if isinstance(self.normalise, list) else [self.normalise])
            for metric in self.metrics
        ]


class Homology(Model):
    """Persistent homology of the Vietoris-Rips filtration over the field of two elements."""

    max_degree: int = Field(default=1, ge=0, le=2, description="Highest homology degree.")
    clean_degree: int | None = Field(
        default=None, ge=0, le=2, description="Highest degree of the first clean clouds of images; null: the same."
    )
    longest_edge: float | None = Field(default=None, gt=0, description="Where the filtration ends; null: nowhere.")
    engine: Literal["auto", "redzed", "gudhi"] = Field(default="auto", description="An engine of topolens.persistence.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.clean_degree is not None and self.clean_degree < self.max_degree:
            raise ValueError(f"clean_degree {self.clean_degree} is below max_degree {self.max_degree}")
        return self


class Grid(Model):
    """The samples at which landscapes are evaluated; never fitted to the data."""

    start: float = Field(default=0.0, description="First sample.")
    stop: float = Field(description="Last sample (included).")
    step: float = Field(gt=0, description="Distance between samples.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.stop <= self.start:
            raise ValueError(f"stop {self.stop} must lie above start {self.start}")
        return self


class Landscapes(Model):
    """Persistence landscapes in textbook scale."""

    degree: int | None = Field(
        default=None, ge=0, le=2, description="Homology degree; null: all, for clouds of samples only."
    )
    levels: int = Field(default=20, gt=0, description="Levels stored for pictures, averages and tests.")
    main_levels: int = Field(default=9, gt=0, description="Levels that count as the main features.")
    grid: Grid | Literal["width", "refitted"] = Field(
        default="width",
        description="Start, stop and step, for clouds of samples. Of positions width: [0, 2 sqrt(2 n)] for n "
        "channels; refitted: from the first birth to the last death of each network and layer, landscapes times "
        "sqrt(2), norm of the sampled vector (as coded).",
    )
    output_grid: Grid | None = Field(default=None, description="Grid of the last layer; null: the same.")
    samples: int = Field(default=700, gt=1, description="Samples of each level on a grid without a step.")

    @model_validator(mode="after")
    def _enough_levels(self) -> Self:
        if self.main_levels > self.levels:
            raise ValueError(f"main_levels {self.main_levels} must not exceed levels {self.levels}")
        return self
