"""Where to draw the nodes of a graph."""

import networkx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from topolens.mapper.graph import MapperGraph
from topolens.mapper.structure import node_components
from topolens.seeding import child_generator

GAP = 1.0  # between components, in mean edge lengths
ASPECT = 1.8  # width over height of many components together, as of most pages


def layout(graph: MapperGraph, seed: int) -> np.ndarray:
    """Positions of the nodes in the plane: each component by its hops (Kamada and Kawai 1989), largest first.

    Args:
        graph: Any, also without nodes.
        seed: Of the small displacements that part nodes of the same hops; the rest is determined by the graph.

    Returns:
        (nodes, 2) float64 in [0, 1], one scale for both axes.
    """
    components = node_components(graph)
    positions = np.zeros((len(components), 2))
    if not len(components):
        return positions
    groups = [np.flatnonzero(components == number) for number in range(components.max() + 1)]
    groups.sort(key=len, reverse=True)
    boxes = [_component(graph, nodes, seed) for nodes in groups]
    for nodes, box, corner in zip(groups, boxes, _shelves([box.max(axis=0) for box in boxes]), strict=True):
        positions[nodes] = box + corner
    return positions / max(positions.max(), 1.0)


def _component(graph: MapperGraph, nodes: np.ndarray, seed: int) -> np.ndarray:
    """Positions of one component from the corner (0, 0), longer side across, mean edge length 1."""
    if len(nodes) == 1:
        return np.zeros((1, 2))
    edges = np.searchsorted(nodes, graph.edges[np.isin(graph.edges[:, 0], nodes)])
    size = len(nodes)
    adjacency = csr_array((np.ones(len(edges)), edges.T), shape=(size, size))
    hops = shortest_path(adjacency, directed=False, unweighted=True)
    start = _scaled(hops) + 0.01 * child_generator(seed, "layout", int(nodes[0])).standard_normal((size, 2))
    links = networkx.Graph()
    links.add_nodes_from(range(size))
    links.add_edges_from(edges.tolist())
    placed = networkx.kamada_kawai_layout(links, pos=dict(enumerate(start)), weight=None)
    positions = np.array([placed[node] for node in range(size)])
    positions -= positions.mean(axis=0)
    positions @= np.linalg.svd(positions, full_matrices=False)[2].T
    positions /= np.linalg.norm(positions[edges[:, 0]] - positions[edges[:, 1]], axis=1).mean()
    return positions - positions.min(axis=0)


def _scaled(hops: np.ndarray) -> np.ndarray:
    """Classical scaling of (n, n) distances to (n, 2): a start from which the layout unfolds without crossings."""
    centre = np.eye(len(hops)) - 1 / len(hops)
    values, vectors = np.linalg.eigh(-centre @ hops**2 @ centre / 2)
    return vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0))


def _shelves(sizes: list[np.ndarray]) -> list[np.ndarray]:
    """Lower left corners of boxes side by side, in rows no wider than a page of ASPECT that holds all boxes."""
    room = [size + GAP for size in sizes]
    width = max(max(side[0] for side in room), np.sqrt(ASPECT * sum(side.prod() for side in room)))
    corners, across, up, height = [], 0.0, 0.0, 0.0
    for side in room:
        if across > 0 and across + side[0] > width * (1 + 1e-9):
            across, up, height = 0.0, up + height, 0.0
        corners.append(np.array([across, up]))
        across, height = across + side[0], max(height, side[1])
    return corners
