"""The one compiled loop behind landscapes."""

from collections.abc import Callable

import numba
import numpy as np


def compiled(function: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Compiled on its first call, and kept on disk where some folder can be written."""
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # a read-only installation, and no home to write to
        return numba.njit(nogil=True)(function)


@compiled
def top_tents(bars: np.ndarray, grid: np.ndarray, levels: int) -> np.ndarray:
    """The largest tents at each sample, (levels, samples): (m, 2) finite bars, (samples,) increasing grid.

    Visits only the samples inside each tent and inserts its height into that sample's top list.
    """
    samples = len(grid)
    top = np.zeros((samples, levels))  # one sample's list is contiguous while it is filled
    for bar in range(len(bars)):
        birth, death = bars[bar, 0], bars[bar, 1]
        first = np.searchsorted(grid, birth)
        for sample in range(first, samples):
            time = grid[sample]
            if time >= death:
                break
            height = min(time - birth, death - time)
            row = top[sample]
            if height <= row[levels - 1]:
                continue
            place = levels - 1
            while place > 0 and row[place - 1] < height:
                row[place] = row[place - 1]
                place -= 1
            row[place] = height
    return top.T.copy()
