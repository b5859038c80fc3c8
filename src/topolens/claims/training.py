"""Claims on training: what changes from the first to the last snapshot of training. A unit is a network."""

import pandas as pd

from topolens.claims.evidence import Evidence
from topolens.claims.snapshots import last_snapshot, norms
from topolens.claims.statistic import statistic
from topolens.inference.intervals import Estimate
from topolens.statistics.complexity import by_network, first_and_last


@statistic("complexity.csv", of="samples", unit="network")
def rising_share(evidence: Evidence, *, degree: str = "all", scale_free: bool = False) -> Estimate:
    """Share of layers in which a network's L2 norm is larger at the last snapshot than at the first."""
    first, last = norms(evidence.results, "l2", degree, scale_free)
    complete = (first.notna() & last.notna()).all(axis=1)
    return evidence.mean((last[complete] > first[complete]).mean(axis=1))


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
