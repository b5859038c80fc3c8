"""Whether a Mapper graph stays the same when positions, intervals or overlap change."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from topolens.config.analyses import Mapper
from topolens.errors import TopolensError
from topolens.mapper.forks import find_forks, score_forks
from topolens.mapper.graph import MapperGraph
from topolens.mapper.mapper_graph import elbow, mapper_graph
from topolens.mapper.nulls import graph_size
from topolens.mapper.structure import holders_of, point_components, points_of
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
    orders = [np.arange(images), *(generator.permutation(images) for _ in range(permutations))]
    match, *chance = _matches(a, b, orders)
    first, second = point_components(a), point_components(b)
    both = (first >= 0) & (second >= 0)
    return GraphAgreement(
        match=match,
        chance_match=float(np.mean(chance)),
        components=float(adjusted_rand_score(first[both], second[both])) if both.any() else float("nan"),
        shared=float(both.mean()),
    )


def parameter_table(
    points: np.ndarray, labels: np.ndarray, settings: Mapper, seed: int, *, eps: float | None = None
) -> pd.DataFrame:
    """Graphs of the same points under crossed numbers of intervals and overlaps, held against the first.

    Args:
        points: (n, d), finite.
        labels: (n,) integers.
        settings: Of the first graph, with other intervals and overlaps; permutations of labels for each fork, and
            shuffles of images for each graph.
        seed: Root of their seeds.
        eps: Radius of all graphs; None: the elbow of the points' distances.

    Returns:
        A row a graph: intervals, overlap, eps, the columns of graph_size, purity (of the forks, mean; NaN without
        one), separating (share of the forks that tell classes apart; NaN without one), and match, chance_match,
        same_components and shared of the comparison with the first graph (see GraphAgreement).

    Raises:
        TopolensError: as for mapper_graph, score_forks and graph_agreement.
    """
    eps = elbow(points) if eps is None else eps
    rows: list[dict[str, float]] = []
    first: MapperGraph | None = None
    overlaps = [settings.overlap, *settings.other_overlaps]
    for count, overlap in product([settings.intervals, *settings.other_intervals], overlaps):
        graph = mapper_graph(points, intervals=count, overlap=overlap, min_samples=settings.min_samples, eps=eps)
        first = first or graph
        forks = score_forks(graph, find_forks(graph, settings.min_points), labels, settings.permutations, seed)
        agreement = graph_agreement(first, graph, settings.permutations, seed)
        rows.append(
            {
                "intervals": count,
                "overlap": overlap,
                "eps": eps,
                **graph_size(graph, settings.min_points),
                "purity": _mean([fork.purity for fork in forks]),
                "separating": _mean([fork.p_value < settings.significance for fork in forks]),
                "match": agreement.match,
                "chance_match": agreement.chance_match,
                "same_components": agreement.components,
                "shared": agreement.shared,
            }
        )
    return pd.DataFrame(rows)


def _matches(a: MapperGraph, b: MapperGraph, orders: Sequence[np.ndarray]) -> list[float]:
    """Mean best Jaccard index of nodes, for each order: image i of `a` is taken for image order[i] of `b`.

    0 where one graph is empty; two graphs without nodes are the same: 1.
    """
    if not a.members or not b.members:
        return [float(len(a.members) == len(b.members))] * len(orders)
    sizes, others = (np.array([len(rows) for rows in graph.members]) for graph in (a, b))
    nodes, images, holders = np.repeat(np.arange(len(sizes)), sizes), points_of(a), holders_of(b)
    matches = []
    for order in orders:
        pairs = nodes[:, None] * (len(others) + 1) + holders[order[images]]
        shared = np.bincount(pairs.ravel(), minlength=len(sizes) * (len(others) + 1)).reshape(len(sizes), -1)[:, :-1]
        jaccard = shared / (sizes[:, None] + others - shared)
        matches.append(float((jaccard.max(axis=1).mean() + jaccard.max(axis=0).mean()) / 2))
    return matches


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
