"""How far diagrams lie apart: between metrics, repeats, conditions and k."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from topolens.artifacts import write_table
from topolens.config.conditions import CLEAN
from topolens.config.homology import STACKED
from topolens.progress import progress_bar
from topolens.topology.diagram_distances import bottleneck, scaled, wasserstein
from topolens.topology.diagram_table import DiagramTable

DEGREES = (0, 1)
COLUMNS = [
    "kind", "network", "condition", "layer", "repeat", "metric", "k", "degree", "against", "bottleneck", "wasserstein",
]  # fmt: skip


class Pair(NamedTuple):
    """Two rows of the table of clouds, and what tells them apart: the metric, the repeat, the condition or the k."""

    kind: str
    first: int
    second: int


def compare_diagrams(diagrams_file: Path, distances_file: Path, *, threads: int) -> None:
    """Bottleneck and 1-Wasserstein distances, each diagram divided by its cloud's mean distance.

    Args:
        diagrams_file: As topolens.stages.image_diagrams writes it.
        distances_file: One row per pair and degree; columns COLUMNS. Kinds: `between` two metrics (metric, against) on
            one clean cloud, of two disjoint ones the first; `within` one metric, first clean cloud and another repeat;
            `paired`, the two clouds of each such pair, repeats 0 and 1, 2 and 3 and on, under one metric; `disturbed`,
            first clean cloud and disturbed; `k`, the k of the study and another.
        threads: Across pairs; they change no bit.
    """
    table = DiagramTable.read(diagrams_file)
    pairs = list(pairs_of(table.clouds))
    means = table.clouds["mean_distance"].to_numpy()
    degrees = [degree for degree in DEGREES if degree in table.degrees]

    def compare(pair: Pair) -> list[dict[str, object]]:
        kind, *numbers = pair
        first, second = (table.clouds.loc[number] for number in numbers)
        key = {"kind": kind, **first[["network", "layer", "metric"]], **second[["condition", "repeat", "k"]]}
        key["against"] = second["metric"] if kind == "between" else ""
        rows = []
        for degree in degrees:
            one, other = (scaled(table.diagram(number, degree), means[number]) for number in numbers)
            apart = {"bottleneck": bottleneck(one, other), "wasserstein": wasserstein(one, other)}
            rows.append(key | {"degree": degree} | apart)
        return rows

    with ThreadPoolExecutor(threads) as pool, progress_bar(len(pairs), "diagram distances", "pairs") as progress:
        rows = []
        for found in pool.map(compare, pairs):
            rows += found
            progress.update()
    write_table(distances_file, pd.DataFrame(rows, columns=COLUMNS))


def pairs_of(clouds: pd.DataFrame) -> Iterator[Pair]:
    """All pairs to compare, layer by layer."""
    compared = clouds[clouds["metric"] != STACKED]
    clean = compared["is_main"] & (compared["condition"] == CLEAN)
    for _, of_layer in compared.groupby(["network", "layer"], sort=False):
        repeats = {repeat: seen for repeat, seen in of_layer[clean.loc[of_layer.index]].groupby("repeat")}
        heads = repeats[0]
        yield from _between(heads)
        for head, metric in zip(heads.index, heads["metric"], strict=True):
            same = of_layer[(of_layer["metric"] == metric) & (of_layer.index != head)]
            kinds = np.select([~same["is_main"], same["condition"] != CLEAN], ["k", "disturbed"], "within")
            yield from (Pair(str(kind), head, number) for kind, number in zip(kinds, same.index, strict=True))
        for first in range(0, len(repeats) - 1, 2):
            if first > 0:
                yield from _between(repeats[first])
            both = zip(repeats[first].index, repeats[first + 1].index, strict=True)
            yield from (Pair("paired", one, other) for one, other in both)


def _between(cloud: pd.DataFrame) -> Iterator[Pair]:
    """Every two metrics of one cloud."""
    return (Pair("between", one, other) for one, other in combinations(cloud.index, 2))
