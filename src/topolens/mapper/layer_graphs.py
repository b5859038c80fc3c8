"""Everything Mapper says about one layer: its graphs, what chance makes of them, how stable they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from topolens.config.analyses import Mapper
from topolens.mapper.findings import Findings, graph_findings
from topolens.mapper.fork_projections import plane
from topolens.mapper.forks import find_forks
from topolens.mapper.graph import MapperGraph
from topolens.mapper.graph_arrays import graph_to_arrays
from topolens.mapper.mapper_graph import mapper_graph
from topolens.mapper.nulls import noise_null
from topolens.mapper.pair import pair_separation
from topolens.mapper.stability import graph_agreement, parameter_table
from topolens.seeding import child_seed

NOISE = "covariance"  # what is beyond second moments and norms
KEPT_POSITIONS = 2  # whose graphs can be looked at: enough to see whether another draw shows the same
SHUFFLES = 20  # of images behind the agreement of two graphs by chance


@dataclass(frozen=True)
class LayerGraphs:
    """The graphs of the first positions with their findings, and a row for every graph that was made.

    Attributes:
        graphs: Of the first KEPT_POSITIONS positions of every image.
        findings: The scored structures of each.
        table: Columns kind, repeat, and what was found. Kinds: `repeat`, a graph of every repeat; `pair`, the same
            for two classes; `covariance`, noise of the first; `parameters`; `agreement` of two repeats.
    """

    graphs: list[MapperGraph]
    findings: list[Findings]
    table: pd.DataFrame


def layer_graphs(
    clouds: np.ndarray, labels: np.ndarray, settings: Mapper, pair: tuple[int, int] | None, seed: int
) -> LayerGraphs:
    """All graphs of a layer.

    Args:
        clouds: (positions, n, channels), row i of each from image i.
        labels: (n,) class numbers of the images.
        settings: How.
        pair: Numbers of two classes to look at apart.
        seed: Root of the seeds of permutations, shuffles, noise, chains and subsets.
    """
    graphs = [_graph(cloud, settings) for cloud in clouds]
    findings = [
        graph_findings(cloud, graph, labels, settings=settings, seed=seed)
        for cloud, graph in zip(clouds, graphs, strict=True)
    ]
    tables = [_rows("repeat", [one.row for one in findings])]
    if pair is not None:
        tables.append(_rows("pair", list(_pair_rows(clouds, labels, settings, pair, seed))))
    tables.append(noise_null(clouds[0], settings, seed).assign(kind=NOISE))
    tables.append(_parameters(clouds[0], labels, settings, seed))
    tables.append(_rows("agreement", list(_agreement_rows(graphs, seed))))
    return LayerGraphs(graphs[:KEPT_POSITIONS], findings[:KEPT_POSITIONS], pd.concat(tables, ignore_index=True))


def _graph(cloud: np.ndarray, settings: Mapper) -> MapperGraph:
    return mapper_graph(cloud, intervals=settings.intervals, overlap=settings.overlap, min_samples=settings.min_samples)


def _pair_rows(
    clouds: np.ndarray, labels: np.ndarray, settings: Mapper, pair: tuple[int, int], seed: int
) -> Iterator[dict[str, float]]:
    """How each position's graph parts two classes, under the parameters of the published fork."""
    for cloud in clouds:
        graph = mapper_graph(
            cloud,
            intervals=settings.pair_intervals,
            overlap=settings.pair_overlap,
            min_samples=settings.min_samples,
        )
        forks = find_forks(graph, settings.min_points)
        found = pair_separation(
            graph,
            forks,
            labels,
            pair,
            permutations=settings.permutations,
            significance=settings.significance,
            seed=seed,
        )
        yield {"node_purity": found.purity, "null_purity": found.null, "forks": found.forks}


def _parameters(cloud: np.ndarray, labels: np.ndarray, settings: Mapper, seed: int) -> pd.DataFrame:
    table = parameter_table(cloud, labels, settings, seed)
    return _rows("parameters", [{str(key): value for key, value in row.items()} for row in table.to_dict("records")])


def _agreement_rows(graphs: list[MapperGraph], seed: int) -> Iterator[dict[str, float]]:
    """How alike the graphs of two positions are, for all pairs."""
    for a, b in combinations(range(len(graphs)), 2):
        found = graph_agreement(graphs[a], graphs[b], SHUFFLES, child_seed(seed, "agreement", a, b))
        yield {
            "first": a,
            "second": b,
            "match": found.match,
            "chance_match": found.chance_match,
            "same_components": found.components,
            "shared": found.shared,
        }


def _rows(kind: str, rows: list[dict[str, float]]) -> pd.DataFrame:
    return pd.DataFrame([{"kind": kind, "repeat": number, **row} for number, row in enumerate(rows)])


def graph_name(layer: str, position: int) -> str:
    """What the arrays of a layer's graph are called: by the layer, and from the second position on by that too."""
    return f"{layer}.position{position + 1}" if position else layer


def layer_arrays(layer: str, cloud: np.ndarray, graphs: LayerGraphs) -> dict[str, np.ndarray]:
    """What figures and the explorer need of a layer; see topolens.stages.mapper."""
    points = cloud.astype(np.float64)
    means = [points[rows].mean(axis=0) for rows in graphs.graphs[0].members]
    arrays = {
        f"{layer}.plane": plane(points).transform(points).astype(np.float32),
        f"{layer}.means": np.array(means, np.float32).reshape(-1, points.shape[1]),
    }
    for position, graph in enumerate(graphs.graphs):
        arrays |= graph_to_arrays(graph, graph_name(layer, position))
    for number, own in enumerate(graphs.findings[0].projections):
        fields = {"rows": own.rows, "arm": own.arm, "local": own.local, "overall": own.overall}
        arrays |= {f"{layer}.fork{number}.{field}": array for field, array in fields.items()}
    return arrays
