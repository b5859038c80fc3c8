"""Landscapes of clouds of samples: averages over networks, inner products along layers and along training."""

import itertools
import warnings
from concurrent.futures import Executor

import numpy as np
import pandas as pd

from topolens.config.homology import Grid, Landscapes
from topolens.topology.complexity_table import complexity_table
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.landscape_table import (
    inner_products,
    main_share,
    network_means,
    sample_clouds,
    used_samples,
)
from topolens.topology.persistence import finite_bars


def degree_landscapes(
    table: DiagramTable, degree: int, settings: Landscapes, shape: tuple[int, int], output_layer: int, pool: Executor
) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """What is kept of the landscapes of one degree, see topolens.stages.landscapes, and the complexities of all clouds.

    Args:
        table, degree: The diagrams.
        settings: Levels and grids.
        shape: Numbers of snapshots and of networks.
        output_layer: The layer with a grid of its own.
        pool: Threads across clouds.
    """
    assert isinstance(settings.grid, Grid)
    complexities = complexity_table(table, degree).assign(main_share=np.nan)
    layers = np.sort(table.clouds["depth"].unique())
    grid, own_grid = used_part(table, degree, settings.grid), settings.output_grid
    output_grid = used_part(table, degree, own_grid) if own_grid else grid
    grids = [output_grid if layer == output_layer else grid for layer in layers]
    vectors = [np.empty((shape[0] + 1, shape[1], settings.levels, len(own)), np.float32) for own in grids]
    for place, column in itertools.product(range(len(layers)), range(shape[0] + 1)):
        chosen = cell(table, layers[place], column - 1)
        sampled = sample_clouds(table, chosen, degree, grids[place], settings.levels, pool)
        norms = complexities.loc[chosen, "l2"].to_numpy()
        complexities.loc[chosen, "main_share"] = main_share(sampled, grids[place], norms, settings.main_levels)
        vectors[place][column] = network_means(sampled, table.clouds["network"].to_numpy()[chosen], shape[1])
    is_output = table.clouds["depth"] == output_layer
    stops = np.where(is_output, (own_grid or settings.grid).stop, settings.grid.stop)
    complexities["beyond_grid"] = bars_beyond(table, degree, stops)
    arrays = {f"grid.{degree}": grid, f"output_grid.{degree}": output_grid}
    return arrays | summaries(vectors, grids, layers, degree), complexities


def used_part(table: DiagramTable, degree: int, grid: Grid) -> np.ndarray:
    """The samples of a configured grid, cut behind the last death, where every landscape is 0."""
    samples = grid_samples(grid)
    return samples[: used_samples(table, degree, samples)]


def bars_beyond(table: DiagramTable, degree: int, stops: np.ndarray) -> list[int]:
    """Finite bars of each cloud that die behind the end of its grid: cut in pictures and tests, not in the norms."""
    return [
        int(np.sum(finite_bars(table.diagram(cloud, degree))[:, 1] > stop)) for cloud, stop in enumerate(stops.tolist())
    ]


def cell(table: DiagramTable, layer: int, snapshot: int) -> np.ndarray:
    """Row numbers of the clouds of one layer and snapshot (-1 at the input), without the nulls."""
    clouds = table.clouds
    return np.flatnonzero((clouds["depth"] == layer) & (clouds["snapshot"] == snapshot) & ~clouds["null"])


def grid_samples(grid: Grid) -> np.ndarray:
    """The samples of a configured grid, both ends included."""
    return np.linspace(grid.start, grid.stop, round((grid.stop - grid.start) / grid.step) + 1)


def summaries(
    vectors: list[np.ndarray], grids: list[np.ndarray], layers: np.ndarray, degree: int
) -> dict[str, np.ndarray]:
    """Averages and inner products; `vectors` holds for each layer (snapshots + 1, networks, levels, samples)."""
    snapshots, networks = len(vectors[0]) - 1, vectors[0].shape[1]
    by_snapshot = np.stack([
        inner_products(own[1:].reshape(-1, *own.shape[2:]), grid) for own, grid in zip(vectors, grids, strict=True)
    ])  # fmt: skip
    by_layer = np.full((snapshots, len(layers) * networks, len(layers) * networks), np.nan)
    for grid in {id(grid): grid for grid in grids}.values():
        alike = [place for place, own in enumerate(grids) if own is grid]
        rows = np.concatenate([np.arange(networks) + place * networks for place in alike])
        for snapshot in range(snapshots):
            same = [vectors[place][0 if layers[place] == 0 else snapshot + 1] for place in alike]
            by_layer[snapshot][np.ix_(rows, rows)] = inner_products(np.concatenate(same), grid)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no network is NaN, as documented
        averages = [np.nanmean(own, axis=1) for own in vectors]
    longest = max(len(grid) for grid in grids)
    padded = [np.pad(a, ((0, 0), (0, 0), (0, longest - a.shape[-1]))) for a in averages]
    return {
        f"average.{degree}": np.stack(padded),
        f"by_layer.{degree}": by_layer,
        f"by_snapshot.{degree}": by_snapshot,
    }
