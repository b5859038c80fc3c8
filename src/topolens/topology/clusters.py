"""Connected components of a filtration as clusters: single linkage, and where to cut it."""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from topolens.errors import TopolensError
from topolens.inference.contingency import adjusted_rand

TABLE_ENTRIES = 2**20  # of the tables of clusters and classes that are counted together


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
    """Agreement of two (n,) labellings, whatever their numbers mean (Hubert and Arabie 1985; scikit-learn's NMI)."""
    return Agreement(float(adjusted_rand_score(classes, labels)), float(normalized_mutual_info_score(classes, labels)))


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
    names, numbers = np.unique(classes, return_inverse=True)
    finite = np.isfinite(distances)
    beyond = 2 * np.max(distances, where=finite, initial=0.0) + 1
    merges = linkage(squareform(np.where(finite, distances, beyond), checks=False), "single")
    # Column j is the state after j merges; it is that of a scale where the next merge is higher.
    heights = np.array([0.0, *merges[:, 2], np.inf])
    states = np.flatnonzero((heights[:-1] < heights[1:]) & (heights[:-1] < beyond))
    clusters = cut_tree(merges)[:, states].T
    best = np.full(2, -np.inf)
    size = max(1, TABLE_ENTRIES // (n * len(names)))
    for start in range(0, len(states), size):
        block = clusters[start : start + size]
        cells = (np.arange(len(block))[:, None] * n + block) * len(names) + numbers
        tables = np.bincount(cells.ravel(), minlength=len(block) * n * len(names)).reshape(-1, n, len(names))
        best = np.maximum(best, [adjusted_rand(tables).max(), _informations(tables).max()])
    return Agreement(*map(float, best))


def _informations(tables: np.ndarray) -> np.ndarray:
    """Mutual information by the mean of both entropies, of each (clusters, classes) table; 1 where both are 0."""

    def entropy(counts: np.ndarray) -> np.ndarray:
        shares = counts / counts.sum(axis=-1, keepdims=True)
        return -(shares * np.log(shares, where=shares > 0, out=np.zeros_like(shares))).sum(axis=-1)

    joint = entropy(tables.reshape(len(tables), -1))
    rows, columns = entropy(tables.sum(axis=2)), entropy(tables.sum(axis=1))
    mean = (rows + columns) / 2
    shared = np.maximum(rows + columns - joint, 0)
    return np.divide(shared, mean, out=np.ones_like(mean), where=mean > 1e-12)
