"""What figures of layers under many metrics share: clouds, how metrics look, scales and classes."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from sklearn.decomposition import PCA

from topolens.config.metric import CLEAN
from topolens.figures.style import CLASS_COLOURS, Colour
from topolens.results import Results
from topolens.topology.clusters import agreement, components_at
from topolens.topology.distances import pairwise_distances
from topolens.topology.persistence import persistence

NOISE_NAMES = {"salt_pepper": "salt & pepper", "poisson": "Poisson", "gaussian": "Gaussian", "int8": "INT8"}


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
        distance = run.config.metrics.distances[metric]
        return pairwise_distances(self.points, distance.metric, normalise=distance.normalise, k=distance.k)

    @property
    def plane(self) -> np.ndarray:
        """(n, 2) coordinates along the first two principal components; their signs are fixed."""
        return PCA(2, svd_solver="full").fit_transform(self.points.astype(np.float64))


def layer_cloud(run: Results, network: str | None = None, layer: str | None = None) -> LayerCloud:
    """The first clean cloud of a network (default: the last) and layer (default: its last)."""
    network = network or run.config.networks[-1].name
    layer = layer or [*run.config.layers[network]][-1]
    size = int(run.arrays("clouds")["size"])
    points = run.arrays("clouds")[f"{network}/{layer}/{CLEAN}"][:size]
    return LayerCloud(network, layer, points, run.arrays("clouds")["labels"][:size].astype(int), run.images.classes)


def metric_text(metric: str) -> str:
    """A metric's name on two lines where it has two parts."""
    return metric.replace(" relative-", "\nrelative ").replace("geometric", "geom.")


def condition_name(kind: str) -> str:
    """A noise in words."""
    return NOISE_NAMES.get(kind, kind)


def best_scale(distances: np.ndarray, classes: np.ndarray) -> float:
    """The scale whose components meet the classes best (ARI): chosen by the labels."""
    deaths = np.sort(persistence(distances, 0).finite(0)[:, 1])
    # Deaths are rounded to float32: a scale between two of them is safe.
    scales = [0.0, *(deaths[:-1] + deaths[1:]) / 2, *deaths[-1:] * 1.01]
    scores = [agreement(components_at(distances, scale), classes).ari for scale in scales]
    return float(scales[int(np.argmax(scores))])


def class_colours(cloud: LayerCloud) -> list[Colour]:
    """A colour for each point."""
    return [CLASS_COLOURS[number % len(CLASS_COLOURS)] for number in cloud.classes]


def add_class_legend(figure: Figure, names: list[str], title: str = "") -> None:
    """All classes below the figure."""
    handles = [
        Line2D([], [], marker="o", linestyle="", ms=4, color=CLASS_COLOURS[number % len(CLASS_COLOURS)], label=name)
        for number, name in enumerate(names)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(10, len(names)), title=title or None,
                  handletextpad=0.1, columnspacing=1.0, title_fontsize=7)  # fmt: skip
