"""Claims on how one-dimensional classes are in the last layer. A unit is a network."""

from topolens.claims.evidence import Evidence
from topolens.claims.snapshots import last_snapshot
from topolens.claims.statistic import statistic
from topolens.inference.intervals import Estimate


@statistic("principal_shares.csv", of="samples", unit="network")
def class_shares(evidence: Evidence, *, against_shuffled: bool) -> Estimate:
    """Within-class share of the first principal component at the last snapshot; or its excess over shuffled labels."""
    rows = evidence.results.table("principal_shares")
    rows = rows[rows["snapshot"] == last_snapshot(evidence.results)]
    values = rows["share"] - rows["shuffled_share"] if against_shuffled else rows["share"]
    return evidence.mean(values.groupby(rows["network"]).mean())
