"""Claims on holes: how many bars stand out in clouds of the input and of layers.

Independent units are networks, or draws of the input where no network is involved.
"""

import pandas as pd

from topolens.claims.evidence import Evidence
from topolens.claims.snapshots import last_threshold
from topolens.claims.statistic import statistic
from topolens.inference.intervals import Estimate
from topolens.results import Results
from topolens.topology.persistence import betti_number


def _last_rows(results: Results, layer: int, degree: int) -> pd.DataFrame:
    """Clouds of one layer (-1 = the last) at the last threshold or the input, with an independent unit each."""
    table = results.table("complexity")
    layer = table["layer"].max() if layer == -1 else layer
    own = table[(table["layer"] == layer) & (table["degree"] == degree) & ~table["gaussian"]]
    own = own[own["threshold"] == (-1 if layer == 0 else last_threshold(results))]
    return own.assign(unit=own["draw"] if layer == 0 else own["network"])


@statistic("complexity.csv", of="samples")
def gap_share(evidence: Evidence, *, layer: int, degree: int, bars: int) -> Estimate:
    """Share of clouds whose largest gap in the lifetimes comes after so many bars (Wilson, over units)."""
    rows = _last_rows(evidence.results, layer, degree)
    by_unit = (rows["gap_after"] == bars).groupby(rows["unit"]).mean()
    return evidence.share(float(by_unit.sum()), len(by_unit))


@statistic("complexity.csv", of="samples")
def gap_place(evidence: Evidence, *, layer: int, degree: int, essential: int = 0) -> Estimate:
    """Median over units of the number of bars before the largest gap, essential ones added."""
    rows = _last_rows(evidence.results, layer, degree)
    return evidence.mean(rows["gap_after"].groupby(rows["unit"]).median() + essential, "median")


@statistic("diagrams.npz", of="samples")
def betti(evidence: Evidence, *, degree: int, scale: float) -> Estimate:
    """Mean Betti number of the input clouds at one scale."""
    table = evidence.results.diagrams
    inputs = table.clouds.index[(table.clouds["layer"] == 0) & ~table.clouds["gaussian"]]
    return evidence.mean([betti_number(table.diagram(cloud, degree), scale) for cloud in inputs])
