"""How one-dimensional each class is in the last layer: shares of the first principal component of the clouds."""

from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays, write_table
from topolens.inference.principal import first_share
from topolens.seeding import child_generator


def measure_principal_shares(clouds_file: Path, shares_file: Path, *, output_layer: int, seed: int) -> None:
    """For each snapshot and repeat: the first principal component's share of the variance within each class.

    The table has `network`, `snapshot` (its number), `repeat`, `group` (the class), `share` and `shuffled_share`, the
    same with the labels permuted.
    """
    arrays = read_arrays(clouds_file)
    rows = []
    for place, (network, snapshot, repeat) in enumerate(arrays["index"].tolist()):
        points, labels = arrays[f"layer_{output_layer}"][place], arrays["labels"][repeat]
        shuffled = child_generator(seed, "shuffled labels", network, snapshot, repeat).permutation(labels)
        for label in np.unique(labels).tolist():
            shares = (first_share(points[labels == label]), first_share(points[shuffled == label]))
            rows.append((network, snapshot, repeat, label, *shares))
    columns = ["network", "snapshot", "repeat", "group", "share", "shuffled_share"]
    write_table(shares_file, pd.DataFrame(rows, columns=columns))
