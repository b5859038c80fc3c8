"""Statistics of complexities: by layer, by threshold, along training, with intervals over networks."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import bootstrap_mean, tail_levels
from topolens.inference.rank import rank_correlation
from topolens.seeding import child_seed
from topolens.topology.complexity import SCALING

MEASURES = [f"{name}{twin}" for name in SCALING for twin in ("", "_scale_free")]


def with_all_degrees(table: pd.DataFrame) -> pd.DataFrame:
    """The complexity table with a row per cloud for all degrees together, degree `all`.

    The landscapes of all degrees side by side have the norms sum, root of the sum of squares, and maximum. Each
    degree lists the same clouds in the same order.
    """
    parts = [rows for _, rows in table.groupby("degree")]
    combined = parts[0][["layer", "network", "threshold", "draw", "gaussian", "mean_distance"]].assign(degree="all")
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
    """Mean of a measure over draws for each degree, layer, threshold and unit; nulls are left out.

    The unit is the network, or the draw for inputs that all networks share.
    """
    data = table[~table["gaussian"]]
    unit = data["network"].where(data["network"] >= 0, data["draw"])
    keys = ["degree", "layer", "threshold"]
    return data.assign(unit=unit).groupby([*keys, "unit"], as_index=False)[[measure]].mean()


def complexity_rows(table: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[dict[str, object]]:
    """Mean complexity of each degree, layer and threshold, beside the interval of its Gaussian null."""
    nulls = table[table["gaussian"]]
    for measure in MEASURES:
        null_of = {key: rows[measure].to_numpy() for key, rows in nulls.groupby(["degree", "layer", "threshold"])}
        for key, rows in unit_values(table, measure).groupby(["degree", "layer", "threshold"]):
            degree, layer, threshold = key
            own = child_seed(seed, "bootstrap", measure, *map(str, key))
            estimate = bootstrap_mean(rows[measure].to_numpy(), intervals.bootstrap, own, intervals.confidence)
            null = np.quantile(null_of[key], tail_levels(intervals.confidence)) if key in null_of else (np.nan, np.nan)
            yield {
                "statistic": f"complexity_{measure}",
                "degree": degree,
                "layer": layer,
                "threshold": threshold,
                "estimate": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
                "n": estimate.n,
                "null_low": null[0],
                "null_high": null[1],
            }


def by_network(table: pd.DataFrame, measure: str, degree: str) -> pd.DataFrame:
    """A measure of one degree as a frame: rows networks, columns (layer, threshold), layers above the input."""
    values = unit_values(table[table["degree"] == degree], measure)
    values = values[values["layer"] > 0]
    return values.pivot_table(index="unit", columns=["layer", "threshold"], values=measure)


def first_and_last(frame: pd.DataFrame, thresholds: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two frames networks x layers from :func:`by_network`: the first and the last of the run's thresholds.

    What no network reached is NaN: a lower threshold never stands in for the last.
    """
    layers = frame.columns.get_level_values("layer").unique()
    ends = ([(layer, threshold) for layer in layers] for threshold in (0, thresholds - 1))
    first, last = (frame.reindex(columns=end).set_axis(layers, axis=1) for end in ends)
    return first, last


def training_slopes(frame: pd.DataFrame, accuracies: list[float]) -> pd.DataFrame:
    """Least-squares slope of a measure against the threshold's accuracy, networks x layers.

    Networks with fewer than two reached thresholds are NaN.
    """
    layers = frame.columns.get_level_values("layer").unique()
    slopes = {}
    for layer in layers:
        own = frame[layer]
        x = np.array([accuracies[threshold] for threshold in own.columns])
        y = own.to_numpy()
        known = ~np.isnan(y)
        weights = np.where(known, x, 0.0)
        count = known.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_x = weights.sum(axis=1) / count
            centred = np.where(known, x - mean_x[:, None], 0.0)
            slopes[layer] = np.where(
                count > 1, (centred * np.nan_to_num(y)).sum(axis=1) / (centred**2).sum(axis=1), np.nan
            )
    return pd.DataFrame(slopes, index=frame.index)


def trend_rows(
    table: pd.DataFrame, accuracies: list[float], intervals: Intervals, seed: int
) -> Iterator[dict[str, object]]:
    """Along training, for each layer: slope over thresholds, and last minus first threshold, paired by network."""
    for measure in ("l2", "l2_scale_free"):
        for degree in sorted(table["degree"].unique()):
            frame = by_network(table, measure, degree)
            if frame.empty:
                continue
            first, last = first_and_last(frame, len(accuracies))
            for statistic, values in (
                ("training_slope", training_slopes(frame, accuracies)),
                ("training_change", last - first),
            ):
                for layer in values.columns:
                    own = child_seed(seed, "bootstrap", statistic, measure, degree, layer)
                    estimate = bootstrap_mean(values[layer].to_numpy(), intervals.bootstrap, own, intervals.confidence)
                    yield {
                        "statistic": f"{statistic}_{measure}",
                        "degree": degree,
                        "layer": layer,
                        "estimate": estimate.value,
                        "low": estimate.low,
                        "high": estimate.high,
                        "n": estimate.n,
                    }


def layer_correlations(last: pd.DataFrame) -> pd.Series:
    """Spearman correlation of layer and measure for each network, from a frame networks x layers."""
    return pd.Series(rank_correlation(np.arange(last.shape[1]), last.to_numpy()), last.index)
