"""The statistics that decide the claims on other explanations: from a run's tables to an estimate.

Independent units are test images, random positions of all images, layers, or pairs of positions, as each says.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from topolens.config.explain import OCCLUSION
from topolens.inference.explain_statistics import NOISE, layer_agreement
from topolens.inference.intervals import NOTHING, Estimate, bootstrap_mean, tail_levels, wilson
from topolens.results import ExplainResults


@dataclass(frozen=True)
class ExplainEvidence:
    """What one run offers and how intervals are made."""

    run: ExplainResults
    bootstrap: int
    confidence: float
    seed: int

    def mean(self, values: pd.Series | np.ndarray) -> Estimate:
        """Mean over independent units with the run's bootstrap."""
        return bootstrap_mean(np.asarray(values, np.float64), self.bootstrap, self.seed, self.confidence)

    def mapper(self, kind: str) -> pd.DataFrame:
        """The rows of the Mapper table of one kind."""
        table = self.run.mapper
        return table[table["kind"] == kind]


def complexity_agreement(evidence: ExplainEvidence, *, score: str, scale_free: bool = False) -> Estimate:
    """Rank correlation over layers of complexity and a score of Grad-CAM, mean over networks; a unit is an image."""
    run = evidence.run
    if len(run.layers) < 3:
        return NOTHING
    measure = "l2_scale_free" if scale_free else "l2"
    return layer_agreement(
        run.attributions, run.subject.complexity, score, measure, run.config.statistics, evidence.seed
    )


def occlusion_agreement(evidence: ExplainEvidence, *, score: str, scale_free: bool = False) -> Estimate:
    """Rank correlation over images of mean complexity and a score of occlusion, mean over networks.

    Complexity is that of the cloud made of the same image, mean over layers; a unit is an image.
    """
    run = evidence.run
    table = run.attributions[run.attributions["method"] == OCCLUSION]
    norms = run.subject.complexity
    norms = norms[~norms["gaussian"] & (norms["seed"] == run.subject.config.seeds[0])]
    measure = "l2_scale_free" if scale_free else "l2"
    # One unit for all layers, so that none decides alone.
    relative = norms[measure] / norms.groupby(["network", "layer"])[measure].transform("mean")
    complexity = norms.assign(relative=relative).groupby(["network", "repeat"])["relative"].mean()
    scores = table.set_index(["network", "repeat"])[score]
    pairs = pd.DataFrame({"score": scores, "complexity": complexity.reindex(scores.index)}).dropna()
    values, resampled, images = [], [], 0
    for _, own in pairs.groupby(level="network", sort=False):
        images = len(own)
        if images < 3:
            return NOTHING
        draws = np.random.default_rng(evidence.seed).integers(images, size=(evidence.bootstrap, images))
        a, b = own["score"].to_numpy(), own["complexity"].to_numpy()
        values.append(_correlation(a[None], b[None])[0])
        resampled.append(_correlation(a[draws], b[draws]))
    if not values:  # images with labels are of no cloud
        return NOTHING
    low, high = np.quantile(np.mean(resampled, axis=0), tail_levels(evidence.confidence))
    return Estimate(float(np.mean(values)), float(low), float(high), images)


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's along the last axis; 0 where one of both is constant."""
    a, b = (rankdata(own, axis=-1) for own in (a, b))
    a, b = (own - own.mean(axis=-1, keepdims=True) for own in (a, b))
    scale = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    return np.divide((a * b).sum(axis=-1), scale, out=np.zeros_like(scale), where=scale > 0)


def faithful(evidence: ExplainEvidence, *, method: str) -> Estimate:
    """Area under the insertion curve less that of the same maps shifted at random, mean over networks and images."""
    table = evidence.run.attributions
    rows = table[(table["method"] == method) & table["insertion"].notna()]
    return evidence.mean((rows["insertion"] - rows["insertion_shifted"]).groupby(rows["image"]).mean())


def landscape_over_plane(evidence: ExplainEvidence, *, plane: str) -> Estimate:
    """Accuracy of the neighbours' vote on landscapes less that on statistics of a plane; a unit is a layer.

    Args:
        evidence: Of a run with planes.
        plane: `plane`, or `plane_shape`, which forgets where a cloud lies.
    """
    table = evidence.run.planes.pivot(index="layer", columns="method", values="estimate")
    return evidence.mean(table["landscape"] - table[plane])


def fork_share(evidence: ExplainEvidence) -> Estimate:
    """Share of forks whose arms are purer than under permuted labels, mean over layers; a unit is a position.

    Layers without a fork have no share.
    """
    return evidence.mean(evidence.mapper("position").groupby("number")["separating"].mean())


def fork_gain(evidence: ExplainEvidence) -> Estimate:
    """Entropy of the branching node less that of the arms in bits, mean over forks and layers; a unit is a position."""
    return evidence.mean(evidence.mapper("position").groupby("number")["fork_gain"].mean())


def late_pair(evidence: ExplainEvidence) -> Estimate:
    """Purity of two classes in the nodes above chance: last layer less the best earlier one; a unit is a position."""
    rows = evidence.mapper("pair")
    if rows.empty:
        return NOTHING
    excess = (rows["node_purity"] - rows["null_purity"]).groupby([rows["number"], rows["layer"]]).mean().unstack()
    last = evidence.run.mapper_layers[-1]
    return evidence.mean(excess[last] - excess.drop(columns=last).max(axis=1))


def late_fork(evidence: ExplainEvidence) -> Estimate:
    """Share of positions at which a fork parts two classes in the last layer and in no earlier one; Wilson."""
    rows = evidence.mapper("pair")
    if rows.empty:
        return NOTHING
    found = rows.pivot(index="number", columns="layer", values="forks") > 0
    last = evidence.run.mapper_layers[-1]
    late = found[last] & ~found.drop(columns=last).any(axis=1)
    return wilson(float(late.sum()), len(late), evidence.confidence)


def loop_excess(evidence: ExplainEvidence) -> Estimate:
    """Loops of the nerve less the mean of noise with the same norms, mean over layers; a unit is a position."""
    noise = evidence.mapper(NOISE).groupby("layer")["loops"].mean()
    rows = evidence.mapper("position")
    return evidence.mean((rows["loops"] - rows["layer"].map(noise)).groupby(rows["number"]).mean())


def loop_share(evidence: ExplainEvidence) -> Estimate:
    """Share of loops that are about fewer classes than chance, mean over layers; a unit is a position."""
    return evidence.mean(evidence.mapper("position").groupby("number")["loop_separating"].mean())


def hidden_forks(evidence: ExplainEvidence) -> Estimate:
    """Separation of a fork's arms in the plane of its own points less that in the plane of all; a unit is a position.

    Mean silhouettes of the arms, averaged over forks and layers.
    """
    rows = evidence.mapper("position")
    return evidence.mean((rows["local"] - rows["overall"]).groupby(rows["number"]).mean())


def stable_graphs(evidence: ExplainEvidence) -> Estimate:
    """Agreement of the nodes of two positions' graphs, 0 as by chance and 1 equal; mean over layers, unit: a pair.

    Every pair of positions counts, so units share graphs.
    """
    rows = evidence.mapper("agreement")
    agreement = (rows["match"] - rows["chance_match"]) / (1 - rows["chance_match"])
    return evidence.mean(agreement.groupby(rows["number"]).mean())


def test_accuracy(evidence: ExplainEvidence) -> Estimate:
    """The first network's share of test images that are told right, with Wilson's interval; a unit is an image."""
    subject = evidence.run.subject
    rows = subject.performance
    rows = rows[(rows["network"] == subject.config.networks[0].name) & (rows["seed"] == subject.config.seeds[0])]
    return wilson(float(rows["correct"].sum()), len(rows), evidence.confidence)


EXPLAIN_STATISTICS: dict[str, Callable[..., Estimate]] = {
    function.__name__: function
    for function in (
        complexity_agreement, occlusion_agreement, faithful, landscape_over_plane, fork_share, fork_gain, late_pair,
        late_fork, loop_excess, loop_share, hidden_forks, stable_graphs, test_accuracy,
    )
}  # fmt: skip
