"""Questions that every reader of a Mapper graph asks: who holds which point, and what hangs together."""

from collections.abc import Iterable

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from topolens.mapper.graph import MapperGraph


def membership(graph: MapperGraph) -> csr_array:
    """(nodes, points) int64, 1 where a node holds a point."""
    sizes = [len(rows) for rows in graph.members]
    nodes = np.repeat(np.arange(len(sizes)), sizes)
    ones = np.ones(len(nodes), dtype=np.int64)
    return csr_array((ones, (nodes, points_of(graph))), shape=(len(sizes), len(graph.lens)))


def holders_of(graph: MapperGraph) -> np.ndarray:
    """(points, k) nodes that hold each point, k being the most that hold one; the number of nodes where there are less.

    The first ones come first.
    """
    sizes = [len(rows) for rows in graph.members]
    nodes, points = np.repeat(np.arange(len(sizes)), sizes), points_of(graph)
    order = np.argsort(points, kind="stable")
    counts = np.bincount(points, minlength=len(graph.lens))
    places = np.arange(len(points)) - np.repeat(np.cumsum(counts) - counts, counts)
    holders = np.full((len(graph.lens), counts.max(initial=0)), len(sizes))
    holders[points[order], places] = nodes[order]
    return holders


def neighbours_of(graph: MapperGraph) -> list[list[int]]:
    """The nodes that each node shares points with, ascending."""
    found: list[list[int]] = [[] for _ in graph.members]
    for a, b in graph.edges.tolist():
        found[a].append(b)
        found[b].append(a)
    return [sorted(nodes) for nodes in found]


def points_of(graph: MapperGraph, nodes: Iterable[int] | None = None) -> np.ndarray:
    """Rows of the points of some nodes (of all without `nodes`), node after node, so with repetitions; int64."""
    chosen = graph.members if nodes is None else [graph.members[node] for node in nodes]
    return np.concatenate([np.zeros(0, dtype=np.int64), *chosen])


def node_components(graph: MapperGraph, kept: np.ndarray | None = None) -> np.ndarray:
    """Connected components of the graph, or of the part that a mask of nodes keeps.

    Returns:
        (nodes,) int64 from 0 in the order of each component's first node; -1 for nodes that are not kept.
    """
    count = len(graph.members)
    kept = np.ones(count, dtype=bool) if kept is None else kept
    labels = np.full(count, -1, dtype=np.int64)
    if not kept.any():
        return labels
    edges = graph.edges[kept[graph.edges].all(axis=1)]
    adjacency = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    _, numbers = connected_components(adjacency, directed=False)
    _, first, inverse = np.unique(numbers[kept], return_index=True, return_inverse=True)
    labels[kept] = np.argsort(np.argsort(first))[inverse]
    return labels


def point_components(graph: MapperGraph) -> np.ndarray:
    """(points,) component of every point's nodes, int64; -1 for points in no node. Nodes that share a point touch."""
    labels = np.full(len(graph.lens), -1, dtype=np.int64)
    for rows, component in zip(graph.members, node_components(graph), strict=True):
        labels[rows] = component
    return labels
