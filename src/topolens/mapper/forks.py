"""Where a Mapper graph branches, and whether its branches part the classes (Rathore et al. 2021)."""

from dataclasses import replace

import numpy as np

from topolens.errors import TopolensError
from topolens.mapper.graph import Fork, MapperGraph
from topolens.mapper.label_entropy import checked_labels, entropy, mean_entropy, permutation_p_value, purity
from topolens.mapper.structure import node_components, points_of
from topolens.seeding import child_generator


def find_forks(graph: MapperGraph, min_points: int) -> list[Fork]:
    """Nodes from which at least two arms grow towards larger, or towards smaller, norms.

    The arms of a node upwards are the connected components, among all nodes of higher intervals, that touch it; so a
    fork is where the Reeb graph's branches join, and branches that meet again farther on are a loop, not a fork. A
    node may fork both ways, which makes two forks. Of forks with the same arms, only that of the largest node stays.
    No label is looked at.

    Args:
        graph: Any, also without nodes.
        min_points: Points that an arm needs beyond those of the branching node, at least 1: spurs do not count.

    Returns:
        Unscored forks, by node, upwards first; arms by their first node, and nodes of an arm from the branching node
        outward.

    Raises:
        TopolensError: min_points below 1.
    """
    if min_points < 1:
        raise TopolensError(f"min_points={min_points}: expected at least 1 point")
    best: dict[tuple[tuple[int, ...], ...], tuple[int, Fork]] = {}
    for node, rows in enumerate(graph.members):
        for direction in (1, -1):
            arms = [arm for arm in _arms(graph, node, direction) if _points_beyond(graph, arm, node) >= min_points]
            key = tuple(tuple(arm) for arm in arms)
            if len(arms) >= 2 and len(rows) > best.get(key, (0,))[0]:
                best[key] = (len(rows), Fork(node, arms))
    # A stable sort: a node's fork upwards was found first.
    return sorted((fork for _, fork in best.values()), key=lambda fork: fork.node)


def score_forks(graph: MapperGraph, forks: list[Fork], labels: np.ndarray, permutations: int, seed: int) -> list[Fork]:
    """Forks with entropies, purity and p-value filled in, in the given order.

    The null permutes the labels among the points of the fork, that is of the branching node and its arms. P-values of
    several forks are not adjusted for their number.

    Args:
        graph: The graph of n points in which the forks were found.
        forks: As from find_forks.
        labels: (n,) integers >= 0.
        permutations: Permutations, at least 1.
        seed: Root of each fork's own seed, which hangs on its nodes and not on the other forks.

    Raises:
        TopolensError: labels that do not fit the points, or permutations below 1.
    """
    labels = checked_labels(labels, len(graph.lens))
    classes = int(labels.max(initial=0)) + 1

    def count(rows: np.ndarray) -> np.ndarray:
        return np.bincount(labels[rows], minlength=classes)

    scored = []
    for fork in forks:
        arms = [np.unique(points_of(graph, arm)) for arm in fork.arms]
        table = np.array([count(rows) for rows in arms])
        trunk = graph.members[fork.node]
        others = count(np.setdiff1d(trunk, np.concatenate(arms)))
        generator = child_generator(seed, "fork", fork.node, fork.arms[0][0])
        scored.append(
            replace(
                fork,
                entropy=float(entropy(count(trunk))),
                arm_entropy=float(mean_entropy(table)),
                purity=purity(table),
                p_value=permutation_p_value(table, others, permutations, generator),
            )
        )
    return scored


def _arms(graph: MapperGraph, node: int, direction: int) -> list[list[int]]:
    """Components beyond a node that touch it, upwards for direction 1 and downwards for -1."""
    steps = direction * (graph.intervals - graph.intervals[node])
    neighbours = graph.edges[(graph.edges == node).any(axis=1)].sum(axis=1) - node
    # Most nodes have at most one neighbour on a side, and no fork then.
    neighbours = neighbours[steps[neighbours] > 0]
    if len(neighbours) < 2:
        return []
    components = node_components(graph, steps > 0)
    arms = [np.flatnonzero(components == number) for number in np.unique(components[neighbours])]
    return [arm[np.argsort(steps[arm], kind="stable")].tolist() for arm in arms]


def _points_beyond(graph: MapperGraph, arm: list[int], node: int) -> int:
    """Points of an arm that the branching node does not hold."""
    return len(np.setdiff1d(points_of(graph, arm), graph.members[node]))
