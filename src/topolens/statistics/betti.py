"""Statistics of Betti numbers and landscape norms through the layers, over networks; all as tidy rows."""

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import Estimate, bootstrap_mean, wilson
from topolens.inference.rank import rank_correlation
from topolens.seeding import child_seed

Row = dict[str, object]
Values = TypeVar("Values", pd.Series, pd.DataFrame)
CELL = ["set", "activation", "depth"]
MEASURES = {"omega": "median", "l2": "mean", "l2_scale_free": "mean"}
BOTH = "both"
LAST = 2  # layers in which a late change happens


def by_layer(layers: pd.DataFrame, name: str, depth: int, measure: str, label: int | None = None) -> pd.DataFrame:
    """A measure of the networks of one data set and depth, rows (activation, network) and columns layers 0 to logits.

    Both classes together: Betti numbers add up, norms and their errors do as those of landscapes side by side, by the
    root of the sum of squares.

    Args:
        layers: As topolens.stages.betti_layers writes it.
        name, depth: Data set and number of hidden layers.
        measure: `omega`, or a norm, or the error of one.
        label: One class; None for both.
    """
    table = layers[layers["set"] == name]
    if label is not None:
        table = table[table["class"] == label]
    keys = ["activation", "network", "layer"]
    own = table[(table["depth"] == depth) & (table["network"] >= 0)]
    if own.empty:
        nobody = pd.MultiIndex.from_arrays([[], []], names=keys[:2])
        return pd.DataFrame(index=nobody, columns=pd.RangeIndex(depth + 2), dtype=float)
    order = pd.MultiIndex.from_frame(own[keys[:2]].drop_duplicates())
    wide = _together(own, keys, measure).unstack("layer").loc[order]
    wide.insert(0, 0, _together(table[table["layer"] == 0], ["layer"], measure).loc[0])
    return wide


def _together(table: pd.DataFrame, keys: list[str], measure: str) -> pd.Series:
    """The classes of each cloud as one."""
    if measure == "omega":
        return table.groupby(keys, sort=False)["omega"].sum().astype(float)
    squares = table.assign(square=table[measure] ** 2)
    if "error" not in measure:
        return squares.groupby(keys, sort=False)["square"].sum() ** 0.5
    # The norm of two landscapes side by side is sqrt(a^2 + b^2); its error by the delta method.
    norm = measure.replace("_error", "")
    products = squares.assign(square=(table[norm] * table[measure]) ** 2, total=table[norm] ** 2)
    sums = products.groupby(keys, sort=False)[["square", "total"]].sum()
    return (sums["square"] / sums["total"]).where(sums["total"] > 0, 0.0) ** 0.5


def of_activation(values: Values, activation: str) -> Values:
    """The rows of the networks with one activation."""
    return values[values.index.get_level_values("activation") == activation]


def relative(omega: pd.DataFrame) -> pd.DataFrame:
    """Betti numbers as shares of those of the input."""
    return omega.div(omega[0], axis=0)


def half_layers(omega: pd.DataFrame) -> pd.Series:
    """First layer with at most half of the input's Betti numbers; one behind the last where there is none."""
    low = (relative(omega) <= 0.5).to_numpy()
    return pd.Series(np.where(low.any(axis=1), low.argmax(axis=1), low.shape[1]).astype(float), omega.index)


def areas(omega: pd.DataFrame) -> pd.Series:
    """Mean over the layers above the input of the share of the input's Betti numbers: the area under the curve."""
    return relative(omega).drop(columns=0).mean(axis=1)


def late_shares(omega: pd.DataFrame, beyond_even: bool = False) -> pd.Series:
    """Share of the drop from input to logits that falls into the last two layers; NaN where nothing drops.

    Args:
        omega: From :func:`by_layer`.
        beyond_even: Less the share of two layers if each lost the same; so that a network with few layers does not
            count as late for that alone.
    """
    last = omega.shape[1] - 1
    drop = (omega[0] - omega[last]).where(lambda values: values > 0)
    shares = (omega[last - LAST] - omega[last]) / drop
    return shares - LAST / last if beyond_even else shares


def correlations(values: pd.DataFrame) -> pd.Series:
    """Spearman's correlation of layer and value, each network; NaN where the value never changes."""
    return pd.Series(rank_correlation(np.arange(values.shape[1]), values.to_numpy()), values.index)


def trivial(layers: pd.DataFrame, name: str, depth: int) -> pd.Series:
    """Whether each network's logits have Betti numbers (1, 0) or (1, 0, 0) in every class."""
    chosen = (layers["set"] == name) & (layers["depth"] == depth) & (layers["layer"] == depth + 1)
    rows = layers[chosen & (layers["network"] >= 0)]
    simple = (rows["betti_0"] == 1) & (rows["omega"] == 1)
    return simple.groupby([rows["activation"], rows["network"]], sort=False).all()


def trained_rows(families: dict[str, Any], accuracy: dict[str, float], confidence: float) -> Iterator[Row]:
    """Share of the networks that reached the accuracy, each family."""
    for family in families.values():
        reached = [own[-1] is not None and own[-1] >= accuracy[family["data"]] for own in family["train_accuracy"]]
        yield (
            {"set": family["data"], "activation": family["activation"], "depth": family["depth"]}
            | {"statistic": "trained"}
            | wilson(sum(reached), len(reached), confidence).columns
        )


def input_rows(layers: pd.DataFrame) -> Iterator[Row]:
    """What the inputs have, by class and degree: no network is involved."""
    for row in layers[layers["layer"] == 0].to_dict("records"):
        values = {name: row[name] for name in MEASURES}
        degrees = {degree: row[f"betti_{degree}"] for degree in range(3) if not np.isnan(row[f"betti_{degree}"])}
        cell: Row = {"set": row["set"], "layer": 0, "class": row["class"]}
        for name, value in values.items():
            yield cell | {"statistic": name} | Estimate(value, value, value, 1).columns
        for degree, value in degrees.items():
            yield cell | {"statistic": "betti", "degree": degree} | Estimate(value, value, value, 1).columns


def layer_rows(layers: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Median of the Betti numbers' sum and mean norms by cell, layer and class, and mean of each Betti number."""
    for cell, name, depth, activation in _cells(layers):
        for label in (0, 1, None):
            word = BOTH if label is None else str(label)
            for measure, summary in MEASURES.items():
                frame = of_activation(by_layer(layers, name, depth, measure, label), activation)
                for layer in range(1, depth + 2):
                    named = child_seed(seed, "bootstrap", measure, name, activation, depth, word, layer)
                    estimate = _estimate(frame[layer], intervals, named, summary)
                    yield cell | {"statistic": measure, "class": word, "layer": layer} | estimate.columns
        yield from _betti_rows(layers, cell, intervals, child_seed(seed, "betti", name, activation, depth))


def _betti_rows(layers: pd.DataFrame, cell: Row, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean Betti numbers of one cell by layer, class and degree."""
    own = layers[(layers[CELL] == [cell[key] for key in CELL]).all(axis=1)]
    for (label, layer), rows in own.groupby(["class", "layer"]):
        for degree in range(3):
            if rows[f"betti_{degree}"].notna().all():
                named = child_seed(seed, "bootstrap", str(label), str(layer), degree)
                estimate = _estimate(rows[f"betti_{degree}"], intervals, named, "mean")
                place: Row = {"class": label, "layer": layer, "degree": degree}
                yield cell | place | {"statistic": "betti"} | estimate.columns


def network_rows(layers: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """What one number says of a network's way through the layers, mean over the networks of each cell."""
    for cell, name, depth, activation in _cells(layers):
        omega, norm, free = (of_activation(by_layer(layers, name, depth, one), activation) for one in MEASURES)
        values = {
            "omega_ratio": relative(omega)[depth + 1],
            "half_layer": half_layers(omega),
            "area": areas(omega),
            "late_share": late_shares(omega),
            "late_share_beyond_even": late_shares(omega, beyond_even=True),
            "omega_correlation": correlations(omega),
            "l2_correlation": correlations(norm.drop(columns=0)),
            "l2_scale_free_correlation": correlations(free.drop(columns=0)),
        }
        for statistic, numbers in values.items():
            names = ("bootstrap", statistic, name, activation, depth)
            estimate = _estimate(numbers, intervals, child_seed(seed, *names), "mean")
            yield cell | {"statistic": statistic, "class": BOTH} | estimate.columns
        simple = of_activation(trivial(layers, name, depth), activation)
        share = wilson(int(simple.sum()), len(simple), intervals.confidence)
        yield cell | {"statistic": "trivial", "class": BOTH, "layer": depth + 1} | share.columns


def _cells(layers: pd.DataFrame) -> Iterator[tuple[Row, str, int, str]]:
    """Each cell with networks: its columns, data set, depth and activation."""
    own = layers[layers["network"] >= 0]
    for name, activation, depth in own[CELL].drop_duplicates().itertuples(index=False):
        yield {"set": name, "activation": activation, "depth": depth}, str(name), int(depth), str(activation)


def _estimate(values: pd.Series, intervals: Intervals, seed: int, summary: str) -> Estimate:
    return bootstrap_mean(values.to_numpy(), intervals.bootstrap, seed, intervals.confidence, summary)
