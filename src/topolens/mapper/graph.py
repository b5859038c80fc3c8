"""What Mapper finds in a cloud: a graph of overlapping clusters, its forks and its loops."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class MapperGraph:
    """Clusters of the preimages of overlapping intervals, joined where they share points.

    Attributes:
        members: By node: the rows of its points, ascending (int64).
        intervals: (nodes,) number of the lens interval a node lies in.
        lens: (points,) value of every point.
        edges: (edges, 2) int64 node numbers, the smaller first, rows ascending.
        jaccard: (edges,) shared points over points of either node.
    """

    members: list[np.ndarray]
    intervals: np.ndarray
    lens: np.ndarray
    edges: np.ndarray
    jaccard: np.ndarray


@dataclass(frozen=True)
class Fork:
    """A node where the graph branches, and what grows from it.

    Attributes:
        node: The branching node.
        arms: Nodes of each arm, from the branching node outward.
        entropy: Of the class labels in the branching node, in bits.
        arm_entropy: Mean label entropy of the arms, weighted by their points.
        purity: Share of the most frequent label of each arm, weighted likewise.
        p_value: Share of label permutations with an arm entropy as low, the observed one counted; never 0.
    """

    node: int
    arms: list[list[int]] = field(default_factory=list)
    entropy: float = float("nan")
    arm_entropy: float = float("nan")
    purity: float = float("nan")
    p_value: float = float("nan")


@dataclass(frozen=True)
class Loop:
    """A cycle of the graph.

    Attributes:
        nodes: In cyclic order.
        entropy: Of the labels of all its points, in bits.
        purity: Share of the most frequent label.
        p_value: Share of label permutations with an entropy as low, the observed one counted; never 0.
    """

    nodes: list[int]
    entropy: float = float("nan")
    purity: float = float("nan")
    p_value: float = float("nan")
