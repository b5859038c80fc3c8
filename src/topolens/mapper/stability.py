"""Whether a Mapper graph stays the same when positions, intervals or overlap change."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from topolens.errors import TopolensError
from topolens.mapper.forks import find_forks, score_forks
from topolens.mapper.graph import MapperGraph
from topolens.mapper.mapper_graph import elbow, mapper_graph
from topolens.mapper.nulls import graph_size
from topolens.mapper.structure import membership, point_components
from topolens.seeding import child_generator


@dataclass(frozen=True)
class GraphAgreement:
    """How alike two graphs of the same images are.

    Attributes:
        match: Mean best Jaccard index of a node with the other graph's nodes, both ways; 1 = the same nodes.
        chance_match: The same with the images of one graph shuffled, averaged.
        components: Adjusted Rand index of the components of the images that both graphs hold; 1 = the same, 0 = as by
            chance, NaN without such images.
        shared: Share of the images that are in nodes of both graphs.
    """

    match: float
    chance_match: float
    components: float
    shared: float


def graph_agreement(a: MapperGraph, b: MapperGraph, permutations: int, seed: int) -> GraphAgreement:
    """Compare two graphs whose row i is the same image, such as of two random positions per image.

    Args:
        a, b: Graphs of as many points; the norms may differ.
        permutations: Shuffles for the match by chance, at least 1.
        seed: Seed of the shuffles.

    Raises:
        TopolensError: graphs of unequal numbers of points, or permutations below 1.
    """
    images = len(a.lens)
    if len(b.lens) != images:
        raise TopolensError(f"graphs: expected the same images in both, found {images} and {len(b.lens)}")
    if permutations < 1:
        raise TopolensError(f"permutations={permutations}: expected at least 1")
    generator = child_generator(seed, "shuffled images")
    chance = [_match(a, b, generator.permutation(images)) for _ in range(permutations)]
    first, second = point_components(a), point_components(b)
    both = (first >= 0) & (second >= 0)
    return GraphAgreement(
        match=_match(a, b, np.arange(images)),
        chance_match=float(np.mean(chance)),
        components=float(adjusted_rand_score(first[both], second[both])) if both.any() else float("nan"),
        shared=float(both.mean()),
    )


def parameter_table(
    points: np.ndarray,
    labels: np.ndarray,
    *,
    intervals: Sequence[int],
    overlaps: Sequence[float],
    min_samples: int = 5,
    eps: float | None = None,
    min_points: int,
    permutations: int,
    significance: float,
    seed: int,
) -> pd.DataFrame:
    """What is found in one cloud under every number of intervals with every overlap, all with one `eps`.

    Args:
        points: (n, d), finite.
        labels: (n,) integers >= 0.
        intervals, overlaps: Values to cross; the first of each make the graph that the others are compared with.
        min_samples, eps: As for mapper_graph.
        min_points: As for find_forks.
        permutations: Permutations of labels for each fork, and shuffles of images for each graph.
        significance: The p-value of a fork below which it tells classes apart.
        seed: Root of their seeds.

    Returns:
        A row a graph: intervals, overlap, eps, the columns of graph_size, purity (of the forks, mean; NaN without
        one), separating (share of the forks that tell classes apart; NaN without one), and match, chance_match,
        same_components and shared of the comparison with the first graph (see GraphAgreement).

    Raises:
        TopolensError: as for mapper_graph, score_forks and graph_agreement, or nothing to cross.
    """
    settings = [(count, overlap) for count in intervals for overlap in overlaps]
    if not settings:
        raise TopolensError("intervals, overlaps: expected at least one of each")
    eps = elbow(points) if eps is None else eps
    rows: list[dict[str, float]] = []
    first: MapperGraph | None = None
    for count, overlap in settings:
        graph = mapper_graph(points, intervals=count, overlap=overlap, min_samples=min_samples, eps=eps)
        first = first or graph
        forks = score_forks(graph, find_forks(graph, min_points), labels, permutations, seed)
        agreement = graph_agreement(first, graph, permutations, seed)
        rows.append(
            {
                "intervals": count,
                "overlap": overlap,
                "eps": eps,
                **graph_size(graph, min_points),
                "purity": _mean([fork.purity for fork in forks]),
                "separating": _mean([fork.p_value < significance for fork in forks]),
                "match": agreement.match,
                "chance_match": agreement.chance_match,
                "same_components": agreement.components,
                "shared": agreement.shared,
            }
        )
    return pd.DataFrame(rows)


def _match(a: MapperGraph, b: MapperGraph, order: np.ndarray) -> float:
    """Mean best Jaccard index of nodes, with image i of `a` taken for image order[i] of `b`; 0 where one is empty.

    Two graphs without nodes are the same: 1.
    """
    if not a.members or not b.members:
        return float(len(a.members) == len(b.members))
    ours, theirs = membership(a), membership(b)[:, order]
    shared = (ours @ theirs.T).toarray()
    union = ours.sum(axis=1)[:, None] + theirs.sum(axis=1)[None] - shared
    jaccard = shared / union
    return float((jaccard.max(axis=1).mean() + jaccard.max(axis=0).mean()) / 2)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
