"""The three ways in which a claim on complexity is decided: the same statistic and rule on other numbers.

`raw`: the L2 norm of landscapes as it is. `scale-free`: of clouds divided by their mean pairwise distance. `gaussian`:
the raw norm over the mean norm of the layer's own Gaussian clouds, which have the same mean and covariance, so that
what is left is shape beyond second moments. All three are taken as logarithms, in which statistics are differences.
"""

from typing import TypeVar

import numpy as np
import pandas as pd

from topolens.claims.model import GAUSSIAN, SCALE_FREE, Twin
from topolens.inference.intervals import tail_levels

Table = TypeVar("Table", pd.Series, pd.DataFrame)


def log_complexities(table: pd.DataFrame, cell: list[str], twin: Twin, measure: str = "l2") -> pd.DataFrame:
    """The clouds of a table of complexities that are not Gaussian ones, with a column `log`.

    Args:
        table: With `null` (a Gaussian cloud), the columns of `cell`, and the measure as it is and `_scale_free`.
        cell: What a cloud has in common with the Gaussian clouds that were modelled on its layer.
        twin: Which numbers.
        measure: Of complexity.

    Returns:
        Without complexity the logarithm is minus infinity; it is NaN where a cell has no Gaussian clouds, or ones
        without any complexity.
    """
    real = table[~table["null"]]
    column = f"{measure}_scale_free" if twin == SCALE_FREE else measure
    with np.errstate(divide="ignore"):
        logs = np.log(real[column])
        if twin == GAUSSIAN:
            means = table[table["null"]].groupby(cell)[measure].mean()
            own = pd.MultiIndex.from_frame(real[cell]) if len(cell) > 1 else pd.Index(real[cell[0]])
            null = means.reindex(own).to_numpy()
            logs = logs - np.log(np.where(null > 0, null, np.nan))
    return real.assign(log=logs)


def contrast(a: Table, b: Table) -> Table:
    """(x - y) / (x + y) of two complexities by their logarithms: tanh of half the difference, from -1 to 1.

    0 where neither has any complexity, but NaN throughout where nothing has.
    """
    vanishing = a.eq(-np.inf) & b.eq(-np.inf)
    bounded = ((a - b).mask(vanishing) / 2).apply(np.tanh)
    return bounded.mask(vanishing & bool((~vanishing).to_numpy().any()), 0.0)


def band_of(table: pd.DataFrame, cell: list[str], confidence: float, measure: str = "l2") -> str:
    """In how many cells the mean complexity lies above, inside and below that of the Gaussian clouds.

    `above 8, inside 3, below 1`; empty where there are no Gaussian clouds.
    """
    real, null = table[~table["null"]].groupby(cell)[measure].mean(), table[table["null"]].groupby(cell)[measure]
    if null.ngroups == 0:
        return ""
    ends = null.quantile(np.array(tail_levels(confidence))).unstack()
    mean, (low, high) = real.reindex(ends.index), (ends.iloc[:, 0], ends.iloc[:, 1])
    above, below = int((mean > high).sum()), int((mean < low).sum())
    return f"above {above}, inside {len(mean.dropna()) - above - below}, below {below}"
