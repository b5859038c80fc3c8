"""Claims that hold networks against each other: by complexity, by score, by what skip connections add.

A contrast of a with b is (a - b) / (a + b), which lies in [-1, 1] and is 0 where both vanish. Independent units are
repeats (clouds of other images), or the seeds from which networks were trained, seen on the same images. Where a
scale leaves too few networks to compare, or nothing has any topology, there is no estimate.
"""

from collections.abc import Callable
from typing import TypeVar

import pandas as pd

from topolens.claims.evidence import Evidence, statistic
from topolens.inference.intervals import CORRELATIONS, NOTHING, Estimate, crossed_mean
from topolens.results import Results
from topolens.statistics.depth import complexities

Table = TypeVar("Table", pd.Series, pd.DataFrame)


def contrast(a: Table, b: Table) -> Table:
    """(a - b) / (a + b) of numbers that are not negative; 0 where both are 0, but NaN throughout where all are."""
    total = a + b
    vanishing = total == 0
    return ((a - b) / total.mask(vanishing)).mask(vanishing & bool((total.to_numpy() > 0).any()), 0.0)


def norms(results: Results, scale_free: bool) -> pd.DataFrame:
    """L2 norms of all clouds but the Gaussian ones: index network, seed, group, repeat; columns layers by depth."""
    return complexities(results.table("complexity"), results.config.layers, "l2" + "_scale_free" * scale_free)


@statistic("complexity.csv", of="positions", unit="repeat")
def contrast_with_run(evidence: Evidence, *, against: str, scale_free: bool = False) -> Estimate:
    """Mean contrast over layers of the run's complexities with those of another run at the same images."""
    ours, theirs = (norms(run, scale_free) for run in (evidence.results, evidence.results.other(against)))
    common = ours.index.intersection(theirs.index)
    values = contrast(ours.loc[common], theirs.loc[common]).mean(axis=1)
    return evidence.mean(values.groupby("repeat").mean(), CORRELATIONS)


@statistic("complexity.csv", of="positions", unit="seed")
def complexity_against_others(evidence: Evidence, *, network: str, scale_free: bool = False) -> Estimate:
    """Contrast of one network's mean complexity over layers with the mean of all others, over seeds."""
    means = norms(evidence.results, scale_free).mean(axis=1)
    return against_others(evidence, means, network, contrast)


@statistic("performance.csv", of="positions", unit="seed")
def score_against_others(evidence: Evidence, *, network: str, score: str) -> Estimate:
    """One network's IoU (or its `iou_drop` when skips are zeroed) minus the mean of all others."""
    return against_others(evidence, _scores(evidence.results, score), network, lambda a, b: a - b)


def _scores(results: Results, score: str) -> pd.Series:
    """`iou` or `iou_drop` of each network, seed and image."""
    table = results.table("performance").set_index(["network", "seed", "image"])
    with_skips, without = (table.loc[table["skips"].eq(skips), "iou"] for skips in (True, False))
    return with_skips if score == "iou" else with_skips - without


def against_others(
    evidence: Evidence,
    values: pd.Series,
    network: str,
    compare: Callable[[pd.Series, pd.Series], pd.Series],
) -> Estimate:
    """One network against the mean of all others, per seed and unit (the last index level); seeds are the units."""
    unit = str(values.index.names[-1])
    networks = set(values.index.unique("network"))
    if network not in networks or len(networks) == 1:
        return NOTHING
    table = values.groupby(["network", "seed", unit]).mean().unstack("network")
    others = table.drop(columns=network)
    return crossed_mean(compare(table[network], others.mean(axis=1)).unstack(unit).to_numpy(), evidence.confidence)


@statistic("statistics.csv", of="positions", unit="network")
def score_correlation(evidence: Evidence, *, without: str, scale_free: bool = False) -> Estimate:
    """Rank correlation of IoU and mean complexity over networks and seeds, one network left out: a table's row.

    A unit is a trained network.
    """
    return evidence.row("score_correlation_l2" + "_scale_free" * scale_free, against=without)


@statistic("statistics.csv", of="positions", unit="image")
def test_accuracy(evidence: Evidence) -> Estimate:
    """The first network's share of test images that are told right: a table's row."""
    run = evidence.results.config
    return evidence.row("accuracy", network=run.networks[0].name, seed=run.seeds[0], classes=None)


@statistic("complexity.csv", of="positions", unit="repeat")
def upconvolution_contrast(evidence: Evidence, *, scale_free: bool = False) -> Estimate:
    """Contrast of the complexity of UpReLU layers with that of the ReLU behind the concatenation, per image."""
    values = _gain(norms(evidence.results, scale_free))
    return evidence.mean(-values.groupby("repeat").mean(), CORRELATIONS)


@statistic("complexity.csv", of="positions", unit="seed")
def skip_gain_against_others(evidence: Evidence, *, network: str, scale_free: bool = False) -> Estimate:
    """What complexity gains behind the concatenations in one network, minus the mean gain of all others."""
    return against_others(evidence, _gain(norms(evidence.results, scale_free)), network, lambda a, b: a - b)


def _gain(heights: pd.DataFrame) -> pd.Series:
    """Mean contrast over decoder levels of the first ReLU behind a concatenation with the UpReLU before it."""
    levels = [name.removesuffix("-UpReLU") for name in map(str, heights) if name.endswith("-UpReLU")]
    levels = [level for level in levels if f"{level}-ReLU1" in heights]
    before, behind = (
        heights[[f"{level}-{relu}" for level in levels]].set_axis(levels, axis=1) for relu in ("UpReLU", "ReLU1")
    )
    return contrast(behind, before).mean(axis=1)
