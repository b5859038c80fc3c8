"""Attributions: how concentrated and how faithful they are, beside the complexity of the same layers."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import bootstrap_mean
from topolens.seeding import child_seed

Row = dict[str, object]
SCORES = ["concentration", "inside", "gain", "deletion", "insertion", "deletion_shifted", "insertion_shifted"]


def attribution_rows(table: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean of each score over the images of a network, method and layer; `group` is the method."""
    for (network, method, layer), rows in table.groupby(["network", "method", "layer"], sort=False):
        cell: Row = {"network": network, "group": method, "layer": layer}
        for score in SCORES:
            if rows[score].notna().any():
                yield cell | {"statistic": score} | bootstrapped(rows[score], intervals, seed, score, *cell.values())


def explained_rows(
    attributions: pd.DataFrame, complexity: pd.DataFrame, intervals: Intervals, seed: int
) -> Iterator[Row]:
    """Mean complexity of each explained network at each layer, over clouds of all groups; of its first seed."""
    clouds = explained_clouds(complexity)
    clouds = clouds[clouds["network"].isin(attributions["network"].unique())]
    for (network, layer), rows in clouds.groupby(["network", "layer"], sort=False):
        for measure in ("l2", "l2_scale_free"):
            cell: Row = {"statistic": f"explained_complexity_{measure}", "network": network, "layer": layer}
            yield cell | bootstrapped(rows[measure], intervals, seed, "subject", measure, network, layer)


def explained_clouds(complexity: pd.DataFrame) -> pd.DataFrame:
    """The clouds of the networks that are explained, those of the first seed, without the Gaussian ones."""
    return complexity[~complexity["gaussian"] & (complexity["seed"] == complexity["seed"].iloc[0])]


def bootstrapped(values: pd.Series, intervals: Intervals, seed: int, *names: object) -> Row:
    """Mean of values with its interval, the bootstrap's seed by its names."""
    own = child_seed(seed, "bootstrap", *map(str, names))
    return bootstrap_mean(values.to_numpy(np.float64), intervals.bootstrap, own, intervals.confidence).columns
