"""How far classes part under each distance, layer by layer, and its trend with the depth; as tidy rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.config.conditions import CLEAN
from topolens.inference.intervals import bootstrap_mean
from topolens.inference.rank import rank_correlation
from topolens.seeding import child_seed

Row = dict[str, object]
SCORES = ("ari", "nmi", "best_ari", "best_nmi", "neighbours", "components")
TRENDS = ("ari", "nmi", "best_ari", "neighbours")


def separation_rows(clouds: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """How components and neighbours meet the classes: over all clean clouds, and of each disturbed one."""
    for (network, layer, metric), rows in clouds.groupby(["network", "layer", "metric"], sort=False):
        cell: Row = {"network": network, "layer": layer, "group": metric}
        clean = rows[rows["condition"] == CLEAN]
        for score in SCORES:
            named = child_seed(seed, "bootstrap", score, str(network), str(layer), str(metric))
            estimate = bootstrap_mean(clean[score].to_numpy(), intervals.bootstrap, named, intervals.confidence)
            yield cell | {"statistic": score} | estimate.columns
            for row in rows[rows["condition"] != CLEAN].to_dict("records"):
                yield cell | {"statistic": score, "other": row["condition"], "estimate": row[score], "n": 1}


def trend_rows(clouds: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Rank correlation of the layer's depth with a score, within each clean cloud, averaged over clouds."""
    for score in TRENDS:
        for (network, metric), rows in depth_trends(clouds, score).groupby(["network", "metric"], sort=False):
            named = child_seed(seed, "bootstrap", "trend", score, str(network), str(metric))
            estimate = bootstrap_mean(rows["trend"].to_numpy(), intervals.bootstrap, named, intervals.confidence)
            yield {"statistic": f"{score}_trend", "network": network, "group": metric} | estimate.columns


def depth_trends(clouds: pd.DataFrame, score: str) -> pd.DataFrame:
    """Spearman's correlation of depth and score in each clean cloud; columns network, metric, resample, trend.

    NaN where the score is the same at all layers.
    """
    clean = clouds[clouds["condition"] == CLEAN]
    trends = [pd.DataFrame(columns=["network", "metric", "resample", "trend"])]
    for (network, metric), rows in clean.groupby(["network", "metric"], sort=False):
        layers = rows["layer"].unique()
        table = rows.pivot(index="resample", columns="layer", values=score)[layers]
        found = rank_correlation(np.arange(len(layers)), table.to_numpy())
        cell = {"network": network, "metric": metric, "resample": table.index, "trend": found}
        trends.append(pd.DataFrame(cell))
    return pd.concat(trends[1:] or trends, ignore_index=True)
