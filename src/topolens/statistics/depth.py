"""Complexities of latent landscapes along the depth of networks: by layer, in their trend, over whole networks.

A group is a class of images under one network; its independent units are its repeats (clouds of other images),
averaged over the network's seeds.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import CORRELATIONS, SHARES, SIZES
from topolens.inference.rank import rank_correlation
from topolens.statistics.rows import Row, mean_row, null_band
from topolens.topology.complexity import SCALING

MEASURES = [*(f"{name}{twin}" for name in SCALING for twin in ("", "_scale_free")), "sampled"]
TWINS = ("l2", "l2_scale_free")


def complexity_rows(table: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean of each measure over the repeats of each network, group and layer, beside its Gaussian clouds."""
    for (network, group, layer), rows in table.groupby(["network", "group", "layer"], sort=False):
        cell: Row = {"network": network, "classes": group, "layer": layer}
        real, gaussian = rows[~rows["null"]], rows[rows["null"]]
        for measure in MEASURES:
            units = real.groupby("repeat")[measure].mean()
            mean = mean_row(units, "repeat", intervals, seed, within=SIZES)
            null = null_band(gaussian[measure].dropna(), intervals.confidence)
            yield cell | {"statistic": f"complexity_{measure}"} | mean | null
        shares = (real["constant"] / real["channels"]).groupby(real["repeat"]).mean()
        mean = mean_row(shares, "repeat", intervals, seed, within=SHARES)
        yield cell | {"statistic": "constant_channels"} | mean


def complexities(table: pd.DataFrame, layers: list[str], measure: str) -> pd.DataFrame:
    """A measure of all clouds but the Gaussian ones: index network, seed, group, repeat; columns layers by depth."""
    norms = table[~table["null"]].set_index(["network", "seed", "group", "repeat", "layer"])[measure]
    return norms.unstack("layer")[layers]


def network_rows(table: pd.DataFrame, layers: list[str], intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean complexity over layers of each network from each seed, over its clouds."""
    for measure in TWINS:
        means = complexities(table, layers, measure).mean(axis=1)
        for (network, network_seed), values in means.groupby(["network", "seed"], sort=False):
            cell: Row = {"network": network, "seed": network_seed}
            units = values.groupby("repeat").mean()
            mean = mean_row(units, "repeat", intervals, seed, within=SIZES)
            yield {"statistic": f"network_complexity_{measure}"} | cell | mean


def depth_correlations(table: pd.DataFrame, layers: list[str], measure: str) -> pd.DataFrame:
    """Spearman's correlation of depth and a measure for each network, group and repeat (mean over seeds first)."""
    real = table[~table["null"]]
    means = real.groupby(["network", "group", "repeat", "layer"], sort=False)[measure].mean().unstack()[layers]
    values = rank_correlation(np.arange(len(layers)), means.to_numpy())
    return pd.Series(values, index=means.index, name="correlation").reset_index()


def trend_rows(table: pd.DataFrame, layers: list[str], intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean correlation of depth and complexity of each network and group."""
    if len(layers) < 3:
        return
    for measure in TWINS:
        correlations = depth_correlations(table, layers, measure)
        for (network, group), rows in correlations.groupby(["network", "group"], sort=False):
            mean = mean_row(rows["correlation"], "repeat", intervals, seed, within=CORRELATIONS)
            yield {"statistic": f"depth_correlation_{measure}", "network": network, "classes": group} | mean
