"""Which images stand for the nodes of a graph, on the explorer's page and in figures."""

from collections.abc import Iterable

import numpy as np

from topolens.mapper.graph import Fork, MapperGraph
from topolens.mapper.structure import points_of


def example_rows(groups: Iterable[np.ndarray], order: np.ndarray, examples: int) -> list[np.ndarray]:
    """Points whose images stand for each group: at most so many, those that come first in a random order.

    For each group, such as the points of a node, that is a random choice without repetition. One order for all nodes
    and layers means that nodes which share images tend to show the same ones, so the page carries fewer and the eye
    can follow them. `order` is (images,), the place of each image in the random order.
    """
    return [rows[np.argsort(order[rows])][:examples] for rows in groups]


def fork_parts(graph: MapperGraph, fork: Fork) -> list[np.ndarray]:
    """The points of a fork's branching node and of each of its arms, each point once, ascending."""
    return [np.unique(points_of(graph, nodes)) for nodes in ([fork.node], *fork.arms)]
