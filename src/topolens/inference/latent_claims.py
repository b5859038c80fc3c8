"""The statistics that decide the claims on latent landscapes: from the tables of a study's runs to an estimate.

A contrast of a with b is (a - b) / (a + b), which lies in [-1, 1] and is 0 where both vanish. Independent units are
repeats (clouds of other images); where networks were trained from several seeds, seeds are resampled too. Where
a scale leaves too few networks or layers to compare, or nothing has any topology, there is no estimate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from topolens.config.latent import ALL
from topolens.inference.intervals import NOTHING, Estimate, bootstrap_mean, tail_levels, wilson
from topolens.inference.latent_statistics import (
    adjusted_rand,
    cluster,
    cluster_sets,
    contingency,
    layer_gram,
    side_vectors,
    sides_of,
)
from topolens.inference.permutation import squares_of_combinations
from topolens.results import LatentResults
from topolens.seeding import child_generator


@dataclass(frozen=True)
class LatentEvidence:
    """What one run offers, its study's other runs included, and how intervals are made."""

    run: LatentResults
    bootstrap: int
    confidence: float
    seed: int

    def mean(self, values: pd.Series | np.ndarray) -> Estimate:
        """Mean over independent units with the run's bootstrap."""
        return bootstrap_mean(np.asarray(values, np.float64), self.bootstrap, self.seed, self.confidence)

    def interval(self, value: float, resampled: np.ndarray, n: int) -> Estimate:
        """An estimate with the central interval of its resampled values."""
        low, high = np.quantile(resampled, tail_levels(self.confidence))
        return Estimate(float(value), float(low), float(high), n)

    def draws(self, units: int) -> np.ndarray:
        """Resampled unit numbers, (bootstrap, units)."""
        return np.random.default_rng(self.seed).integers(units, size=(self.bootstrap, units))


Table = TypeVar("Table", pd.Series, pd.DataFrame)


def contrast(a: Table, b: Table) -> Table:
    """(a - b) / (a + b) of numbers that are not negative; 0 where both are 0, but NaN throughout where all are."""
    total = a + b
    vanishing = total == 0
    return ((a - b) / total.mask(vanishing)).mask(vanishing & bool((total.to_numpy() > 0).any()), 0.0)


def complexities(run: LatentResults, scale_free: bool) -> pd.DataFrame:
    """L2 norms of all clouds but the Gaussian ones: index network, seed, group, repeat; columns layers by depth."""
    table = run.complexity
    table = table[~table["gaussian"]]
    norms = table.set_index(["network", "seed", "group", "repeat", "layer"])["l2" + "_scale_free" * scale_free]
    return norms.unstack("layer")[run.config.layers]


def contrast_with_run(evidence: LatentEvidence, *, against: str, scale_free: bool = False) -> Estimate:
    """Mean contrast over layers of the run's complexities with those of another run at the same images."""
    ours, theirs = (complexities(run, scale_free) for run in (evidence.run, evidence.run.other(against)))
    common = ours.index.intersection(theirs.index)
    values = contrast(ours.loc[common], theirs.loc[common]).mean(axis=1)
    return evidence.mean(values.groupby("repeat").mean())


def cluster_excess(
    evidence: LatentEvidence, *, layer: str, over: str | None = None, against_all: bool = False
) -> Estimate:
    """Adjusted Rand index of the first network's clusters of a layer's landscapes, above the upper end of its null.

    Args:
        evidence: Of a run with `cluster_layers`.
        layer: The layer.
        over: Instead of the null alone, above the larger of the null's end and the index of this layer.
        against_all: Each class against all classes (mean over classes) in place of the classes among each other.
    """
    sets = [members for members in cluster_sets(evidence.run.config.clouds.groups) if (ALL in members) == against_all]
    if not sets or {layer, over or layer} - {*evidence.run.config.statistics.cluster_layers}:
        return NOTHING
    table, arrays = evidence.run.statistics, evidence.run.landscapes
    network = arrays["networks"].tolist()[0]
    table = table[(table["statistic"] == "cluster_ari") & (table["network"] == network)]
    values, resampled, clouds = [], [], 0
    for members in sets:
        rows = table[table["group"] == "+".join(members)].set_index("layer")
        ends, estimates = rows["null_high"].astype(float).to_dict(), rows["estimate"].astype(float).to_dict()
        found = {own: _clusters(evidence, network, members, own) for own in (layer, over) if own}
        draws = evidence.draws(len(found[layer][0]))
        scores = {
            own: adjusted_rand(contingency(labels[draws], clusters[draws], len(members)))
            for own, (labels, clusters) in found.items()
        }
        bar, bars = ends[layer], np.full(len(draws), ends[layer])
        if over:
            bar, bars = max(bar, estimates[over]), np.maximum(bars, scores[over])
        values.append(estimates[layer] - bar)
        resampled.append(scores[layer] - bars)
        clouds = len(found[layer][0])
    return evidence.interval(float(np.mean(values)), np.mean(resampled, axis=0), clouds)


def _clusters(evidence: LatentEvidence, network: str, members: list[str], layer: str) -> tuple[np.ndarray, np.ndarray]:
    """The clustering of the statistics table once more: labels and clusters of its clouds."""
    vectors = {group: side_vectors(evidence.run.landscapes, (network, group), layer) for group in members}
    labels, clusters, _ = cluster(vectors, evidence.run.config.statistics)
    return labels, clusters


def nearest_pair_margin(evidence: LatentEvidence, *, layer: str, pair: list[str]) -> Estimate:
    """By how much the average landscapes of two classes are nearer to each other than any other pair of classes.

    The smallest other distance minus theirs, over the mean of all distances, in the first network; clouds are
    resampled.
    """
    arrays = evidence.run.landscapes
    sides = sides_of(arrays)
    classes = [place for place, (network, group) in enumerate(sides) if network == sides[0][0] and group != ALL]
    names = [sides[place][1] for place in classes]
    if layer not in arrays["layers"] or len(names) < 3 or not {*pair} <= {*names}:
        return NOTHING
    gram = layer_gram(arrays, layer)
    repeats = len(gram) // len(sides)
    wanted = tuple(sorted(names.index(group) for group in pair))
    pairs = [(a, b) for a in range(len(classes)) for b in range(a + 1, len(classes))]

    def margin(weights: np.ndarray) -> np.ndarray:
        """From (draws, classes, repeats) weights of clouds."""
        distances = []
        for a, b in pairs:
            combination = np.zeros((len(weights), len(gram)))
            for sign, own in ((1, a), (-1, b)):
                start = classes[own] * repeats
                combination[:, start : start + repeats] += sign * weights[:, own]
            distances.append(np.sqrt(squares_of_combinations(gram, combination)))
        table, own = np.array(distances), pairs.index((wanted[0], wanted[1]))
        others, mean = np.delete(table, own, axis=0).min(axis=0), table.mean(axis=0)
        return np.divide(others - table[own], mean, out=np.full_like(mean, np.nan), where=mean > 0)

    even = np.full((1, len(classes), repeats), 1 / repeats)
    generator = child_generator(evidence.seed, "margin")
    draws = generator.multinomial(repeats, np.full(repeats, 1 / repeats), size=(evidence.bootstrap, len(classes)))
    return evidence.interval(margin(even)[0], margin(draws / repeats), len(classes) * repeats)


def boundary_share(evidence: LatentEvidence) -> Estimate:
    """Share of the steps from one block of the network to the next whose landscapes differ (after Holm)."""
    table = evidence.run.statistics
    steps = table[table["statistic"] == "layer_difference"]
    steps = steps[steps["layer"].map(block_of) != steps["other"].map(block_of)]
    return wilson(int((steps["p_holm"] <= 1 - evidence.confidence).sum()), len(steps), evidence.confidence)


def block_of(layer: str) -> str:
    """The block of a layer: `ReLU32` is of `ReLU3`, `D1-ReLU2` of `D1`."""
    return layer.rpartition("-")[0] or layer[:-1]


def depth_correlation(evidence: LatentEvidence, *, scale_free: bool = False) -> Estimate:
    """Mean size of Spearman's correlation of depth and complexity over repeats."""
    norms = complexities(evidence.run, scale_free).groupby(["group", "repeat"]).mean()
    depth = np.arange(norms.shape[1])
    values = norms.apply(lambda row: abs(spearmanr(depth, row).statistic) if row.nunique() > 1 else 0.0, axis=1)
    return evidence.mean(values.groupby("repeat").mean())


def upconvolution_contrast(evidence: LatentEvidence, *, scale_free: bool = False) -> Estimate:
    """Contrast of the complexity of UpReLU layers with that of the ReLU behind the concatenation, per image."""
    values = _gain(complexities(evidence.run, scale_free))
    return evidence.mean(-values.groupby("repeat").mean())


def _gain(norms: pd.DataFrame) -> pd.Series:
    """Mean contrast over decoder levels of the first ReLU behind a concatenation with the UpReLU before it."""
    levels = [name.removesuffix("-UpReLU") for name in map(str, norms) if name.endswith("-UpReLU")]
    levels = [level for level in levels if f"{level}-ReLU1" in norms]
    before, behind = (
        norms[[f"{level}-{relu}" for level in levels]].set_axis(levels, axis=1) for relu in ("UpReLU", "ReLU1")
    )
    return contrast(behind, before).mean(axis=1)


def complexity_against_others(evidence: LatentEvidence, *, network: str, scale_free: bool = False) -> Estimate:
    """Contrast of one network's mean complexity over layers with the mean of all others; seeds and images resampled."""
    means = complexities(evidence.run, scale_free).mean(axis=1)
    return _against_others(evidence, means, network, contrast)


def skip_gain_against_others(evidence: LatentEvidence, *, network: str, scale_free: bool = False) -> Estimate:
    """What complexity gains behind the concatenations in one network, minus the mean gain of all others."""
    return _against_others(evidence, _gain(complexities(evidence.run, scale_free)), network, lambda a, b: a - b)


def score_against_others(evidence: LatentEvidence, *, network: str, score: str) -> Estimate:
    """One network's IoU (or its `iou_drop` when skips are zeroed) minus the mean of all others."""
    return _against_others(evidence, _scores(evidence.run, score), network, lambda a, b: a - b)


def _scores(run: LatentResults, score: str) -> pd.Series:
    """`iou` or `iou_drop` of each network, seed and image."""
    table = run.performance.set_index(["network", "seed", "image"])
    with_skips, without = (table.loc[table["skips"].eq(skips), "iou"] for skips in (True, False))
    return with_skips if score == "iou" else with_skips - without


def _against_others(
    evidence: LatentEvidence,
    values: pd.Series,
    network: str,
    compare: Callable[[pd.Series, pd.Series], pd.Series],
) -> Estimate:
    """One network against the mean of all others, per seed and unit (the last index level); both are resampled."""
    unit = str(values.index.names[-1])
    networks = set(values.index.unique("network"))
    if network not in networks or len(networks) == 1:
        return NOTHING
    table = values.groupby(["network", "seed", unit]).mean().unstack("network")
    others = table.drop(columns=network)
    differences = compare(table[network], others.mean(axis=1)).unstack(unit).to_numpy()
    seeds, units = differences.shape
    generator = child_generator(evidence.seed, "seeds and units")
    rows = generator.integers(seeds, size=(evidence.bootstrap, seeds))
    columns = generator.integers(units, size=(evidence.bootstrap, units))
    resampled = differences[rows[:, :, None], columns[:, None, :]].mean(axis=(1, 2))
    return evidence.interval(differences.mean(), resampled, seeds * units)


def score_correlation(evidence: LatentEvidence, *, without: str, scale_free: bool = False) -> Estimate:
    """Spearman's correlation of IoU and mean complexity over networks and seeds, one network left out.

    A unit is a trained network; units are resampled.
    """
    means = complexities(evidence.run, scale_free).mean(axis=1).groupby(["network", "seed"]).mean()
    scores = _scores(evidence.run, "iou").groupby(["network", "seed"]).mean()
    table = pd.concat([means.rename("complexity"), scores], axis=1).dropna()
    pairs = table[table.index.get_level_values("network") != without].to_numpy()
    if len(pairs) < 3 or _has_constant(pairs):
        return NOTHING
    resampled = [_rank_correlation(pairs[draw]) for draw in evidence.draws(len(pairs))]
    return evidence.interval(_rank_correlation(pairs), np.array(resampled), len(pairs))


def _rank_correlation(pairs: np.ndarray) -> float:
    """Spearman's correlation; 0 where one side is constant."""
    return 0.0 if _has_constant(pairs) else float(spearmanr(*pairs.T).statistic)


def _has_constant(pairs: np.ndarray) -> bool:
    return bool((pairs == pairs[0]).all(axis=0).any())


LATENT_STATISTICS: dict[str, Callable[..., Estimate]] = {
    function.__name__: function
    for function in (
        contrast_with_run,
        cluster_excess,
        nearest_pair_margin,
        boundary_share,
        depth_correlation,
        upconvolution_contrast,
        complexity_against_others,
        skip_gain_against_others,
        score_against_others,
        score_correlation,
    )
}
