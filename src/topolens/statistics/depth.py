"""Complexities of latent landscapes along the depth of networks: by layer, in their trend, over whole networks.

A group is a class of images under one network; its independent units are its repeats (clouds of other images),
averaged over the network's seeds.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import bootstrap_mean, tail_levels
from topolens.inference.rank import rank_correlation
from topolens.seeding import child_seed
from topolens.topology.complexity import SCALING

Row = dict[str, object]
MEASURES = [*(f"{name}{twin}" for name in SCALING for twin in ("", "_scale_free")), "sampled"]
TWINS = ("l2", "l2_scale_free")


def complexity_rows(table: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean of each measure over the repeats of each network, group and layer, beside its Gaussian clouds."""
    for (network, group, layer), rows in table.groupby(["network", "group", "layer"], sort=False):
        cell = {"network": network, "group": group, "layer": layer}
        real, gaussian = rows[~rows["gaussian"]], rows[rows["gaussian"]]
        for measure in MEASURES:
            own = child_seed(seed, "bootstrap", measure, *map(str, cell.values()))
            units = real.groupby("repeat")[measure].mean()
            estimate = bootstrap_mean(units.to_numpy(), intervals.bootstrap, own, intervals.confidence)
            null = gaussian[measure].dropna()
            low, high = np.quantile(null, tail_levels(intervals.confidence)) if len(null) else (np.nan, np.nan)
            yield (
                cell | {"statistic": f"complexity_{measure}"} | estimate.columns | {"null_low": low, "null_high": high}
            )
        own = child_seed(seed, "bootstrap", "constant", *map(str, cell.values()))
        shares = (real["constant"] / real["channels"]).groupby(real["repeat"]).mean()
        estimate = bootstrap_mean(shares.to_numpy(), intervals.bootstrap, own, intervals.confidence)
        yield cell | {"statistic": "constant_channels"} | estimate.columns


def complexities(table: pd.DataFrame, layers: list[str], measure: str) -> pd.DataFrame:
    """A measure of all clouds but the Gaussian ones: index network, seed, group, repeat; columns layers by depth."""
    norms = table[~table["gaussian"]].set_index(["network", "seed", "group", "repeat", "layer"])[measure]
    return norms.unstack("layer")[layers]


def network_rows(table: pd.DataFrame, layers: list[str], intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean complexity over layers of each network from each seed, over its clouds."""
    for measure in TWINS:
        means = complexities(table, layers, measure).mean(axis=1)
        for (network, own), values in means.groupby(["network", "seed"], sort=False):
            named = child_seed(seed, "bootstrap", "network", measure, str(network), str(own))
            estimate = _mean(values.groupby("repeat").mean(), intervals, named)
            yield {"statistic": f"network_complexity_{measure}", "network": network, "seed": own} | estimate


def depth_correlations(table: pd.DataFrame, layers: list[str], measure: str) -> pd.DataFrame:
    """Spearman's correlation of depth and a measure for each network, group and repeat (mean over seeds first)."""
    real = table[~table["gaussian"]]
    means = real.groupby(["network", "group", "repeat", "layer"], sort=False)[measure].mean().unstack()[layers]
    values = rank_correlation(np.arange(len(layers)), means.to_numpy())
    return pd.Series(values, index=means.index, name="correlation").reset_index()


def trend_rows(table: pd.DataFrame, layers: list[str], intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean correlation of depth and complexity of each network and group; and its mean size over all groups.

    `depth_correlation` has a sign; `depth_correlation_size`, the mean of its absolute values over groups and then
    repeats, has none and is that of a whole network, `group` empty.
    """
    if len(layers) < 3:
        return
    for measure in TWINS:
        correlations = depth_correlations(table, layers, measure)
        for (network, group), rows in correlations.groupby(["network", "group"], sort=False):
            own = child_seed(seed, "bootstrap", "depth", measure, str(network), str(group))
            cell: Row = {"statistic": f"depth_correlation_{measure}", "network": network, "group": group}
            yield cell | _mean(rows["correlation"], intervals, own)
        for network, rows in correlations.groupby("network", sort=False):
            sizes = rows["correlation"].abs().groupby(rows["repeat"]).mean()
            own = child_seed(seed, "bootstrap", "depth size", measure, str(network))
            yield {"statistic": f"depth_correlation_size_{measure}", "network": network} | _mean(sizes, intervals, own)


def _mean(values: pd.Series, intervals: Intervals, seed: int) -> Row:
    return bootstrap_mean(values.to_numpy(), intervals.bootstrap, seed, intervals.confidence).columns
