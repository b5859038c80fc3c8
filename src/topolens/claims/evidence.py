"""What decides claims: statistics from the evidence of one run to an estimate, and how intervals are made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd

from topolens.config.sections import Kind
from topolens.inference.intervals import (
    NOTHING,
    Estimate,
    Range,
    jackknifed,
    mean_of_units,
    median_of_units,
    resampled_interval,
    share_of_units,
    studentised,
)
from topolens.results import Results


@dataclass(frozen=True)
class Evidence:
    """The results of a run, its study's other runs included; the run's settings say how intervals are made.

    Attributes:
        results: What the run left behind.
        seed: Of all random draws of one claim.
    """

    results: Results
    seed: int

    @property
    def bootstrap(self) -> int:
        """Resamples of each bootstrap."""
        return self.results.config.intervals.bootstrap

    @property
    def confidence(self) -> float:
        """Level of all intervals."""
        return self.results.config.intervals.confidence

    @property
    def significance(self) -> float:
        """Largest p-value that counts as significant."""
        return 1 - self.confidence

    def mean(self, values: pd.Series | np.ndarray | list[float], within: Range | None = None) -> Estimate:
        """Mean over independent units, whose values lie `within` a range, where it is known; NaN is left out."""
        return mean_of_units(np.asarray(values, np.float64), self.bootstrap, self.seed, self.confidence, within)

    def median(self, values: pd.Series) -> Estimate:
        """Median over independent units; NaN is left out."""
        return median_of_units(values.to_numpy(np.float64), self.confidence)

    def share(self, successes: float, n: int) -> Estimate:
        """A share of n independent units."""
        return share_of_units(successes, n, self.confidence)

    def jackknife(self, value: float, left_out: np.ndarray) -> Estimate:
        """What is no mean over units, and what it is without each of them, (units,)."""
        return jackknifed(value, left_out, self.bootstrap, self.seed, self.confidence)

    def draws(self, units: int) -> np.ndarray:
        """Resampled unit numbers, (bootstrap, units)."""
        return np.random.default_rng(self.seed).integers(units, size=(self.bootstrap, units))

    def interval(self, value: float, resampled: np.ndarray, n: int) -> Estimate:
        """An estimate with the central interval of its (bootstrap,) resampled values; NaN ones are dropped."""
        return resampled_interval(value, resampled, n, self.confidence)

    def ratio(self, pairs: np.ndarray) -> Estimate:
        """Ratio of the means of two columns, (units, 2), bootstrapped over units.

        NaN where the denominator is not surely positive: then there is nothing to share out.
        """
        if len(pairs) == 0:
            return NOTHING
        means = pairs[self.draws(len(pairs))].mean(axis=1)
        if np.quantile(means[:, 1], self.significance) <= 0:
            return Estimate(np.nan, np.nan, np.nan, len(pairs))
        return self.interval(pairs[:, 0].mean() / pairs[:, 1].mean(), means[:, 0] / means[:, 1], len(pairs))

    def difference(self, pairs: Iterable[tuple[pd.Series, pd.Series]]) -> Estimate:
        """Mean over pairs of groups of the difference of their means, each group resampled for itself.

        With Student's and the bootstrapped t, as in mean_of_units. n is the size of the smallest group, whose degrees
        of freedom count; NaN units are left out, and pairs without two of each.
        """
        known = [tuple(values.dropna().to_numpy() for values in pair) for pair in pairs]
        known = [pair for pair in known if all(len(values) > 1 for values in pair)]
        if not known:
            return NOTHING
        generator = np.random.default_rng(self.seed)
        deviations, squares, square = np.zeros(self.bootstrap), np.zeros(self.bootstrap), 0.0
        for sign, values in [(sign, values) for pair in known for sign, values in zip((1, -1), pair, strict=True)]:
            drawn = values[generator.integers(len(values), size=(self.bootstrap, len(values)))]
            deviations += sign * (drawn.mean(axis=1) - values.mean()) / len(known)
            squares += drawn.var(axis=1, ddof=1) / len(values) / len(known) ** 2
            square += values.var(ddof=1) / len(values) / len(known) ** 2
        value = float(np.mean([a.mean() - b.mean() for a, b in known]))
        n = min(len(values) for pair in known for values in pair)
        low, high = studentised(deviations, np.sqrt(squares), np.sqrt(square), n - 1, self.confidence)
        return Estimate(value, value - high, value - low, n)

    def row(self, statistic: str, **cell: object) -> Estimate:
        """A row of the run's statistics table, whose interval was made there; NOTHING where there is no such row.

        Args:
            statistic: As in the table.
            cell: Values of other columns, None for an empty one.
        """
        table = self.results.table("statistics")
        rows = table[table["statistic"] == statistic]
        for column, value in cell.items():
            rows = rows[rows[column].isna() if value is None else rows[column] == value]
        if rows.empty:
            return NOTHING
        found = rows.iloc[-1]
        return Estimate(float(found["estimate"]), float(found["low"]), float(found["high"]), int(found["n"]))


@dataclass(frozen=True)
class Finding:
    """An estimate with what else decides.

    Attributes:
        estimate: Of the claim's statistic.
        barred: Why nothing can be decided on these data, whatever the estimate; empty where something can.
        band: Where the complexities lie to those of their Gaussian clouds; see topolens.claims.twins.band_of.
    """

    estimate: Estimate
    barred: str = ""
    band: str = ""


Unit = str | Callable[[int], str]


class Statistic:
    """A function from evidence and options to an estimate.

    Attributes:
        name: As claims name it.
        needs: The artifacts that it reads.
        of: The kind of runs whose artifacts they are.
        unit: What n counts; or a function that tells it from the option `depth`.
        options: Names of its keyword arguments; `required` are those without a default.
    """

    def __init__(
        self, function: Callable[..., Estimate | Finding], needs: tuple[str, ...], of: Kind, unit: Unit
    ) -> None:
        self.function, self.needs, self.of, self.unit = function, frozenset(needs), of, unit
        self.name: str = function.__name__
        self.__doc__ = function.__doc__
        parameters = [*signature(function).parameters.values()][1:]
        self.options = [one.name for one in parameters]
        self.required = [one.name for one in parameters if one.default is one.empty]

    def __call__(self, evidence: Evidence, **options: Any) -> Estimate | Finding:
        """What it finds in one run."""
        return self.function(evidence, **options)

    def unit_of(self, options: dict[str, Any]) -> str:
        """What n counts under these options."""
        return self.unit if isinstance(self.unit, str) else self.unit(options["depth"])


def statistic(*needs: str, of: Kind, unit: Unit) -> Callable[[Callable[..., Estimate | Finding]], Statistic]:
    """Mark a function as a claim's statistic that reads the named artifacts of a kind of runs."""
    return lambda function: Statistic(function, needs, of, unit)
