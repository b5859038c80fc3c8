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


@dataclass(frozen=True)
class ExplorerLayer:
    """A Mapper graph and what is shown beside it.

    Attributes:
        name: Of the layer.
        graph: Of n points, also without nodes.
        labels: (n,) class numbers.
        forks: Scored, of this graph.
        loops: Likewise.
        images: Row of the graph to the number of the image it comes from; needed for all rows in nodes.
        feature_pictures: (k, height, width, 3) uint8, or None.
        pictured: (k,) the nodes they belong to; None: every node, in order.
    """

    name: str
    graph: MapperGraph
    labels: np.ndarray
    forks: list[Fork] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    images: Mapping[int, int] = field(default_factory=dict)
    feature_pictures: np.ndarray | None = None
    pictured: np.ndarray | None = None

    @property
    def picture_of(self) -> dict[int, int]:
        """Node to the number of its feature picture."""
        if self.feature_pictures is None:
            return {}
        nodes = range(len(self.graph.members)) if self.pictured is None else self.pictured.tolist()
        return {node: number for number, node in enumerate(nodes)}


def example_rows(layer: ExplorerLayer, order: np.ndarray, examples: int) -> list[np.ndarray]:
    """Rows whose images stand for each node: those of its images that come first in a random order.

    For each node that is a random choice without repetition. One order for all nodes and layers means that nodes
    which share images tend to show the same ones, so the page carries fewer and the eye can follow them.

    Args:
        layer: As for explorer_page.
        order: (images,) place of each image in the random order.
        examples: Images of a node at most.

    Raises:
        TopolensError: a row without an image, or an image number out of range.
    """
    chosen = []
    for node, rows in enumerate(layer.graph.members):
        numbers = np.array([_image_of(layer, node, row, len(order)) for row in rows.tolist()])
        _, first = np.unique(numbers, return_index=True)
        chosen.append(rows[first[np.argsort(order[numbers[first]])][:examples]])
    return chosen


def layer_data(
    layer: ExplorerLayer, classes: Sequence[str], rows: list[np.ndarray], tiles: Mapping[int, int], seed: int
) -> dict[str, Any]:
    """A layer for JSON: nodes, edges, forks and loops (lowest p-value first) with their class counts.

    Args:
        layer: As for explorer_page.
        classes: Their names.
        rows: As from example_rows.
        tiles: Image number to place on the sheets.
        seed: Of the layout.

    Raises:
        TopolensError: labels, feature pictures, forks or loops that do not fit the graph; names the layer.
    """
    try:
        counts = class_counts(layer.graph, layer.labels, len(classes))
        table = node_table(layer.graph, layer.labels, classes)
    except TopolensError as error:
        raise TopolensError(f"layer {layer.name!r}: {error}") from error
    _check_fit(layer)
    records = table[["interval", "size", "mean_norm", "purity", "entropy"]].to_dict("records")
    places, pictures = layout(layer.graph, seed).round(4).tolist(), layer.picture_of
    nodes = [
        {
            **{"x": x, "y": y, **record, "counts": row, "feature": pictures.get(node)},
            "examples": [_example(layer, tiles, one) for one in part.tolist()],
        }
        for node, ((x, y), record, row, part) in enumerate(zip(places, records, counts.tolist(), rows, strict=True))
    ]
    edges = zip(layer.graph.edges.tolist(), layer.graph.jaccard.round(4).tolist(), strict=True)
    return {
        "name": layer.name,
        "points": len(layer.graph.lens),
        "covered": len(np.unique(points_of(layer.graph))),
        "nodes": nodes,
        "edges": [[*pair, weight] for pair, weight in edges],
        "forks": [_fork_data(layer, fork, len(classes)) for fork in sorted(layer.forks, key=_by_p_value)],
        "loops": [_loop_data(layer, loop, len(classes)) for loop in sorted(layer.loops, key=_by_p_value)],
    }


def _image_of(layer: ExplorerLayer, node: int, row: int, images: int) -> int:
    place = f"layer {layer.name!r}, node {node}, row {row}"
    if row not in layer.images:
        raise TopolensError(f"{place}: no image; give one for each row that lies in a node")
    if not 0 <= layer.images[row] < images:
        raise TopolensError(f"{place}: image {layer.images[row]}, expected 0 to {images - 1}")
    return int(layer.images[row])


def _example(layer: ExplorerLayer, tiles: Mapping[int, int], row: int) -> tuple[int, int]:
    """Place on the sheets, and class."""
    return tiles[layer.images[row]], int(layer.labels[row])


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
    found = [[fork.node, *(node for arm in fork.arms for node in arm)] for fork in layer.forks]
    strange = {node for nodes in [*found, *(loop.nodes for loop in layer.loops)] for node in nodes} - set(range(size))
    if strange:
        raise TopolensError(f"{place}: forks or loops name node {min(strange)} of {size}; find them in this graph")


def _by_p_value(found: Fork | Loop) -> float:
    """Unscored ones come last; a stable sort keeps the given order otherwise."""
    return 2.0 if np.isnan(found.p_value) else found.p_value


def _fork_data(layer: ExplorerLayer, fork: Fork, classes: int) -> dict[str, Any]:
    scores = _scores(fork, ("entropy", "arm_entropy", "purity", "p_value"))
    return {"node": fork.node, "parts": [_part(layer, arm, classes) for arm in fork.arms], **scores}


def _loop_data(layer: ExplorerLayer, loop: Loop, classes: int) -> dict[str, Any]:
    return {"parts": [_part(layer, loop.nodes, classes)], **_scores(loop, ("entropy", "purity", "p_value"))}


def _scores(found: Fork | Loop, names: Iterable[str]) -> dict[str, float | None]:
    """JSON has no NaN: scores that are missing are None."""
    values = {name: float(getattr(found, name)) for name in names}
    return {name: None if np.isnan(value) else value for name, value in values.items()}


def _part(layer: ExplorerLayer, nodes: list[int], classes: int) -> dict[str, Any]:
    """Nodes and the class counts of their points, each point once."""
    labels = layer.labels[np.unique(points_of(layer.graph, nodes))]
    return {"nodes": [int(node) for node in nodes], "counts": np.bincount(labels, minlength=classes).tolist()}
