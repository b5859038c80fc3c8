"""Claims on Mapper graphs: of all networks of a kind, whose halves of the images are nested, and of one network.

There is a graph for each network, half of the images, position (repeat) and layer. What a graph or the graphs of one
position say is a finding; statistics say over what units it is averaged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence, statistic
from topolens.inference.intervals import DIFFERENCES, NOTHING, SHARES, Estimate, Range, crossed_mean
from topolens.results import Results
from topolens.statistics.explanations import NOISE

NETWORK = ["network", "seed"]
POSITION = [*NETWORK, "half", "repeat"]
Layers = list[str]


@dataclass(frozen=True)
class GraphFinding:
    """What is asked of graphs.

    Attributes:
        graphs: From a table of graphs and its layers to a value of each graph, positions by layers.
        over: From values by layer to one.
        within: The range of the values of one unit, where it has two ends.
        is_event: Whether it is said of single positions, layers together; then networks are counted, not measured.
    """

    graphs: Callable[[pd.DataFrame, Layers], pd.DataFrame]
    over: Callable[[pd.DataFrame], pd.Series]
    within: Range | None = None
    is_event: bool = False


def by_layer(rows: pd.DataFrame, values: pd.Series, layers: Layers, index: list[str] = POSITION) -> pd.DataFrame:
    """Values of rows as a table of positions by layers; means where several rows are of one cell."""
    keys = [rows[name] for name in [*index, "layer"]]
    return values.groupby(keys).mean().unstack().reindex(columns=layers)


def column(name: str) -> Callable[[pd.DataFrame, Layers], pd.DataFrame]:
    """A column of the graphs of each position."""

    def graphs(table: pd.DataFrame, layers: Layers) -> pd.DataFrame:
        rows = table[table["kind"] == "repeat"]
        return by_layer(rows, rows[name], layers)

    return graphs


def loop_wins(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each graph and each cloud of noise, its number `cloud`, of the first position of its half and layer.

    `won` is 1 where the graph has more loops than the noise, 0.5 where it has as many, else 0.
    """
    cell = [*NETWORK, "half", "layer"]
    noise = table.loc[table["kind"] == NOISE, [*cell, "repeat", "loops"]]
    noise = noise.rename(columns={"repeat": "cloud", "loops": "noise"})
    rows = table.loc[table["kind"] == "repeat", [*cell, "repeat", "loops"]].merge(noise, on=cell)
    return rows.assign(won=(rows["loops"] > rows["noise"]) + 0.5 * (rows["loops"] == rows["noise"]))


def loop_rank(table: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    """Share of the clouds of noise whose graphs have fewer loops, ties half."""
    rows = loop_wins(table)
    return by_layer(rows, rows["won"], layers)


def hidden_forks(table: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    """Separation of arms in the plane of their own points less that in the plane of all, beyond random subsets."""
    rows = table[table["kind"] == "repeat"]
    chance = rows["subset_local"] - rows["subset_overall"]
    return by_layer(rows, rows["local"] - rows["overall"] - chance, layers)


def agreement(table: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    """Agreement of the nodes of two positions of one half, 0 as by chance and 1 equal; a repeat is a pair of them."""
    rows = table[table["kind"] == "agreement"]
    return by_layer(rows, (rows["match"] - rows["chance_match"]) / (1 - rows["chance_match"]), layers)


def pair_excess(table: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    """Purity of two classes in the nodes above chance; no column where there is no pair."""
    rows = table[table["kind"] == "pair"]
    return by_layer(rows, rows["node_purity"] - rows["null_purity"], layers) if len(rows) else pd.DataFrame()


def late_forks(table: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    """Whether a fork parts two classes in the last layer and in no earlier one: 0 or 1, a single column."""
    rows = table[table["kind"] == "pair"]
    if rows.empty:
        return pd.DataFrame()
    found = by_layer(rows, rows["forks"], layers) > 0
    return (found.iloc[:, -1] & ~found.iloc[:, :-1].any(axis=1)).astype(float).to_frame()


def late_pair(table: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    """Whether such a fork is there and purity, too, is higher in the last layer than in any other: 0 or 1."""
    excess = pair_excess(table, layers)
    if excess.empty:
        return excess
    rise = late_rise(excess)
    return late_forks(table, layers).mul((rise > 0).astype(float).where(rise.notna()), axis=0)


def mean_of_layers(values: pd.DataFrame) -> pd.Series:
    """The mean over layers that have a value."""
    return values.mean(axis=1)


def late_rise(values: pd.DataFrame) -> pd.Series:
    """The last layer less the best earlier one."""
    return values.iloc[:, -1] - values.iloc[:, :-1].max(axis=1)


FINDINGS = {
    "fork_share": GraphFinding(column("separating"), mean_of_layers, SHARES),
    "fork_gain": GraphFinding(column("fork_gain"), mean_of_layers),
    "late_pair": GraphFinding(late_pair, mean_of_layers, SHARES, is_event=True),
    "late_purity": GraphFinding(pair_excess, late_rise, DIFFERENCES),
    "late_fork": GraphFinding(late_forks, mean_of_layers, SHARES, is_event=True),
    "loop_rank": GraphFinding(loop_rank, mean_of_layers, SHARES),
    "loop_entropy": GraphFinding(column("loop_excess_entropy"), mean_of_layers),
    "hidden_forks": GraphFinding(hidden_forks, mean_of_layers),
    "agreement": GraphFinding(agreement, mean_of_layers),
}


def looked_at(results: Results, omitted: Sequence[str]) -> tuple[pd.DataFrame, Layers]:
    """The graphs of the layers that are not left out, and these layers in order of depth."""
    layers = [layer for layer in results.config.mapper_layers if layer not in omitted]
    table = results.table("mapper")
    return table[table["layer"].isin(layers)], layers


@statistic("mapper.csv", of="positions", unit="network")
def graphs_of_networks(evidence: Evidence, *, finding: str, omitted: Sequence[str] = ()) -> Estimate:
    """Mean of a finding over networks; each is seen on the same halves of the images.

    Of each network and half it is the mean over positions and then over layers, as far as they have it. Networks and
    halves are both taken as random (crossed_mean); a network with a half that has nothing is left out. An event counts
    in each network by the share of its halves and positions at which it is seen, and the interval is that of shares
    of networks.

    Args:
        evidence: Of a run with several networks.
        finding: Which of FINDINGS.
        omitted: Layers that are left out.
    """
    asked = FINDINGS[finding]
    values = asked.graphs(*looked_at(evidence.results, omitted))
    if values.empty:
        return NOTHING
    halves = asked.over(values.groupby([*NETWORK, "half"]).mean()).unstack("half")
    known = halves.dropna()
    if known.empty:
        return NOTHING
    if asked.is_event or known.shape[1] == 1:
        return evidence.mean(known.mean(axis=1), asked.within)
    return crossed_mean(known.to_numpy(), evidence.confidence)


@statistic("mapper.csv", of="positions", unit="repeat")
def graphs_of_positions(evidence: Evidence, *, finding: str, omitted: Sequence[str] = ()) -> Estimate:
    """Mean of a finding over positions of one network; of each it is the mean over layers, as far as they have it.

    Args:
        evidence: Of a run with one network.
        finding: Which of FINDINGS.
        omitted: Layers that are left out.
    """
    asked = FINDINGS[finding]
    values = asked.graphs(*looked_at(evidence.results, omitted))
    return NOTHING if values.empty else evidence.mean(asked.over(values), asked.within)


@statistic("mapper.csv", of="positions", unit="repeat")
def loops_of_positions(evidence: Evidence, *, omitted: Sequence[str] = ()) -> Estimate:
    """Share of the clouds of noise with fewer loops, mean over layers, positions of one network and clouds.

    Both positions and clouds of noise are taken as random (crossed_mean).
    """
    table, _ = looked_at(evidence.results, omitted)
    won = loop_wins(table).pivot_table(values="won", index=POSITION, columns="cloud")
    return crossed_mean(won.to_numpy(), evidence.confidence) if len(won) else NOTHING


@statistic("mapper.csv", of="positions", unit="repeat")
def agreement_of_positions(evidence: Evidence, *, omitted: Sequence[str] = ()) -> Estimate:
    """Agreement of the nodes of two positions of one network, 0 as by chance and 1 equal, mean over layers and pairs.

    Pairs share positions, so the interval is that of the jackknife over positions (Arvesen 1969): each counts by what
    the mean over pairs loses without it.
    """
    table, layers = looked_at(evidence.results, omitted)
    numbered = table[table["kind"] == "agreement"].drop_duplicates("repeat").set_index("repeat")
    values = mean_of_layers(agreement(table, layers)).droplevel([*NETWORK, "half"]).dropna()
    pairs = numbered.loc[values.index, ["first", "second"]].to_numpy(np.int64)
    count = int(pairs.max(initial=-1)) + 1
    if count < 3:
        return NOTHING if values.empty else Estimate(float(values.mean()), np.nan, np.nan, count)
    without = np.array([values[(pairs != position).all(axis=1)].mean() for position in range(count)])
    return evidence.mean(count * values.mean() - (count - 1) * without)
