"""Connected components of a filtration as clusters: single linkage, and where to cut it."""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from topolens.errors import TopolensError
from topolens.inference.contingency import adjusted_rand, adjusted_rand_of_pairs, pairs_of

CERTAIN = 1e-9  # entropies below this are what rounding leaves of 0


@dataclass(frozen=True)
class Agreement:
    """How well clusters meet classes: adjusted Rand index and normalised mutual information; 1 = the same."""

    ari: float
    nmi: float


def components_at(distances: np.ndarray, scale: float) -> np.ndarray:
    """Components of the graph whose edges are the pairs at distance <= scale.

    Args:
        distances: (n, n) symmetric; infinite entries never join.
        scale: In the unit of the distances.

    Returns:
        (n,) integers from 0, in the order of each component's first point.
    """
    if len(distances) == 0:
        return np.zeros(0, dtype=np.int64)
    _, labels = connected_components((distances <= scale) & np.isfinite(distances), directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def largest_gap_scale(deaths: np.ndarray) -> float:
    """A scale chosen without labels: the middle of the largest gap between consecutive deaths of components.

    The gap from 0 to the first death does not count. Equal points die at 0, which makes no bar of a diagram; so zeros
    are left out, and heights of merges give the same scale as the diagram.

    Args:
        deaths: H0 deaths in any order; infinite ones are left out.

    Returns:
        The scale, in the unit of the deaths; of equal gaps the one at the larger scale. Without any gap (one death, or
        all equal) the next float32 above the largest death: deaths are distances rounded to float32, and there all
        that is ever joined is one component. Without any death 0.

    Raises:
        TopolensError: NaN, or a negative death.
    """
    deaths = np.asarray(deaths, dtype=np.float64)
    if np.isnan(deaths).any() or (deaths < 0).any():
        raise TopolensError("deaths: expected numbers >= 0, found NaN or negative ones")
    deaths = np.sort(deaths[(deaths > 0) & np.isfinite(deaths)])
    if len(deaths) == 0:
        return 0.0
    gaps = np.diff(deaths)
    if len(gaps) == 0 or gaps.max() == 0:
        return float(np.nextafter(np.float32(deaths[-1]), np.float32(np.inf)))
    place = len(gaps) - 1 - int(gaps[::-1].argmax())
    return float((deaths[place] + deaths[place + 1]) / 2)


def agreement(labels: np.ndarray, classes: np.ndarray) -> Agreement:
    """Agreement of two (n,) labellings, whatever their numbers mean (Hubert and Arabie 1985; Strehl and Ghosh 2002).

    As in scikit-learn, mutual information is divided by the mean of both entropies.
    """
    (_, rows), (_, columns) = (np.unique(one, return_inverse=True) for one in (labels, classes))
    shape = (rows.max(initial=0) + 1, columns.max(initial=0) + 1)
    table = np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)
    ari = adjusted_rand(table)
    joint, by_cluster, by_class = (
        np.array(_surprisals(one).sum()) for one in (table, table.sum(axis=1), table.sum(axis=0))
    )
    return Agreement(float(ari), float(_shared_information(joint, by_cluster, by_class, len(rows))))


def best_agreement(distances: np.ndarray, classes: np.ndarray) -> Agreement:
    """The best ARI and the best NMI over all scales of a filtration: a scale chosen by the labels, a control.

    The scales are 0 and the heights of the merges; the two bests may lie at different ones. Points that merge at one
    height do so together, so the order of points does not matter.

    Args:
        distances: (n, n) symmetric; infinite entries never join.
        classes: (n,) labels.

    Raises:
        TopolensError: numbers of points and of classes that differ.
    """
    n = len(distances)
    if len(classes) != n:
        raise TopolensError(f"classes: expected one for each of the {n} points, found {len(classes)}")
    if n < 2:
        return agreement(np.zeros(n, int), classes)
    finite = np.isfinite(distances)
    beyond = 2 * np.max(distances, where=finite, initial=0.0) + 1
    merges = linkage(squareform(np.where(finite, distances, beyond), checks=False), "single")
    # Entry j is the state after j merges; it is that of a scale where the next merge is higher.
    heights = np.array([0.0, *merges[:, 2], np.inf])
    at_scale = (heights[:-1] < heights[1:]) & (heights[:-1] < beyond)
    one, other = _merged(merges[:, :2].astype(np.int64), classes)
    one_size, other_size = one.sum(axis=1), other.sum(axis=1)
    together = np.cumsum([0, *(one * other).sum(axis=1)])
    by_cluster = np.cumsum([0, *(one_size * other_size)])
    all_sizes = np.unique(classes, return_counts=True)[1]
    ari = adjusted_rand_of_pairs(together, np.full(n, pairs_of(all_sizes).sum()), by_cluster, pairs_of(np.array(n)))
    joint = np.cumsum([0, *(_surprisals(one + other) - _surprisals(one) - _surprisals(other)).sum(axis=1)])
    clusters = np.cumsum([0, *(_surprisals(one_size + other_size) - _surprisals(one_size) - _surprisals(other_size))])
    nmi = _shared_information(joint, clusters, np.full(n, _surprisals(all_sizes).sum()), n)
    return Agreement(float(ari[at_scale].max()), float(nmi[at_scale].max()))


def _merged(merges: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many points of each class, (n - 1, classes), lie in both clusters of each merge of scipy's linkage."""
    n = len(classes)
    names, numbers = np.unique(classes, return_inverse=True)
    counts = np.zeros((2 * n - 1, len(names)), np.int64)
    counts[np.arange(n), numbers] = 1
    for cluster, (one, other) in enumerate(merges.tolist(), n):
        np.add(counts[one], counts[other], out=counts[cluster])
    return counts[merges[:, 0]], counts[merges[:, 1]]


def _surprisals(counts: np.ndarray) -> np.ndarray:
    """c log c of each count; with their sum S over the parts of n things the entropy is log n - S / n."""
    return counts * np.log(np.maximum(counts, 1))


def _shared_information(joint: np.ndarray, rows: np.ndarray, columns: np.ndarray, n: int) -> np.ndarray:
    """Mutual information by the mean of both entropies, from sums of c log c; 1 where both entropies are 0."""
    h_joint, h_rows, h_columns = (np.log(max(n, 1)) - one / max(n, 1) for one in (joint, rows, columns))
    mean = (h_rows + h_columns) / 2
    shared = np.maximum(h_rows + h_columns - h_joint, 0)
    return np.divide(shared, mean, out=np.ones_like(mean), where=mean > CERTAIN)
