"""Statistics of Betti numbers and landscape norms through the layers, over networks; all as tidy rows."""

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import CORRELATIONS, SIZES, Estimate, median_of_units, share_of_units
from topolens.inference.rank import rank_correlation
from topolens.nets.perceptrons.cards import successes
from topolens.seeding import child_seed
from topolens.statistics.rows import Row, mean_row, perceptron_layer

Values = TypeVar("Values", pd.Series, pd.DataFrame)
CELL = ["data", "activation", "hidden"]
MEASURES = ("omega", "l2", "l2_scale_free")
BOTH = "both"
OTHERWISE = "omega, "  # begins the columns of layers.csv that are counted in another way
LAST = 2  # layers in which a late change happens


def by_layer(layers: pd.DataFrame, name: str, hidden: int, measure: str, label: int | None = None) -> pd.DataFrame:
    """A measure of the networks of one data set and depth, rows (activation, network) and columns depths 0 to logits.

    Both classes together: Betti numbers add up, norms do as those of landscapes side by side, by the root of the sum of
    squares.

    Args:
        layers: As topolens.stages.betti writes it.
        name, hidden: Data set and number of hidden layers.
        measure: `omega` or a norm.
        label: One class; None for both.
    """
    table = layers[layers["data"] == name]
    if label is not None:
        table = table[table["group"] == label]
    keys = ["activation", "network", "depth"]
    rows = table[(table["hidden"] == hidden) & (table["network"] >= 0)]
    if rows.empty:
        nobody = pd.MultiIndex.from_arrays([[], []], names=keys[:2])
        return pd.DataFrame(index=nobody, columns=pd.RangeIndex(hidden + 2), dtype=float)
    order = pd.MultiIndex.from_frame(rows[keys[:2]].drop_duplicates())
    wide = _over_classes(rows, keys, measure).unstack("depth").loc[order]
    wide.insert(0, 0, _over_classes(table[table["depth"] == 0], ["depth"], measure).loc[0])
    return wide


def _over_classes(table: pd.DataFrame, keys: list[str], measure: str) -> pd.Series:
    """The classes of each cloud as one."""
    if measure == "omega":
        return table.groupby(keys, sort=False)["omega"].sum().astype(float)
    squares = table.assign(square=table[measure] ** 2)
    return squares.groupby(keys, sort=False)["square"].sum(min_count=1) ** 0.5


def of_activation(values: Values, activation: str) -> Values:
    """The rows of the networks with one activation."""
    return values[values.index.get_level_values("activation") == activation]


def log_relative(omega: pd.DataFrame) -> pd.DataFrame:
    """Logarithms of the Betti numbers' sum over that of the input; minus infinity for none."""
    with np.errstate(divide="ignore"):
        return relative(omega).apply(np.log)


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


def trivial(layers: pd.DataFrame, name: str, hidden: int) -> pd.Series:
    """Whether each network's logits have Betti numbers (1, 0) or (1, 0, 0) in every class."""
    rows = _logits(layers, name, hidden)
    simple = (rows["betti_0"] == 1) & (rows["omega"] == 1)
    return simple.groupby([rows["activation"], rows["network"]], sort=False).all()


def trivial_otherwise(layers: pd.DataFrame, name: str, hidden: int) -> dict[str, pd.Series]:
    """The same by other neighbours and scales, by their names: those of this data set.

    There is at least one component, so that a sum of 1 is (1, 0).
    """
    rows = _logits(layers, name, hidden)
    columns = [str(column) for column in rows if str(column).startswith(OTHERWISE) and rows[column].notna().any()]
    keys = [rows["activation"], rows["network"]]
    return {column.removeprefix(OTHERWISE): (rows[column] == 1).groupby(keys, sort=False).all() for column in columns}


def _logits(layers: pd.DataFrame, name: str, hidden: int) -> pd.DataFrame:
    """The logits of all networks of one data set and depth."""
    chosen = (layers["data"] == name) & (layers["hidden"] == hidden) & (layers["depth"] == hidden + 1)
    return layers[chosen & (layers["network"] >= 0)]


def network_name(activation: str, hidden: int) -> str:
    """What a family of networks is called in the table: `tanh 10` with ten hidden layers."""
    return f"{activation} {hidden}"


def trained_rows(families: dict[str, Any], accuracy: dict[str, float], confidence: float) -> Iterator[Row]:
    """Share of the networks that reached the accuracy, each family."""
    for family in families.values():
        reached = [*successes(family, accuracy[family["data"]])]
        cell: Row = {"data": family["data"], "network": network_name(family["activation"], family["depth"])}
        yield cell | {"statistic": "trained"} | share_of_units(sum(reached), len(reached), confidence).row("network")


def input_rows(layers: pd.DataFrame) -> Iterator[Row]:
    """What the inputs have, by class and degree: no network is involved."""
    for row in layers[layers["depth"] == 0].to_dict("records"):
        cells: list[tuple[Row, float]] = [({"statistic": name}, row[name]) for name in MEASURES]
        cells += [({"statistic": "betti", "degree": degree}, row[f"betti_{degree}"]) for degree in range(3)]
        for cell, value in cells:
            if not np.isnan(value):
                place: Row = {"data": row["data"], "layer": "input", "depth": 0, "classes": row["group"]}
                yield cell | place | Estimate(value, value, value, 1).row("data set")


def layer_rows(layers: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Median of the Betti numbers' sum and mean norms by cell, layer and class, and mean of each Betti number."""
    for cell, name, hidden, activation in _cells(layers):
        for label in (0, 1, None):
            word = BOTH if label is None else str(label)
            for measure in MEASURES:
                frame = of_activation(by_layer(layers, name, hidden, measure, label), activation)
                for depth in range(1, hidden + 2):
                    if measure == "omega":
                        middle = median_of_units(frame[depth].to_numpy(), intervals.confidence).row("network")
                    else:
                        middle = mean_row(frame[depth], "network", intervals, seed, within=SIZES)
                    place = perceptron_layer(depth, hidden + 1)
                    yield cell | {"statistic": measure, "classes": word} | place | middle
        rows = layers[(layers[CELL] == [name, activation, hidden]).all(axis=1)]
        for row in _betti_rows(rows, intervals, child_seed(seed, "betti", name, activation, hidden)):
            yield cell | row | perceptron_layer(int(str(row["depth"])), hidden + 1)


def _betti_rows(layers: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean Betti numbers of one cell by layer, class and degree."""
    for (label, depth), rows in layers.groupby(["group", "depth"]):
        for degree in range(3):
            if rows[f"betti_{degree}"].notna().all():
                numbers = rows[f"betti_{degree}"]
                mean = mean_row(numbers, "network", intervals, seed, within=SIZES)
                yield {"statistic": "betti", "classes": label, "depth": depth, "degree": degree} | mean


def network_rows(layers: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """What one number says of a network's way through the layers, mean over the networks of each cell."""
    for cell, name, hidden, activation in _cells(layers):
        omega, norm, free = (of_activation(by_layer(layers, name, hidden, one), activation) for one in MEASURES)
        values = {
            "omega_ratio": relative(omega)[hidden + 1],
            "omega_log_ratio": log_relative(omega)[hidden + 1],
            "half_layer": half_layers(omega),
            "area": areas(omega),
            "late_share": late_shares(omega),
            "late_share_beyond_even": late_shares(omega, beyond_even=True),
            "omega_correlation": correlations(omega),
            "l2_correlation": correlations(norm.drop(columns=0)),
            "l2_scale_free_correlation": correlations(free.drop(columns=0)),
        }
        for statistic, numbers in values.items():
            within = CORRELATIONS if statistic.endswith("_correlation") else None
            mean = mean_row(numbers, "network", intervals, seed, within=within)
            yield cell | {"statistic": statistic, "classes": BOTH} | mean
        place = cell | {"statistic": "trivial", "classes": BOTH} | perceptron_layer(hidden + 1, hidden + 1)
        ways = [(None, trivial(layers, name, hidden)), *trivial_otherwise(layers, name, hidden).items()]
        for method, every in ways:
            simple = of_activation(every, activation)
            share = share_of_units(int(simple.sum()), len(simple), intervals.confidence)
            yield place | {"method": method} | share.row("network")


def _cells(layers: pd.DataFrame) -> Iterator[tuple[Row, str, int, str]]:
    """Each cell with networks: its columns, data set, number of hidden layers and activation."""
    trained = layers[layers["network"] >= 0]
    for name, activation, hidden in trained[CELL].drop_duplicates().itertuples(index=False):
        yield {"data": name, "network": network_name(activation, hidden)}, str(name), int(hidden), str(activation)
