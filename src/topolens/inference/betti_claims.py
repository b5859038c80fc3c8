"""The statistics that decide the claims on Betti numbers: from a run's layers to an estimate.

Independent units are networks that made no error on their data. Both classes count together, and all activations,
where a claim does not tell them apart.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from topolens.inference.betti_statistics import (
    areas,
    by_layer,
    correlations,
    half_layers,
    late_shares,
    of_activation,
    relative,
    trivial,
)
from topolens.inference.intervals import NOTHING, Estimate, bootstrap_mean, tail_levels, wilson
from topolens.results import BettiResults


@dataclass(frozen=True)
class BettiEvidence:
    """What one run offers and how intervals are made."""

    run: BettiResults
    bootstrap: int
    confidence: float
    seed: int

    def mean(self, values: pd.Series, summary: str = "mean") -> Estimate:
        """Mean or median over networks with the run's bootstrap."""
        return bootstrap_mean(values.to_numpy(), self.bootstrap, self.seed, self.confidence, summary)

    def values(self, name: str, measure: str = "omega", depth: int | None = None) -> pd.DataFrame:
        """A measure by network and layer, both classes together; of the deepest networks unless told."""
        return by_layer(self.run.layers, name, depth or self.headline(name), measure)

    def headline(self, name: str) -> int:
        """The depth of the headline networks of a data set."""
        return self.run.config.depths(name)[-1]

    def difference(self, pairs: list[tuple[pd.Series, pd.Series]]) -> Estimate:
        """Mean over pairs of groups of the difference of their means, each group bootstrapped for itself.

        n is the size of the smallest group; NaN units are left out, and pairs without units.
        """
        kept = [tuple(values.dropna().to_numpy() for values in pair) for pair in pairs]
        kept = [pair for pair in kept if all(len(values) for values in pair)]
        if not kept:
            return NOTHING
        generator = np.random.default_rng(self.seed)
        total = np.zeros(self.bootstrap)
        for a, b in kept:
            means = [v[generator.integers(len(v), size=(self.bootstrap, len(v)))].mean(axis=1) for v in (a, b)]
            total += (means[0] - means[1]) / len(kept)
        low, high = np.quantile(total, tail_levels(self.confidence))
        value = float(np.mean([a.mean() - b.mean() for a, b in kept]))
        return Estimate(value, float(low), float(high), min(len(values) for pair in kept for values in pair))


def trivial_share(evidence: BettiEvidence, *, data: str) -> Estimate:
    """Share of the headline networks whose logits have Betti numbers (1, 0[, 0]) in both classes (Wilson)."""
    found = trivial(evidence.run.layers, data, evidence.headline(data))
    return wilson(int(found.sum()), len(found), evidence.confidence)


def final_ratio(evidence: BettiEvidence, *, data: str) -> Estimate:
    """Median over headline networks of the Betti numbers' sum at the logits over that of the input."""
    return evidence.mean(relative(evidence.values(data)).iloc[:, -1], "median")


def omega_correlation(evidence: BettiEvidence, *, data: str) -> Estimate:
    """Mean over headline networks of Spearman's correlation of layer, input included, and sum of Betti numbers."""
    return evidence.mean(correlations(evidence.values(data)))


def faster_than(evidence: BettiEvidence, *, data: str, activation: str, than: str, measure: str) -> Estimate:
    """Mean of one activation less that of another over headline networks; below 0 where the first is faster.

    Measures: `half_layer`, the first layer with half of the input's Betti numbers (one behind the last where there is
    none), or `area`, the mean share of them over layers.
    """
    values = {"half_layer": half_layers, "area": areas}[measure](evidence.values(data))
    return evidence.difference([(of_activation(values, activation), of_activation(values, than))])


def later_when_shallow(evidence: BettiEvidence, *, data: str, beyond_even: bool = False) -> Estimate:
    """Share of the drop in the last two layers, shallow networks less headline ones, mean over activations.

    With `beyond_even`, beyond what two of so many layers would lose if each lost the same.
    """
    depths = evidence.run.config.depths(data)
    shares = [late_shares(evidence.values(data, depth=depth), beyond_even) for depth in depths]
    if len(shares) < 2:
        return NOTHING
    shallow, deep = pd.concat(shares[:-1]), shares[-1]
    activations = evidence.run.config.activations
    return evidence.difference([(of_activation(shallow, one), of_activation(deep, one)) for one in activations])


def both_hold(evidence: BettiEvidence, *, data: str, scale_free: bool = False) -> Estimate:
    """Share of headline networks that halve the Betti numbers and yet raise the norm from some layer to the next.

    The sum of Betti numbers at the logits is at most half of the input's; the norm rises beyond the noise between two
    layers above the input, as claim W4 counts it (Wilson).
    """
    twin = "_scale_free" * scale_free
    halved = relative(evidence.values(data)).iloc[:, -1] <= 0.5
    norms, errors = (evidence.values(data, f"{name}{twin}").iloc[:, 1:].to_numpy() for name in ("l2", "l2_error"))
    noise = np.hypot(errors[:, 1:], errors[:, :-1])
    rises = (np.diff(norms, axis=1) > norm.ppf((1 + evidence.confidence) / 2) * noise).any(axis=1)
    return wilson(int((halved.to_numpy() & rises).sum()), len(rises), evidence.confidence)


def trend_gap(evidence: BettiEvidence, *, data: str, scale_free: bool = False) -> Estimate:
    """Rank correlation of layer and norm less that of layer and Betti numbers, above the input, over networks."""
    norms = evidence.values(data, "l2" + "_scale_free" * scale_free).drop(columns=0)
    return evidence.mean(correlations(norms) - correlations(evidence.values(data).drop(columns=0)))


BETTI_STATISTICS: dict[str, Callable[..., Estimate]] = {
    function.__name__: function
    for function in (
        trivial_share,
        final_ratio,
        omega_correlation,
        faster_than,
        later_when_shallow,
        both_hold,
        trend_gap,
    )
}
