"""Clusters of latent landscapes: which cloud lies in which, how clusters meet groups, which classes are near."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from topolens.config.analyses import Clusters, Intervals
from topolens.config.clouds import ALL
from topolens.inference.contingency import adjusted_rand, contingency, matched_accuracy
from topolens.inference.permutation import ROUNDING
from topolens.seeding import child_generator, child_seed
from topolens.statistics.rows import Row, mean_row, null_band
from topolens.topology.landscape_table import inner_products

STARTS = 10  # restarts of k-means
CLOUDS = ["network", "seed", "layer", "classes", "label", "cluster", "first", "second"]
CLUSTERING = ["network", "seed", "layer", "classes"]  # what one clustering is made of


def cluster(vectors: dict[str, np.ndarray], variance: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Principal components and k-means of groups' landscapes.

    Args:
        vectors: For each group (repeats, levels, samples).
        variance: Share of it that the principal components keep.
        seed: Of the restarts of k-means.

    Returns:
        Labels (n,) by number of the group, clusters (n,), numbered so that they match the labels best, and the
        first two principal components (n, 2).
    """
    # Here, since they load slowly and statistics are listed before any job.
    from scipy.optimize import linear_sum_assignment
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    rows = np.concatenate([own.reshape(len(own), -1) for own in vectors.values()]).astype(np.float64)
    labels = np.repeat(np.arange(len(vectors)), [len(own) for own in vectors.values()])
    if (rows == rows[0]).all():
        return labels, np.zeros_like(labels), np.zeros((len(rows), 2))
    components = PCA(variance, svd_solver="full").fit_transform(rows)
    found = KMeans(len(vectors), n_init=STARTS, random_state=seed % 2**32).fit_predict(components)
    _, match = linear_sum_assignment(-contingency(found, labels, len(vectors)))
    plane = np.pad(components, ((0, 0), (0, max(0, 2 - components.shape[1]))))[:, :2]
    return labels, match[found], plane


def cluster_sets(groups: list[str]) -> list[list[str]]:
    """What is clustered: the classes among each other, and each class against all."""
    classes = [group for group in groups if group != ALL]
    sets = [classes] if len(classes) > 1 else []
    return sets + [[group, ALL] for group in classes if ALL in groups]


def cluster_table(arrays: dict[str, np.ndarray], settings: Clusters, seed: int) -> pd.DataFrame:
    """The cluster of every cloud: each network from each seed for itself, layer by layer, set by set.

    Args:
        arrays: Landscapes.
        settings: Which layers, and the variance that is kept.
        seed: Root of the seeds of k-means.

    Returns:
        A row a clustered cloud: `network`, `seed`, `layer`, `classes` (the clustered groups joined with +), `label` and
        `cluster` (numbers of its group among them and of its cluster, called by the group it matches), and its
        `first` and `second` principal component.
    """
    tables, groups = [pd.DataFrame(columns=CLOUDS)], arrays["groups"].tolist()
    for network in arrays["networks"].tolist():
        for layer in settings.layers:
            for number, of_seed in zip(arrays["seeds"].tolist(), arrays[f"vectors.{network}.{layer}"], strict=True):
                for members in cluster_sets(groups):
                    vectors = {group: of_seed[groups.index(group)] for group in members}
                    cell = {"network": network, "seed": number, "layer": layer, "classes": "+".join(members)}
                    own = child_seed(seed, "k-means", *map(str, cell.values()))
                    labels, found, plane = cluster(vectors, settings.variance, own)
                    clustered = {"label": labels, "cluster": found, "first": plane[:, 0], "second": plane[:, 1]}
                    tables.append(pd.DataFrame(cell | clustered))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def cluster_rows(clusters: pd.DataFrame, settings: Clusters, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Adjusted Rand index and matched accuracy of each network's clusters beside shuffled labels, and their confusions.

    `classes` joins the clustered groups with +; in the rows `cluster_count` it is the true group and `against` the
    cluster, called by the group it matches, behind the set.
    """
    for (network, own, layer, name), clouds in clusters.groupby(CLUSTERING, sort=False):
        members = str(name).split("+")
        cell: Row = {"network": network, "seed": own, "classes": name, "layer": layer, "unit": "repeat"}
        labels, found = clouds["label"].to_numpy(), clouds["cluster"].to_numpy()
        generator = child_generator(seed, "shuffled labels", str(network), str(own), str(name), str(layer))
        shuffled = generator.permuted(np.tile(labels, (settings.shuffles, 1)), axis=1)
        counts = contingency(labels, found, len(members))
        shuffled_counts = contingency(shuffled, found, len(members))
        for statistic, score in (("cluster_ari", adjusted_rand), ("cluster_accuracy", matched_accuracy)):
            value, null = float(score(counts)), score(shuffled_counts)
            p_value = (1 + np.sum(null >= value - ROUNDING)) / (1 + len(null))
            tested: Row = {"statistic": statistic, "estimate": value, "n": len(labels), "p_value": p_value}
            yield cell | tested | null_band(null, intervals.confidence)
        for (true, number), count in np.ndenumerate(counts):
            compared: Row = {"classes": members[true], "against": f"{name}: {members[number]}"}
            counted: Row = {"statistic": "cluster_count", "estimate": int(count), "n": int(counts[true].sum())}
            yield cell | compared | counted


def rand_indices(clusters: pd.DataFrame) -> pd.Series:
    """The adjusted Rand index of every clustering: index network, seed, layer, classes.

    Over shuffled labels its mean is 0, exactly (Hubert and Arabie 1985), however few clouds there are.
    """
    rows = []
    for key, own in clusters.groupby(CLUSTERING, sort=False):
        labels, found = own["label"].to_numpy(), own["cluster"].to_numpy()
        rows.append((*key, float(adjusted_rand(contingency(labels, found, str(key[-1]).count("+") + 1)))))
    return pd.DataFrame(rows, columns=[*CLUSTERING, "index"]).set_index(CLUSTERING)["index"].astype(float)


def pair_squares(vectors: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Squared distances of the classes' mean landscapes, cross-validated: without the share that noise has in them.

    ||a - b||^2 of two means of noisy clouds is too large by the variance of both. Products of different clouds have no
    such share, so that of a class with itself counts only those (Kriegeskorte et al. 2007, Walther et al. 2016).

    Args:
        vectors: (classes, repeats, levels, samples) landscapes of different images.
        grid: (samples,).

    Returns:
        (pairs,) in the order of itertools.combinations; below 0 where noise is all there is, NaN below two repeats.
    """
    classes, repeats = vectors.shape[:2]
    gram = inner_products(vectors.reshape(-1, *vectors.shape[2:]), grid)
    sums = gram.reshape(classes, repeats, classes, repeats).sum(axis=(1, 3))
    squares = np.diagonal(gram).reshape(classes, repeats).sum(axis=1)
    own = (np.diagonal(sums) - squares) / (repeats * (repeats - 1)) if repeats > 1 else np.full(classes, np.nan)
    a, b = np.triu_indices(classes, 1)
    found = own[a] + own[b] - 2 * sums[a, b] / repeats**2
    return np.where(np.abs(found) <= ROUNDING * np.diagonal(gram).max(initial=0.0), 0.0, found)


def class_pairs(arrays: dict[str, np.ndarray]) -> list[tuple[str, str]]:
    """All pairs of classes that have clouds of their own."""
    return [*combinations([group for group in arrays["groups"].tolist() if group != ALL], 2)]


def class_vectors(arrays: dict[str, np.ndarray], network: str, layer: str) -> np.ndarray:
    """Landscapes of the clouds of classes, (seeds, classes, repeats, levels, samples)."""
    classes = [place for place, group in enumerate(arrays["groups"].tolist()) if group != ALL]
    return np.asarray(arrays[f"vectors.{network}.{layer}"][:, classes])


def pair_rank_rows(arrays: dict[str, np.ndarray], layers: list[str], intervals: Intervals, seed: int) -> Iterator[Row]:
    """Place of each pair of classes among all pairs, 1 the nearest, by the distance of their mean landscapes.

    Mean over the seeds of a network; nothing where there are fewer than three classes.
    """
    from scipy.stats import rankdata  # here, since scipy.stats loads slowly and statistics are listed before any job

    pairs = class_pairs(arrays)
    for network in arrays["networks"].tolist() if len(pairs) > 1 else []:
        for layer in layers:
            of_seeds, grid = class_vectors(arrays, network, layer), arrays[f"grid.{network}.{layer}"]
            ranks = rankdata([pair_squares(own, grid) for own in of_seeds], axis=1)
            for (first, second), own in zip(pairs, ranks.T, strict=True):
                cell: Row = {"network": network, "layer": layer, "classes": first, "against": second}
                ("pair rank", *cell.values())
                mean = mean_row(own, "network", intervals, seed, within=(1, len(pairs)))
                yield {"statistic": "pair_rank"} | cell | mean
