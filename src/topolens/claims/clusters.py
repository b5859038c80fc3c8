"""Claims on how latent landscapes tell classes apart: clusters, nearest pairs, planes in their place.

A unit is a network, trained from one seed. Of one network alone it is a batch of its clouds, each with clusters and
distances of its own, or a layer.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence, Finding, statistic
from topolens.claims.model import RAW, Twin
from topolens.claims.networks import CELL, NETWORK, found_beside_gaussian
from topolens.claims.twins import log_complexities
from topolens.config.clouds import ALL
from topolens.inference.contingency import adjusted_rand, contingency
from topolens.inference.intervals import (
    CORRELATIONS,
    DIFFERENCES,
    NOTHING,
    SHARES,
    Estimate,
    middle_of,
    simultaneous_means,
)
from topolens.inference.permutation import ROUNDING
from topolens.seeding import child_seed
from topolens.statistics.clusters import class_pairs, class_vectors, cluster, cluster_sets, pair_squares, rand_indices

BATCH = 4  # clouds of each group in a batch


@statistic("clusters.csv", of="positions", unit="network")
def cluster_agreement(
    evidence: Evidence, *, layer: str, over: str | None = None, against_all: bool = False
) -> Estimate:
    """Adjusted Rand index of the clusters of a layer's landscapes, clustered anew for each network.

    Its mean over shuffled labels is 0.

    Args:
        evidence: Of a run with clusters.
        layer: The layer.
        over: Less the index of this layer.
        against_all: Each class against all classes (mean over classes) in place of the classes among each other.
    """
    indices = rand_indices(evidence.results.table("clusters"))
    is_against_all = [ALL in str(name).split("+") for name in indices.index.get_level_values("classes")]
    by_layer = indices[np.array(is_against_all, bool) == against_all].unstack("layer")
    if {layer, over or layer} - {*by_layer}:
        return NOTHING
    values = by_layer[layer] - (by_layer[over] if over else 0)
    return evidence.mean(values.groupby(NETWORK).mean(), DIFFERENCES if over else CORRELATIONS)


@statistic("landscapes.npz", of="positions", unit="batch of clouds")
def cluster_agreement_of_batches(
    evidence: Evidence, *, layer: str, over: str | None = None, against_all: bool = False
) -> Estimate:
    """The same of the first network alone: its clouds in batches without a cloud in common, each clustered anew."""
    settings, arrays = evidence.results.config.clusters, evidence.results.arrays("landscapes")
    sets = [members for members in cluster_sets(arrays["groups"].tolist()) if (ALL in members) == against_all]
    if settings is None or not sets or {layer, over or layer} - {*arrays["layers"].tolist()}:
        return NOTHING

    def index(batch: np.ndarray, members: list[str], own: str) -> float:
        """Of one clustering, from the (groups, clouds, levels, samples) of a batch."""
        vectors = {group: batch[arrays["groups"].tolist().index(group)] for group in members}
        seed = child_seed(evidence.seed, "k-means", own, *members)
        labels, found, _ = cluster(vectors, settings.variance, seed)
        return float(adjusted_rand(contingency(labels, found, len(members))))

    def indices(own: str) -> np.ndarray:
        """Of each batch, mean over sets."""
        vectors = arrays[f"vectors.{arrays['networks'][0]}.{own}"][0]
        return np.array([np.mean([index(batch, members, own) for members in sets]) for batch in _batches(vectors)])

    values = indices(layer) - (indices(over) if over else 0)
    return evidence.mean(values, DIFFERENCES if over else CORRELATIONS)


def _batches(vectors: np.ndarray) -> Iterator[np.ndarray]:
    """(groups, repeats, ...) in parts of BATCH repeats; what is left over at the end takes no part."""
    for start in range(0, vectors.shape[1] - BATCH + 1, BATCH):
        yield vectors[:, start : start + BATCH]


@statistic("landscapes.npz", of="positions", unit="network")
def nearest_pair(evidence: Evidence, *, layer: str, pair: list[str]) -> Estimate:
    """Share of networks whose average landscapes of two classes are nearer to each other than any other pair's.

    By squared distances that are cross-validated over clouds (see pair_squares). Pairs that are equally near share the
    place; where all are, there is none.
    """
    arrays = evidence.results.arrays("landscapes")
    shares = [
        _nearest(arrays, str(network), layer, pair, of_seed)
        for network in arrays["networks"]
        for of_seed in _of_classes(arrays, str(network), layer)
    ]
    return evidence.mean(shares, SHARES)


@statistic("landscapes.npz", of="positions", unit="batch of clouds")
def nearest_pair_of_batches(evidence: Evidence, *, layer: str, pair: list[str]) -> Estimate:
    """The same of the first network alone, over batches of its clouds without a cloud in common."""
    arrays = evidence.results.arrays("landscapes")
    network = str(arrays["networks"][0])
    of_seeds = _of_classes(arrays, network, layer)
    shares = [_nearest(arrays, network, layer, pair, batch) for own in of_seeds[:1] for batch in _batches(own)]
    return evidence.mean(shares, SHARES)


def _of_classes(arrays: dict[str, np.ndarray], network: str, layer: str) -> np.ndarray:
    """Landscapes of the classes' clouds of each seed; of none where the layer was not recorded."""
    return class_vectors(arrays, network, layer) if layer in arrays["layers"] else np.empty((0, 0, 0, 0, 0))


def _nearest(arrays: dict[str, np.ndarray], network: str, layer: str, pair: list[str], vectors: np.ndarray) -> float:
    """1 where the pair is the nearest of (classes, repeats, levels, samples), a share where it is one of several."""
    places = [place for place, own in enumerate(class_pairs(arrays)) if {*own} == {*pair}]
    squares = pair_squares(vectors, arrays[f"grid.{network}.{layer}"])
    nearest = squares <= squares.min(initial=np.inf) + ROUNDING * np.abs(squares).max(initial=0.0)
    if not places or len(squares) < 2 or np.isnan(squares).any() or nearest.all():
        return np.nan
    return float(nearest[places[0]] / nearest.sum())


@statistic("planes.csv", of="positions", unit="network")
def landscape_over_plane(evidence: Evidence, *, plane: str) -> Estimate:
    """Accuracy of the neighbours' vote on landscapes less that on statistics of a plane, in the median layer.

    Means over networks layer by layer, with intervals that all hold at once.

    Args:
        evidence: Of a run with planes.
        plane: `plane`, or `plane_shape`, which forgets where a cloud lies.
    """
    values = _gain_over(evidence, plane)
    return middle_of(simultaneous_means(values.to_numpy(), evidence.confidence))


@statistic("planes.csv", of="positions", unit="layer")
def landscape_over_plane_of_layers(evidence: Evidence, *, plane: str) -> Estimate:
    """The same of the first network alone, mean over layers."""
    return evidence.mean(_gain_over(evidence, plane).iloc[0], CORRELATIONS)


def _gain_over(evidence: Evidence, plane: str) -> pd.DataFrame:
    """Accuracy of landscapes less that of a plane: index network, seed, columns layers."""
    table = evidence.results.table("planes").set_index([*NETWORK, "layer", "method"])["estimate"].unstack("method")
    return (table["landscape"] - table[plane]).unstack("layer")


@statistic("projections.csv", of="positions", unit="network")
def kept_variance(evidence: Evidence) -> Estimate:
    """Share of a cloud's variance that its own first two principal components keep, mean over layers and clouds."""
    table = evidence.results.table("projections")
    by_layer = table[~table["null"]].groupby([*NETWORK, "layer"])["kept"].mean()
    return evidence.mean(by_layer.groupby(NETWORK).mean(), SHARES)


@statistic("projections.csv", "complexity.csv", of="positions", unit="network")
def kept_complexity(evidence: Evidence, *, twin: Twin = RAW) -> Finding:
    """Log complexity of clouds projected to their own first two principal components, less that of the whole clouds.

    Mean over layers and clouds. Clouds without any complexity, whole or projected, say nothing.
    """
    names = [*CELL, "repeat"]
    projected, whole = (
        log_complexities(evidence.results.table(name), CELL, twin).set_index(names)["log"]
        for name in ("projections", "complexity")
    )
    lost = (projected - whole.reindex(projected.index)).replace([np.inf, -np.inf], np.nan)
    by_layer = lost.groupby([*NETWORK, "layer"]).mean()
    return found_beside_gaussian(evidence, evidence.mean(by_layer.groupby(NETWORK).mean()))
