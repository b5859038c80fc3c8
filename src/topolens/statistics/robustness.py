"""What disturbances cost: accuracy under each condition, and whether diagrams move with it; as tidy rows."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.config.conditions import CLEAN
from topolens.inference.intervals import Estimate, mean_of_known, resampled_interval, wilson
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
    """Rank correlation over conditions of what accuracy loses with how far the last layer's diagrams move.

    Of each network and metric, and their mean, `network` and `metric` empty.
    """
    for degree in sorted(distances["degree"].unique()):
        for measure in MEASURES:
            cell: Row = {"statistic": f"{measure}_follows_accuracy", "degree": str(degree)}
            pairs = losses(performance, distances, measure, degree)
            for (network, metric), table in pairs.items():
                names = ("correlation", measure, degree, network, metric)
                estimate = mean_correlation(table[None], intervals, child_seed(seed, "bootstrap", *names))
                yield cell | {"network": network, "metric": metric} | estimate.row("condition")
            if pairs:
                named = child_seed(seed, "bootstrap", "correlations", measure, degree)
                yield cell | mean_correlation(np.stack([*pairs.values()]), intervals, named).row("condition")


def losses(
    performance: pd.DataFrame, distances: pd.DataFrame, measure: str, degree: int
) -> dict[tuple[str, str], np.ndarray]:
    """By network and metric: (conditions, 2) of lost accuracy and distance to clean at the last layer."""
    accuracy = performance.pivot_table(index="network", columns="condition", values="correct", sort=False).T
    moved = distances[(distances["kind"] == "disturbed") & (distances["degree"] == degree)]
    result: dict[tuple[str, str], np.ndarray] = {}
    for network, of_network in moved.groupby("network", sort=False):
        last = of_network[of_network["layer"] == of_network["layer"].iloc[-1]]
        for metric, rows in last.groupby("metric", sort=False):
            lost = accuracy.loc[CLEAN, str(network)] - accuracy.loc[rows["condition"], str(network)].to_numpy()
            result[str(network), str(metric)] = np.stack([lost, rows[measure].to_numpy()], axis=1)
    return result


def mean_correlation(pairs: np.ndarray, intervals: Intervals, seed: int) -> Estimate:
    """Mean over cells of Spearman's correlation of two columns, (cells, units, 2), bootstrapped over the units."""
    units = pairs.shape[1]
    drawn = pairs[:, np.random.default_rng(seed).integers(units, size=(intervals.bootstrap, units))]
    values, resampled = (mean_of_known(rank_correlation(both[..., 0], both[..., 1]), axis=0) for both in (pairs, drawn))
    return resampled_interval(float(values), resampled, units, intervals.confidence)
