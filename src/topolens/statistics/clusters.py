"""Clusters of latent landscapes: which cloud lies in which, and how clusters meet groups."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Clusters, Intervals
from topolens.config.clouds import ALL
from topolens.inference.contingency import adjusted_rand, contingency, matched_accuracy
from topolens.inference.permutation import ROUNDING
from topolens.seeding import child_generator, child_seed
from topolens.statistics.distances import side_vectors
from topolens.statistics.rows import Row, null_band

STARTS = 10  # restarts of k-means
CLOUDS = ["network", "layer", "classes", "label", "cluster", "first", "second"]


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
    """The cluster of every cloud, network by network, layer by layer, set by set.

    Args:
        arrays: Landscapes.
        settings: Which layers, and the variance that is kept.
        seed: Root of the seeds of k-means.

    Returns:
        A row a clustered cloud: `network`, `layer`, `classes` (the clustered groups joined with +), `label` and
        `cluster` (numbers of its group among them and of its cluster, called by the group it matches), and its
        `first` and `second` principal component.
    """
    tables = [pd.DataFrame(columns=CLOUDS)]
    for network in arrays["networks"].tolist():
        for layer in settings.layers:
            for members in cluster_sets(arrays["groups"].tolist()):
                vectors = {group: side_vectors(arrays, (network, group), layer) for group in members}
                name = "+".join(members)
                own = child_seed(seed, "k-means", network, layer, name)
                labels, found, plane = cluster(vectors, settings.variance, own)
                cell = {"network": network, "layer": layer, "classes": name, "label": labels, "cluster": found}
                tables.append(pd.DataFrame(cell | {"first": plane[:, 0], "second": plane[:, 1]}))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def cluster_rows(clusters: pd.DataFrame, settings: Clusters, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Adjusted Rand index and matched accuracy of each clustering beside shuffled labels, and its confusion matrix.

    `classes` joins the clustered groups with +; in the rows `cluster_count` it is the true group and `against` the
    cluster, called by the group it matches, behind the set.
    """
    for (network, layer, name), clouds in clusters.groupby(["network", "layer", "classes"], sort=False):
        members = str(name).split("+")
        cell: Row = {"network": network, "classes": name, "layer": layer, "unit": "repeat"}
        labels, found = clouds["label"].to_numpy(), clouds["cluster"].to_numpy()
        generator = child_generator(seed, "shuffled labels", str(network), str(name), str(layer))
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
