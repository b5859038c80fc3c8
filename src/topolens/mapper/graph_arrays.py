"""Mapper graphs as named arrays, to keep many of them in one file."""

from collections.abc import Mapping

import numpy as np

from topolens.mapper.graph import MapperGraph

FIELDS = ("intervals", "lens", "edges", "jaccard")


def graph_to_arrays(graph: MapperGraph, name: str) -> dict[str, np.ndarray]:
    """The arrays of a graph, called NAME.members (node after node), NAME.sizes (nodes,), and as in FIELDS."""
    sizes = np.array([len(rows) for rows in graph.members], dtype=np.int64)
    members = np.concatenate([np.zeros(0, dtype=np.int64), *graph.members])
    arrays = {"members": members, "sizes": sizes} | {field: getattr(graph, field) for field in FIELDS}
    return {f"{name}.{field}": array for field, array in arrays.items()}


def graph_from_arrays(arrays: Mapping[str, np.ndarray], name: str) -> MapperGraph:
    """The graph that :func:`graph_to_arrays` took apart."""
    ends = np.cumsum(arrays[f"{name}.sizes"])
    members = np.split(arrays[f"{name}.members"], ends[:-1]) if len(ends) else []
    return MapperGraph(members=members, **{field: arrays[f"{name}.{field}"] for field in FIELDS})
