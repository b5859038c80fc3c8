"""The landscape norm of a layer, all degrees together."""

import numpy as np

from topolens.topology.complexity import SCALING
from topolens.topology.distances import mean_distance, pairwise_distances
from topolens.topology.landscapes import landscape_norm
from topolens.topology.persistence import persistence


def landscape_norms(points: np.ndarray, max_degree: int) -> dict[str, float]:
    """L2 norm of the Euclidean landscapes of all degrees side by side, `l2`, and of the cloud divided by its mean
    pairwise distance, `l2_scale_free` (0 for a cloud without extent).
    """
    distances = pairwise_distances(points)
    mean = mean_distance(distances)
    norm = float(np.hypot.reduce([landscape_norm(one) for one in persistence(distances, max_degree).by_degree]))
    return {"l2": norm, "l2_scale_free": norm / mean ** SCALING["l2"] if mean > 0 else 0.0}
