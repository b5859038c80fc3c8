"""How well networks do on test images, what disturbances cost, and whether diagrams move with it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.config.conditions import CLEAN
from topolens.inference.intervals import CORRELATIONS, Estimate, mean_of_known, resampled_interval, share_of_units
from topolens.inference.rank import rank_correlation
from topolens.seeding import child_seed
from topolens.statistics.diagrams import MEASURES
from topolens.statistics.rows import Row, mean_row

MASK_SCORES = ("iou", "precision", "recall")


def performance_rows(performance: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Scores of each network from each seed; those of masks also over seeds (seed empty)."""
    if performance["label"].notna().any():
        yield from _label_rows(performance, intervals)
    else:
        yield from _mask_rows(performance, intervals, seed)


def _label_rows(performance: pd.DataFrame, intervals: Intervals) -> Iterator[Row]:
    classes = sorted({*performance["label"], *performance["predicted"]})

    def share(chosen: pd.Series) -> Row:
        return share_of_units(int(chosen.sum()), len(chosen), intervals.confidence).row("image")

    for (network, network_seed), rows in performance.groupby(["network", "seed"], sort=False):
        cell: Row = {"network": network, "seed": network_seed}
        yield cell | {"statistic": "accuracy"} | share(rows["correct"])
        for label, of_class in rows.groupby("label"):
            yield cell | {"statistic": "accuracy", "classes": label} | share(of_class["correct"])
            for predicted in classes:
                compared: Row = {"statistic": "predicted_share", "classes": label, "against": predicted}
                yield cell | compared | share(of_class["predicted"] == predicted)


def _mask_rows(performance: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    for network, of_network in performance.groupby("network", sort=False):
        for network_seed in (*of_network["seed"].unique(), None):
            rows = of_network if network_seed is None else of_network[of_network["seed"] == network_seed]
            by_image = rows.groupby(["skips", "image"])[list(MASK_SCORES)].mean()
            cell: Row = {"network": network, "seed": network_seed}
            for score in MASK_SCORES:
                scores = by_image[score].unstack("skips")
                values = {score: scores[True]}
                if score == "iou" and False in scores:
                    values |= {"iou_without_skips": scores[False], "iou_drop": scores[True] - scores[False]}
                for name, per_image in values.items():
                    mean = mean_row(per_image, "image", intervals, seed, name, *cell.values(), within=CORRELATIONS)
                    yield cell | {"statistic": name} | mean


def accuracy_rows(performance: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Accuracy under each condition, what is lost against clean images (paired by image), and quantised shares."""
    for network, of_network in performance.groupby("network", sort=False):
        right = of_network.pivot(index="image", columns="condition", values="correct")
        for condition in of_network["condition"].unique():
            cell: Row = {"network": network, "condition": condition}
            values = right[condition]
            accuracy = share_of_units(values.sum(), len(values), intervals.confidence)
            yield cell | {"statistic": "accuracy"} | accuracy.row("image")
            if condition != CLEAN:
                lost = right[CLEAN] - values
                names = ("accuracy_loss", *cell.values())
                loss = mean_row(lost, "image", intervals, seed, *names, within=CORRELATIONS)
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
