"""How one-dimensional each class is in the last layer: shares of the first principal component, over networks."""

from collections.abc import Iterator

import pandas as pd

from topolens.config.analyses import Intervals
from topolens.statistics.rows import Row, mean_row


def class_share_rows(shares: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean share within each class at each snapshot over networks, each a mean over its repeats; by shuffled labels.

    Args:
        shares: As topolens.stages.principal_shares writes it.
        intervals, seed: Of the bootstrap over networks.
    """
    for statistic, column in (("class_share", "share"), ("class_share_shuffled", "shuffled_share")):
        for (snapshot, label), rows in shares.groupby(["snapshot", "group"]):
            units = rows.groupby("network")[column].mean()
            cell: Row = {"statistic": statistic, "classes": label, "snapshot": snapshot}
            yield cell | mean_row(units, "network", intervals, seed, statistic, snapshot, label)
