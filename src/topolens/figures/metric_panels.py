"""What figures of layers under many metrics share: clouds, and how metrics are called."""

from dataclasses import dataclass

import numpy as np

from topolens.config.conditions import CLEAN
from topolens.results import Results
from topolens.topology.distances import pairwise_distances


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
    return metric.replace(" relative-", f"{between}relative ").replace("geometric", "geom.")
