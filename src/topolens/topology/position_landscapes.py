"""Landscapes of clouds of positions: of one layer on one grid, or divided by their mean distance on a common one."""

from concurrent.futures import Executor

import numpy as np

from topolens.config.homology import Landscapes
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.landscapes import landscape
from topolens.topology.persistence import finite_bars


def layer_grid(table: DiagramTable, clouds: np.ndarray, settings: Landscapes) -> np.ndarray:
    """The samples of one layer: from its width alone, or fitted to its bars as the authors' code does."""
    if settings.grid == "width":
        channels = table.clouds.loc[clouds[0], "channels"]
        return np.linspace(0, 2 * np.sqrt(2 * channels), settings.samples)
    bars = np.concatenate([finite_bars(table.diagram(cloud, _degree(settings))) for cloud in clouds])
    start, stop = (bars[:, 0].min(), bars[:, 1].max()) if len(bars) else (0.0, 1.0)
    return np.linspace(start, stop, settings.samples)


def sampled(
    table: DiagramTable, clouds: np.ndarray, grid: np.ndarray, settings: Landscapes, pool: Executor
) -> np.ndarray:
    """Landscapes on a grid, (clouds, levels, samples) float32; as coded they carry the factor sqrt(2) of gudhi's."""
    scale = np.sqrt(2) if settings.grid == "refitted" else 1.0

    def one(cloud: int) -> np.ndarray:
        return (scale * landscape(table.diagram(cloud, _degree(settings)), grid, settings.levels)).astype(np.float32)

    return np.stack(list(pool.map(one, clouds)))


def relative_grid(settings: Landscapes) -> np.ndarray:
    """The samples of landscapes whose unit is the cloud's mean distance."""
    return np.linspace(0, 2, settings.samples)


def relative_landscapes(table: DiagramTable, clouds: np.ndarray, settings: Landscapes, pool: Executor) -> np.ndarray:
    """Landscapes of clouds divided by their mean distance, (clouds, levels, samples) float32."""
    grid, means = relative_grid(settings), table.clouds["mean_distance"].to_numpy()

    def one(cloud: int) -> np.ndarray:
        bars = table.diagram(cloud, _degree(settings)) / (means[cloud] or 1.0)
        return landscape(bars, grid, settings.levels).astype(np.float32)

    return np.stack(list(pool.map(one, clouds)))


def _degree(settings: Landscapes) -> int:
    assert settings.degree is not None
    return settings.degree
