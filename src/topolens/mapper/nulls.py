"""Mapper graphs of noise with the norms of a cloud: the forks and loops that need no structure."""

import numpy as np
import pandas as pd

from topolens.config.analyses import Mapper
from topolens.mapper.forks import find_forks
from topolens.mapper.graph import MapperGraph
from topolens.mapper.loops import loop_count
from topolens.mapper.mapper_graph import mapper_graph
from topolens.mapper.structure import node_components
from topolens.seeding import child_generator
from topolens.topology.distances import checked_points
from topolens.topology.gaussian import gaussian_cloud


def noise_cloud(points: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Noise with the norms of a cloud, row by row: (n, d) to (n, d) float64.

    Its directions are those of a Gaussian cloud with the mean and covariance of the points, so that what is left out
    is only what is beyond second moments.

    Args:
        points: (n, d), finite.
        generator: Source of the noise.

    Raises:
        TopolensError: no finite (n, d) array.
    """
    points = checked_points(points)
    noise = gaussian_cloud(points, generator)
    # A cloud that is one point has Gaussian clouds that are that point; only at the origin has it no direction.
    lengths = np.linalg.norm(noise, axis=1, keepdims=True)
    directions = np.divide(noise, lengths, out=np.zeros_like(noise), where=lengths > 0)
    return directions * np.linalg.norm(points, axis=1, keepdims=True)


def noise_null(points: np.ndarray, settings: Mapper, seed: int, *, eps: float | None = None) -> pd.DataFrame:
    """What Mapper finds in norm-matched noise under the settings of a graph.

    Without `eps` each noise has the elbow of its own distances: noise is sparser than activations, and under their
    radius it is all outliers, a null that proves nothing.

    Args:
        points: (n, d), finite.
        settings: Of the graph, and how many clouds of noise.
        seed: Root of the clouds' seeds.
        eps: As for mapper_graph.

    Returns:
        A row a cloud: repeat, and the columns of graph_size.

    Raises:
        TopolensError: as for mapper_graph and noise_cloud.
    """
    rows = []
    for number in range(settings.noise_clouds):
        noise = noise_cloud(points, child_generator(seed, "noise", number))
        graph = mapper_graph(
            noise, intervals=settings.intervals, overlap=settings.overlap, min_samples=settings.min_samples, eps=eps
        )
        rows.append({"repeat": number, **graph_size(graph, settings.min_points)})
    return pd.DataFrame(rows)


def graph_size(graph: MapperGraph, min_points: int) -> dict[str, int]:
    """Numbers of nodes, edges, components, loops (β1 of the nerve), forks, and of points that lie in nodes."""
    covered = np.zeros(len(graph.lens), dtype=bool)
    for rows in graph.members:
        covered[rows] = True
    return {
        "nodes": len(graph.members),
        "edges": len(graph.edges),
        "components": int(node_components(graph).max(initial=-1)) + 1,
        "loops": loop_count(graph),
        "forks": len(find_forks(graph, min_points)),
        "covered": int(covered.sum()),
    }
