"""How well networks do on test images, what disturbances cost, and whether diagrams move with it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.config.conditions import CLEAN, INT8, dose
from topolens.inference.intervals import CORRELATIONS, share_of_units
from topolens.inference.rank import mean_correlation
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
                    mean = mean_row(per_image, "image", intervals, seed, within=CORRELATIONS)
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
                ("accuracy_loss", *cell.values())
                loss = mean_row(lost, "image", intervals, seed, within=CORRELATIONS)
                yield cell | {"statistic": "accuracy_loss"} | loss
            share = of_network.loc[of_network["condition"] == condition, "quantised"].iloc[0]
            if share > 0:
                yield cell | {"statistic": "quantised_share", "estimate": share, "n": 1, "unit": "network"}


def robustness_rows(performance: pd.DataFrame, distances: pd.DataFrame, intervals: Intervals) -> Iterator[Row]:
    """Rank correlation over noises of what accuracy loses with how far the last layer's diagrams move.

    At each rank of strength for itself, since a dose raises both, then the mean over ranks: of each network and metric,
    and of each network over all metrics, `metric` empty. A unit is a noise.
    """
    for degree in sorted(distances["degree"].unique()):
        for measure in MEASURES:
            pairs = losses(performance, distances, measure, degree)
            for network in dict.fromkeys(name for name, _ in pairs):
                own = {metric: cells for (name, metric), cells in pairs.items() if name == network}
                cell: Row = {"statistic": f"{measure}_follows_accuracy", "network": network, "degree": str(degree)}
                for metric, cells in own.items():
                    estimate = mean_correlation(cells[0], cells[1], intervals.confidence)
                    yield cell | {"metric": metric} | estimate.row("noise")
                lost, moved = np.concatenate([*own.values()], axis=1)
                yield cell | mean_correlation(lost, moved, intervals.confidence).row("noise")


def losses(
    performance: pd.DataFrame, distances: pd.DataFrame, measure: str, degree: int
) -> dict[tuple[str, str], np.ndarray]:
    """By network and metric: (2, ranks, noises) of lost accuracy and distance to clean at the last layer.

    Rank r holds each noise at its r-th weakest strength; ranks that some noise has not are left out.
    """
    accuracy = performance.pivot_table(index="network", columns="condition", values="correct", sort=False).T
    noises = ranked_noises(performance)
    moved = distances[(distances["kind"] == "disturbed") & (distances["degree"] == degree)]
    result: dict[tuple[str, str], np.ndarray] = {}
    for network, of_network in moved.groupby("network", sort=False):
        own = accuracy[str(network)]
        last = of_network[of_network["layer"] == of_network["layer"].iloc[-1]]
        for metric, rows in last.groupby("metric", sort=False):
            distance = rows.set_index("condition")[measure]
            both = noises.assign(
                lost=own[CLEAN] - own.reindex(noises.index), moved=distance.reindex(noises.index)
            ).dropna()
            tables = (both.pivot(index="rank", columns="kind", values=name) for name in ("lost", "moved"))
            result[str(network), str(metric)] = np.stack([table.dropna().to_numpy() for table in tables])
    return result


def ranked_noises(performance: pd.DataFrame) -> pd.DataFrame:
    """By condition that is a noise: its `kind` and the `rank` of its strength within the kind, 0 the weakest."""
    noises = performance[~performance["kind"].isin([CLEAN, INT8])].drop_duplicates("condition").set_index("condition")
    doses = pd.Series(map(dose, noises["kind"], noises["strength"]), index=noises.index, dtype=float)
    return noises[["kind"]].assign(rank=doses.groupby(noises["kind"]).rank().astype(int) - 1)
