"""What one Mapper graph says, as a row of numbers."""

from dataclasses import dataclass

import numpy as np

from topolens.config.analyses import Mapper
from topolens.mapper.chains import excess_entropies
from topolens.mapper.fork_projections import ForkProjection, project_forks
from topolens.mapper.forks import find_forks, score_forks
from topolens.mapper.graph import Fork, Loop, MapperGraph
from topolens.mapper.label_entropy import entropy
from topolens.mapper.loops import find_loops, score_loops
from topolens.mapper.nodes import class_counts
from topolens.mapper.nulls import graph_size
from topolens.mapper.subsets import subset_separations


@dataclass(frozen=True)
class Findings:
    """The scored structures of a graph.

    Attributes:
        forks: With entropies and p-values.
        loops: The same.
        projections: Of each fork.
        row: Sizes of the graph (see graph_size), and means over nodes, forks and loops; NaN where there is none.
            `separating` is the share of forks whose arms are purer than chance, `fork_gain` the entropy of the
            branching node less that of the arms (bits), `loop_separating` and `loop_entropy` the same of loops,
            `loop_excess_entropy` that of loops less that of random chains of as many nodes, `local` and `overall` the
            separation of the arms in the plane of their own and of all points, `subset_local` and `subset_overall` the
            same of random subsets of nodes as large as the forks (where the graph has none, the fork's own).
    """

    forks: list[Fork]
    loops: list[Loop]
    projections: list[ForkProjection]
    row: dict[str, float]


def graph_findings(
    points: np.ndarray,
    graph: MapperGraph,
    labels: np.ndarray,
    *,
    settings: Mapper,
    seed: int,
) -> Findings:
    """Find and score all structures of the graph of a cloud.

    Args:
        points: (n, d), the cloud.
        graph: Its Mapper graph.
        labels: (n,) integers >= 0.
        settings: How forks are found and scored.
        seed: Root of the seeds of permutations, chains and subsets.
    """
    permutations, significance, min_points = settings.permutations, settings.significance, settings.min_points
    forks = score_forks(graph, find_forks(graph, min_points), labels, permutations, seed)
    loops = score_loops(graph, find_loops(graph), labels, permutations, seed)
    projections = project_forks(points, graph, forks)
    own = np.array([(one.local_separation, one.overall_separation) for one in projections]).reshape(-1, 2)
    chance = subset_separations(points, graph, forks, subsets=settings.subsets, min_points=min_points, seed=seed)
    chance = np.where(np.isnan(chance), own, chance)
    counts = class_counts(graph, labels, int(labels.max(initial=0)) + 1)
    row = {
        **graph_size(graph, min_points),
        "node_purity": float(counts.max(axis=1).sum() / counts.sum()) if counts.sum() else np.nan,
        "node_entropy": mean(entropy(counts)),
        "separating": mean([fork.p_value < significance for fork in forks]),
        "fork_gain": mean([fork.entropy - fork.arm_entropy for fork in forks]),
        "fork_purity": mean([fork.purity for fork in forks]),
        "loop_separating": mean([loop.p_value < significance for loop in loops]),
        "loop_entropy": mean([loop.entropy for loop in loops]),
        "loop_excess_entropy": mean(excess_entropies(graph, loops, labels, settings.chains, seed)),
        "local": mean(own[:, 0]),
        "overall": mean(own[:, 1]),
        "subset_local": mean(chance[:, 0]),
        "subset_overall": mean(chance[:, 1]),
    }
    return Findings(forks, loops, projections, row)


def mean(values: list[float] | list[bool] | np.ndarray) -> float:
    """The mean, or NaN of nothing."""
    return float(np.mean(values)) if len(values) else float("nan")
