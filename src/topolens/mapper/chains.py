"""What loops are held against: random chains of as many nodes of the same graph."""

import numpy as np

from topolens.arguments import checked_count
from topolens.mapper.graph import Loop, MapperGraph
from topolens.mapper.label_entropy import checked_labels, entropy
from topolens.mapper.structure import neighbours_of, points_of
from topolens.seeding import child_generator

TRIES = 1000  # starts of a chain before it is given up


def random_chain(neighbours: list[list[int]], length: int, generator: np.random.Generator) -> list[int]:
    """A simple path of so many nodes, in order; no node twice.

    It starts at a node that is drawn from all and grows by a random neighbour that is new, at its end until nothing is
    new there, then at its start; where it comes out too short another start is drawn.

    Args:
        neighbours: Of each node, as from neighbours_of.
        length: Nodes of the chain, at least 1.
        generator: Source of the draws.

    Returns:
        Empty where no chain of this length was found in TRIES starts.
    """
    length = checked_count(length, "length")
    for _ in range(TRIES if len(neighbours) >= length else 0):
        chain = [int(generator.integers(len(neighbours)))]
        for _ in range(2):
            while len(chain) < length and (fresh := [node for node in neighbours[chain[-1]] if node not in chain]):
                chain.append(fresh[generator.integers(len(fresh))])
            chain.reverse()
        if len(chain) == length:
            return chain
    return []


def excess_entropies(graph: MapperGraph, loops: list[Loop], labels: np.ndarray, chains: int, seed: int) -> list[float]:
    """Label entropy of each loop less that of chains of as many nodes.

    Nodes that touch hold points of like classes whether or not they close a loop; what a loop has beyond its chains is
    its own. Fewer points have less entropy, so the larger of a loop and a chain counts by as many random points of it
    as the other has.

    Args:
        graph: The graph of n points in which the loops were found.
        loops: As from find_loops.
        labels: (n,) integers >= 0.
        chains: Random chains behind each loop, at least 1.
        seed: Root of each loop's own seed.

    Returns:
        Mean over the chains of each loop, in bits; 0, no difference, where no chain of its length was found.
    """
    labels, chains = checked_labels(labels, len(graph.lens)), checked_count(chains, "chains")
    classes, neighbours = int(labels.max(initial=0)) + 1, neighbours_of(graph)

    def count(nodes: list[int]) -> np.ndarray:
        return np.bincount(labels[np.unique(points_of(graph, nodes))], minlength=classes)

    found = []
    for loop in loops:
        generator = child_generator(seed, "chains", *loop.nodes)
        drawn = [random_chain(neighbours, len(loop.nodes), generator) for _ in range(chains)]
        tables = [_of_equal_sizes(count(loop.nodes), count(chain), generator) for chain in drawn if chain]
        found.append(float(np.mean([np.subtract(*entropy(table)) for table in tables])) if tables else 0.0)
    return found


def _of_equal_sizes(a: np.ndarray, b: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """(2, classes) counts of the labels of two groups, those of the larger one of so many of its points at random."""
    size = min(a.sum(), b.sum())
    return np.stack([own if own.sum() == size else generator.multivariate_hypergeometric(own, size) for own in (a, b)])
