"""How well networks do on test images: accuracy and confusions, or IoU, precision and recall of masks."""

from collections.abc import Iterator

import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import wilson
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
        return wilson(int(chosen.sum()), len(chosen), intervals.confidence).row("image")

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
                    mean = mean_row(per_image, "image", intervals, seed, name, *cell.values())
                    yield cell | {"statistic": name} | mean
