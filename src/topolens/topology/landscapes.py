"""Persistence landscapes (Bubenik, JMLR 2015) in textbook scale, and their exact norms.

Each finite bar (b, d) is a tent of height (d - b) / 2; the k-th level is the k-th largest tent at every
sample. Bars with infinite death are left out; callers record their number.
"""

import numpy as np

from topolens.errors import TopolensError
from topolens.topology.persistence import finite_bars


def landscape(diagram: np.ndarray, grid: np.ndarray, levels: int) -> np.ndarray:
    """The first levels of a persistence landscape on a grid.

    Args:
        diagram: (m, 2) of (birth, death); infinite deaths are ignored, m may be 0.
        grid: (s,) increasing samples.
        levels: Number of levels, the largest first.

    Returns:
        (levels, s) float64, non-increasing along the levels.

    Raises:
        TopolensError: grid not increasing, levels < 1, NaN in the diagram, or a death before its birth.
    """
    grid = np.ascontiguousarray(grid, dtype=np.float64)
    if grid.ndim != 1 or len(grid) < 2 or not (np.diff(grid) > 0).all():
        raise TopolensError("grid: expected at least two increasing samples")
    if levels < 1:
        raise TopolensError(f"levels={levels}: expected at least 1")
    from topolens.topology.landscape_kernel import top_tents  # here, since numba loads slowly

    return top_tents(_checked(diagram), grid, levels)


def landscape_norm(diagram: np.ndarray, p: float = 2) -> float:
    """The exact Lp norm of a landscape over all of its levels, from the bars alone.

    At every sample the levels are the tents in another order, so the integral of the p-th powers over all
    levels is the sum over the bars of 2 (l/2)^(p+1) / (p+1): for lengths l that is sum l^2/4 for p = 1,
    the root of sum l^3/12 for p = 2, and max l/2 for p = inf.

    Args:
        diagram: (m, 2); infinite deaths are ignored; an empty diagram has norm 0.
        p: 1 <= p <= inf.
    """
    bars = _checked(diagram)
    halves = (bars[:, 1] - bars[:, 0]) / 2
    if not p >= 1:
        raise TopolensError(f"p={p}: expected 1 <= p <= inf")
    if np.isinf(p):
        return float(halves.max(initial=0.0))
    return float((2 * np.sum(halves ** (p + 1)) / (p + 1)) ** (1 / p))


def level_integrals(levels: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The integral of the square of each level, by the trapezoid rule: (levels, s) to (levels,)."""
    return np.trapezoid(levels**2, grid, axis=-1)


def trapezoid_weights(grid: np.ndarray) -> np.ndarray:
    """Weights w with sum w f = trapezoid rule of f on the grid, (s,)."""
    steps = np.diff(grid)
    weights = np.zeros(len(grid))
    weights[:-1] += steps / 2
    weights[1:] += steps / 2
    return weights


def _checked(diagram: np.ndarray) -> np.ndarray:
    diagram = np.asarray(diagram, dtype=np.float64).reshape(-1, 2)
    if np.isnan(diagram).any():
        raise TopolensError("diagram: NaN among births or deaths")
    if (diagram[:, 1] < diagram[:, 0]).any():
        raise TopolensError("diagram: a bar dies before it is born")
    return np.ascontiguousarray(finite_bars(diagram))
