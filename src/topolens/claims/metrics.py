"""Claims on distances between activations: what each keeps apart, alone and stacked."""

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence, statistic
from topolens.config.conditions import CLEAN
from topolens.config.homology import STACKED
from topolens.inference.intervals import CORRELATIONS, NOTHING, Estimate, rank_among
from topolens.results import Results


@statistic("diagram_distances.csv", of="images", unit="pair of clouds")
def between_over_within(evidence: Evidence, *, measure: str, degree: int, network: str) -> Estimate:
    """Mean over disjoint pairs of clean clouds of (b - w) / (b + w), of diagrams of one network.

    b is the mean over pairs of metrics and over layers of the distance between the first cloud's diagrams under two
    metrics, w that over metrics and layers between both clouds' diagrams under one. No cloud is in two pairs, so that
    pairs are independent units.
    """
    table = evidence.results.table("diagram_distances")
    table = table[(table["network"] == network) & (table["degree"] == degree)]
    pair = table["repeat"] // 2
    between, within = (table.loc[table["kind"] == kind, measure].groupby(pair).mean() for kind in ("between", "paired"))
    return evidence.mean((between - within) / (between + within), CORRELATIONS)


@statistic("separation.csv", of="images", unit="repeat")
def stacked_gain(evidence: Evidence, *, score: str) -> Estimate:
    """Score of all metrics stacked less that of the best single one, at the last layers, mean over networks.

    The best metric is chosen on the other clean clouds, so that choosing costs as much as it would in use; a unit is
    a clean cloud.
    """
    gains = []
    for _, table in last_layer_scores(evidence.results, score).items():
        single = table.drop(columns=STACKED)
        elsewhere = (single.sum() - single) / (len(single) - 1)
        best = single.to_numpy()[np.arange(len(single)), elsewhere.to_numpy().argmax(axis=1)]
        gains.append(table[STACKED].to_numpy() - best)
    return evidence.mean(np.mean(gains, axis=0), CORRELATIONS)


def last_layer_scores(results: Results, score: str) -> dict[str, pd.DataFrame]:
    """By network: a score of its last layer's clean clouds, rows clouds and columns metrics."""
    clouds = results.table("separation")
    clean = clouds[clouds["condition"] == CLEAN]
    tables = {}
    for network, layers in results.config.layers_by_network.items():
        rows = clean[(clean["network"] == network) & (clean["layer"] == [*layers][-1])]
        tables[network] = rows.pivot(index="repeat", columns="metric", values=score)
    return tables


@statistic("separation.csv", "statistics.csv", of="images", unit="repeat")
def depth_trend(evidence: Evidence, *, score: str, network: str) -> Estimate:
    """Mean over metrics of the rank correlation of depth and score within a clean cloud.

    A row of the table of statistics.
    """
    return evidence.row(f"{score}_trend", network=network, metric=None)


@statistic("separation.csv", "untrained.csv", of="images", unit="untrained network")
def above_untrained(evidence: Evidence, *, network: str) -> Estimate:
    """The neighbours' vote at the last layer, less that of untrained networks of its kind on the same clouds.

    Mean over metrics and clouds, with the interval of the network's rank among the untrained ones.
    """
    if network not in evidence.results.config.layers_by_network:
        return NOTHING
    untrained = evidence.results.table("untrained")
    untrained = untrained[(untrained["network"] == network) & (untrained["metric"] != STACKED)]
    trained = last_layer_scores(evidence.results, "neighbours")[network].drop(columns=STACKED)
    value = trained.loc[untrained["repeat"].unique()].to_numpy().mean()
    others = untrained.groupby("seed")["neighbours"].mean().to_numpy()
    return rank_among(float(value), others, evidence.confidence)
