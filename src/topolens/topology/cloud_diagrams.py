"""From the points of a cloud to its diagrams, under one distance."""

import numpy as np
from scipy.special import softmax

from topolens.config.homology import Diagrams, Distance
from topolens.topology.distances import mean_distance, pairwise_distances, percentile_normalise
from topolens.topology.persistence import persistence


def diagrams_of(points: np.ndarray, distance: Distance, settings: Diagrams) -> tuple[float, list[np.ndarray]]:
    """Mean distance and diagrams by degree of one cloud."""
    if distance.softmax:
        points = softmax(np.asarray(points, np.float64), axis=1)
    if distance.percentile is not None:
        points = percentile_normalise(points, distance.percentile)
    distances = pairwise_distances(
        points, distance.metric, neighbours=distance.neighbours, normalise=distance.normalise, k=distance.k
    )
    threshold = np.inf if settings.threshold is None else settings.threshold
    result = persistence(distances, settings.maximum_degree, threshold, settings.engine)
    return mean_distance(distances), list(result.by_degree)
