"""Claims on landscapes of networks against each other: their order, their variance, and tests where nothing is."""

from topolens.claims.evidence import Evidence, statistic
from topolens.inference.intervals import NOTHING, Estimate


@statistic("statistics.csv", of="samples", unit="network")
def told_apart(evidence: Evidence, *, groups: str) -> Estimate:
    """Share of networks, left out whole, whose two landscapes the others order rightly: a row of the table.

    Args:
        evidence: Of a run with tests.
        groups: `layers`, each against the next at one snapshot, or `snapshots`, each against the next in one layer.
    """
    return evidence.row(f"{groups}_told_apart", degree="all")


@statistic("statistics.csv", of="samples", unit="network")
def variance_between_layers(evidence: Evidence, *, degree: int) -> Estimate:
    """Share of the variance of landscapes that lies between layers, at the last snapshot: a row of the table."""
    last = evidence.results.config.snapshot_accuracies[-1]
    return evidence.row("variance_between_layers", degree=str(degree), snapshot=last)


@statistic("statistics.csv", of="samples", unit="network")
def excess_layer_accuracy(evidence: Evidence, *, degree: int) -> Estimate:
    """Accuracy of telling layers from landscapes at the last snapshot, above chance."""
    table = evidence.results.table("statistics")[evidence.results.table("statistics")["degree"] == str(degree)]
    rows = table[table["statistic"] == "layer_accuracy"].sort_values("snapshot")
    if rows.empty:
        return NOTHING
    row = rows.iloc[-1]
    chance = row["null_low"]
    return Estimate(row["estimate"] - chance, row["low"] - chance, row["high"] - chance, int(row["n"]))


@statistic("statistics.csv", of="samples", unit="network")
def half_tests(evidence: Evidence, *, degree: int) -> Estimate:
    """Share of significant tests between halves of the networks, less the upper end of what other halves give.

    There is nothing to find; below 0 the share is within that end, which is known and has no interval.
    """
    table = evidence.results.table("statistics")
    rows = table[(table["statistic"] == "half_tests_significant") & (table["degree"] == str(degree))]
    if rows.empty:
        return NOTHING
    row = rows.iloc[-1]
    excess = float(row["estimate"] - row["null_high"])
    return Estimate(excess, excess, excess, int(row["n"]))
