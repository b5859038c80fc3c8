"""Claims on the shape of clouds of samples: how many bars stand out, how one-dimensional classes are.

Independent units are networks, or repeats of the input where no network is involved.
"""

import pandas as pd

from topolens.claims.complexity import last_snapshot
from topolens.claims.evidence import Evidence, statistic
from topolens.inference.intervals import CORRELATIONS, SHARES, Estimate
from topolens.results import Results
from topolens.topology.persistence import betti_number


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


@statistic("complexity.csv", of="samples", unit=unit_at)
def gap_place(evidence: Evidence, *, depth: int, degree: int, essential: int = 0) -> Estimate:
    """Median over units of the number of bars before the largest gap, essential ones added; of one it is counted."""
    rows = _last_rows(evidence.results, depth, degree)
    places = rows["gap_after"].groupby(rows["unit"]).median() + essential
    return _counted(float(places.iloc[0])) if len(places) == 1 else evidence.median(places)


@statistic("diagrams.npz", of="samples", unit="repeat")
def betti(evidence: Evidence, *, degree: int, scale: float) -> Estimate:
    """Mean Betti number of the input clouds at one scale; that of an only cloud is counted."""
    table = evidence.results.diagrams
    inputs = table.clouds.index[(table.clouds["depth"] == 0) & ~table.clouds["null"]]
    numbers = [float(betti_number(table.diagram(cloud, degree), scale)) for cloud in inputs]
    return _counted(numbers[0]) if len(numbers) == 1 else evidence.mean(numbers)


def _counted(number: float) -> Estimate:
    """What an only cloud has, such as that of the first rows of a file: a fact of that cloud, not an estimate."""
    return Estimate(number, number, number, 1)


@statistic("principal_shares.csv", of="samples", unit="network")
def class_shares(evidence: Evidence, *, against_shuffled: bool) -> Estimate:
    """Within-class share of the first principal component at the last snapshot; or its excess over shuffled labels."""
    rows = evidence.results.table("principal_shares")
    rows = rows[rows["snapshot"] == last_snapshot(evidence.results)]
    values = rows["share"] - rows["shuffled_share"] if against_shuffled else rows["share"]
    return evidence.mean(values.groupby(rows["network"]).mean(), CORRELATIONS if against_shuffled else SHARES)
