"""How well networks do on test images: accuracy and confusions, or IoU, precision and recall of masks."""

from collections.abc import Iterator

import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import bootstrap_mean, wilson
from topolens.seeding import child_seed

Row = dict[str, object]
MASK_SCORES = ("iou", "precision", "recall")


def performance_rows(performance: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Scores of each network from each seed; those of masks also over seeds (seed empty)."""
    if performance["label"].notna().any():
        yield from _label_rows(performance, intervals)
    else:
        yield from _mask_rows(performance, intervals, seed)


def _label_rows(performance: pd.DataFrame, intervals: Intervals) -> Iterator[Row]:
    classes = sorted({*performance["label"], *performance["predicted"]})
    for (network, own), rows in performance.groupby(["network", "seed"], sort=False):
        cell: Row = {"network": network, "seed": own}
        right = wilson(int(rows["correct"].sum()), len(rows), intervals.confidence)
        yield cell | {"statistic": "accuracy"} | right.columns
        for label, of_class in rows.groupby("label"):
            right = wilson(int(of_class["correct"].sum()), len(of_class), intervals.confidence)
            yield cell | {"statistic": "accuracy", "group": label} | right.columns
            for predicted in classes:
                share = wilson(int((of_class["predicted"] == predicted).sum()), len(of_class), intervals.confidence)
                yield cell | {"statistic": "predicted_share", "group": label, "other": predicted} | share.columns


def _mask_rows(performance: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    for network, of_network in performance.groupby("network", sort=False):
        for own in (*of_network["seed"].unique(), None):
            rows = of_network if own is None else of_network[of_network["seed"] == own]
            by_image = rows.groupby(["skips", "image"])[list(MASK_SCORES)].mean()
            cell: Row = {"network": network, "seed": own}
            for score in MASK_SCORES:
                scores = by_image[score].unstack("skips")
                values = {score: scores[True]}
                if score == "iou" and False in scores:
                    values |= {"iou_without_skips": scores[False], "iou_drop": scores[True] - scores[False]}
                for name, per_image in values.items():
                    named = child_seed(seed, "bootstrap", name, str(network), str(own))
                    estimate = bootstrap_mean(per_image.to_numpy(), intervals.bootstrap, named, intervals.confidence)
                    yield cell | {"statistic": name} | estimate.columns
