"""Complexities of clouds of samples: by layer and snapshot, along training; how one-dimensional classes are."""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import SHARES, SIZES, share_of_units
from topolens.statistics.rows import Row, mean_row, null_band
from topolens.topology.complexity import SCALING

MEASURES = [f"{name}{twin}" for name in SCALING for twin in ("", "_scale_free")]
CELL = ["degree", "depth", "snapshot"]
# Statistic of the table by column of principal_shares.csv.
CLASS_SHARES = {
    "class_share": "share",
    "class_share_shuffled": "shuffled_share",
    "class_ratio": "ratio",
    "class_ratio_isotropic": "isotropic_ratio",
}


def with_all_degrees(table: pd.DataFrame) -> pd.DataFrame:
    """The complexity table with a row per cloud for all degrees together, degree `all`.

    The landscapes of all degrees side by side have the norms sum, root of the sum of squares, and maximum. Each
    degree lists the same clouds in the same order.
    """
    parts = [rows for _, rows in table.groupby("degree")]
    combined = parts[0][["depth", "network", "snapshot", "repeat", "null", "mean_distance"]].assign(degree="all")
    for twin in ("", "_scale_free"):
        l1, l2, sup, error = (
            np.stack([part[measure + twin] for part in parts]) for measure in ("l1", "l2", "sup", "l2_error")
        )
        norm = np.sqrt((l2**2).sum(axis=0))
        combined[f"l1{twin}"], combined[f"l2{twin}"], combined[f"sup{twin}"] = l1.sum(axis=0), norm, sup.max(axis=0)
        errors = np.sqrt(((l2 * error) ** 2).sum(axis=0))
        combined[f"l2_error{twin}"] = np.divide(errors, norm, out=np.zeros_like(norm), where=norm > 0)
    return pd.concat([table.assign(degree=table["degree"].astype(str)), combined], ignore_index=True)


def unit_values(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Mean of a measure over repeats for each degree, depth, snapshot and unit; nulls are left out.

    The unit is the network, or the repeat for inputs that all networks share.
    """
    data = table[~table["null"]]
    unit = data["network"].where(data["network"] >= 0, data["repeat"])
    return data.assign(unit=unit).groupby([*CELL, "unit"], as_index=False)[[measure]].mean()


def complexity_rows(table: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean complexity of each degree, depth and snapshot, beside the interval of its Gaussian null."""
    shared = (table["network"] < 0).any()
    for measure in MEASURES:
        null_of = {key: rows[measure] for key, rows in table[table["null"]].groupby(CELL)}
        for key, rows in unit_values(table, measure).groupby(CELL):
            unit = "repeat" if shared and key[1] == 0 else "network"
            mean = mean_row(rows[measure], unit, intervals, seed, within=SIZES)
            null = null_band(null_of.get(key, pd.Series(dtype=float)), intervals.confidence)
            yield {"statistic": f"complexity_{measure}"} | dict(zip(CELL, key, strict=True)) | mean | null


def by_network(table: pd.DataFrame, measure: str, degree: str) -> pd.DataFrame:
    """A measure of one degree as a frame: rows networks, columns (depth, snapshot), layers above the input."""
    values = unit_values(table[table["degree"] == degree], measure)
    values = values[values["depth"] > 0]
    return values.pivot_table(index="unit", columns=["depth", "snapshot"], values=measure)


def first_and_last(frame: pd.DataFrame, snapshots: int, first: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two frames networks x layers from :func:`by_network`: an early and the last of the run's snapshots.

    What no network reached is NaN: an earlier snapshot never stands in for the last.

    Args:
        frame: Of a measure.
        snapshots: How many the run has.
        first: The number of the early one.
    """
    depths = frame.columns.get_level_values("depth").unique()
    ends = ([(depth, snapshot) for depth in depths] for snapshot in (first, snapshots - 1))
    early, last = (frame.reindex(columns=end).set_axis(depths, axis=1) for end in ends)
    return early, last


def training_slopes(frame: pd.DataFrame, accuracies: list[float]) -> pd.DataFrame:
    """Least-squares slope of a measure against the snapshots' accuracies, networks x layers.

    Networks that reached fewer than two snapshots are NaN.
    """
    slopes = {}
    for depth in frame.columns.get_level_values("depth").unique():
        values = frame[depth]
        x, y = np.array([accuracies[snapshot] for snapshot in values.columns]), values.to_numpy()
        known = ~np.isnan(y)
        count = known.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_x = np.where(known, x, 0.0).sum(axis=1) / count
            centred = np.where(known, x - mean_x[:, None], 0.0)
            slope = (centred * np.nan_to_num(y)).sum(axis=1) / (centred**2).sum(axis=1)
        slopes[depth] = np.where(count > 1, slope, np.nan)
    return pd.DataFrame(slopes, index=frame.index)


def trend_rows(table: pd.DataFrame, accuracies: list[float], intervals: Intervals, seed: int) -> Iterator[Row]:
    """Along training, for each layer: slope over snapshots, and last minus first snapshot, paired by network."""
    for measure in ("l2", "l2_scale_free"):
        for degree in sorted(table["degree"].unique()):
            frame = by_network(table, measure, degree)
            if frame.empty:
                continue
            first, last = first_and_last(frame, len(accuracies))
            trends = {"training_slope": training_slopes(frame, accuracies), "training_change": last - first}
            for statistic, values in trends.items():
                for depth in values.columns:
                    mean = mean_row(values[depth], "network", intervals, seed)
                    yield {"statistic": f"{statistic}_{measure}", "degree": degree, "depth": depth} | mean


def gap_rows(table: pd.DataFrame, depths: Collection[int], last_snapshot: int, intervals: Intervals) -> Iterator[Row]:
    """After how many bars the largest gap in the lifetimes comes: the share of units, each with its share of clouds.

    Args:
        table: Of complexities.
        depths: Layers that are looked at.
        last_snapshot: The number of the snapshot above the input.
        intervals: Their level.
    """
    looked_at = table["depth"].isin(depths) & table["snapshot"].isin([-1, last_snapshot]) & (table["degree"] != "all")
    rows = table[looked_at & ~table["null"]]
    for (degree, depth), clouds in rows.groupby(["degree", "depth"]):
        unit = clouds["repeat"] if depth == 0 else clouds["network"]
        shares = pd.crosstab(unit, clouds["gap_after"].astype(int), normalize="index")
        for bars, share in shares.sum().items():
            found = share_of_units(float(share), len(shares), intervals.confidence)
            cell: Row = {"degree": degree, "depth": depth, "snapshot": clouds["snapshot"].iloc[0], "against": bars}
            yield {"statistic": "gap_after"} | cell | found.row("repeat" if depth == 0 else "network")


def class_share_rows(shares: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """How one-dimensional each class is at each snapshot: mean over networks, each a mean over its repeats.

    The first component's share of the variance, by true and by shuffled labels; and the second component's variance
    over the first's, as it is and of isotropic Gaussian clouds of as many points.

    Args:
        shares: As topolens.stages.principal_shares writes it.
        intervals, seed: Of the bootstrap over networks.
    """
    for statistic, column in CLASS_SHARES.items():
        for (snapshot, label), rows in shares.groupby(["snapshot", "group"]):
            units = rows.groupby("network")[column].mean()
            cell: Row = {"statistic": statistic, "classes": label, "snapshot": snapshot}
            yield cell | mean_row(units, "network", intervals, seed, within=SHARES)
