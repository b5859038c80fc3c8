"""How the components and the neighbours of a cloud meet the classes of its points."""

import numpy as np

from topolens.inference.neighbours import leave_one_out_accuracy
from topolens.topology.clusters import agreement, best_agreement, components_at, largest_gap_scale
from topolens.topology.persistence import finite_bars

DIGITS = 12


def class_agreement(
    distances: np.ndarray, diagram: np.ndarray, classes: np.ndarray, neighbours: int
) -> dict[str, float]:
    """In numbers.

    Args:
        distances: (n, n) of the points.
        diagram: Their diagram in degree 0.
        classes: (n,) integers >= 0.
        neighbours: How many vote.

    Returns:
        `scale`, the middle of the largest gap of the H0 deaths; `components` there; `ari` and `nmi` of these with the
        classes; `best_ari` and `best_nmi` over all scales, which takes the labels; `neighbours`, the leave-one-out
        accuracy of the nearest neighbours' vote.
    """
    scale = largest_gap_scale(finite_bars(diagram)[:, 1])
    labels = components_at(distances, scale)
    found, best = agreement(labels, classes), best_agreement(distances, classes)
    # Layers are ranked by these: agreements that are equal must not differ in their last bit.
    return {
        "scale": scale,
        "components": int(labels.max()) + 1,
        "ari": round(found.ari, DIGITS),
        "nmi": round(found.nmi, DIGITS),
        "best_ari": round(best.ari, DIGITS),
        "best_nmi": round(best.nmi, DIGITS),
        "neighbours": leave_one_out_accuracy(distances, classes, neighbours),
    }
