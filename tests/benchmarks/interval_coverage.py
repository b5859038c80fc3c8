"""How often our intervals cover what they estimate, for few and many units; prints the table of the README beside.

Usage: python tests/benchmarks/interval_coverage.py
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from topolens.inference.intervals import (
    CORRELATIONS,
    SHARES,
    Estimate,
    correlation_of_units,
    crossed_mean,
    mean_of_units,
    median_of_units,
    share_of_units,
)
from topolens.inference.rank import rank_correlation

UNITS = (3, 5, 10, 30, 100)
SEEDS = (2, 3, 5, 8, 20)
REPETITIONS, RESAMPLES = 700, 500
Draw = Callable[[np.random.Generator, int], Estimate]


def trends(generator: np.random.Generator, units: int) -> np.ndarray:
    """Rank correlations of eight layers with something that rises by a third of its spread from each to the next."""
    layers = np.arange(8)
    return rank_correlation(layers, 0.35 * layers + generator.normal(size=(units, 8)))


def mean_of(draw: Callable[[np.random.Generator, int], np.ndarray], within: tuple[float, float] | None = None) -> Draw:
    """The estimate of the mean of units that are drawn so."""
    return lambda generator, n: mean_of_units(
        draw(generator, n), RESAMPLES, int(generator.integers(2**32)), 0.95, within
    )


def correlated(generator: np.random.Generator, n: int) -> Estimate:
    """Spearman's correlation of n pairs of normal values that are correlated by 0.6."""
    a, b = generator.normal(size=(2, n))
    return correlation_of_units(float(rank_correlation(a, 0.6 * a + 0.8 * b)), n)


def crossed(spread: float) -> Draw:
    """The mean over seeds that were all seen on the same 30 units; the seeds' spread beside that of units, 1."""

    def draw(generator: np.random.Generator, seeds: int) -> Estimate:
        of_seeds, of_units = spread * generator.normal(size=(seeds, 1)), generator.normal(size=(1, 30))
        return crossed_mean(of_seeds + of_units + generator.normal(size=(seeds, 30)))

    return draw


def rows() -> dict[str, tuple[Draw, float, tuple[int, ...]]]:
    """By name: an estimate from n units, what it estimates, and the n."""
    generator = np.random.default_rng(0)
    return {
        "mean of normal values": (mean_of(lambda g, n: g.normal(size=n)), 0.0, UNITS),
        "mean of uniform values": (mean_of(lambda g, n: g.random(n)), 0.5, UNITS),
        "mean of exponential values": (mean_of(lambda g, n: g.exponential(size=n)), 1.0, UNITS),
        "mean of log-normal values": (mean_of(lambda g, n: g.lognormal(0, 0.5, n)), float(np.exp(0.125)), UNITS),
        "share of units, 0.9": (lambda g, n: share_of_units(int(g.binomial(n, 0.9)), n), 0.9, UNITS),
        "mean of 0/1 values, 0.9": (mean_of(lambda g, n: g.binomial(1, 0.9, n), SHARES), 0.9, UNITS),
        "mean share of five layers, 0.95": (mean_of(lambda g, n: g.binomial(5, 0.95, n) / 5, SHARES), 0.95, UNITS),
        "mean of rank correlations": (mean_of(trends, CORRELATIONS), float(trends(generator, 10**5).mean()), UNITS),
        "median of exponential values": (lambda g, n: median_of_units(g.exponential(size=n)), float(np.log(2)), UNITS),
        "rank correlation over units": (correlated, 6 / np.pi * float(np.arcsin(0.3)), UNITS),
        "seeds x units, equal spread": (crossed(1.0), 0.0, SEEDS),
        "seeds x units, seeds spread thrice": (crossed(3.0), 0.0, SEEDS),
    }


def coverage(draw: Draw, truth: float, n: int) -> float:
    """Share of the repetitions whose interval holds the truth, in per cent; no interval holds nothing."""
    generator = np.random.default_rng(n)
    estimates = [draw(generator, n) for _ in range(REPETITIONS)]
    return 100 * float(np.mean([estimate.low <= truth <= estimate.high for estimate in estimates]))


def main() -> None:
    """Print both tables."""
    found = rows()
    for what, counts in (("units", UNITS), ("seeds", SEEDS)):
        table = {
            name: [f"{coverage(draw, truth, n):.0f}" for n in counts]
            for name, (draw, truth, own) in found.items()
            if own == counts
        }
        print(f"\nCoverage of nominal 95 % intervals, in % of {REPETITIONS} repetitions, by number of {what}:\n")
        print(pd.DataFrame(table, index=counts).T.to_string())


if __name__ == "__main__":
    main()
