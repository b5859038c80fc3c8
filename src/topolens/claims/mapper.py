"""Claims on Mapper graphs. A unit is a random position of all images, or a pair of positions, as each says."""

import pandas as pd

from topolens.claims.evidence import Evidence
from topolens.claims.statistic import statistic
from topolens.inference.intervals import NOTHING, Estimate
from topolens.results import Results
from topolens.statistics.mapper import NOISE


def rows_of(results: Results, kind: str) -> pd.DataFrame:
    """The rows of the Mapper table of one kind."""
    table = results.table("mapper")
    return table[table["kind"] == kind]


@statistic("mapper.csv", of="positions")
def fork_share(evidence: Evidence) -> Estimate:
    """Share of forks whose arms are purer than under permuted labels, mean over layers; a unit is a position.

    Layers without a fork have no share.
    """
    return evidence.mean(rows_of(evidence.results, "position").groupby("number")["separating"].mean())


@statistic("mapper.csv", of="positions")
def fork_gain(evidence: Evidence) -> Estimate:
    """Entropy of the branching node less that of the arms in bits, mean over forks and layers; a unit is a position."""
    return evidence.mean(rows_of(evidence.results, "position").groupby("number")["fork_gain"].mean())


@statistic("mapper.csv", of="positions")
def late_pair(evidence: Evidence) -> Estimate:
    """Purity of two classes in the nodes above chance: last layer less the best earlier one; a unit is a position."""
    rows = rows_of(evidence.results, "pair")
    if rows.empty:
        return NOTHING
    excess = (rows["node_purity"] - rows["null_purity"]).groupby([rows["number"], rows["layer"]]).mean().unstack()
    last = evidence.results.config.mapper_layers[-1]
    return evidence.mean(excess[last] - excess.drop(columns=last).max(axis=1))


@statistic("mapper.csv", of="positions")
def late_fork(evidence: Evidence) -> Estimate:
    """Share of positions at which a fork parts two classes in the last layer and in no earlier one; Wilson."""
    rows = rows_of(evidence.results, "pair")
    if rows.empty:
        return NOTHING
    found = rows.pivot(index="number", columns="layer", values="forks") > 0
    last = evidence.results.config.mapper_layers[-1]
    late = found[last] & ~found.drop(columns=last).any(axis=1)
    return evidence.share(float(late.sum()), len(late))


@statistic("mapper.csv", of="positions")
def loop_excess(evidence: Evidence) -> Estimate:
    """Loops of the nerve less the mean of noise with the same norms, mean over layers; a unit is a position."""
    noise = rows_of(evidence.results, NOISE).groupby("layer")["loops"].mean()
    rows = rows_of(evidence.results, "position")
    return evidence.mean((rows["loops"] - rows["layer"].map(noise)).groupby(rows["number"]).mean())


@statistic("mapper.csv", of="positions")
def loop_share(evidence: Evidence) -> Estimate:
    """Share of loops that are about fewer classes than chance, mean over layers; a unit is a position."""
    return evidence.mean(rows_of(evidence.results, "position").groupby("number")["loop_separating"].mean())


@statistic("mapper.csv", of="positions")
def hidden_forks(evidence: Evidence) -> Estimate:
    """Separation of a fork's arms in the plane of its own points less that in the plane of all; a unit is a position.

    Mean silhouettes of the arms, averaged over forks and layers.
    """
    rows = rows_of(evidence.results, "position")
    return evidence.mean((rows["local"] - rows["overall"]).groupby(rows["number"]).mean())


@statistic("mapper.csv", of="positions")
def stable_graphs(evidence: Evidence) -> Estimate:
    """Agreement of the nodes of two positions' graphs, 0 as by chance and 1 equal; mean over layers, unit: a pair.

    Every pair of positions counts, so units share graphs.
    """
    rows = rows_of(evidence.results, "agreement")
    agreement = (rows["match"] - rows["chance_match"]) / (1 - rows["chance_match"])
    return evidence.mean(agreement.groupby(rows["number"]).mean())
