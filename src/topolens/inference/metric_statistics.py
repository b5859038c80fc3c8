"""Statistics of layers under many distances: separation, diagrams between metrics, robustness. All as tidy rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from topolens.config.metric import CLEAN, MetricStatistics
from topolens.inference.intervals import Estimate, bootstrap_mean, tail_levels, wilson
from topolens.seeding import child_seed
from topolens.topology.diagram_summaries import persistence_entropy, total_persistence
from topolens.topology.diagram_table import DiagramTable

Row = dict[str, object]
SCORES = ("ari", "nmi", "best_ari", "best_nmi", "neighbours", "components")
TRENDS = ("ari", "nmi", "best_ari", "neighbours")
MEASURES = ("bottleneck", "wasserstein")


def accuracy_rows(performance: pd.DataFrame, settings: MetricStatistics, seed: int) -> Iterator[Row]:
    """Accuracy under each condition, what is lost against clean images (paired by image), and quantised shares."""
    for network, of_network in performance.groupby("network", sort=False):
        right = of_network.pivot(index="image", columns="condition", values="correct")
        for condition in of_network["condition"].unique():
            cell: Row = {"network": network, "other": condition}
            values = right[condition]
            yield cell | {"statistic": "accuracy"} | wilson(values.sum(), len(values), settings.confidence).columns
            if condition != CLEAN:
                named = child_seed(seed, "bootstrap", "accuracy_loss", str(network), str(condition))
                loss = (right[CLEAN] - values).to_numpy()
                estimate = bootstrap_mean(loss, settings.bootstrap, named, settings.confidence)
                yield cell | {"statistic": "accuracy_loss"} | estimate.columns
            share = of_network.loc[of_network["condition"] == condition, "quantised"].iloc[0]
            if share > 0:
                yield cell | {"statistic": "quantised_share", "estimate": share, "n": 1}


def separation_rows(clouds: pd.DataFrame, settings: MetricStatistics, seed: int) -> Iterator[Row]:
    """How components and neighbours meet the classes: over all clean clouds, and of each disturbed one."""
    table = clouds[clouds["is_main"]]
    for (network, layer, metric), rows in table.groupby(["network", "layer", "metric"], sort=False):
        cell: Row = {"network": network, "layer": layer, "group": metric}
        clean = rows[rows["condition"] == CLEAN]
        for score in SCORES:
            named = child_seed(seed, "bootstrap", score, str(network), str(layer), str(metric))
            estimate = bootstrap_mean(clean[score].to_numpy(), settings.bootstrap, named, settings.confidence)
            yield cell | {"statistic": score} | estimate.columns
            for row in rows[rows["condition"] != CLEAN].to_dict("records"):
                yield cell | {"statistic": score, "other": row["condition"], "estimate": row[score], "n": 1}


def trend_rows(clouds: pd.DataFrame, settings: MetricStatistics, seed: int) -> Iterator[Row]:
    """Rank correlation of the layer's depth with a score, within each clean cloud, averaged over clouds."""
    for score in TRENDS:
        for (network, metric), rows in depth_trends(clouds, score).groupby(["network", "metric"], sort=False):
            named = child_seed(seed, "bootstrap", "trend", score, str(network), str(metric))
            estimate = bootstrap_mean(rows["trend"].to_numpy(), settings.bootstrap, named, settings.confidence)
            yield {"statistic": f"{score}_trend", "network": network, "group": metric} | estimate.columns


def depth_trends(clouds: pd.DataFrame, score: str) -> pd.DataFrame:
    """Spearman's correlation of depth and score in each clean cloud; columns network, metric, resample, trend.

    NaN where the score is the same at all layers.
    """
    clean = clouds[clouds["is_main"] & (clouds["condition"] == CLEAN)]
    trends = []
    for (network, metric), rows in clean.groupby(["network", "metric"], sort=False):
        layers = rows["layer"].unique()
        table = rows.pivot(index="resample", columns="layer", values=score)[layers]
        for resample, values in zip(table.index, table.to_numpy(), strict=True):
            trends.append((network, metric, resample, spearman(np.arange(len(layers)), values)))
    return pd.DataFrame(trends, columns=["network", "metric", "resample", "trend"])


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation; NaN with fewer than 3 pairs or where one side is constant."""
    if len(a) < 3:
        return np.nan
    a, b = (rankdata(values) - (len(values) + 1) / 2 for values in (a, b))
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 0 else np.nan


def distance_rows(distances: pd.DataFrame, settings: MetricStatistics) -> Iterator[Row]:
    """Distances between diagrams beside their null, the distances of one metric's resampled clouds.

    `between_*`: of two metrics (group, other), with the resamples of both as null; `disturbed_*`: of clean and
    disturbed clouds (other = the condition); `within_*`: mean of the null with its central interval; `k_*`: of the
    study's k and another (other = that k). p_value: (1 + null values at or above) / (1 + null values).
    """
    levels = tail_levels(settings.confidence)
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


def summary_rows(table: DiagramTable, settings: MetricStatistics, seed: int) -> Iterator[Row]:
    """Persistence entropy and total persistence of the scaled diagrams, over clean clouds; degree 2 of the first."""
    clouds = table.clouds
    clean = clouds[clouds["is_main"] & (clouds["condition"] == CLEAN) & (clouds["mean_distance"] > 0)]
    for (network, layer, metric), rows in clean.groupby(["network", "layer", "metric"], sort=False):
        for degree in table.degrees:
            counted = rows[rows["degrees"] >= degree]
            found: dict[str, list[float]] = {"entropy": [], "total_persistence": []}
            for number, size in zip(counted.index, counted["mean_distance"], strict=True):
                diagram = table.diagram(number, degree)
                found["entropy"].append(persistence_entropy(diagram))
                found["total_persistence"].append(total_persistence(diagram) / size)
            for statistic, values in found.items():
                names = (statistic, str(network), str(layer), str(metric), degree)
                estimate = bootstrap_mean(
                    np.array(values), settings.bootstrap, child_seed(seed, "bootstrap", *names), settings.confidence
                )
                cell: Row = {"network": network, "layer": layer, "group": metric, "degree": str(degree)}
                yield cell | {"statistic": statistic} | estimate.columns


def robustness_rows(
    performance: pd.DataFrame, distances: pd.DataFrame, settings: MetricStatistics, seed: int
) -> Iterator[Row]:
    """Rank correlation over conditions of what accuracy loses with how far the last layer's diagrams move."""
    for degree in sorted(distances["degree"].unique()):
        for measure in MEASURES:
            for network, metrics in losses(performance, distances, measure, degree).items():
                for metric, pairs in metrics.items():
                    names = ("correlation", measure, degree, network, metric)
                    estimate = correlation(pairs, settings, child_seed(seed, "bootstrap", *names))
                    cell: Row = {"network": network, "group": metric, "degree": str(degree)}
                    yield cell | {"statistic": f"{measure}_follows_accuracy"} | estimate.columns


def losses(
    performance: pd.DataFrame, distances: pd.DataFrame, measure: str, degree: int
) -> dict[str, dict[str, np.ndarray]]:
    """By network and metric: (conditions, 2) of lost accuracy and distance to clean at the last layer."""
    accuracy = performance.pivot_table(index="network", columns="condition", values="correct", sort=False)
    moved = distances[(distances["kind"] == "condition") & (distances["degree"] == degree)]
    result: dict[str, dict[str, np.ndarray]] = {}
    for network, of_network in moved.groupby("network", sort=False):
        last = of_network[of_network["layer"] == of_network["layer"].iloc[-1]]
        for metric, rows in last.groupby("metric", sort=False):
            own = accuracy.T[str(network)]
            lost = own[CLEAN] - own[rows["condition"]].to_numpy()
            result.setdefault(str(network), {})[str(metric)] = np.stack([lost, rows[measure].to_numpy()], axis=1)
    return result


def correlation(pairs: np.ndarray, settings: MetricStatistics, seed: int) -> Estimate:
    """Spearman's correlation of two columns with a percentile bootstrap over rows."""
    generator = np.random.default_rng(seed)
    drawn = generator.integers(len(pairs), size=(settings.bootstrap, len(pairs)))
    values = np.array([spearman(*pairs[rows].T) for rows in drawn])
    value = spearman(*pairs.T)
    if np.isnan(value):
        return Estimate(np.nan, np.nan, np.nan, len(pairs))
    low, high = np.nanquantile(values, tail_levels(settings.confidence))
    return Estimate(value, float(low), float(high), len(pairs))
