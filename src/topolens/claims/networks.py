"""Claims that hold networks against each other: by complexity, by score, by what skip connections add.

A unit is a network, trained from one seed, unless said. Complexities are logarithms, of which a network has the mean
over layers and clouds; a contrast of two is tanh of half their difference, which is 0 where both vanish. Where a scale
leaves too few networks to compare, or nothing has any topology, there is no estimate.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence, Finding, statistic
from topolens.claims.model import RAW, Twin
from topolens.claims.twins import band_of, contrast, log_complexities
from topolens.config.architectures import block_of
from topolens.inference.groups import groups_differ
from topolens.inference.intervals import (
    NOTHING,
    Estimate,
    correlation_of_units,
    crossed_mean,
)
from topolens.inference.left_out import difference_products
from topolens.inference.rank import rank_correlation
from topolens.results import Results
from topolens.seeding import child_seed
from topolens.statistics.networks_left_out import order_of

NETWORK = ["network", "seed"]
CELL = [*NETWORK, "layer", "group"]  # what a cloud has in common with its Gaussian clouds
PERMUTATIONS = 9999  # of networks across kinds


def logs(results: Results, twin: Twin) -> pd.DataFrame:
    """Log complexities of all clouds but Gaussian ones: index network, seed, group, repeat; columns layers by depth."""
    table = log_complexities(results.table("complexity"), CELL, twin)
    by_layer = table.set_index([*NETWORK, "group", "repeat", "layer"])["log"].unstack("layer")
    return by_layer[results.config.layers]


def means_of_networks(*tables: pd.DataFrame) -> list[pd.Series]:
    """Mean log complexity over layers and clouds of each network from each seed, index network, seed.

    Of several tables, over the layers that all of them have and their clouds of the same images. A cloud without any
    complexity counts as the least complex one of its layer in any of them, so that a silent layer pulls its network
    down but does not end the comparison; a layer that is silent throughout says nothing.
    """
    images = [pd.MultiIndex.from_frame(table.index.to_frame()[["group", "repeat"]]) for table in tables]
    layers = [layer for layer in tables[0] if all(layer in table for table in tables)]
    chosen = [
        table[np.logical_and.reduce([own.isin(other) for other in images])][layers]
        for table, own in zip(tables, images, strict=True)
    ]
    least = pd.concat(chosen).replace(-np.inf, np.nan).min().to_numpy()
    heard = (pd.DataFrame(np.where(np.isneginf(own), least, own), own.index) for own in chosen)
    return [own.mean(axis=1).groupby(NETWORK, sort=False).mean() for own in heard]


def found_beside_gaussian(evidence: Evidence, estimate: Estimate, layers: list[str] | None = None) -> Finding:
    """An estimate with where the complexities of the networks' layers, or some, lie to those of Gaussian clouds."""
    table = evidence.results.table("complexity")
    table = table[table["layer"].isin(layers or evidence.results.config.layers)]
    return Finding(estimate, band=band_of(table, ["network", "layer"], evidence.confidence))


@statistic("complexity.csv", of="positions", unit="network")
def rise_over_run(evidence: Evidence, *, against: str, twin: Twin = RAW) -> Finding:
    """Difference of the mean log complexities of the run's networks and of another run's, kind by kind.

    n is the number of networks of all kinds together, in the run that has fewer.
    """
    runs = evidence.results, evidence.results.other(against)
    ours, theirs = (means.dropna() for means in means_of_networks(*(logs(run, twin) for run in runs)))
    kinds = [kind for kind in ours.index.unique("network") if kind in theirs.index.unique("network")]
    pairs = [(ours.xs(kind, level="network"), theirs.xs(kind, level="network")) for kind in kinds]
    pairs = [pair for pair in pairs if min(map(len, pair)) > 1]
    n = min(sum(len(pair[side]) for pair in pairs) for side in (0, 1))
    return found_beside_gaussian(evidence, replace(evidence.difference(pairs), n=n))


@statistic("complexity.csv", of="positions", unit="untrained network")
def rank_among_twins(evidence: Evidence, *, against: str, twin: Twin = RAW) -> Finding:
    """Share of the networks of another run, of the same kind, whose mean log complexity the first network's exceeds."""
    runs = evidence.results, evidence.results.other(against)
    ours, theirs = means_of_networks(*(logs(run, twin) for run in runs))
    network = str(ours.index[0][0])
    others = theirs[theirs.index.get_level_values("network") == network].dropna()
    below = float((others < ours.iloc[0]).sum() + (others == ours.iloc[0]).sum() / 2)
    estimate = NOTHING if np.isnan(ours.iloc[0]) else evidence.share(below, len(others))
    return found_beside_gaussian(evidence, estimate)


@statistic("landscapes.npz", of="positions", unit="network")
def ordered_boundaries(evidence: Evidence) -> Estimate:
    """Share of the boundaries between blocks whose two layers the other networks put in the right order.

    Compared are the mean landscapes of each network of the first kind, of clouds divided by their mean distance, of the
    last layer before and the first behind a boundary. A network is left out whole; 1/2 is what comes out where layers
    do not differ.
    """
    arrays = evidence.results.arrays("landscapes")
    return _order(evidence, _boundaries(arrays, f"depth.{arrays['networks'].tolist()[0]}"))


@statistic("landscapes.npz", of="positions", unit="repeat")
def ordered_boundaries_of_clouds(evidence: Evidence) -> Estimate:
    """The same of the first network alone, whose clouds take the part of networks, in all groups."""
    arrays = evidence.results.arrays("landscapes")
    network, groups = arrays["networks"].tolist()[0], arrays["groups"].tolist()
    return _order(evidence, [own for group in groups for own in _boundaries(arrays, f"depth.{network}.{group}")])


def _order(evidence: Evidence, products: list[np.ndarray]) -> Estimate:
    return order_of(products, evidence.results.config.intervals, evidence.seed)[0]


def _boundaries(arrays: dict[str, np.ndarray], name: str) -> list[np.ndarray]:
    """Inner products of the units' differences at each boundary of blocks, from those of all layers' landscapes."""
    layers, gram = arrays["layers"].tolist(), arrays[name]
    units = len(gram) // len(layers)
    bounds = [place for place in range(1, len(layers)) if block_of(layers[place - 1]) != block_of(layers[place])]
    starts = [(place - 1) * units for place in bounds]
    return [difference_products(gram[at : at + 2 * units, at : at + 2 * units]) for at in starts]


@statistic("complexity.csv", of="positions", unit="network")
def upconvolution_contrast(evidence: Evidence, *, level: str | None = None, twin: Twin = RAW) -> Finding:
    """Contrast of the complexity of UpReLU layers with that of the ReLU behind the concatenation.

    Networks from all seeds are crossed with images, both random; those without an image's cloud take no part.

    Args:
        evidence: Of a run of U-Nets.
        level: Of the decoder, as D1; None: mean over all.
        twin: Which complexities.
    """
    before, behind = _decoder(logs(evidence.results, twin), level)
    values = contrast(before, behind).mean(axis=1).groupby([*NETWORK, "repeat"], sort=False).mean().unstack("repeat")
    values = values.dropna(how="all").dropna(axis=1)
    if values.empty:
        return Finding(NOTHING)
    layers = [f"{own}-{relu}" for own in before for relu in ("UpReLU", "ReLU1")]
    return found_beside_gaussian(evidence, crossed_mean(values.to_numpy(), evidence.confidence), layers)


def _decoder(heights: pd.DataFrame, level: str | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The layers before and behind each concatenation, both with the decoder's levels as columns."""
    levels = [name.removesuffix("-UpReLU") for name in map(str, heights) if name.endswith("-UpReLU")]
    levels = [own for own in levels if f"{own}-ReLU1" in heights and level in (None, own)]
    before, behind = (
        heights[[f"{own}-{relu}" for own in levels]].set_axis(levels, axis=1) for relu in ("UpReLU", "ReLU1")
    )
    return before, behind


@statistic("complexity.csv", of="positions", unit="seed")
def complexity_against_others(evidence: Evidence, *, network: str, twin: Twin = RAW) -> Finding:
    """Mean log complexity of one kind of network less the mean of all others, paired by seed."""
    (means,) = means_of_networks(logs(evidence.results, twin))
    return found_beside_gaussian(evidence, _against_others(evidence, means, network))


@statistic("complexity.csv", of="positions", unit="seed")
def skip_gain_against_others(evidence: Evidence, *, network: str, twin: Twin = RAW) -> Finding:
    """What log complexity gains behind the concatenations in one kind of network, less the mean gain of all others."""
    before, behind = _decoder(logs(evidence.results, twin))
    of_before, of_behind = means_of_networks(before, behind)
    return found_beside_gaussian(evidence, _against_others(evidence, of_behind - of_before, network))


@statistic("performance.csv", of="positions", unit="seed")
def score_against_others(evidence: Evidence, *, network: str, score: str) -> Estimate:
    """IoU of one kind of network (or its `iou_drop` when skips are zeroed) less the mean of all others, by seed."""
    return _against_others(evidence, _scores(evidence.results, score), network)


def _scores(results: Results, score: str) -> pd.Series:
    """Mean `iou` or `iou_drop` over the test images of each network from each seed; empty where there are no masks."""
    table = results.table("performance").dropna(subset="iou")
    by_image = table.set_index([*NETWORK, "image"])
    with_skips, without = (by_image.loc[by_image["skips"].eq(skips), "iou"] for skips in (True, False))
    values = with_skips if score == "iou" else with_skips - without
    return values.astype(float).groupby(NETWORK, sort=False).mean()


def _against_others(evidence: Evidence, values: pd.Series, network: str) -> Estimate:
    """One kind of network less the mean of all others, from an index network, seed; seeds are the units."""
    table = values.unstack("network")
    if network not in table or table.shape[1] == 1:
        return NOTHING
    return evidence.mean(table[network] - table.drop(columns=network).mean(axis=1))


@statistic("complexity.csv", "performance.csv", of="positions", unit="network")
def score_correlation(evidence: Evidence, *, without: str, twin: Twin = RAW) -> Finding:
    """Rank correlation of IoU and mean log complexity over networks of all kinds but one.

    Where the kinds do not differ in their IoU, there is nothing to explain, and nothing is decided.
    """
    (means,) = means_of_networks(logs(evidence.results, twin))
    table = pd.concat([means.rename("complexity"), _scores(evidence.results, "iou").rename("iou")], axis=1).dropna()
    table = table[table.index.get_level_values("network") != without]
    if table.empty:
        return Finding(NOTHING)
    value = float(rank_correlation(table["complexity"].to_numpy(), table["iou"].to_numpy()))
    found = found_beside_gaussian(evidence, correlation_of_units(value, len(table), evidence.confidence))
    kinds = table.index.get_level_values("network")
    named = child_seed(evidence.seed, "networks across kinds")
    p_value = groups_differ(table["iou"].to_numpy(), kinds.to_numpy(), PERMUTATIONS, named)
    if p_value <= evidence.significance:
        return found
    names = kinds.unique()
    return replace(found, barred=f"by design: IoU does not differ among {names[0]} to {names[-1]} (p = {p_value:.2f})")


@statistic("statistics.csv", of="positions", unit="image")
def test_accuracy(evidence: Evidence) -> Estimate:
    """The first network's share of test images that are told right: a table's row."""
    run = evidence.results.config
    return evidence.row("accuracy", network=run.networks[0].name, seed=run.seeds[0], classes=None)
