"""What figures of layers under many metrics share: clouds, and how metrics are called."""

from dataclasses import dataclass

import numpy as np

from topolens.config.conditions import CLEAN
from topolens.results import Results
from topolens.topology.distances import pairwise_distances

NAMED_AFTER_PEOPLE = ("euclidean", "mahalanobis")


@dataclass(frozen=True)
class LayerCloud:
    """The first clean cloud of a layer, with its classes."""

    network: str
    layer: str
    points: np.ndarray
    classes: np.ndarray

    @property
    def name(self) -> str:
        """What titles call it."""
        return f"{self.network}, {self.layer}"

    def distances(self, run: Results, metric: str) -> np.ndarray:
        """Its distances under a metric of the run, by name."""
        distance = run.config.all_distances[metric]
        return pairwise_distances(self.points, distance.metric, normalise=distance.normalise, k=distance.k)

    @property
    def plane(self) -> np.ndarray:
        """(n, 2) coordinates along the first two principal components; their signs are fixed."""
        from sklearn.decomposition import PCA  # here, since scikit-learn loads slowly

        return PCA(2, svd_solver="full").fit_transform(self.points.astype(np.float64))


def layer_cloud(run: Results, network: str | None = None, layer: str | None = None) -> LayerCloud:
    """The first clean cloud of a network (default: the last) and layer (default: its last)."""
    network = network or run.config.networks[-1].name
    layer = layer or [*run.config.layers_by_network[network]][-1]
    arrays, size = run.arrays("clouds"), int(run.arrays("clouds")["size"])
    return LayerCloud(network, layer, arrays[f"{network}/{layer}/{CLEAN}"][:size], arrays["labels"][:size].astype(int))


def metric_text(metric: str, between: str = "\n") -> str:
    """A metric's name, on two lines where it has two parts, or with something else between them."""
    base, _, how = metric.partition(" ")
    return base_text(base) + (between + how_text(how) if how else "")


def base_text(base: str) -> str:
    """The name of a metric without a normalisation: `Euclidean`, `cosine`."""
    return base.capitalize() if base in NAMED_AFTER_PEOPLE else base


def how_text(how: str) -> str:
    """The name of a normalisation: `relative max`, and `plain` without any."""
    return how.replace("-", " ").replace("geometric", "geom.") or "plain"


def metrics_by_base(run: Results) -> list[str]:
    """The run's metrics, all normalisations of one beside one another."""
    bases = run.config.bases
    return sorted(run.config.all_distances, key=lambda metric: bases.index(metric.partition(" ")[0]))
