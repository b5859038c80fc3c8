"""Which networks rise from some layer to the next, where noise is that of another draw of points."""

import numpy as np

from topolens.arguments import checked_array
from topolens.errors import TopolensError

FEWEST = 2  # networks without which a step's noise is unknown


def rising_networks(draws: np.ndarray, significance: float = 0.05) -> np.ndarray:
    """Whether each network surely rises in some step from a layer to the next: a maximum statistic over the steps.

    A network's rise in a step is the mean over two draws of points, and half their difference is noise of the same
    size. Both are divided by the root mean square of the other networks' noise in that step, so that a network's rise
    would be distributed as its noise is, if it rose nowhere. It rises where its largest rise exceeds the critical
    value: that quantile of the largest noise of a network, of either sign, which so many networks of another sample
    would exceed at most (no more than the largest where networks are few). So the level is that of a network, over
    all of its steps: in simulations 0.05 with 8 to 100 networks and 0.08 with five.

    Args:
        draws: (2, networks, layers) values of two draws that are independent of each other and between networks. Minus
            infinity, the logarithm of no complexity, never rises.
        significance: Level of each network's test.

    Returns:
        (networks,) of 0 and 1, NaN for a network with a NaN, or where fewer than two are left.

    Raises:
        TopolensError: another shape.
    """
    draws = checked_array(draws, "draws")
    if draws.ndim != 3 or len(draws) != 2:
        raise TopolensError(f"draws: expected (2, networks, layers), found {draws.shape}")
    known = ~np.isnan(draws).any(axis=(0, 2))
    found = np.full(draws.shape[1], np.nan)
    if known.sum() >= FEWEST and draws.shape[2] > 1:
        rises, noises = _standardised(draws[:, known])
        null = np.concatenate([noises.max(axis=1), (-noises).max(axis=1)])
        critical = np.quantile(null, 1 - significance, method="weibull")
        found[known] = rises.max(axis=1) > critical
    return found


def _standardised(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rises and noise of each network's steps, each (networks, steps), over the other networks' noise.

    Where nothing is noisy a rise is infinite.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        steps = np.diff(draws, axis=2)
        possible = np.isfinite(steps).all(axis=0)
        rises = np.where(possible, steps.mean(axis=0), -np.inf)
        noises = np.where(possible, (steps[0] - steps[1]) / 2, 0.0)
        squares = noises**2
        others = np.maximum(possible.sum(axis=0) - possible, 1)
        scales = np.sqrt((squares.sum(axis=0) - squares).clip(min=0) / others)
        return np.where(rises == 0, 0.0, rises / scales), np.where(noises == 0, 0.0, noises / scales)
