"""Claims on distances between activations: what each keeps apart, alone and stacked."""

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence, statistic
from topolens.config.conditions import CLEAN
from topolens.config.homology import STACKED
from topolens.inference.intervals import CORRELATIONS, Estimate
from topolens.results import Results


@statistic("diagram_distances.csv", of="images", unit="layer")
def between_over_within(evidence: Evidence, *, measure: str, degree: int) -> Estimate:
    """Mean over layers of (b - w) / (b + w), b between two metrics' diagrams and w between repeats under one.

    b and w are means over all pairs of metrics and over all metrics and repeats of a layer; a unit is a layer.
    """
    table = evidence.results.table("diagram_distances")
    table = table[table["degree"] == degree]
    means = table.groupby(["network", "layer", "kind"])[measure].mean().unstack("kind")
    return evidence.mean((means["between"] - means["within"]) / (means["between"] + means["within"]), CORRELATIONS)


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
def depth_trend(evidence: Evidence, *, score: str, network: str | None = None) -> Estimate:
    """Mean over metrics and networks of the rank correlation of depth and score: a table's row."""
    return evidence.row(f"{score}_trend", network=network, metric=None)


@statistic("separation.csv", of="images", unit="repeat")
def score_over_run(evidence: Evidence, *, against: str, score: str) -> Estimate:
    """Score of the last layers less that of another run's, mean over metrics and networks; a unit is a clean cloud."""
    ours, theirs = (last_layer_scores(run, score) for run in (evidence.results, evidence.results.other(against)))
    gaps = [(ours[network] - theirs[network]).drop(columns=STACKED).mean(axis=1) for network in ours]
    return evidence.mean(np.mean(gaps, axis=0), CORRELATIONS)
