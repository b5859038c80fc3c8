"""From diagrams to landscapes, their averages and inner products, and the table of complexities."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from topolens.artifacts import write_arrays, write_table
from topolens.config.homology import Landscapes
from topolens.topology.complexity_table import complexity_table
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.landscape_table import inner_products
from topolens.topology.position_landscapes import layer_grid, relative_grid, relative_landscapes, sampled


def make_position_landscapes(
    diagrams_file: Path,
    landscapes_file: Path,
    complexity_file: Path,
    *,
    landscapes: Landscapes,
    layers: list[str],
    threads: int,
) -> None:
    """Sampled landscapes of all clouds but the Gaussian ones, their inner products along the depth, complexities.

    Written arrays: for each network and layer `vectors.NETWORK.LAYER` (seeds, groups, repeats, levels, samples)
    float32 and its `grid.NETWORK.LAYER` (samples,) float64; for each network and group `depth.NETWORK.GROUP`
    (layers * repeats, same) float64, inner products of landscapes of clouds divided by their mean distance, on the
    grid [0, 2], averaged over seeds first: layers of different width meet there on one scale; `depth.NETWORK`
    (layers * seeds, same) float64, the same of each seed's mean landscape over groups and repeats. `layers`,
    `networks`, `groups` and `seeds` name the axes.
    """
    table = DiagramTable.read(diagrams_file)
    real = table.clouds[~table.clouds["null"]]
    axes = {f"{name}s": np.array(list(dict.fromkeys(real[name]))) for name in ("network", "group", "seed")}
    shape = (len(axes["seeds"]), len(axes["groups"]), real["repeat"].nunique())
    arrays: dict[str, np.ndarray] = {"layers": np.array(layers), **axes}
    complexities = complexity_table(table, landscapes.degree or 0).assign(sampled=np.nan)
    with ThreadPoolExecutor(threads) as pool:
        for network in axes["networks"]:
            relative = []
            for layer in layers:
                clouds = real.index[(real["network"] == network) & (real["layer"] == layer)].to_numpy()
                grid = layer_grid(table, clouds, landscapes)
                vectors = sampled(table, clouds, grid, landscapes, pool)
                complexities.loc[clouds, "sampled"] = np.linalg.norm(vectors.reshape(len(clouds), -1), axis=1)
                vectors = vectors.reshape(*shape, *vectors.shape[1:])
                relative.append(relative_landscapes(table, clouds, landscapes, pool).reshape(vectors.shape))
                arrays |= {f"vectors.{network}.{layer}": vectors, f"grid.{network}.{layer}": grid}
            for place, group in enumerate(axes["groups"]):
                means = np.concatenate([own[:, place].mean(axis=0) for own in relative])
                arrays[f"depth.{network}.{group}"] = inner_products(means, relative_grid(landscapes))
            of_seeds = np.concatenate([own.mean(axis=(1, 2)) for own in relative])
            arrays[f"depth.{network}"] = inner_products(of_seeds, relative_grid(landscapes))
    write_arrays(landscapes_file, arrays)
    write_table(complexity_file, complexities)
