"""Claims on how latent landscapes tell classes apart: clusters, nearest pairs, planes in their place."""

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence, statistic
from topolens.config.clouds import ALL
from topolens.inference.contingency import adjusted_rand, contingency
from topolens.inference.intervals import CORRELATIONS, NOTHING, Estimate
from topolens.inference.permutation import squares_of_combinations
from topolens.seeding import child_generator
from topolens.statistics.clusters import cluster_sets
from topolens.statistics.tests import layer_gram, sides_of


@statistic("clusters.csv", "statistics.csv", of="positions", unit="repeat")
def cluster_excess(evidence: Evidence, *, layer: str, over: str | None = None, against_all: bool = False) -> Estimate:
    """Adjusted Rand index of the first network's clusters of a layer's landscapes, above the upper end of its null.

    Args:
        evidence: Of a run with `cluster_layers`.
        layer: The layer.
        over: Instead of the null alone, above the larger of the null's end and the index of this layer.
        against_all: Each class against all classes (mean over classes) in place of the classes among each other.
    """
    sets = [
        members
        for members in cluster_sets(evidence.results.config.position_clouds.groups)
        if (ALL in members) == against_all
    ]
    settings = evidence.results.config.clusters
    if settings is None or not sets or {layer, over or layer} - {*settings.layers}:
        return NOTHING
    network = evidence.results.config.networks[0].name
    table, clustered = (
        own[own["network"] == network]
        for own in (evidence.results.table("statistics"), evidence.results.table("clusters"))
    )
    table = table[table["statistic"] == "cluster_ari"]
    values, resampled, clouds = [], [], 0
    for members in sets:
        rows = table[table["classes"] == "+".join(members)].set_index("layer")
        ends, estimates = rows["null_high"].astype(float).to_dict(), rows["estimate"].astype(float).to_dict()
        clouds_of_set = clustered[clustered["classes"] == "+".join(members)]
        found = {own: _clusters(clouds_of_set, own) for own in (layer, over) if own}
        draws = evidence.draws(len(found[layer][0]))
        scores = {
            own: adjusted_rand(contingency(labels[draws], clusters[draws], len(members)))
            for own, (labels, clusters) in found.items()
        }
        bar, bars = ends[layer], np.full(len(draws), ends[layer])
        if over:
            bar, bars = max(bar, estimates[over]), np.maximum(bars, scores[over])
        values.append(estimates[layer] - bar)
        resampled.append(scores[layer] - bars)
        clouds = len(found[layer][0])
    return evidence.interval(float(np.mean(values)), np.mean(resampled, axis=0), clouds)


def _clusters(clouds: pd.DataFrame, layer: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels and clusters of the clouds of one clustering."""
    rows = clouds[clouds["layer"] == layer]
    return rows["label"].to_numpy(), rows["cluster"].to_numpy()


@statistic("landscapes.npz", of="positions", unit="repeat")
def nearest_pair_margin(evidence: Evidence, *, layer: str, pair: list[str]) -> Estimate:
    """By how much the average landscapes of two classes are nearer to each other than any other pair of classes.

    The smallest other distance minus theirs, over the mean of all distances, in the first network; clouds are
    resampled.
    """
    arrays = evidence.results.arrays("landscapes")
    sides = sides_of(arrays)
    classes = [place for place, (network, group) in enumerate(sides) if network == sides[0][0] and group != ALL]
    names = [sides[place][1] for place in classes]
    if layer not in arrays["layers"] or len(names) < 3 or not {*pair} <= {*names}:
        return NOTHING
    gram = layer_gram(arrays, layer)
    repeats = len(gram) // len(sides)
    wanted = tuple(sorted(names.index(group) for group in pair))
    pairs = [(a, b) for a in range(len(classes)) for b in range(a + 1, len(classes))]

    def margin(weights: np.ndarray) -> np.ndarray:
        """From (draws, classes, repeats) weights of clouds."""
        distances = []
        for a, b in pairs:
            combination = np.zeros((len(weights), len(gram)))
            for sign, own in ((1, a), (-1, b)):
                start = classes[own] * repeats
                combination[:, start : start + repeats] += sign * weights[:, own]
            distances.append(np.sqrt(squares_of_combinations(gram, combination)))
        table, own = np.array(distances), pairs.index((wanted[0], wanted[1]))
        others, mean = np.delete(table, own, axis=0).min(axis=0), table.mean(axis=0)
        return np.divide(others - table[own], mean, out=np.full_like(mean, np.nan), where=mean > 0)

    even = np.full((1, len(classes), repeats), 1 / repeats)
    generator = child_generator(evidence.seed, "margin")
    draws = generator.multinomial(repeats, np.full(repeats, 1 / repeats), size=(evidence.bootstrap, len(classes)))
    return evidence.interval(margin(even)[0], margin(draws / repeats), len(classes) * repeats)


@statistic("planes.csv", of="positions", unit="layer")
def landscape_over_plane(evidence: Evidence, *, plane: str) -> Estimate:
    """Accuracy of the neighbours' vote on landscapes less that on statistics of a plane; a unit is a layer.

    Args:
        evidence: Of a run with planes.
        plane: `plane`, or `plane_shape`, which forgets where a cloud lies.
    """
    table = evidence.results.table("planes").pivot(index="layer", columns="method", values="estimate")
    return evidence.mean(table["landscape"] - table[plane], CORRELATIONS)
