"""Claims on Mapper graphs. A unit is a repeat, one random position of every image, or a pair of them, as each says."""

import pandas as pd

from topolens.claims.evidence import Evidence, statistic
from topolens.inference.intervals import DIFFERENCES, NOTHING, SHARES, Estimate
from topolens.results import Results
from topolens.statistics.explanations import NOISE


def rows_of(results: Results, kind: str) -> pd.DataFrame:
    """The rows of the Mapper table of one kind."""
    table = results.table("mapper")
    return table[table["kind"] == kind]


@statistic("mapper.csv", of="positions", unit="repeat")
def fork_share(evidence: Evidence) -> Estimate:
    """Share of forks whose arms are purer than under permuted labels, mean over layers; a unit is a repeat.

    Layers without a fork have no share.
    """
    return evidence.mean(rows_of(evidence.results, "repeat").groupby("repeat")["separating"].mean(), SHARES)


@statistic("mapper.csv", of="positions", unit="repeat")
def fork_gain(evidence: Evidence) -> Estimate:
    """Entropy of the branching node less that of the arms in bits, mean over forks and layers; a unit is a repeat."""
    return evidence.mean(rows_of(evidence.results, "repeat").groupby("repeat")["fork_gain"].mean())


@statistic("mapper.csv", of="positions", unit="repeat")
def late_pair(evidence: Evidence) -> Estimate:
    """Purity of two classes in the nodes above chance: last layer less the best earlier one; a unit is a repeat."""
    rows = rows_of(evidence.results, "pair")
    if rows.empty:
        return NOTHING
    excess = (rows["node_purity"] - rows["null_purity"]).groupby([rows["repeat"], rows["layer"]]).mean().unstack()
    last = evidence.results.config.mapper_layers[-1]
    return evidence.mean(excess[last] - excess.drop(columns=last).max(axis=1), DIFFERENCES)


@statistic("mapper.csv", of="positions", unit="repeat")
def late_fork(evidence: Evidence) -> Estimate:
    """Share of repeats at which a fork parts two classes in the last layer and in no earlier one."""
    rows = rows_of(evidence.results, "pair")
    if rows.empty:
        return NOTHING
    found = rows.pivot(index="repeat", columns="layer", values="forks") > 0
    last = evidence.results.config.mapper_layers[-1]
    late = found[last] & ~found.drop(columns=last).any(axis=1)
    return evidence.share(float(late.sum()), len(late))


@statistic("mapper.csv", of="positions", unit="repeat")
def loop_excess(evidence: Evidence) -> Estimate:
    """Loops of the nerve less the mean of noise with the same norms, mean over layers; a unit is a repeat."""
    noise = rows_of(evidence.results, NOISE).groupby("layer")["loops"].mean()
    rows = rows_of(evidence.results, "repeat")
    return evidence.mean((rows["loops"] - rows["layer"].map(noise)).groupby(rows["repeat"]).mean())


@statistic("mapper.csv", of="positions", unit="repeat")
def loop_share(evidence: Evidence) -> Estimate:
    """Share of loops that are about fewer classes than chance, mean over layers; a unit is a repeat."""
    return evidence.mean(rows_of(evidence.results, "repeat").groupby("repeat")["loop_separating"].mean(), SHARES)


@statistic("mapper.csv", of="positions", unit="repeat")
def hidden_forks(evidence: Evidence) -> Estimate:
    """Separation of a fork's arms in the plane of its own points less that in the plane of all; a unit is a repeat.

    Mean silhouettes of the arms, averaged over forks and layers.
    """
    rows = rows_of(evidence.results, "repeat")
    return evidence.mean((rows["local"] - rows["overall"]).groupby(rows["repeat"]).mean(), DIFFERENCES)


@statistic("mapper.csv", of="positions", unit="pair of repeats")
def stable_graphs(evidence: Evidence) -> Estimate:
    """Agreement of the nodes of two repeats' graphs, 0 as by chance and 1 equal; mean over layers, a unit is a pair.

    Every pair of repeats counts, so units share graphs.
    """
    rows = rows_of(evidence.results, "agreement")
    agreement = (rows["match"] - rows["chance_match"]) / (1 - rows["chance_match"])
    return evidence.mean(agreement.groupby(rows["repeat"]).mean())
