"""Latent flow, stage 5: from diagrams to latent landscapes and the table of complexities."""

from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import write_arrays, write_table
from topolens.config.latent import LatentLandscapes
from topolens.topology.complexity import complexity
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.landscape_table import inner_products
from topolens.topology.landscapes import landscape
from topolens.topology.persistence import finite_bars


def make_latent_landscapes(
    diagrams_file: Path,
    landscapes_file: Path,
    complexity_file: Path,
    *,
    landscapes: LatentLandscapes,
    layers: list[str],
    threads: int,
) -> None:
    """Sampled landscapes of all clouds but the Gaussian ones, their inner products along the depth, complexities.

    Written arrays: for each network and layer `vectors.NETWORK.LAYER` (seeds, groups, repeats, levels, samples)
    float32 and its `grid.NETWORK.LAYER` (samples,) float64; for each network and group `depth.NETWORK.GROUP`
    (layers * repeats, same) float64, inner products of landscapes of clouds divided by their mean distance, on the
    grid [0, 2], averaged over seeds first: layers of different width meet there on one scale. `layers`,
    `networks`, `groups` and `seeds` name the axes.
    """
    table = DiagramTable.read(diagrams_file)
    real = table.clouds[~table.clouds["gaussian"]]
    axes = {f"{name}s": np.array(list(dict.fromkeys(real[name]))) for name in ("network", "group", "seed")}
    shape = (len(axes["seeds"]), len(axes["groups"]), real["repeat"].nunique())
    arrays: dict[str, np.ndarray] = {"layers": np.array(layers), **axes}
    complexities = complexity_table(table, landscapes.degree)
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
    write_arrays(landscapes_file, arrays)
    write_table(complexity_file, complexities)


def layer_grid(table: DiagramTable, clouds: np.ndarray, settings: LatentLandscapes) -> np.ndarray:
    """The samples of one layer: from its width alone, or fitted to its bars as the authors' code does."""
    if settings.grid == "width":
        channels = table.clouds.loc[clouds[0], "channels"]
        return np.linspace(0, 2 * np.sqrt(2 * channels), settings.samples)
    bars = np.concatenate([finite_bars(table.diagram(cloud, settings.degree)) for cloud in clouds])
    start, stop = (bars[:, 0].min(), bars[:, 1].max()) if len(bars) else (0.0, 1.0)
    return np.linspace(start, stop, settings.samples)


def sampled(
    table: DiagramTable, clouds: np.ndarray, grid: np.ndarray, settings: LatentLandscapes, pool: Executor
) -> np.ndarray:
    """Landscapes on a grid, (clouds, levels, samples) float32; as coded they carry the factor sqrt(2) of gudhi's."""
    scale = np.sqrt(2) if settings.grid == "refitted" else 1.0

    def one(cloud: int) -> np.ndarray:
        return (scale * landscape(table.diagram(cloud, settings.degree), grid, settings.levels)).astype(np.float32)

    return np.stack(list(pool.map(one, clouds)))


def relative_grid(settings: LatentLandscapes) -> np.ndarray:
    """The samples of landscapes whose unit is the cloud's mean distance."""
    return np.linspace(0, 2, settings.samples)


def relative_landscapes(
    table: DiagramTable, clouds: np.ndarray, settings: LatentLandscapes, pool: Executor
) -> np.ndarray:
    """Landscapes of clouds divided by their mean distance, (clouds, levels, samples) float32."""
    grid, means = relative_grid(settings), table.clouds["mean_distance"].to_numpy()

    def one(cloud: int) -> np.ndarray:
        bars = table.diagram(cloud, settings.degree) / (means[cloud] or 1.0)
        return landscape(bars, grid, settings.levels).astype(np.float32)

    return np.stack(list(pool.map(one, clouds)))


def complexity_table(table: DiagramTable, degree: int) -> pd.DataFrame:
    """One row per cloud: where it comes from, its exact norms, and the norm of its sampled landscape (as coded)."""
    means = table.clouds["mean_distance"].to_numpy()
    numbers = [complexity(table.diagram(cloud, degree), means[cloud]) for cloud in table.clouds.index]
    rows = pd.concat([table.clouds, pd.DataFrame(numbers)], axis=1)
    rows.insert(5, "degree", degree)
    rows["sampled"] = np.nan
    return rows
