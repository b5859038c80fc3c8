"""Statistics behind the claims on classes in the last layer."""

import numpy as np
import pandas as pd
import pytest
from perceptron_tables import evidence

from topolens.claims.registry import STATISTICS

NAN = np.nan


def test_class_shares_are_means_over_networks_at_the_last_snapshot():
    shares = pd.DataFrame(
        [
            {"network": network, "snapshot": snapshot, "label": label, "share": share, "shuffled_share": 0.25}
            for network, snapshot, label, share in [
                (0, 0, 0, 0.0),
                (0, 1, 0, 0.5),
                (0, 1, 1, 0.7),
                (1, 1, 0, 0.9),
                (1, 1, 1, NAN),
            ]
        ]
    )
    found = evidence(shares=shares)
    plain = STATISTICS["class_shares"](found, against_shuffled=False)
    assert (plain.value, plain.n) == (pytest.approx((0.6 + 0.9) / 2), 2)
    assert STATISTICS["class_shares"](found, against_shuffled=True).value == pytest.approx(0.75 - 0.25)
