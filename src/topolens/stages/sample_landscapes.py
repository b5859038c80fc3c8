"""From diagrams to landscapes, their averages and inner products, and the table of complexities."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import write_arrays, write_table
from topolens.config.homology import Landscapes
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.sample_landscapes import degree_landscapes


def make_sample_landscapes(
    diagrams_file: Path,
    landscapes_file: Path,
    complexity_file: Path,
    *,
    landscapes: Landscapes,
    output_layer: int,
    snapshots: int,
    networks: int,
    threads: int,
) -> None:
    """Exact complexities of all clouds; averages and inner products of the sampled landscapes.

    Written arrays, for each homology degree d: `average.d` (layers, snapshots + 1, levels, samples)
    float32, the mean over networks, where column 0 is the input and NaN means nothing recorded;
    `by_layer.d` (snapshots, layers * networks, same), inner products of all layers' landscapes at one
    snapshot, where the input stands under every snapshot, NaN across different grids;
    `by_snapshot.d` (layers, snapshots * networks, same), of all snapshots' landscapes at one layer. A
    network's landscape is the mean over its repeats. `grid.d` and `output_grid.d` hold the samples up to the
    last death, `layers` the layer numbers.
    """
    table = DiagramTable.read(diagrams_file)
    arrays, rows = {"layers": np.sort(table.clouds["depth"].unique())}, []
    with ThreadPoolExecutor(threads) as pool:
        for degree in table.degrees:
            found, complexities = degree_landscapes(
                table, degree, landscapes, (snapshots, networks), output_layer, pool
            )
            arrays |= found
            rows.append(complexities)
    write_arrays(landscapes_file, arrays)
    write_table(complexity_file, pd.concat(rows, ignore_index=True))
