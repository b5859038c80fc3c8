"""Mapper graphs of noise with the norms of a cloud: the forks and loops that need no structure."""

import numpy as np
import pandas as pd

from topolens.errors import TopolensError, unknown_name
from topolens.mapper.forks import find_forks
from topolens.mapper.graph import MapperGraph
from topolens.mapper.loops import loop_count
from topolens.mapper.mapper_graph import mapper_graph
from topolens.mapper.structure import node_components
from topolens.seeding import child_generator
from topolens.topology.distances import checked_points
from topolens.topology.gaussian import gaussian_cloud

KINDS = ("directions", "covariance")


def noise_cloud(points: np.ndarray, kind: str, generator: np.random.Generator) -> np.ndarray:
    """Noise with the norms of a cloud, row by row: (n, d) to (n, d) float64.

    Args:
        points: (n, d), finite.
        kind: `directions`, uniform on the sphere; `covariance`, those of a Gaussian cloud with the mean and covariance
            of the points, so that what is left out is only what is beyond second moments.
        generator: Source of the noise.

    Raises:
        TopolensError: no finite (n, d) array, or an unknown kind.
    """
    points = checked_points(points)
    if kind not in KINDS:
        raise unknown_name("kind of noise", kind, KINDS)
    noise = gaussian_cloud(points, generator) if kind == "covariance" else generator.standard_normal(points.shape)
    # A cloud that is one point has Gaussian clouds that are that point; only at the origin has it no direction.
    lengths = np.linalg.norm(noise, axis=1, keepdims=True)
    directions = np.divide(noise, lengths, out=np.zeros_like(noise), where=lengths > 0)
    return directions * np.linalg.norm(points, axis=1, keepdims=True)


def noise_null(
    points: np.ndarray,
    *,
    intervals: int,
    overlap: float,
    min_samples: int = 5,
    eps: float | None = None,
    min_points: int,
    kind: str,
    noise_clouds: int,
    seed: int,
) -> pd.DataFrame:
    """What Mapper finds in norm-matched noise under the settings of a graph.

    Without `eps` each noise has the elbow of its own distances: noise is sparser than activations, and under their
    radius it is all outliers, a null that proves nothing.

    Args:
        points: (n, d), finite.
        intervals, overlap, min_samples, eps: As for mapper_graph.
        min_points: As for find_forks.
        kind: As for noise_cloud.
        noise_clouds: Clouds of noise, at least 1.
        seed: Root of the clouds' seeds.

    Returns:
        A row a cloud: resample, and the columns of graph_size.

    Raises:
        TopolensError: as for mapper_graph and noise_cloud, or noise_clouds below 1.
    """
    if noise_clouds < 1:
        raise TopolensError(f"noise_clouds={noise_clouds}: expected at least 1")
    rows = []
    for resample in range(noise_clouds):
        noise = noise_cloud(points, kind, child_generator(seed, "noise", kind, resample))
        graph = mapper_graph(noise, intervals=intervals, overlap=overlap, min_samples=min_samples, eps=eps)
        rows.append({"resample": resample, **graph_size(graph, min_points)})
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
