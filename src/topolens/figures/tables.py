"""How figures choose rows of a run's tables."""

import pandas as pd

from topolens.results import Results


def rows_of(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    """The rows whose columns have these values; None asks for nothing."""
    asked = {column: value for column, value in values.items() if value is not None}
    return table[(table[[*asked]] == [*asked.values()]).all(axis=1)]


def statistic_rows(run: Results, statistic: str, **values: object) -> pd.DataFrame:
    """The rows of one statistic."""
    return rows_of(run.table("statistics"), statistic=statistic, **values)


def depth_rows(run: Results, statistic: str, layers: list[str], **values: object) -> pd.DataFrame:
    """The rows of one statistic, one per layer in this order; NaN where the table has none."""
    return statistic_rows(run, statistic, **values).set_index("layer").reindex(layers)


def null_ranges(rows: pd.DataFrame, layers: list[str]) -> pd.DataFrame:
    """From the lowest to the highest end of all nulls' intervals, one row per layer in this order."""
    ends = rows.groupby("layer").agg(null_low=("null_low", "min"), null_high=("null_high", "max"))
    return ends.loc[layers]


def over_gaussian(rows: pd.DataFrame) -> pd.DataFrame:
    """Complexities and Gaussian intervals as multiples of the middle of each row's own Gaussian interval.

    NaN where there are no Gaussian clouds, or where these have no complexity.
    """
    ends = ["estimate", "low", "high", "null_low", "null_high"]
    middle = (rows["null_low"] + rows["null_high"]) / 2
    return rows.assign(**rows[ends].div(middle.where(middle > 0), axis=0))


def confidence_of(run: Results) -> str:
    """The confidence of the run's intervals: `95%`."""
    return f"{run.config.intervals.confidence:.0%}"
