"""Whether a Mapper graph tells two classes apart, such as the horses and deer of Rathore et al. (2021)."""

from dataclasses import dataclass, replace

import numpy as np

from topolens.errors import TopolensError
from topolens.mapper.forks import score_forks
from topolens.mapper.graph import Fork, MapperGraph
from topolens.mapper.label_entropy import checked_labels
from topolens.mapper.structure import membership, points_of
from topolens.seeding import child_generator


@dataclass(frozen=True)
class PairSeparation:
    """How well nodes and forks part two classes, all other points left out.

    Attributes:
        purity: Share of the more frequent of the two classes in each node, weighted by the nodes' points of both;
            from 0.5 to 1, NaN where no node holds any.
        null: The same with the two labels shuffled among these points, averaged.
        forks: Forks whose arms part the classes, by p-values times the number of forks that are tested (Bonferroni), so
            that a graph with many forks does not part them by chance.
    """

    purity: float
    null: float
    forks: int


def pair_separation(
    graph: MapperGraph,
    forks: list[Fork],
    labels: np.ndarray,
    pair: tuple[int, int],
    *,
    permutations: int,
    significance: float,
    seed: int,
) -> PairSeparation:
    """Look at the points of two classes alone.

    Args:
        graph: Of n points.
        forks: Those found in it.
        labels: (n,) integers >= 0.
        pair: Two different class numbers.
        permutations: Shuffles behind the null and permutations behind each fork, at least 1.
        significance: The adjusted p-value of a fork below which its arms part the classes.
        seed: Root of their seeds.

    Raises:
        TopolensError: labels that do not fit, no point of one of the classes, or a pair of one class.
    """
    labels = checked_labels(labels, len(graph.lens))
    first, second = (labels == number for number in pair)
    if pair[0] == pair[1] or not first.any() or not second.any():
        raise TopolensError(f"pair {pair}: expected two different classes that have points, found {np.unique(labels)}")
    kept = np.flatnonzero(first | second)
    nodes = membership(graph)[:, kept]
    generator = child_generator(seed, "shuffled pair", *map(int, pair))
    shuffled = generator.permuted(np.tile(first[kept], (permutations, 1)), axis=1)
    both = np.vstack([first[kept], shuffled]).astype(np.int64)
    ours, totals = nodes @ both.T, np.asarray(nodes.sum(axis=1))[:, None]
    purities = (
        np.maximum(ours, totals - ours).sum(axis=0) / totals.sum() if totals.sum() else np.full(len(both), np.nan)
    )
    only = replace(graph, members=[rows[np.isin(rows, kept)] for rows in graph.members])
    meeting = [fork for fork in forks if all(len(points_of(only, arm)) for arm in fork.arms)]
    scored = score_forks(only, meeting, labels, permutations, seed)
    return PairSeparation(
        purity=float(purities[0]),
        null=float(purities[1:].mean()),
        forks=sum(fork.p_value * len(scored) < significance for fork in scored),
    )
