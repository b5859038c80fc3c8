"""Diagrams under each distance: how far they lie apart beside their null, and what sums them up; as tidy rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.config.conditions import CLEAN
from topolens.inference.intervals import SIZES, tail_levels
from topolens.statistics.rows import Row, mean_row, null_band
from topolens.topology.diagram_summaries import persistence_entropy, total_persistence
from topolens.topology.diagram_table import DiagramTable

MEASURES = ("bottleneck", "wasserstein")


def distance_rows(distances: pd.DataFrame, intervals: Intervals) -> Iterator[Row]:
    """Distances between diagrams beside their null, the distances of one metric's clean clouds.

    `between_*`: of two metrics (metric, against) on the first clean cloud, with the repeats of both as null;
    `disturbed_*`: of clean and disturbed clouds (condition); `within_*`: mean of the null with its central interval;
    `k_*`: of the study's k and another (against = that k). p_value: (1 + null values at or above) / (1 + null values).
    """
    of_others = distances["kind"].eq("paired") | (distances["kind"].eq("between") & distances["repeat"].gt(0))
    distances = distances[~of_others]
    for (network, layer, degree), rows in distances.groupby(["network", "layer", "degree"], sort=False):
        for measure in MEASURES:
            within = rows[rows["kind"] == "within"]
            nulls = {metric: own[measure].to_numpy() for metric, own in within.groupby("metric", sort=False)}
            cell: Row = {"network": network, "layer": layer, "degree": str(degree), "unit": "repeat"}
            for metric, null in nulls.items():
                low, high = np.quantile(null, tail_levels(intervals.confidence))
                mean: Row = {"estimate": null.mean(), "low": low, "high": high, "n": len(null)}
                yield cell | {"statistic": f"within_{measure}", "metric": metric} | mean
            for row in rows[rows["kind"] != "within"].to_dict("records"):
                null, value = nulls[row["metric"]], row[measure]
                if row["kind"] == "between":
                    null = np.concatenate([null, nulls[row["against"]]])
                compared: dict[str, Row] = {
                    "between": {"against": row["against"]},
                    "disturbed": {"condition": row["condition"]},
                    "k": {"against": row["k"]},
                }
                yield (
                    cell
                    | {"statistic": f"{row['kind']}_{measure}", "metric": row["metric"], "estimate": value, "n": 1}
                    | compared[row["kind"]]
                    | null_band(null, intervals.confidence)
                    | {"p_value": (1 + (null >= value).sum()) / (1 + len(null))}
                )


def summary_rows(table: DiagramTable, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Persistence entropy and total persistence of the scaled diagrams, over clean clouds; degree 2 of the first."""
    clouds = table.clouds
    clean = clouds[clouds["is_main"] & (clouds["condition"] == CLEAN) & (clouds["mean_distance"] > 0)]
    for (network, layer, metric), rows in clean.groupby(["network", "layer", "metric"], sort=False):
        for degree in table.degrees:
            counted = rows[rows["degrees"] >= degree] if "degrees" in rows else rows
            diagrams = [table.diagram(number, degree) for number in counted.index]
            persistences = np.array([total_persistence(diagram) for diagram in diagrams])
            values = {
                "entropy": np.array([persistence_entropy(diagram) for diagram in diagrams]),
                "total_persistence": persistences / counted["mean_distance"].to_numpy(),
            }
            for statistic, units in values.items():
                cell: Row = {"network": network, "layer": layer, "metric": metric, "degree": str(degree)}
                mean = mean_row(units, "repeat", intervals, seed, within=SIZES)
                yield {"statistic": statistic} | cell | mean
