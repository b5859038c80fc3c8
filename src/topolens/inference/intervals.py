"""Estimates with intervals.

A unit that has no value is NaN and left out; so is a resample that has none. Neither counts as 0.
"""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A number with its interval and the count of independent units behind it."""

    value: float
    low: float
    high: float
    n: int

    def row(self, unit: str) -> dict[str, object]:
        """As columns of the table of statistics; `unit` says what n counts."""
        return {"estimate": self.value, "low": self.low, "high": self.high, "n": self.n, "unit": unit}


NOTHING = Estimate(math.nan, math.nan, math.nan, 0)


def bootstrap_mean(
    values: np.ndarray, resamples: int, seed: int, confidence: float = 0.95, summary: str = "mean"
) -> Estimate:
    """Mean (or median) of independent units with its percentile bootstrap interval; NaN units are left out.

    No unit gives NaN; a single unit gives an interval without width, which says nothing: look at n.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[~np.isnan(values)]
    if len(values) == 0:
        return NOTHING
    reduce = np.median if summary == "median" else np.mean
    draws = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values)))
    low, high = np.quantile(reduce(values[draws], axis=1), tail_levels(confidence))
    return Estimate(float(reduce(values)), float(low), float(high), len(values))


def resampled_interval(value: float, resampled: np.ndarray, n: int, confidence: float = 0.95) -> Estimate:
    """An estimate with the central interval of its resampled values; resamples that are NaN are dropped.

    Without a value, or where every resample is NaN, there is no interval.

    Args:
        value: The estimate.
        resampled: (resamples,) what it is in each.
        n: Independent units.
        confidence: Level of the interval.
    """
    known = resampled[~np.isnan(resampled)]
    if math.isnan(value) or not len(known):
        return Estimate(float(value), math.nan, math.nan, n)
    low, high = np.quantile(known, tail_levels(confidence))
    return Estimate(float(value), float(low), float(high), n)


def mean_of_known(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """The mean of what is not NaN, NaN where nothing is known."""
    with np.errstate(invalid="ignore"):
        return np.nansum(values, axis=axis) / (~np.isnan(values)).sum(axis=axis)


def tail_levels(confidence: float) -> tuple[float, float]:
    """The two quantile levels of a central interval."""
    return (1 - confidence) / 2, (1 + confidence) / 2


def normal_quantile(confidence: float) -> float:
    """How many standard deviations a central interval of a normal distribution reaches to either side."""
    from scipy.special import ndtri  # here, since scipy loads slowly and claims are listed before any job

    return float(ndtri((1 + confidence) / 2))


def wilson(successes: float, n: int, confidence: float = 0.95) -> Estimate:
    """A share with Wilson's score interval."""
    if n == 0:
        return NOTHING
    z = normal_quantile(confidence)
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    # At the ends the bounds are exactly 0 and 1; rounding must not say otherwise.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Estimate(share, low, high, n)
