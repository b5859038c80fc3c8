"""What disturbances cost: accuracy under each condition, and whether diagrams move with it; as tidy rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.config.conditions import CLEAN
from topolens.inference.intervals import Estimate, resampled_interval, wilson
from topolens.inference.rank import rank_correlation
from topolens.seeding import child_seed
from topolens.statistics.diagrams import MEASURES
from topolens.statistics.rows import Row, mean_row


def accuracy_rows(performance: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Accuracy under each condition, what is lost against clean images (paired by image), and quantised shares."""
    for network, of_network in performance.groupby("network", sort=False):
        right = of_network.pivot(index="image", columns="condition", values="correct")
        for condition in of_network["condition"].unique():
            cell: Row = {"network": network, "condition": condition}
            values = right[condition]
            accuracy = wilson(values.sum(), len(values), intervals.confidence)
            yield cell | {"statistic": "accuracy"} | accuracy.row("image")
            if condition != CLEAN:
                loss = mean_row(right[CLEAN] - values, "image", intervals, seed, "accuracy_loss", *cell.values())
                yield cell | {"statistic": "accuracy_loss"} | loss
            share = of_network.loc[of_network["condition"] == condition, "quantised"].iloc[0]
            if share > 0:
                yield cell | {"statistic": "quantised_share", "estimate": share, "n": 1, "unit": "network"}


def robustness_rows(
    performance: pd.DataFrame, distances: pd.DataFrame, intervals: Intervals, seed: int
) -> Iterator[Row]:
    """Rank correlation over conditions of what accuracy loses with how far the last layer's diagrams move."""
    for degree in sorted(distances["degree"].unique()):
        for measure in MEASURES:
            for network, metrics in losses(performance, distances, measure, degree).items():
                for metric, pairs in metrics.items():
                    names = ("correlation", measure, degree, network, metric)
                    estimate = correlation(pairs, intervals, child_seed(seed, "bootstrap", *names))
                    cell: Row = {"network": network, "metric": metric, "degree": str(degree)}
                    yield cell | {"statistic": f"{measure}_follows_accuracy"} | estimate.row("condition")


def losses(
    performance: pd.DataFrame, distances: pd.DataFrame, measure: str, degree: int
) -> dict[str, dict[str, np.ndarray]]:
    """By network and metric: (conditions, 2) of lost accuracy and distance to clean at the last layer."""
    accuracy = performance.pivot_table(index="network", columns="condition", values="correct", sort=False)
    moved = distances[(distances["kind"] == "disturbed") & (distances["degree"] == degree)]
    result: dict[str, dict[str, np.ndarray]] = {}
    for network, of_network in moved.groupby("network", sort=False):
        last = of_network[of_network["layer"] == of_network["layer"].iloc[-1]]
        for metric, rows in last.groupby("metric", sort=False):
            own = accuracy.T[str(network)]
            lost = own[CLEAN] - own[rows["condition"]].to_numpy()
            result.setdefault(str(network), {})[str(metric)] = np.stack([lost, rows[measure].to_numpy()], axis=1)
    return result


def correlation(pairs: np.ndarray, intervals: Intervals, seed: int) -> Estimate:
    """Spearman's correlation of two columns with a percentile bootstrap over rows."""
    drawn = pairs[np.random.default_rng(seed).integers(len(pairs), size=(intervals.bootstrap, len(pairs)))]
    value, resampled = rank_correlation(*pairs.T), rank_correlation(drawn[..., 0], drawn[..., 1])
    return resampled_interval(float(value), resampled, len(pairs), intervals.confidence)
