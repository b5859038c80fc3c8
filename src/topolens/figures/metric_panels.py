"""What figures of layers under many metrics share: clouds, how metrics look, scales and classes."""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from topolens.config.conditions import CLEAN
from topolens.results import Results
from topolens.topology.clusters import agreement, components_at
from topolens.topology.distances import pairwise_distances
from topolens.topology.persistence import persistence


@dataclass(frozen=True)
class LayerCloud:
    """The first clean cloud of a layer."""

    network: str
    layer: str
    points: np.ndarray
    classes: np.ndarray
    names: list[str]

    def distances(self, run: Results, metric: str) -> np.ndarray:
        """Its distances under a metric of the run, by name."""
        distance = run.config.all_distances[metric]
        return pairwise_distances(self.points, distance.metric, normalise=distance.normalise, k=distance.k)

    @property
    def plane(self) -> np.ndarray:
        """(n, 2) coordinates along the first two principal components; their signs are fixed."""
        return PCA(2, svd_solver="full").fit_transform(self.points.astype(np.float64))


def layer_cloud(run: Results, network: str | None = None, layer: str | None = None) -> LayerCloud:
    """The first clean cloud of a network (default: the last) and layer (default: its last)."""
    network = network or run.config.networks[-1].name
    layer = layer or [*run.config.layers_by_network[network]][-1]
    size = int(run.arrays("clouds")["size"])
    points = run.arrays("clouds")[f"{network}/{layer}/{CLEAN}"][:size]
    return LayerCloud(network, layer, points, run.arrays("clouds")["labels"][:size].astype(int), run.images.classes)


def metric_text(metric: str) -> str:
    """A metric's name on two lines where it has two parts."""
    return metric.replace(" relative-", "\nrelative ").replace("geometric", "geom.")


def best_scale(distances: np.ndarray, classes: np.ndarray) -> float:
    """The scale whose components meet the classes best (ARI): chosen by the labels."""
    deaths = np.sort(persistence(distances, 0).finite(0)[:, 1])
    # Deaths are rounded to float32: a scale between two of them is safe.
    scales = [0.0, *(deaths[:-1] + deaths[1:]) / 2, *deaths[-1:] * 1.01]
    scores = [agreement(components_at(distances, scale), classes).ari for scale in scales]
    return float(scales[int(np.argmax(scores))])
