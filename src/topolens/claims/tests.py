"""Claims on tests between layers and snapshots, on the stability of averages, and on the tests themselves."""

from topolens.claims.evidence import Evidence, statistic
from topolens.inference.intervals import NOTHING, Estimate


@statistic("statistics.csv", of="samples", unit="cell")
def half_to_layer_ratio(evidence: Evidence, *, degree: int) -> Estimate:
    """Distance of averages over half the networks, over the distance to the layer before; median over cells."""
    table = evidence.results.table("statistics")[evidence.results.table("statistics")["degree"] == str(degree)]
    keys = ["depth", "snapshot"]
    halves = table[table["statistic"] == "split_half"].set_index(keys)["estimate"]
    layers = table[table["statistic"] == "layer_difference"].set_index(keys)["estimate"]
    return evidence.median((halves / layers).dropna())


@statistic("statistics.csv", of="samples", unit="test")
def significant_share(evidence: Evidence, *, statistic: str) -> Estimate:
    """Share of the permutation tests of one kind that are significant after Holm's correction."""
    tests = evidence.results.table("statistics")[evidence.results.table("statistics")["statistic"] == statistic]
    return evidence.share(int((tests["p_holm"] <= evidence.significance).sum()), len(tests))


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


@statistic("statistics.csv", of="samples", unit="test")
def half_tests(evidence: Evidence, *, degree: int) -> Estimate:
    """Share of significant tests between random halves of one group, where there is nothing to find."""
    return evidence.row("half_tests_significant", degree=str(degree))
