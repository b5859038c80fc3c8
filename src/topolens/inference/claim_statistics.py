"""The statistics that decide claims: each a function from the tables of one run to an estimate.

Independent units are networks, or draws of the input where no network is involved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from topolens.inference.complexity_statistics import (
    by_network,
    first_and_last,
    layer_correlations,
    with_all_degrees,
)
from topolens.inference.intervals import NOTHING, Estimate, bootstrap_mean, tail_levels, wilson
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.persistence import betti_number


@dataclass(frozen=True)
class Evidence:
    """What one run offers: its tables, its diagrams, and how intervals are made."""

    complexity: pd.DataFrame
    statistics: pd.DataFrame
    shares: pd.DataFrame | None
    diagrams: DiagramTable
    thresholds: int
    bootstrap: int
    confidence: float
    seed: int

    def mean(self, values: Any, summary: str = "mean") -> Estimate:
        """Mean over independent units with the run's bootstrap."""
        return bootstrap_mean(np.asarray(values, np.float64), self.bootstrap, self.seed, self.confidence, summary)

    def first_and_last(self, measure: str, degree: str, scale_free: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
        """A measure at the first and the last threshold, each networks x layers."""
        table = with_all_degrees(self.complexity)
        return first_and_last(by_network(table, measure + "_scale_free" * scale_free, degree), self.thresholds)


def _last_rows(evidence: Evidence, layer: int, degree: int) -> pd.DataFrame:
    """Clouds of one layer (-1 = the last) at the last threshold or the input, with an independent unit each."""
    table = evidence.complexity
    layer = table["layer"].max() if layer == -1 else layer
    own = table[(table["layer"] == layer) & (table["degree"] == degree) & ~table["gaussian"]]
    own = own[own["threshold"] == (-1 if layer == 0 else evidence.thresholds - 1)]
    return own.assign(unit=own["draw"] if layer == 0 else own["network"])


def gap_share(evidence: Evidence, *, layer: int, degree: int, bars: int) -> Estimate:
    """Share of clouds whose largest gap in the lifetimes comes after so many bars (Wilson, over units)."""
    rows = _last_rows(evidence, layer, degree)
    by_unit = (rows["gap_after"] == bars).groupby(rows["unit"]).mean()
    return wilson(float(by_unit.sum()), len(by_unit), evidence.confidence)


def gap_place(evidence: Evidence, *, layer: int, degree: int, essential: int = 0) -> Estimate:
    """Median over units of the number of bars before the largest gap, essential ones added."""
    rows = _last_rows(evidence, layer, degree)
    return evidence.mean(rows["gap_after"].groupby(rows["unit"]).median() + essential, "median")


def betti(evidence: Evidence, *, degree: int, scale: float) -> Estimate:
    """Mean Betti number of the input clouds at one scale."""
    table = evidence.diagrams
    inputs = table.clouds.index[(table.clouds["layer"] == 0) & ~table.clouds["gaussian"]]
    return evidence.mean([betti_number(table.diagram(cloud, degree), scale) for cloud in inputs])


def rising_share(evidence: Evidence, *, degree: str = "all", scale_free: bool = False) -> Estimate:
    """Share of layers in which a network's L2 norm is larger at the last threshold than at the first."""
    first, last = evidence.first_and_last("l2", degree, scale_free)
    complete = (first.notna() & last.notna()).all(axis=1)
    return evidence.mean((last[complete] > first[complete]).mean(axis=1))


def networks_with_rise(evidence: Evidence, *, degree: str = "all", scale_free: bool = False) -> Estimate:
    """Share of networks with a rise from some layer to the next beyond the noise, at the last threshold.

    The noise of a norm is the standard error of the bootstrap over the bars of its diagram.
    """
    _, norms = evidence.first_and_last("l2", degree, scale_free)
    _, errors = evidence.first_and_last("l2_error", degree, scale_free)
    norms, errors = norms.dropna(), errors.loc[norms.dropna().index]
    rises = np.diff(norms.to_numpy(), axis=1)
    noise = np.hypot(errors.to_numpy()[:, 1:], errors.to_numpy()[:, :-1])
    beyond = (rises > norm.ppf((1 + evidence.confidence) / 2) * noise).any(axis=1)
    return wilson(int(beyond.sum()), len(beyond), evidence.confidence)


def layer_correlation(evidence: Evidence, *, degree: str = "all", scale_free: bool = False) -> Estimate:
    """Mean over networks of Spearman's correlation of layer and L2 norm at the last threshold."""
    _, last = evidence.first_and_last("l2", degree, scale_free)
    return evidence.mean(layer_correlations(last.dropna()))


def main_share_rise(evidence: Evidence, *, degree: int, scale_free: bool = False) -> Estimate:
    """Rise, from the first to the last threshold, of the share of the squared norm in the first nine levels.

    The share does not change when a cloud is divided by a constant, so its scale-free twin is itself.
    """
    table = evidence.complexity[evidence.complexity["degree"] == degree]
    shares = by_network(table.assign(degree=str(degree)), "main_share", str(degree))
    first, last = first_and_last(shares, evidence.thresholds)
    return evidence.mean((last - first).mean(axis=1, skipna=False))


def half_to_layer_ratio(evidence: Evidence, *, degree: int) -> Estimate:
    """Distance of averages over half the networks, over the distance to the layer before; median over cells."""
    table = evidence.statistics[evidence.statistics["degree"] == str(degree)]
    keys = ["layer", "threshold"]
    halves = table[table["statistic"] == "split_half"].set_index(keys)["estimate"]
    layers = table[table["statistic"] == "layer_difference"].set_index(keys)["estimate"]
    return evidence.mean((halves / layers).dropna(), "median")


def significant_share(evidence: Evidence, *, statistic: str) -> Estimate:
    """Share of the permutation tests of one kind that are significant after Holm's correction."""
    tests = evidence.statistics[evidence.statistics["statistic"] == statistic]
    return wilson(int((tests["p_holm"] <= 1 - evidence.confidence).sum()), len(tests), evidence.confidence)


def excess_layer_accuracy(evidence: Evidence, *, degree: int) -> Estimate:
    """Accuracy of telling layers from landscapes at the last threshold, above chance."""
    table = evidence.statistics[evidence.statistics["degree"] == str(degree)]
    row = table[table["statistic"] == "layer_accuracy"].sort_values("threshold").iloc[-1]
    chance = row["null_low"]
    return Estimate(row["estimate"] - chance, row["low"] - chance, row["high"] - chance, int(row["n"]))


def half_tests(evidence: Evidence, *, degree: int) -> Estimate:
    """Share of significant tests between random halves of one group, where there is nothing to find."""
    table = evidence.statistics[evidence.statistics["degree"] == str(degree)]
    row = table[table["statistic"] == "half_tests_significant"].iloc[0]
    return Estimate(row["estimate"], row["low"], row["high"], int(row["n"]))


def degree_share_of_rise(evidence: Evidence, *, degree: str, scale_free: bool = False) -> Estimate:
    """Share of one degree in the rise of the squared L2 norm from the first to the last threshold.

    Squared norms add up over degrees, so the split is exact. Rises are summed over layers for each network;
    the estimate is the ratio of means over networks, its interval bootstraps networks. Where the sum does not
    surely rise there is nothing to split: NaN.
    """
    rises = []
    for which in (degree, "all"):
        first, last = evidence.first_and_last("l2", which, scale_free)
        rises.append((last**2 - first**2).sum(axis=1, skipna=False))
    pairs = pd.concat(rises, axis=1).dropna().to_numpy()
    if len(pairs) == 0:
        return NOTHING
    draws = np.random.default_rng(evidence.seed).integers(len(pairs), size=(evidence.bootstrap, len(pairs)))
    means = pairs[draws].mean(axis=1)
    if np.quantile(means[:, 1], 1 - evidence.confidence) <= 0:
        return Estimate(np.nan, np.nan, np.nan, len(pairs))
    low, high = np.quantile(means[:, 0] / means[:, 1], tail_levels(evidence.confidence))
    return Estimate(float(pairs[:, 0].mean() / pairs[:, 1].mean()), float(low), float(high), len(pairs))


def class_shares(evidence: Evidence, *, against_shuffled: bool) -> Estimate:
    """Within-class share of the first principal component at the last threshold; or its excess over shuffled labels."""
    assert evidence.shares is not None
    rows = evidence.shares
    rows = rows[rows["threshold"] == evidence.thresholds - 1]
    values = rows["share"] - rows["shuffled_share"] if against_shuffled else rows["share"]
    return evidence.mean(values.groupby(rows["network"]).mean())


STATISTICS: dict[str, Callable[..., Estimate]] = {
    function.__name__: function
    for function in (
        gap_share,
        gap_place,
        betti,
        rising_share,
        networks_with_rise,
        layer_correlation,
        main_share_rise,
        half_to_layer_ratio,
        significant_share,
        excess_layer_accuracy,
        half_tests,
        degree_share_of_rise,
        class_shares,
    )
}
