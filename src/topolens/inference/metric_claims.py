"""The statistics that decide the claims on distances and robustness: from a run's tables to an estimate."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from topolens.config.metric import CLEAN, INT8, STACKED
from topolens.inference.intervals import NOTHING, Estimate, bootstrap_mean, tail_levels
from topolens.inference.metric_statistics import depth_trends, losses, spearman
from topolens.results import MetricResults


@dataclass(frozen=True)
class MetricEvidence:
    """What one run offers and how intervals are made."""

    run: MetricResults
    bootstrap: int
    confidence: float
    seed: int

    def mean(self, values: pd.Series | np.ndarray) -> Estimate:
        """Mean over independent units with the run's bootstrap."""
        return bootstrap_mean(np.asarray(values, np.float64), self.bootstrap, self.seed, self.confidence)

    def has(self, *networks: str | None) -> bool:
        """Whether the run has these networks; a scale may leave some out."""
        names = {network.name for network in self.run.config.networks}
        return {name for name in networks if name} <= names


def between_over_within(evidence: MetricEvidence, *, measure: str, degree: int) -> Estimate:
    """Mean over layers of (b - w) / (b + w), b between two metrics' diagrams and w between resamples under one.

    b and w are means over all pairs of metrics and over all metrics and resamples of a layer; a unit is a layer.
    """
    table = evidence.run.distances
    table = table[table["degree"] == degree]
    means = table.groupby(["network", "layer", "kind"])[measure].mean().unstack("kind")
    return evidence.mean((means["between"] - means["within"]) / (means["between"] + means["within"]))


def stacked_gain(evidence: MetricEvidence, *, score: str) -> Estimate:
    """Score of all metrics stacked less that of the best single one, at the last layers, mean over networks.

    The best metric is chosen on the other clean clouds, so that choosing costs as much as it would in use; a unit is
    a clean cloud.
    """
    gains = []
    for _, table in last_layer_scores(evidence.run, score).items():
        single = table.drop(columns=STACKED)
        elsewhere = (single.sum() - single) / (len(single) - 1)
        best = single.to_numpy()[np.arange(len(single)), elsewhere.to_numpy().argmax(axis=1)]
        gains.append(table[STACKED].to_numpy() - best)
    return evidence.mean(np.mean(gains, axis=0))


def last_layer_scores(run: MetricResults, score: str) -> dict[str, pd.DataFrame]:
    """By network: a score of its last layer's clean clouds, rows clouds and columns metrics."""
    clouds = run.diagrams.clouds
    clean = clouds[clouds["is_main"] & (clouds["condition"] == CLEAN)]
    tables = {}
    for network, layers in run.config.layers.items():
        rows = clean[(clean["network"] == network) & (clean["layer"] == [*layers][-1])]
        tables[network] = rows.pivot(index="resample", columns="metric", values=score)
    return tables


def depth_trend(evidence: MetricEvidence, *, score: str, network: str | None = None) -> Estimate:
    """Mean over metrics and networks of the rank correlation of depth and score; a unit is a clean cloud."""
    if not evidence.has(network):
        return NOTHING
    trends = depth_trends(evidence.run.diagrams.clouds, score)
    chosen = trends["metric"] != STACKED
    if network is not None:
        chosen &= trends["network"] == network
    return evidence.mean(trends[chosen].groupby("resample")["trend"].mean())


def score_over_run(evidence: MetricEvidence, *, against: str, score: str) -> Estimate:
    """Score of the last layers less that of another run's, mean over metrics and networks; a unit is a clean cloud."""
    ours, theirs = (last_layer_scores(run, score) for run in (evidence.run, evidence.run.other(against)))
    gaps = [(ours[network] - theirs[network]).drop(columns=STACKED).mean(axis=1) for network in ours]
    return evidence.mean(np.mean(gaps, axis=0))


def sturdier(evidence: MetricEvidence, *, network: str, than: str) -> Estimate:
    """Difference of the shares of clean accuracy that two networks keep, mean over noises of published strength.

    Bootstrapped over the images, which both networks share; positive where `network` keeps more.
    """
    if not evidence.has(network, than):
        return NOTHING
    right = published_hits(evidence.run)
    if not right:
        return NOTHING
    images = len(right[network][CLEAN])
    rows = np.random.default_rng(evidence.seed).integers(images, size=(evidence.bootstrap, images))
    kept, resampled = [], []
    for name in (network, than):
        hits = right[name]
        noises = [kind for kind in hits.columns if kind not in (CLEAN, INT8)]
        values = hits[[CLEAN, *noises]].to_numpy(np.float64)
        means = np.stack([values[draw].mean(axis=0) for draw in rows])
        kept.append(float((values[:, 1:].mean(axis=0) / values[:, 0].mean()).mean()))
        resampled.append((means[:, 1:] / means[:, :1]).mean(axis=1))
    low, high = np.quantile(resampled[0] - resampled[1], tail_levels(evidence.confidence))
    return Estimate(kept[0] - kept[1], float(low), float(high), images)


def published_hits(run: MetricResults) -> dict[str, pd.DataFrame]:
    """By network: 1 for each image told right, 0 else; columns clean, the noises as published, int8."""
    names = {condition.name: condition.kind for condition in run.config.conditions if condition.published}
    table = run.performance[run.performance["condition"].isin(names)]
    return {
        str(network): rows.pivot(index="image", columns="kind", values="correct")
        for network, rows in table.groupby("network", sort=False)
    }


def topology_follows_accuracy(evidence: MetricEvidence, *, measure: str, degree: int) -> Estimate:
    """Rank correlation of lost accuracy and distance to clean over conditions, mean over networks and metrics.

    Bootstrapped over conditions, the same ones for all.
    """
    tables = losses(evidence.run.performance, evidence.run.distances, measure, degree)
    pairs = np.stack([table for metrics in tables.values() for table in metrics.values()])
    drawn = np.random.default_rng(evidence.seed).integers(pairs.shape[1], size=(evidence.bootstrap, pairs.shape[1]))
    values = [spearman(*table.T) for table in pairs]
    resampled = np.array([[spearman(*table[rows].T) for table in pairs] for rows in drawn])
    if np.isnan(values).all():
        return NOTHING
    low, high = np.nanquantile(np.nanmean(resampled, axis=1), tail_levels(evidence.confidence))
    return Estimate(float(np.nanmean(values)), float(low), float(high), pairs.shape[1])


def quantised_loss(evidence: MetricEvidence, *, network: str, least_share: float = 0.5) -> Estimate:
    """Accuracy lost by INT8 dynamic quantisation, paired by image; nothing where too few weights are quantised."""
    table = evidence.run.performance
    quantised = table[(table["network"] == network) & (table["kind"] == INT8)]
    if not evidence.has(network) or quantised.empty or quantised["quantised"].iloc[0] < least_share:
        return NOTHING
    hits = published_hits(evidence.run)[network]
    return evidence.mean(hits[CLEAN] - hits[INT8])


def quantised_shift(
    evidence: MetricEvidence, *, network: str, measure: str, degree: int, least_share: float = 0.5
) -> Estimate:
    """Distance of diagrams under INT8 to clean ones by that between resamples, mean over layers; a unit is a metric."""
    table = evidence.run.performance
    quantised = table[(table["network"] == network) & (table["kind"] == INT8)]
    if not evidence.has(network) or quantised.empty or quantised["quantised"].iloc[0] < least_share:
        return NOTHING
    distances = evidence.run.distances
    rows = distances[(distances["network"] == network) & (distances["degree"] == degree)]
    moved = rows[rows["condition"] == INT8].set_index(["layer", "metric"])[measure]
    within = rows[rows["kind"] == "within"].groupby(["layer", "metric"])[measure].mean()
    return evidence.mean((moved / within).groupby("metric").mean())


METRIC_STATISTICS: dict[str, Callable[..., Estimate]] = {
    function.__name__: function
    for function in (
        between_over_within,
        stacked_gain,
        depth_trend,
        score_over_run,
        sturdier,
        topology_follows_accuracy,
        quantised_loss,
        quantised_shift,
    )
}
