"""What each node of a Mapper graph holds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from topolens.errors import TopolensError
from topolens.mapper.graph import MapperGraph
from topolens.mapper.label_entropy import checked_labels, entropy


def class_counts(graph: MapperGraph, labels: np.ndarray, classes: int) -> np.ndarray:
    """(nodes, classes) int64 number of points of each class in each node.

    Args:
        graph: A graph of n points.
        labels: (n,) integers from 0 to classes - 1.
        classes: Number of classes.

    Raises:
        TopolensError: labels that do not fit the points or the classes.
    """
    labels = checked_labels(labels, len(graph.lens))
    if labels.max(initial=-1) >= classes:
        raise TopolensError(f"labels: expected 0 to {classes - 1} for {classes} classes, found {labels.max()}")
    counts = [np.bincount(labels[rows], minlength=classes) for rows in graph.members]
    return np.array(counts, dtype=np.int64).reshape(-1, classes)


def node_table(graph: MapperGraph, labels: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """One row a node: number, interval, points, mean norm, and how pure its classes are.

    Args:
        graph: A graph of n points.
        labels: (n,) integers, places in `classes`.
        classes: Their names.

    Returns:
        Columns node, interval, size, mean_norm (in the points' unit), majority (of equally frequent classes the
        first), purity (share of the majority), entropy (bits); no rows for a graph without nodes.

    Raises:
        TopolensError: as for class_counts.
    """
    counts = class_counts(graph, labels, len(classes))
    sizes = counts.sum(axis=1)
    return pd.DataFrame(
        {
            "node": np.arange(len(sizes)),
            "interval": graph.intervals,
            "size": sizes,
            "mean_norm": np.array([graph.lens[rows].mean() for rows in graph.members], dtype=np.float64),
            "majority": np.array(classes, dtype=object)[counts.argmax(axis=1)],
            "purity": counts.max(axis=1) / sizes,
            "entropy": entropy(counts),
        }
    )
