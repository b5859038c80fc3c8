"""Claims on robustness: what disturbances and INT8 cost, and whether topology moves with accuracy."""

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence, Finding, statistic
from topolens.config.conditions import CLEAN, INT8
from topolens.inference.intervals import NOTHING, Estimate
from topolens.results import Results


@statistic("performance.csv", of="images", unit="image")
def sturdier(evidence: Evidence, *, network: str, than: str) -> Estimate:
    """Difference of the shares of clean accuracy that two networks keep, mean over noises of published strength.

    Bootstrapped over the images, which both networks share; positive where `network` keeps more.
    """
    if not {network, than} <= names_of(evidence.results):
        return NOTHING
    right = published_hits(evidence.results)
    if not right:
        return NOTHING
    images = len(right[network][CLEAN])
    rows = evidence.draws(images)
    kept, resampled = [], []
    for name in (network, than):
        hits = right[name]
        noises = [kind for kind in hits.columns if kind not in (CLEAN, INT8)]
        values = hits[[CLEAN, *noises]].to_numpy(np.float64)
        means = np.stack([column[rows].mean(axis=1) for column in values.T], axis=1)
        kept.append(float((values[:, 1:].mean(axis=0) / values[:, 0].mean()).mean()))
        resampled.append((means[:, 1:] / means[:, :1]).mean(axis=1))
    return evidence.interval(kept[0] - kept[1], resampled[0] - resampled[1], images)


def names_of(results: Results) -> set[str]:
    """The run's networks; a scale may leave some out."""
    return {network.name for network in results.config.networks}


def published_hits(results: Results) -> dict[str, pd.DataFrame]:
    """By network: 1 for each image told right, 0 else; columns clean, the noises as published, int8."""
    names = {condition.name: condition.kind for condition in results.config.all_conditions if condition.published}
    table = results.table("performance")[results.table("performance")["condition"].isin(names)]
    return {
        str(network): rows.pivot(index="image", columns="kind", values="correct")
        for network, rows in table.groupby("network", sort=False)
    }


@statistic("diagram_distances.csv", "statistics.csv", of="images", unit="noise")
def topology_follows_accuracy(evidence: Evidence, *, measure: str, degree: int, network: str) -> Estimate:
    """Rank correlation over noises of lost accuracy and distance to clean, mean over ranks of strength and metrics.

    A noise is one unit at all of them; a row of the table of statistics.
    """
    return evidence.row(f"{measure}_follows_accuracy", network=network, metric=None, degree=str(degree))


@statistic("performance.csv", "statistics.csv", of="images", unit="image")
def quantised_loss(evidence: Evidence, *, network: str, least_share: float = 0.5) -> Finding:
    """Accuracy lost by INT8 quantisation; it decides nothing where too few weights are quantised."""
    loss = evidence.row("accuracy_loss", network=network, condition=INT8)
    return Finding(loss, barred=_hardly_quantised(evidence.results, network, least_share))


@statistic("performance.csv", "diagram_distances.csv", of="images", unit="metric")
def quantised_shift(
    evidence: Evidence, *, network: str, measure: str, degree: int, least_share: float = 0.5
) -> Finding:
    """Distance of diagrams under INT8 to clean ones by that between repeats, mean over layers; a unit is a metric.

    It decides nothing where too few weights are quantised.
    """
    distances = evidence.results.table("diagram_distances")
    rows = distances[(distances["network"] == network) & (distances["degree"] == degree)]
    moved = rows[rows["condition"] == INT8].set_index(["layer", "metric"])[measure]
    within = rows[rows["kind"] == "within"].groupby(["layer", "metric"])[measure].mean()
    shift = evidence.mean((moved / within).groupby("metric").mean())
    return Finding(shift, barred=_hardly_quantised(evidence.results, network, least_share))


def _hardly_quantised(results: Results, network: str, least_share: float) -> str:
    """Why nothing is decided where less than some share of a network's weights is quantised, else an empty text."""
    table = results.table("performance")
    shares = table.loc[(table["network"] == network) & (table["kind"] == INT8), "quantised"]
    share = 0.0 if shares.empty else float(shares.iloc[0])
    return "" if share >= least_share else f"INT8 holds {share:.2g} of the weights, less than {least_share:g}"
