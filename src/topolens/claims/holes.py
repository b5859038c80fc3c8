"""Claims on the shape of clouds of samples: how many bars stand out, how one-dimensional classes are.

Independent units are networks, or repeats of the input where no network is involved.
"""

import pandas as pd

from topolens.claims.complexity import last_snapshot
from topolens.claims.evidence import Evidence, statistic
from topolens.inference.intervals import CORRELATIONS, Estimate
from topolens.results import Results


def _last_rows(results: Results, depth: int, degree: int) -> pd.DataFrame:
    """Clouds of one layer (-1 = the last) at the last snapshot or the input, with an independent unit each."""
    table = results.table("complexity")
    depth = table["depth"].max() if depth == -1 else depth
    snapshot = -1 if depth == 0 else last_snapshot(results)
    rows = table[(table["depth"] == depth) & (table["degree"] == degree) & (table["snapshot"] == snapshot)]
    rows = rows[~rows["null"]]
    return rows.assign(unit=rows["repeat"] if depth == 0 else rows["network"])


def unit_at(depth: int) -> str:
    """What the clouds of a layer are counted by."""
    return "repeat" if depth == 0 else "network"


@statistic("complexity.csv", of="samples", unit=unit_at)
def gap_share(evidence: Evidence, *, depth: int, degree: int, bars: int) -> Estimate:
    """Share of clouds whose largest gap in the lifetimes comes after so many bars, over units."""
    rows = _last_rows(evidence.results, depth, degree)
    by_unit = (rows["gap_after"] == bars).groupby(rows["unit"]).mean()
    return evidence.share(float(by_unit.sum()), len(by_unit))


@statistic("principal_shares.csv", of="samples", unit="network")
def second_component(evidence: Evidence) -> Estimate:
    """Variance on the second over that on the first principal component within classes, less that of isotropic clouds.

    At the last snapshot; below 0 where classes are nearer to a line than Gaussian clouds of as many points and
    dimensions are.
    """
    return evidence.mean(_by_network(evidence.results, "ratio", "isotropic_ratio"), CORRELATIONS)


@statistic("principal_shares.csv", of="samples", unit="network")
def first_share_over_shuffled(evidence: Evidence) -> Estimate:
    """Within-class share of the first principal component at the last snapshot, less that by shuffled labels."""
    return evidence.mean(_by_network(evidence.results, "share", "shuffled_share"), CORRELATIONS)


def _by_network(results: Results, column: str, null: str) -> pd.Series:
    """Mean over repeats and classes of a column less its null, at the last snapshot."""
    rows = results.table("principal_shares")
    rows = rows[rows["snapshot"] == last_snapshot(results)]
    return (rows[column] - rows[null]).groupby(rows["network"]).mean()
