"""How one-dimensional each class is in the last layer: principal components of the clouds."""

from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays, write_table
from topolens.inference.principal import first_share, second_over_first
from topolens.seeding import child_generator


def measure_principal_shares(clouds_file: Path, shares_file: Path, *, output_layer: int, seed: int) -> None:
    """For each snapshot and repeat, within each class: how the variance falls on the principal components.

    The table has `network`, `snapshot` (its number), `repeat`, `group` (the class), `share`, the first component's of
    the variance, and `shuffled_share`, the same with the labels permuted; `ratio`, the second component's variance
    over the first's, and `isotropic_ratio`, the same of a Gaussian cloud without any direction that has as many points
    and dimensions.
    """
    arrays = read_arrays(clouds_file)
    rows = []
    for place, (network, snapshot, repeat) in enumerate(arrays["index"].tolist()):
        points, labels = arrays[f"layer_{output_layer}"][place], arrays["labels"][repeat]
        shuffled = child_generator(seed, "shuffled labels", network, snapshot, repeat).permutation(labels)
        for label in np.unique(labels).tolist():
            own = points[labels == label]
            isotropic = child_generator(seed, "isotropic", network, snapshot, repeat, label).standard_normal(own.shape)
            shares = first_share(own), first_share(points[shuffled == label])
            ratios = second_over_first(own), second_over_first(isotropic)
            rows.append((network, snapshot, repeat, label, *shares, *ratios))
    columns = ["network", "snapshot", "repeat", "group", "share", "shuffled_share", "ratio", "isotropic_ratio"]
    write_table(shares_file, pd.DataFrame(rows, columns=columns))
