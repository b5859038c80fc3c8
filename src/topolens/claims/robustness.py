"""Claims on robustness: what disturbances and INT8 cost, and whether topology moves with accuracy."""

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence
from topolens.claims.metrics import names_of
from topolens.claims.statistic import statistic
from topolens.config.conditions import CLEAN, INT8
from topolens.inference.intervals import NOTHING, Estimate, mean_of_known
from topolens.inference.rank import rank_correlation
from topolens.results import Results
from topolens.statistics.robustness import losses


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


def published_hits(results: Results) -> dict[str, pd.DataFrame]:
    """By network: 1 for each image told right, 0 else; columns clean, the noises as published, int8."""
    names = {condition.name: condition.kind for condition in results.config.all_conditions if condition.published}
    table = results.table("performance")[results.table("performance")["condition"].isin(names)]
    return {
        str(network): rows.pivot(index="image", columns="kind", values="correct")
        for network, rows in table.groupby("network", sort=False)
    }


@statistic("performance.csv", "diagram_distances.csv", of="images", unit="condition")
def topology_follows_accuracy(evidence: Evidence, *, measure: str, degree: int) -> Estimate:
    """Rank correlation of lost accuracy and distance to clean over conditions, mean over networks and metrics.

    Bootstrapped over conditions, the same ones for all.
    """
    tables = losses(evidence.results.table("performance"), evidence.results.table("diagram_distances"), measure, degree)
    pairs = np.stack([table for metrics in tables.values() for table in metrics.values()])
    drawn = pairs[:, evidence.draws(pairs.shape[1])]
    values, resampled = rank_correlation(pairs[..., 0], pairs[..., 1]), rank_correlation(drawn[..., 0], drawn[..., 1])
    if np.isnan(values).all():
        return NOTHING
    return evidence.interval(float(np.nanmean(values)), mean_of_known(resampled, axis=0), pairs.shape[1])


@statistic("performance.csv", of="images", unit="image")
def quantised_loss(evidence: Evidence, *, network: str, least_share: float = 0.5) -> Estimate:
    """Accuracy lost by INT8 dynamic quantisation, paired by image; nothing where too few weights are quantised."""
    if not _is_quantised(evidence.results, network, least_share):
        return NOTHING
    hits = published_hits(evidence.results)[network]
    return evidence.mean(hits[CLEAN] - hits[INT8])


@statistic("performance.csv", "diagram_distances.csv", of="images", unit="metric")
def quantised_shift(
    evidence: Evidence, *, network: str, measure: str, degree: int, least_share: float = 0.5
) -> Estimate:
    """Distance of diagrams under INT8 to clean ones by that between repeats, mean over layers; a unit is a metric."""
    if not _is_quantised(evidence.results, network, least_share):
        return NOTHING
    distances = evidence.results.table("diagram_distances")
    rows = distances[(distances["network"] == network) & (distances["degree"] == degree)]
    moved = rows[rows["condition"] == INT8].set_index(["layer", "metric"])[measure]
    within = rows[rows["kind"] == "within"].groupby(["layer", "metric"])[measure].mean()
    return evidence.mean((moved / within).groupby("metric").mean())


def _is_quantised(results: Results, network: str, least_share: float) -> bool:
    """Whether the run has the network and enough of its weights are quantised."""
    table = results.table("performance")
    shares = table.loc[(table["network"] == network) & (table["kind"] == INT8), "quantised"]
    return network in names_of(results) and not shares.empty and bool(shares.iloc[0] >= least_share)
