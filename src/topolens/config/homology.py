"""Settings from activations to landscapes."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from topolens.config.model import Model


class Clouds(Model):
    """Which points of which layers become point clouds."""

    points: int = Field(gt=1, description="Points per cloud.")
    label: int | None = Field(default=None, description="Only samples of this class; null: all classes.")
    split: Literal["all", "train", "test"] = Field(default="all", description="Part of the data set to draw from.")
    rows: Literal["random", "first"] = Field(
        default="random", description="first: the first rows of the file (the published trap, a control)."
    )
    draws: int = Field(default=1, gt=0, description="Random draws of input points.")
    shared: bool = Field(description="true: all networks see the same draws; false: each network has its own draws.")
    layers: list[Annotated[int, Field(ge=0)]] | None = Field(
        default=None, description="Layers to record, 0 = input, counted to the logits; null: all."
    )
    thresholds: Literal["all", "last"] = Field(default="all", description="Snapshots to record.")


class Distance(Model):
    """The distance that the filtration sees."""

    metric: Literal["euclidean", "cosine", "mahalanobis", "geodesic", "sphere", "sphere-similarity"] = Field(
        default="euclidean", description="A metric of topolens.pairwise_distances."
    )
    neighbours: int = Field(default=12, gt=0, description="Neighbours of the geodesic metric's graph.")
    normalise: Literal["mean", "max", "relative-max", "relative-geometric"] | None = Field(
        default=None,
        description="Divide each cloud's distances by their mean or maximum, or each distance by the larger or the "
        "geometric mean of both points' distances to their k-th neighbours.",
    )
    k: int | None = Field(default=None, gt=0, description="Which neighbour; relative normalisations only.")
    percentile: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Percentile normalisation of the points before the distances; null: none."
    )
    softmax: bool = Field(default=False, description="Take the softmax of each point before the distance.")


def check_neighbours(distance: Distance, points: int, key: str) -> None:
    """Refuse more neighbours than a cloud of so many points has.

    Raises:
        ValueError: with the key of the number, and the most there can be.
    """
    for name, value, needed in (
        ("neighbours", distance.neighbours, distance.metric == "geodesic"),
        ("k", distance.k, (distance.normalise or "").startswith("relative")),
    ):
        if needed and value is None:
            raise ValueError(f"{key}.{name}: expected 1 to {points - 1} for {distance.normalise}, found none")
        if needed and value is not None and value >= points:
            raise ValueError(f"{key}.{name}: expected 1 to {points - 1} for clouds of {points} points, found {value}")


class Diagrams(Model):
    """Persistent homology of the Vietoris-Rips filtration over the field of two elements."""

    maximum_degree: int = Field(default=1, ge=0, le=2, description="Highest homology degree.")
    threshold: float | None = Field(default=None, gt=0, description="Longest edge of the filtration; null: none.")
    engine: Literal["auto", "redzed", "gudhi"] = Field(default="auto", description="An engine of topolens.persistence.")
    gaussian_clouds: int = Field(
        default=19,
        ge=0,
        description="Gaussian clouds of equal size, mean and covariance per layer and threshold.",
    )


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

    levels: int = Field(default=20, gt=0, description="Levels stored for pictures, averages and tests.")
    main_levels: int = Field(default=9, gt=0, description="Levels that count as the main features.")
    grid: Grid = Field(description="Grid of the input and hidden layers.")
    output_grid: Grid | None = Field(default=None, description="Grid of the last layer; null: the same.")

    @model_validator(mode="after")
    def _enough_levels(self) -> Self:
        if self.main_levels > self.levels:
            raise ValueError(f"main_levels {self.main_levels} must not exceed levels {self.levels}")
        return self
