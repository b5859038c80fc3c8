"""Whether groups of units differ at all, by permutation."""

import numpy as np

from topolens.inference.permutation import ROUNDING


def groups_differ(values: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> float:
    """p-value of the one-way analysis of variance, the units relabelled at random (never 0: Phipson & Smyth 2010).

    The variance between groups alone orders the relabellings as F does, since the total stays.

    Args:
        values: (n,) one value a unit, none of them NaN.
        groups: (n,) their labels.
        resamples: Random relabellings.
        seed: Of them.
    """
    _, group_of = np.unique(groups, return_inverse=True)
    members = np.eye(group_of.max(initial=0) + 1)[group_of]
    centred = np.asarray(values, np.float64) - np.mean(values)

    def between(own: np.ndarray) -> np.ndarray:
        """(..., n) values to the variance between their groups, times n."""
        return np.asarray(((own @ members) ** 2 / members.sum(axis=0)).sum(axis=-1))

    relabelled = np.random.default_rng(seed).permuted(np.tile(centred, (resamples, 1)), axis=1)
    observed, noise = between(centred), ROUNDING * float((centred**2).sum())
    return float((1 + np.sum(between(relabelled) >= observed - noise)) / (1 + resamples))
