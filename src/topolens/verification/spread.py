"""How far honest runs from other seeds lie apart: moderated spreads, prediction intervals, exact tests of shares."""

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, polygamma, stdtrit

LEAST_SPREAD = 1e-6  # of a number's size: what is kept of it is rounded, and there is never no spread at all
LARGEST_FREEDOM = 1e6


@dataclass(frozen=True)
class Spread:
    """Means and moderated standard deviations over runs, each (rows,), with the degrees of freedom that they have."""

    mean: np.ndarray
    deviation: np.ndarray
    freedom: float
    runs: int

    def reach(self, level: float) -> np.ndarray:
        """How far one further run may lie from the mean: half the width of its prediction interval, (rows,)."""
        quantile = stdtrit(min(self.freedom, LARGEST_FREEDOM), (1 + level) / 2)
        return np.asarray(quantile * self.deviation * np.sqrt(1 + 1 / self.runs))


def moderated_spread(mean: np.ndarray, deviation: np.ndarray, runs: int, sizes: np.ndarray) -> Spread:
    """Means and spreads of the rows of one family over runs, the spreads drawn towards each other.

    Empirical Bayes (Smyth 2004): variances of a family are taken as draws from a scaled inverse chi-squared
    distribution whose scale and degrees of freedom are found by the moments of their logarithms, since a standard
    deviation of a few runs alone is often far too small.

    Args:
        mean, deviation: (rows,) over runs, the deviation with n - 1.
        runs: How many, at least two.
        sizes: (rows,) what a row's spread is measured by, such as the width of its interval; positive.
    """
    floor = (LEAST_SPREAD * np.maximum(np.abs(mean) / sizes, LEAST_SPREAD)) ** 2
    variances = np.maximum((deviation / sizes) ** 2, floor)
    freedom = runs - 1
    prior, scale = _prior(variances, freedom)
    if np.isinf(prior):
        shrunk, total = np.full_like(variances, scale), np.inf
    else:
        shrunk, total = (prior * scale + freedom * variances) / (prior + freedom), prior + freedom
    return Spread(mean, np.sqrt(np.maximum(shrunk, floor)) * sizes, float(total), runs)


def _prior(variances: np.ndarray, freedom: int) -> tuple[float, float]:
    """Degrees of freedom and scale of the distribution that the variances of a family come from.

    No freedom where there are too few rows, or where the logarithms spread so much that rows say nothing of each other.
    """
    known = variances[variances > 0]
    if len(known) < 3:
        return 0.0, 1.0
    # The logarithm of a chi-squared variable over its degrees of freedom has this mean, and trigamma as its variance.
    logs = np.log(known) - digamma(freedom / 2) + np.log(freedom / 2)
    excess = float(logs.var(ddof=1) - polygamma(1, freedom / 2))
    if excess <= 0:
        return np.inf, float(np.exp(logs.mean()))
    half = _inverse_trigamma(excess)
    return 2 * half, float(np.exp(logs.mean() + digamma(half) - np.log(half)))


def _inverse_trigamma(value: float) -> float:
    """The x > 0 with trigamma(x) = value, by Newton's method (Smyth 2004, appendix)."""
    x = 0.5 + 1 / value
    for _ in range(50):
        first = float(polygamma(1, x))
        step = first * (1 - first / value) / float(polygamma(2, x))
        x += step
        if abs(step) < 1e-8 * x:
            break
    return x


def share_p_values(successes: np.ndarray, units: np.ndarray, others: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Fisher's exact test, two-sided by doubling, of shares of one run against those of all other runs together.

    Args:
        successes, units: (rows,) of the run.
        others, of: (rows,) of the other runs, summed.

    Returns:
        (rows,) p-values.
    """
    from scipy.stats import hypergeom  # here, since it loads slowly

    total, right = (np.asarray(a + b, dtype=np.int64) for a, b in ((units, of), (successes, others)))
    drawn, found = units.astype(np.int64), successes.astype(np.int64)
    low, high = hypergeom.cdf(found, total, right, drawn), hypergeom.sf(found - 1, total, right, drawn)
    return np.minimum(1.0, 2 * np.minimum(low, high))
