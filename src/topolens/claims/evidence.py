"""What decides claims: statistics from the evidence of one run to an estimate, and how intervals are made."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd

from topolens.config.sections import Kind
from topolens.inference.intervals import NOTHING, Estimate, bootstrap_mean, resampled_interval, wilson
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

    def mean(self, values: pd.Series | np.ndarray | list[float], summary: str = "mean") -> Estimate:
        """Mean or median over independent units, bootstrapped; NaN units are left out."""
        return bootstrap_mean(np.asarray(values, np.float64), self.bootstrap, self.seed, self.confidence, summary)

    def share(self, successes: float, n: int) -> Estimate:
        """A share of n independent units (Wilson)."""
        return wilson(successes, n, self.confidence)

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
        """Mean over pairs of groups of the difference of their means, each group bootstrapped for itself.

        n is the size of the smallest group; NaN units are left out, and pairs without units.
        """
        known = [tuple(values.dropna().to_numpy() for values in pair) for pair in pairs]
        known = [pair for pair in known if all(len(values) for values in pair)]
        if not known:
            return NOTHING
        generator = np.random.default_rng(self.seed)
        total = np.zeros(self.bootstrap)
        for a, b in known:
            means = [v[generator.integers(len(v), size=(self.bootstrap, len(v)))].mean(axis=1) for v in (a, b)]
            total += (means[0] - means[1]) / len(known)
        value = float(np.mean([a.mean() - b.mean() for a, b in known]))
        return self.interval(value, total, min(len(values) for pair in known for values in pair))

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

    def __init__(self, function: Callable[..., Estimate], needs: tuple[str, ...], of: Kind, unit: Unit) -> None:
        self.function, self.needs, self.of, self.unit = function, frozenset(needs), of, unit
        self.name: str = function.__name__
        self.__doc__ = function.__doc__
        parameters = [*signature(function).parameters.values()][1:]
        self.options = [one.name for one in parameters]
        self.required = [one.name for one in parameters if one.default is one.empty]

    def __call__(self, evidence: Evidence, **options: Any) -> Estimate:
        """The estimate of one run."""
        return self.function(evidence, **options)

    def unit_of(self, options: dict[str, Any]) -> str:
        """What n counts under these options."""
        return self.unit if isinstance(self.unit, str) else self.unit(options["depth"])


def statistic(*needs: str, of: Kind, unit: Unit) -> Callable[[Callable[..., Estimate]], Statistic]:
    """Mark a function as a claim's statistic that reads the named artifacts of a kind of runs."""
    return lambda function: Statistic(function, needs, of, unit)
