"""How far classes part under each distance, layer by layer, and its trend with the depth; as tidy rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.config.conditions import CLEAN
from topolens.config.homology import STACKED
from topolens.inference.intervals import CORRELATIONS, SHARES, SIZES, Range
from topolens.inference.rank import rank_correlation
from topolens.statistics.rows import Row, mean_row

SCORES: dict[str, Range | None] = {
    "ari": CORRELATIONS, "nmi": SHARES, "best_ari": CORRELATIONS, "best_nmi": SHARES, "neighbours": SHARES,
    "components": SIZES,
}  # fmt: skip
TRENDS = ("ari", "nmi", "best_ari", "neighbours")


def separation_rows(clouds: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """How components and neighbours meet the classes: over all clean clouds, and of each disturbed one."""
    for (network, layer, metric), rows in clouds.groupby(["network", "layer", "metric"], sort=False):
        cell: Row = {"network": network, "layer": layer, "metric": metric}
        clean = rows[rows["condition"] == CLEAN]
        for score in SCORES:
            mean = mean_row(clean[score], "repeat", intervals, seed, within=SCORES[score])
            yield cell | {"statistic": score, "condition": CLEAN} | mean
            for row in rows[rows["condition"] != CLEAN].to_dict("records"):
                single: Row = {"estimate": row[score], "n": 1, "unit": "repeat"}
                yield cell | {"statistic": score, "condition": row["condition"]} | single


def trend_rows(clouds: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Rank correlation of the layer's depth with a score, within each clean cloud, averaged over clouds.

    Also over all single metrics, `metric` empty, of each network and over all of them.
    """
    for score in TRENDS:
        trends = depth_trends(clouds, score)
        cell: Row = {"statistic": f"{score}_trend", "condition": CLEAN}
        for (network, metric), rows in trends.groupby(["network", "metric"], sort=False):
            mean = mean_row(rows["trend"], "repeat", intervals, seed, within=CORRELATIONS)
            yield cell | {"network": network, "metric": metric} | mean
        single = trends[trends["metric"] != STACKED]
        for network in (*single["network"].unique(), None):
            rows = single if network is None else single[single["network"] == network]
            units = rows.groupby("repeat")["trend"].mean()
            mean = mean_row(units, "repeat", intervals, seed, within=CORRELATIONS)
            yield cell | {"network": network} | mean


def depth_trends(clouds: pd.DataFrame, score: str) -> pd.DataFrame:
    """Spearman's correlation of depth and score in each clean cloud; columns network, metric, repeat, trend.

    NaN where the score is the same at all layers.
    """
    clean = clouds[clouds["condition"] == CLEAN]
    trends = [pd.DataFrame(columns=["network", "metric", "repeat", "trend"])]
    for (network, metric), rows in clean.groupby(["network", "metric"], sort=False):
        layers = rows["layer"].unique()
        table = rows.pivot(index="repeat", columns="layer", values=score)[layers]
        found = rank_correlation(np.arange(len(layers)), table.to_numpy())
        cell = {"network": network, "metric": metric, "repeat": table.index, "trend": found}
        trends.append(pd.DataFrame(cell))
    return pd.concat(trends[1:] or trends, ignore_index=True)
