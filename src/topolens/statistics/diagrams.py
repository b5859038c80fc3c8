"""Diagrams under each distance: how far they lie apart beside their null, and what sums them up; as tidy rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.config.conditions import CLEAN
from topolens.inference.intervals import bootstrap_mean, tail_levels
from topolens.seeding import child_seed
from topolens.topology.diagram_summaries import persistence_entropy, total_persistence
from topolens.topology.diagram_table import DiagramTable

Row = dict[str, object]
MEASURES = ("bottleneck", "wasserstein")


def distance_rows(distances: pd.DataFrame, intervals: Intervals) -> Iterator[Row]:
    """Distances between diagrams beside their null, the distances of one metric's resampled clouds.

    `between_*`: of two metrics (group, other), with the resamples of both as null; `disturbed_*`: of clean and
    disturbed clouds (other = the condition); `within_*`: mean of the null with its central interval; `k_*`: of the
    study's k and another (other = that k). p_value: (1 + null values at or above) / (1 + null values).
    """
    levels = tail_levels(intervals.confidence)
    for (network, layer, degree), rows in distances.groupby(["network", "layer", "degree"], sort=False):
        for measure in MEASURES:
            within = rows[rows["kind"] == "within"]
            nulls = {metric: own[measure].to_numpy() for metric, own in within.groupby("metric", sort=False)}
            cell: Row = {"network": network, "layer": layer, "degree": str(degree)}
            for metric, null in nulls.items():
                low, high = np.quantile(null, levels)
                yield cell | {"statistic": f"within_{measure}", "group": metric, "n": len(null)} | {
                    "estimate": null.mean(), "low": low, "high": high,
                }  # fmt: skip
            for row in rows[rows["kind"] != "within"].to_dict("records"):
                kind = str(row["kind"])
                other = {"between": row["other"], "condition": row["condition"], "k": row["k"]}[kind]
                null = nulls[row["metric"]]
                if kind == "between":
                    null = np.concatenate([null, nulls[row["other"]]])
                low, high = np.quantile(null, levels)
                word = {"condition": "disturbed"}.get(kind, kind)
                yield cell | {"statistic": f"{word}_{measure}", "group": row["metric"], "other": other} | {
                    "estimate": row[measure], "n": 1, "null_low": low, "null_high": high,
                    "p_value": (1 + (null >= row[measure]).sum()) / (1 + len(null)),
                }  # fmt: skip


def summary_rows(table: DiagramTable, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Persistence entropy and total persistence of the scaled diagrams, over clean clouds; degree 2 of the first."""
    clouds = table.clouds
    clean = clouds[clouds["is_main"] & (clouds["condition"] == CLEAN) & (clouds["mean_distance"] > 0)]
    for (network, layer, metric), rows in clean.groupby(["network", "layer", "metric"], sort=False):
        for degree in table.degrees:
            counted = rows[rows["degrees"] >= degree] if "degrees" in rows else rows
            found: dict[str, list[float]] = {"entropy": [], "total_persistence": []}
            for number, size in zip(counted.index, counted["mean_distance"], strict=True):
                diagram = table.diagram(number, degree)
                found["entropy"].append(persistence_entropy(diagram))
                found["total_persistence"].append(total_persistence(diagram) / size)
            for statistic, values in found.items():
                names = (statistic, str(network), str(layer), str(metric), degree)
                estimate = bootstrap_mean(
                    np.array(values), intervals.bootstrap, child_seed(seed, "bootstrap", *names), intervals.confidence
                )
                cell: Row = {"network": network, "layer": layer, "group": metric, "degree": str(degree)}
                yield cell | {"statistic": statistic} | estimate.columns
