"""Attributions: how concentrated and how faithful they are, beside the complexity of the same layers."""

from collections.abc import Iterator

import pandas as pd

from topolens.config.analyses import Intervals
from topolens.statistics.rows import Row, mean_row

SCORES = ["concentration", "inside", "gain", "deletion", "insertion", "deletion_shifted", "insertion_shifted"]


def attribution_rows(table: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean of each score over the images of a network, method and layer."""
    for (network, method, layer), rows in table.groupby(["network", "method", "layer"], sort=False):
        cell: Row = {"network": network, "method": method, "layer": layer}
        for score in SCORES:
            if rows[score].notna().any():
                mean = mean_row(rows[score], "image", intervals, seed, score, *cell.values())
                yield cell | {"statistic": score} | mean


def explained_rows(
    attributions: pd.DataFrame, complexity: pd.DataFrame, intervals: Intervals, seed: int
) -> Iterator[Row]:
    """Mean complexity of each explained network at each layer, over clouds of all groups; of its first seed."""
    clouds = explained_clouds(complexity)
    clouds = clouds[clouds["network"].isin(attributions["network"].unique())]
    for (network, layer), rows in clouds.groupby(["network", "layer"], sort=False):
        for measure in ("l2", "l2_scale_free"):
            mean = mean_row(rows[measure], "repeat", intervals, seed, "subject", measure, network, layer)
            yield {"statistic": f"explained_complexity_{measure}", "network": network, "layer": layer} | mean


def explained_clouds(complexity: pd.DataFrame) -> pd.DataFrame:
    """The clouds of the networks that are explained, those of the first seed, without the Gaussian ones."""
    return complexity[~complexity["null"] & (complexity["seed"] == complexity["seed"].iloc[0])]
