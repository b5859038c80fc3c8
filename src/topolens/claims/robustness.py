"""Claims on robustness: what disturbances cost, and whether topology moves with accuracy."""

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
