"""Persistence landscapes (Bubenik, JMLR 2015) in textbook scale, and their exact norms.

Each finite bar (b, d) is a tent of height (d - b) / 2; the k-th level is the k-th largest tent at every
sample. Bars with infinite death are left out; callers record their number.
"""

import math

import numpy as np

from topolens.arguments import checked_array, checked_count, checked_diagram, checked_number
from topolens.errors import TopolensError
from topolens.topology.persistence import finite_bars

LARGEST_EXPONENT = 600  # of e: powers up to there, summed over all bars, stay within the range of float64


def landscape(diagram: np.ndarray, grid: np.ndarray, levels: int) -> np.ndarray:
    """The first levels of a persistence landscape on a grid.

    Args:
        diagram: (m, 2) of (birth, death); infinite deaths are ignored, m may be 0.
        grid: (s,) increasing samples.
        levels: Number of levels, the largest first.

    Returns:
        (levels, s) float64, non-increasing along the levels.

    Raises:
        TopolensError: grid not increasing, levels < 1, or what is no diagram (see checked_diagram).
    """
    grid = np.ascontiguousarray(checked_array(grid, "grid"))
    if grid.ndim != 1 or len(grid) < 2 or not (np.diff(grid) > 0).all():
        raise TopolensError("grid: expected at least two increasing samples")
    levels = checked_count(levels, "levels")
    from topolens.topology.landscape_kernel import top_tents  # here, since numba loads slowly

    return top_tents(_finite(diagram), grid, levels)


def landscape_norm(diagram: np.ndarray, p: float = 2) -> float:
    """The exact Lp norm of a landscape over all of its levels, from the bars alone.

    At every sample the levels are the tents in another order, so the integral of the p-th powers over all
    levels is the sum over the bars of 2 (l/2)^(p+1) / (p+1): for lengths l that is sum l^2/4 for p = 1,
    the root of sum l^3/12 for p = 2, and max l/2 for p = inf.

    Args:
        diagram: (m, 2); infinite deaths are ignored; an empty diagram has norm 0.
        p: 1 <= p <= inf.

    Raises:
        TopolensError: another p, or what is no diagram (see checked_diagram).
    """
    bars = _finite(diagram)
    halves = (bars[:, 1] - bars[:, 0]) / 2
    p = checked_number(p, "p", "1 <= p <= inf")
    if p < 1:
        raise TopolensError(f"p={p}: expected 1 <= p <= inf")
    highest = float(halves.max(initial=0.0))
    if np.isinf(p) or highest == 0:
        return highest
    if (p + 1) * abs(math.log(highest)) < LARGEST_EXPONENT:
        return float((2 * np.sum(halves ** (p + 1)) / (p + 1)) ** (1 / p))
    # The powers leave the range of float64: those of shares of the highest tent do not.
    shares = float(2 * np.sum((halves / highest) ** (p + 1)) / (p + 1))
    return highest * (highest * shares) ** (1 / p)


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


def _finite(diagram: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(finite_bars(checked_diagram(diagram)))
