"""How one-dimensional each class is in the last layer: shares of the first principal component, over networks."""

from collections.abc import Iterator

import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import bootstrap_mean
from topolens.seeding import child_seed

COLUMNS = {"class_share": "share", "class_share_shuffled": "shuffled_share"}


def class_share_rows(shares: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[dict[str, object]]:
    """Mean share within each class at each threshold over networks, each a mean over its draws; and by shuffled labels.

    Args:
        shares: As topolens.stages.principal_shares writes it.
        intervals, seed: Of the bootstrap over networks.
    """
    for statistic, column in COLUMNS.items():
        for (threshold, label), rows in shares.groupby(["threshold", "label"]):
            units = rows.groupby("network")[column].mean()
            own = child_seed(seed, "bootstrap", statistic, str(threshold), str(label))
            estimate = bootstrap_mean(units.to_numpy(), intervals.bootstrap, own, intervals.confidence)
            yield {"statistic": statistic, "class": label, "threshold": threshold} | estimate.columns
