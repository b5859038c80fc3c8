"""Estimates with intervals.

A unit that has no value is NaN and left out; so is a resample that has none. Neither counts as 0.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

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
Range = tuple[float, float]
# What a unit's value can be; a difference is that of two correlations, or of two differences of shares.
SHARES, CORRELATIONS, DIFFERENCES, SIZES = (0.0, 1.0), (-1.0, 1.0), (-2.0, 2.0), (0.0, math.inf)
NO_SPREAD = 1e-9  # of a standard error, as a share of that of all units: the rest is rounding


def mean_of_units(
    values: np.ndarray, resamples: int, seed: int, confidence: float = 0.95, within: Range | None = None
) -> Estimate:
    """Mean of independent units with an interval that also holds for few of them; NaN units are left out.

    Where a unit's value has two ends, the interval of Korn and Graubard (1998): that of Clopper and Pearson
    for so many units as a share of this variance would have, no fewer than there are. Else the wider one, at each end,
    of Student's t and the bootstrapped t (Efron and Tibshirani 1993, 12.5), since either is too short for few units,
    one of skewed and one of discrete values; without any spread such an interval has no width, which says nothing.
    tests/benchmarks/README.md has the coverage.

    Args:
        values: (n,) one value a unit.
        resamples: Of the bootstrap.
        seed: Its seed.
        confidence: Level of the interval.
        within: The smallest and the largest value that a unit can have, e.g. SHARES or CORRELATIONS; an infinite one is
            no end, and the interval of SIZES is cut at 0.

    Returns:
        Fewer than two units without two ends give no interval.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[~np.isnan(values)]
    n = len(values)
    if n == 0:
        return NOTHING
    mean = float(values.mean())
    if within is not None and math.isfinite(within[1]):
        return Estimate(mean, *_within(values, confidence, *within), n)
    if n == 1:
        return Estimate(mean, math.nan, math.nan, n)
    error = float(values.std(ddof=1)) / math.sqrt(n)
    weights, centred = bootstrap_weights(seed, n, resamples), values - mean
    deviations = weights @ centred
    squares = np.einsum("ij,ij->i", weights, (centred - deviations[:, None]) ** 2)
    low, high = studentised(deviations, np.sqrt(squares / (n - 1)), error, n - 1, confidence)
    least = -math.inf if within is None else within[0]
    return Estimate(mean, max(mean - high, least), mean - low, n)


@lru_cache(maxsize=4)
def bootstrap_weights(seed: int, n: int, resamples: int) -> np.ndarray:
    """(resamples, n) how often each of n units is drawn in each resample, as a share; not to be changed.

    Remembered, since the rows of one table have few sizes and one seed: their means share these draws.
    """
    drawn = np.random.default_rng(seed).integers(n, size=(resamples, n)) + n * np.arange(resamples)[:, None]
    weights = np.bincount(drawn.ravel(), minlength=resamples * n).reshape(resamples, n) / n
    weights.flags.writeable = False
    return weights


def studentised(
    deviations: np.ndarray, errors: np.ndarray, error: float, freedom: float, confidence: float
) -> tuple[float, float]:
    """How far an estimate may lie below and above what it estimates.

    Args:
        deviations: (resamples,) resampled estimates less the estimate.
        errors: (resamples,) their standard errors; resamples without one are left out.
        error: The estimate's standard error.
        freedom: Its degrees of freedom.
        confidence: Level of the interval.
    """
    reach = student_quantile(confidence, freedom) * error
    known = errors > NO_SPREAD * error
    if error == 0 or not known.any():
        return -reach, reach
    low, high = np.quantile(deviations[known] / errors[known], tail_levels(confidence)) * error
    return min(float(low), -reach), max(float(high), reach)


def _within(values: np.ndarray, confidence: float, least: float, most: float) -> tuple[float, float]:
    """Korn and Graubard's interval of the mean of values from `least` to `most`."""
    shares = np.clip((values - least) / (most - least), 0, 1)
    n, share = len(shares), float(shares.mean())
    variance = float(shares.var(ddof=1)) / n if n > 1 else 0.0
    units = float(n)
    if variance > 0:
        correction = (student_quantile(confidence, math.inf) / student_quantile(confidence, n - 1)) ** 2
        units = max(units, share * (1 - share) / variance * correction)
    found = share_of_units(share * units, units, confidence)
    return least + (most - least) * found.low, least + (most - least) * found.high


def median_of_units(values: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Median of independent units between two of its order statistics (exact); NaN units are left out.

    The innermost pair that covers the median at this confidence; below six units the smallest and the largest, which
    cover it in 1 - 2^(1 - n) of all cases.
    """
    from scipy.special import bdtr  # here, since scipy loads slowly and claims are listed before any job

    values = np.sort(np.asarray(values, dtype=np.float64))
    values = values[~np.isnan(values)]
    n = len(values)
    if n == 0:
        return NOTHING
    outside = [place for place in range(n // 2) if bdtr(place, n, 0.5) <= (1 - confidence) / 2]
    place = outside[-1] if outside else 0
    low, high = (values[place], values[n - 1 - place]) if n > 1 else (math.nan, math.nan)
    return Estimate(float(np.median(values)), float(low), float(high), n)


def correlation_of_units(value: float, n: int, confidence: float = 0.95) -> Estimate:
    """A rank correlation over n independent units with the interval of Fisher's z (Bonett and Wright 2000).

    A perfect correlation counts as half way to the next lower one, since some units might have been in another order.
    """
    if math.isnan(value) or n < 4:
        return Estimate(value, math.nan, math.nan, n)
    inner = math.copysign(min(abs(value), 1 - 6 / (n * (n**2 - 1))), value)
    reach = student_quantile(confidence, math.inf) * math.sqrt((1 + inner**2 / 2) / (n - 3))
    low, high = math.tanh(math.atanh(inner) - reach), math.tanh(math.atanh(inner) + reach)
    return Estimate(value, min(low, value), max(high, value), n)


def crossed_mean(values: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Mean over seeds that were all seen on the same units, (seeds, units), for other seeds and other units.

    The variance of the mean over random seeds and random units (two-way analysis of variance), with Student's t of the
    seeds' degrees of freedom, so that few seeds count as few. n is the number of seeds; one says nothing of others.
    """
    seeds, units = values.shape
    mean = float(values.mean())
    if seeds < 2 or units < 2:
        return Estimate(mean, math.nan, math.nan, seeds)
    by_seed, by_unit = values.mean(axis=1), values.mean(axis=0)
    rest = np.square(values - by_seed[:, None] - by_unit + mean).sum() / ((seeds - 1) * (units - 1)) / values.size
    # What seeds add and what units add; both hold the rest, which counts once.
    parts = by_seed.var(ddof=1) / seeds, by_unit.var(ddof=1) / units
    reach = student_quantile(confidence, seeds - 1) * math.sqrt(max(sum(parts) - rest, *parts))
    return Estimate(mean, mean - reach, mean + reach, seeds)


def simultaneous_means(values: np.ndarray, confidence: float = 0.95) -> list[Estimate]:
    """Means of several columns over the same independent units, with intervals that all hold at once.

    Student's t at the level of Bonferroni. NaN units are left out column by column.

    Args:
        values: (units, columns).
        confidence: That all intervals hold.
    """
    found = []
    level = 1 - (1 - confidence) / max(values.shape[1], 1)
    for column in values.T:
        known = column[~np.isnan(column)]
        if len(known) == 0:
            found.append(NOTHING)
            continue
        mean, n = float(known.mean()), len(known)
        reach = student_quantile(level, n - 1) * float(known.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
        found.append(Estimate(mean, mean - reach, mean + reach, n))
    return found


def middle_of(estimates: list[Estimate]) -> Estimate:
    """The median of several estimates whose intervals hold at once, between the medians of their ends.

    Where the lower end is above a bound, most of what is estimated is. n is that of the smallest.
    """
    known = [one for one in estimates if not math.isnan(one.value)]
    if not known:
        return NOTHING
    value, low, high = (float(np.median([getattr(one, name) for one in known])) for name in ("value", "low", "high"))
    return Estimate(value, low, high, min(one.n for one in known))


def surest_rise(estimates: list[Estimate]) -> Estimate:
    """The one of several estimates, whose intervals hold at once, that is most surely above 0; it has no upper end.

    Its lower end is above 0 where any of them surely is (a maximum statistic): found, or else nothing is decided.
    """
    known = [one for one in estimates if not math.isnan(one.low)]
    if not known:
        return NOTHING
    surest = max(known, key=lambda one: one.low)
    return Estimate(surest.value, surest.low, math.inf, surest.n)


def rank_among(value: float, others: np.ndarray, confidence: float = 0.95) -> Estimate:
    """A single number less the mean of others of its kind, with an interval of its rank among them.

    Its lower end is above 0 where the number is so high among the others as one of their kind is in at most
    1 - confidence of all cases, its upper end below 0 where it is so low. Too few others, 18 at 95 %, give no interval;
    n is their number, NaN left out.
    """
    others = np.sort(others[~np.isnan(others)])
    n = len(others)
    if n == 0 or math.isnan(value):
        return NOTHING
    difference = value - float(others.mean())
    place = math.floor((1 - confidence) * (n + 1) + NO_SPREAD)
    if place == 0:
        return Estimate(difference, math.nan, math.nan, n)
    return Estimate(difference, value - float(others[n - place]), value - float(others[place - 1]), n)


def jackknifed(value: float, left_out: np.ndarray, resamples: int, seed: int, confidence: float = 0.95) -> Estimate:
    """What is no mean over units with the interval of one: that of its pseudo-values (Tukey 1958; see mean_of_units).

    Args:
        value: The estimate.
        left_out: (n,) what it is without each unit in turn.
        resamples, seed: Of the bootstrap of pseudo-values.
        confidence: Level of the interval.
    """
    n = len(left_out)
    if math.isnan(value) or np.isnan(left_out).any() or n < 2:
        return Estimate(float(value), math.nan, math.nan, n)
    pseudo = mean_of_units(n * value - (n - 1) * np.asarray(left_out), resamples, seed, confidence)
    return Estimate(float(value), value + pseudo.low - pseudo.value, value + pseudo.high - pseudo.value, n)


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


def student_quantile(confidence: float, freedom: float) -> float:
    """How many standard errors a central interval reaches to either side; the normal one for infinite freedom."""
    from scipy.special import ndtri, stdtrit  # here, since scipy loads slowly and claims are listed before any job

    level = (1 + confidence) / 2
    return float(ndtri(level) if math.isinf(freedom) else stdtrit(freedom, level))


def share_of_units(successes: float, n: float, confidence: float = 0.95) -> Estimate:
    """A share of n independent units with the interval of Clopper and Pearson (1934), which is never too short.

    Successes need not be whole, where units succeed in part.
    """
    from scipy.special import betaincinv  # here, since scipy loads slowly and claims are listed before any job

    if n == 0:
        return NOTHING
    tail = (1 - confidence) / 2
    # At the ends the bounds are exactly 0 and 1.
    low = 0.0 if successes <= 0 else float(betaincinv(successes, max(n - successes, 0) + 1, tail))
    high = 1.0 if successes >= n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return Estimate(min(max(successes / n, 0.0), 1.0), low, high, round(n))
