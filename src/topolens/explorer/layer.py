"""What the explorer page says about one layer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from topolens.errors import TopolensError
from topolens.explorer.sprites import checked_pictures
from topolens.mapper.graph import Fork, Loop, MapperGraph
from topolens.mapper.layout import layout
from topolens.mapper.nodes import class_counts, node_table
from topolens.mapper.structure import points_of
from topolens.mapper.telling import clearness


@dataclass(frozen=True)
class ExplorerLayer:
    """A Mapper graph and what is shown beside it.

    Attributes:
        name: Of the layer.
        position: Which random position of each image the points are from; a layer may have several graphs.
        graph: Of n points, also without nodes; point number r comes from image number r.
        labels: (n,) class numbers.
        forks: Scored, of this graph.
        loops: Likewise.
        feature_pictures: (k, height, width, 3) uint8, or None.
        pictured: (k,) the nodes they belong to; None: every node, in order.
    """

    name: str
    graph: MapperGraph
    labels: np.ndarray
    forks: list[Fork] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    feature_pictures: np.ndarray | None = None
    pictured: np.ndarray | None = None
    position: int = 1

    @property
    def picture_of(self) -> dict[int, int]:
        """Node to the number of its feature picture."""
        if self.feature_pictures is None:
            return {}
        nodes = range(len(self.graph.members)) if self.pictured is None else self.pictured.tolist()
        return {node: number for number, node in enumerate(nodes)}


def layer_data(
    layer: ExplorerLayer, classes: Sequence[str], rows: list[np.ndarray], tiles: Mapping[int, int], seed: int
) -> dict[str, Any]:
    """A layer for JSON: nodes, edges, forks (the clearest first) and loops (lowest p-value first), with class counts.

    Args:
        layer: As for explorer_page.
        classes: Their names.
        rows: As from example_rows.
        tiles: Image number to place on the sheets.
        seed: Of the layout.

    Raises:
        TopolensError: labels, feature pictures, forks or loops that do not fit the graph; names the layer.
    """
    graph, labels = layer.graph, layer.labels
    try:
        counts = class_counts(graph, labels, len(classes))
        table = node_table(graph, labels, classes)
    except TopolensError as error:
        raise TopolensError(f"layer {layer.name!r}: {error}") from error
    _check_fit(layer)
    records = table[["interval", "size", "mean_norm", "purity", "entropy"]].to_dict("records")
    places, pictures = layout(graph, seed).round(4).tolist(), layer.picture_of
    nodes = [
        {
            **{"x": x, "y": y, **record, "counts": row, "feature": pictures.get(node)},
            "examples": [(tiles[number], int(labels[number])) for number in part.tolist()],
        }
        for node, ((x, y), record, row, part) in enumerate(zip(places, records, counts.tolist(), rows, strict=True))
    ]
    edges = zip(graph.edges.tolist(), graph.jaccard.round(4).tolist(), strict=True)
    return {
        "name": layer.name,
        "position": layer.position,
        "points": len(graph.lens),
        "covered": len(np.unique(points_of(graph))),
        "nodes": nodes,
        "edges": [[*pair, weight] for pair, weight in edges],
        "forks": [
            {"node": fork.node, "parts": _parts(layer, fork.arms, len(classes))}
            | _scores(fork, ("entropy", "arm_entropy", "purity", "p_value"))
            for fork in sorted(layer.forks, key=clearness)
        ],
        "loops": [
            {"parts": _parts(layer, [loop.nodes], len(classes))} | _scores(loop, ("entropy", "purity", "p_value"))
            for loop in sorted(layer.loops, key=_by_p_value)
        ],
    }


def _check_fit(layer: ExplorerLayer) -> None:
    place, size = f"layer {layer.name!r}", len(layer.graph.members)
    if layer.feature_pictures is not None:
        checked_pictures(layer.feature_pictures, f"{place}: feature_pictures")
        pictured = np.arange(size) if layer.pictured is None else np.asarray(layer.pictured)
        if len(set(pictured.tolist()) & set(range(size))) < len(pictured):
            raise TopolensError(f"{place}: pictured: expected different nodes of {size}, found {pictured.tolist()}")
        if len(layer.feature_pictures) != len(pictured):
            raise TopolensError(
                f"{place}: expected {len(pictured)} feature_pictures, found {len(layer.feature_pictures)}"
            )
    named = [[fork.node, *(node for arm in fork.arms for node in arm)] for fork in layer.forks]
    strange = {node for nodes in [*named, *(loop.nodes for loop in layer.loops)] for node in nodes} - set(range(size))
    if strange:
        raise TopolensError(f"{place}: forks or loops name node {min(strange)} of {size}; find them in this graph")


def _by_p_value(loop: Loop) -> float:
    """Unscored ones come last; a stable sort keeps the given order otherwise."""
    return 2.0 if np.isnan(loop.p_value) else loop.p_value


def _scores(scored: Fork | Loop, names: Iterable[str]) -> dict[str, float | None]:
    """JSON has no NaN: scores that are missing are None."""
    values = {name: float(getattr(scored, name)) for name in names}
    return {name: None if np.isnan(value) else value for name, value in values.items()}


def _parts(layer: ExplorerLayer, parts: list[list[int]], classes: int) -> list[dict[str, Any]]:
    """The nodes of each part and the class counts of their points, each point once."""
    points = [np.unique(points_of(layer.graph, nodes)) for nodes in parts]
    counts = [np.bincount(layer.labels[rows], minlength=classes).tolist() for rows in points]
    return [{"nodes": list(map(int, nodes)), "counts": row} for nodes, row in zip(parts, counts, strict=True)]
