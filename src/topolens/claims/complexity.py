"""Claims on complexity: what changes along training, and from layer to layer. A unit is a network unless said."""

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence, statistic
from topolens.inference.intervals import CORRELATIONS, SHARES, Estimate, student_quantile
from topolens.results import Results
from topolens.statistics.complexity import by_network, first_and_last, layer_correlations, with_all_degrees


def last_snapshot(results: Results) -> int:
    """The number of the run's last snapshot."""
    return len(results.config.snapshot_accuracies) - 1


def norms(results: Results, measure: str, degree: str, scale_free: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A measure at the first and the last snapshot, each networks x layers."""
    table = with_all_degrees(results.table("complexity"))
    frame = by_network(table, measure + "_scale_free" * scale_free, degree)
    return first_and_last(frame, last_snapshot(results) + 1)


@statistic("complexity.csv", of="samples", unit="network")
def rising_share(evidence: Evidence, *, degree: str = "all", scale_free: bool = False) -> Estimate:
    """Share of layers in which a network's L2 norm is larger at the last snapshot than at the first."""
    first, last = norms(evidence.results, "l2", degree, scale_free)
    complete = (first.notna() & last.notna()).all(axis=1)
    return evidence.mean((last[complete] > first[complete]).mean(axis=1), SHARES)


@statistic("complexity.csv", of="samples", unit="network")
def main_share_rise(evidence: Evidence, *, degree: int, scale_free: bool = False) -> Estimate:
    """Rise, from the first to the last snapshot, of the share of the squared norm in the first nine levels.

    The share does not change when a cloud is divided by a constant, so its scale-free twin is itself.
    """
    table = evidence.results.table("complexity")[evidence.results.table("complexity")["degree"] == degree]
    shares = by_network(table.assign(degree=str(degree)), "main_share", str(degree))
    first, last = first_and_last(shares, last_snapshot(evidence.results) + 1)
    return evidence.mean((last - first).mean(axis=1, skipna=False))


@statistic("complexity.csv", of="samples", unit="network")
def degree_share_of_rise(evidence: Evidence, *, degree: str, scale_free: bool = False) -> Estimate:
    """Share of one degree in the rise of the squared L2 norm from the first to the last snapshot.

    Squared norms add up over degrees, so the split is exact. Rises are summed over layers for each network;
    the estimate is the ratio of means over networks, its interval bootstraps networks. Where the sum does not
    surely rise there is nothing to split: NaN.
    """
    rises = []
    for which in (degree, "all"):
        first, last = norms(evidence.results, "l2", which, scale_free)
        rises.append((last**2 - first**2).sum(axis=1, skipna=False))
    pairs = pd.concat(rises, axis=1).dropna().to_numpy()
    return evidence.ratio(pairs)


@statistic("complexity.csv", of="samples", unit="network")
def networks_with_rise(evidence: Evidence, *, degree: str = "all", scale_free: bool = False) -> Estimate:
    """Share of networks with a rise from some layer to the next beyond the noise, at the last snapshot.

    The noise of a norm is the standard error of the bootstrap over the bars of its diagram.
    """
    _, heights = norms(evidence.results, "l2", degree, scale_free)
    _, errors = norms(evidence.results, "l2_error", degree, scale_free)
    heights = heights.dropna()
    errors = errors.loc[heights.index]
    rises = np.diff(heights.to_numpy(), axis=1)
    noise = np.hypot(errors.to_numpy()[:, 1:], errors.to_numpy()[:, :-1])
    beyond = (rises > student_quantile(evidence.confidence, np.inf) * noise).any(axis=1)
    return evidence.share(int(beyond.sum()), len(beyond))


@statistic("complexity.csv", of="samples", unit="network")
def layer_correlation(evidence: Evidence, *, degree: str = "all", scale_free: bool = False) -> Estimate:
    """Mean over networks of Spearman's correlation of layer and L2 norm at the last snapshot."""
    _, last = norms(evidence.results, "l2", degree, scale_free)
    return evidence.mean(layer_correlations(last.dropna()), CORRELATIONS)
