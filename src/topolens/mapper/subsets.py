"""What forks are held against: random connected parts of the same graph, parted in as many arms."""

from collections import deque

import networkx
import numpy as np

from topolens.arguments import checked_count
from topolens.mapper.fork_projections import plane, plane_separations
from topolens.mapper.graph import Fork, MapperGraph
from topolens.mapper.structure import neighbours_of, node_components, points_of
from topolens.seeding import child_generator
from topolens.topology.distances import checked_points

TRIES = 100  # random subsets of one size before they are given up
MOST = 1000  # points of a subset whose silhouettes are taken, at random where it has more


def subset_separations(
    points: np.ndarray, graph: MapperGraph, forks: list[Fork], *, subsets: int, min_points: int, seed: int
) -> np.ndarray:
    """How far the arms of random subsets are apart in the plane of their own points and in that of all.

    A plane that is made for some points shows whatever parts them, a fork or not; what a fork has beyond that is its
    own. Each subset is as random_subset draws it, with at least the points of the fork and as many arms.

    Args:
        points: (n, d), finite, d >= 2; the cloud of the graph.
        graph: Its Mapper graph.
        forks: As from find_forks.
        subsets: Random subsets behind each fork, at least 1.
        min_points: As for find_forks.
        seed: Root of each fork's own seed.

    Returns:
        (forks, 2) means over the subsets of the separation of their arms, in their own plane and in that of all
        points; NaN where the graph has no such subset.
    """
    points, subsets = checked_points(points), checked_count(subsets, "subsets")
    overall = plane(points) if forks else None
    found = np.full((len(forks), 2), np.nan)
    for number, fork in enumerate(forks):
        generator = child_generator(seed, "subsets", fork.node, fork.arms[0][0])
        size = len(np.unique(points_of(graph, [fork.node, *(node for arm in fork.arms for node in arm)])))
        scores = []
        for _ in range(subsets):
            nodes, arms = random_subset(graph, size, len(fork.arms), min_points, generator)
            if not arms:
                break
            rows, arm = arms_of_points(graph, nodes, arms)
            scores.append(plane_separations(points, overall, rows, arm, MOST, generator))
        if scores:
            found[number] = np.mean(scores, axis=0)
    return found


def random_subset(
    graph: MapperGraph, size: int, arms: int, min_points: int, generator: np.random.Generator
) -> tuple[list[int], list[list[int]]]:
    """Connected nodes that hold at least `size` points, and arms of them.

    The nodes grow from a random one, of a component with that many points, by random neighbours. They are parted at a
    random node without which they fall apart in that many arms, each with `min_points` points beyond that node, as a
    fork is; the largest are the arms. Where there is no such node, each node goes to the nearest of so many random
    ones, in hops, which makes connected arms; each must have `min_points` points that no other arm has.

    Args:
        graph: With nodes.
        size, arms, min_points: As said.
        generator: Source of the draws.

    Returns:
        The nodes and the nodes of each arm; both empty where none was found in TRIES draws.
    """
    neighbours, components = neighbours_of(graph), node_components(graph)
    points = [
        len(np.unique(points_of(graph, np.flatnonzero(components == one)))) for one in range(components.max() + 1)
    ]
    starts = np.flatnonzero(np.array(points)[components] >= size)
    for _ in range(TRIES if len(starts) else 0):
        nodes = _grown(graph, neighbours, int(generator.choice(starts)), size, generator)
        parted = _cut(graph, nodes, arms, min_points, generator)
        parted = parted or _divided(graph, neighbours, nodes, arms, min_points, generator)
        if parted:
            return nodes, parted
    return [], []


def arms_of_points(graph: MapperGraph, nodes: list[int], arms: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the points of some nodes, ascending, and the number of the arm that alone holds each, or -1."""
    rows = np.unique(points_of(graph, nodes))
    held = np.array([np.isin(rows, points_of(graph, arm)) for arm in arms])
    return rows, np.where(held.sum(axis=0) == 1, held.argmax(axis=0), -1)


def _grown(
    graph: MapperGraph, neighbours: list[list[int]], start: int, size: int, generator: np.random.Generator
) -> list[int]:
    """Connected nodes from one on, until they hold so many points."""
    nodes, held, around = [start], {*graph.members[start].tolist()}, {*neighbours[start]}
    while len(held) < size:
        node = sorted(around)[generator.integers(len(around))]
        nodes.append(node)
        held.update(graph.members[node].tolist())
        around = (around | {*neighbours[node]}) - {*nodes}
    return nodes


def _cut(
    graph: MapperGraph, nodes: list[int], arms: int, min_points: int, generator: np.random.Generator
) -> list[list[int]]:
    """The arms at a random node that parts the nodes in enough of them; none where no node does."""
    kept = np.zeros(len(graph.members), dtype=bool)
    kept[nodes] = True
    links = networkx.Graph(graph.edges[kept[graph.edges].all(axis=1)].tolist())
    for node in generator.permutation(sorted(networkx.articulation_points(links))).tolist():
        rest = kept.copy()
        rest[node] = False
        numbers = node_components(graph, rest)
        parts = [np.flatnonzero(numbers == number).tolist() for number in range(numbers.max() + 1)]
        beyond = [len(np.setdiff1d(points_of(graph, part), graph.members[node])) for part in parts]
        largest = np.argsort(-np.array(beyond), kind="stable")[:arms]
        if len(largest) == arms and beyond[largest[-1]] >= min_points:
            return [parts[number] for number in sorted(largest.tolist())]
    return []


def _divided(
    graph: MapperGraph,
    neighbours: list[list[int]],
    nodes: list[int],
    arms: int,
    min_points: int,
    generator: np.random.Generator,
) -> list[list[int]]:
    """Arms around random nodes, by hops; none where they have too few points of their own."""
    if len(nodes) < arms:
        return []
    seeds = generator.permutation(nodes)[:arms].tolist()
    arm_of, waiting = {node: number for number, node in enumerate(seeds)}, deque(seeds)
    inside = {*nodes}
    while waiting:
        node = waiting.popleft()
        for other in neighbours[node]:
            if other in inside and other not in arm_of:
                arm_of[other] = arm_of[node]
                waiting.append(other)
    parts = [sorted(node for node, number in arm_of.items() if number == own) for own in range(arms)]
    _, arm = arms_of_points(graph, nodes, parts)
    own = np.bincount(arm[arm >= 0], minlength=arms)
    return parts if own.min() >= min_points else []
