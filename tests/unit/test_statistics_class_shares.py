"""Shares of principal components within classes: by hand."""

import numpy as np
import pandas as pd
import pytest

from topolens.config.analyses import Intervals
from topolens.statistics.class_shares import class_share_rows

NAN = np.nan


def test_shares_are_means_over_networks_of_their_repeats_at_each_snapshot_and_for_each_class():
    columns = ["network", "snapshot", "repeat", "group", "share", "shuffled_share"]
    shares = pd.DataFrame(
        [
            (0, 1, 0, 3, 0.2, 0.1), (0, 1, 1, 3, 0.4, 0.3), (1, 1, 0, 3, 0.9, 0.4),
            (1, 1, 0, 5, NAN, 0.6), (0, 0, 0, 3, 0.7, 0.5),
        ],
        columns=columns,
    )  # fmt: skip
    rows = {
        (row["statistic"], row["classes"], row["snapshot"]): row
        for row in class_share_rows(shares, Intervals(bootstrap=200), 0)
    }
    assert len(rows) == 2 * 3
    row = rows["class_share", 3, 1]
    assert (row["estimate"], row["low"], row["high"], row["n"]) == pytest.approx((0.6, 0.3, 0.9, 2))
    assert rows["class_share_shuffled", 3, 1]["estimate"] == pytest.approx(0.3)
    assert rows["class_share", 3, 0]["estimate"] == 0.7
    assert rows["class_share", 5, 1]["n"] == 0
