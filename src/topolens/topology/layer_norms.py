"""The landscape norm of a layer, all degrees together."""

import numpy as np

from topolens.topology.complexity import complexity
from topolens.topology.distances import mean_distance, pairwise_distances
from topolens.topology.persistence import persistence


def landscape_norms(points: np.ndarray, max_degree: int) -> dict[str, float]:
    """L2 norm of the Euclidean landscapes of all degrees side by side, its noise over bars, both also scale-free."""
    distances = pairwise_distances(points)
    mean = mean_distance(distances)
    rows = [complexity(diagram, mean) for diagram in persistence(distances, max_degree).by_degree]
    norms = {}
    for twin in ("", "_scale_free"):
        squares = sum(row[f"l2{twin}"] ** 2 for row in rows)
        noise = sum((row[f"l2{twin}"] * row[f"l2_error{twin}"]) ** 2 for row in rows)
        norms[f"l2{twin}"] = float(np.sqrt(squares))
        norms[f"l2_error{twin}"] = float(np.sqrt(noise / squares)) if squares > 0 else 0.0
    return norms
