"""Loops of a Mapper graph: the degree-1 homology of its nerve, and a shortest cycle for each class of a basis."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

import numpy as np

from topolens.mapper.graph import Loop, MapperGraph
from topolens.mapper.label_entropy import checked_labels, entropy, permutation_p_value, purity
from topolens.mapper.structure import membership, node_components, points_of
from topolens.seeding import child_generator


def loop_count(graph: MapperGraph) -> int:
    """β1 of the nerve over Z2: nodes that share points are joined, three that share one point fill their triangle."""
    boundaries: dict[int, int] = {}
    rank = sum(_insert(triangle, boundaries) for triangle in _triangles(graph))
    count = len(graph.members)
    components = int(node_components(graph).max(initial=-1)) + 1
    return len(graph.edges) - count + components - rank


def find_loops(graph: MapperGraph) -> list[Loop]:
    """A shortest basis of the nerve's degree-1 homology over Z2, found greedily (Dey, Sun and Wang 2010).

    Candidates are the cycles that one edge closes in the breadth-first tree of some node. Shortest first, a cycle is
    taken if it is no sum of filled triangles and cycles taken before. Of equally long cycles the one whose last edge
    has the lower number is tried first, so the result hangs on the graph only.

    Returns:
        loop_count(graph) unscored loops, short ones first; each from its lowest node towards that node's lower
        neighbour.
    """
    wanted = loop_count(graph)
    if wanted == 0:
        return []
    boundaries: dict[int, int] = {}
    for triangle in _triangles(graph):
        _insert(triangle, boundaries)
    loops = []
    for cycle in sorted(_candidates(graph), key=lambda mask: (mask.bit_count(), mask)):
        if _insert(cycle, boundaries):
            loops.append(Loop(_walk(graph, cycle)))
            if len(loops) == wanted:
                break
    return loops


def score_loops(graph: MapperGraph, loops: list[Loop], labels: np.ndarray, permutations: int, seed: int) -> list[Loop]:
    """Loops with entropy, purity and p-value filled in, in the given order.

    The null permutes labels among all points that lie in nodes. Neighbouring points tend to be of one class whatever
    they form, so a low p-value says that a loop is about few classes, not that its being a loop matters.

    Args:
        graph: The graph of n points in which the loops were found.
        loops: As from find_loops.
        labels: (n,) integers >= 0.
        permutations: Permutations, at least 1.
        seed: Root of each loop's own seed.

    Raises:
        TopolensError: labels that do not fit the points, or permutations below 1.
    """
    labels = checked_labels(labels, len(graph.lens))
    classes = int(labels.max(initial=0)) + 1
    everything = np.unique(points_of(graph))
    scored = []
    for loop in loops:
        rows = np.unique(points_of(graph, loop.nodes))
        counts = np.bincount(labels[rows], minlength=classes)
        others = np.bincount(labels[everything], minlength=classes) - counts
        generator = child_generator(seed, "loop", *loop.nodes)
        scored.append(
            replace(
                loop,
                entropy=float(entropy(counts)),
                purity=purity(counts[None]),
                p_value=permutation_p_value(counts[None], others, permutations, generator),
            )
        )
    return scored


def _triangles(graph: MapperGraph) -> list[int]:
    """Boundaries of the filled triangles, each a mask with a bit for each of its three edges."""
    numbers = {(a, b): place for place, (a, b) in enumerate(graph.edges.tolist())}
    holders = membership(graph).T.tocsr()
    holders.sort_indices()
    sets = {tuple(nodes.tolist()) for nodes in np.split(holders.indices, holders.indptr[1:-1])}
    filled = {triple for nodes in sets for triple in combinations(nodes, 3)}
    return [sum(1 << numbers[pair] for pair in combinations(triple, 2)) for triple in sorted(filled)]


def _insert(mask: int, boundaries: dict[int, int]) -> bool:
    """Reduce a mask by those under their highest bits; keep it and say True where something is left."""
    while mask:
        top = mask.bit_length()
        if top not in boundaries:
            boundaries[top] = mask
            return True
        mask ^= boundaries[top]
    return False


def _candidates(graph: MapperGraph) -> set[int]:
    """Masks of the cycles that one edge closes in a breadth-first tree, over all roots."""
    edges = graph.edges.tolist()
    links: list[list[tuple[int, int]]] = [[] for _ in graph.members]
    for place, (a, b) in enumerate(edges):
        links[a].append((b, place))
        links[b].append((a, place))
    cycles = set()
    for root in range(len(links)):
        paths = {root: 0}  # the edges from the root to each node
        waiting = deque([root])
        while waiting:
            node = waiting.popleft()
            for other, place in links[node]:
                if other not in paths:
                    paths[other] = paths[node] | 1 << place
                    waiting.append(other)
        closing = (paths[a] ^ paths[b] ^ 1 << place for place, (a, b) in enumerate(edges) if a in paths)
        cycles |= {cycle for cycle in closing if cycle}
    return cycles


def _walk(graph: MapperGraph, cycle: int) -> list[int]:
    """Nodes of a simple cycle in cyclic order."""
    links: dict[int, list[int]] = {}
    for a, b in _pairs(graph, cycle):
        links.setdefault(a, []).append(b)
        links.setdefault(b, []).append(a)
    start = min(links)
    nodes, following = [start], min(links[start])
    while following != start:
        onward = [node for node in links[following] if node != nodes[-1]]
        nodes.append(following)
        following = onward[0]
    return nodes


def _pairs(graph: MapperGraph, cycle: int) -> Iterable[list[int]]:
    return (pair for place, pair in enumerate(graph.edges.tolist()) if cycle >> place & 1)
