"""Claims on Betti numbers through the layers.

Independent units are networks that made no error on their data. Both classes count together, and all activations,
where a claim does not tell them apart.
"""

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence, Finding, statistic
from topolens.claims.model import GAUSSIAN, RAW, SCALE_FREE, Twin
from topolens.claims.twins import band_of
from topolens.inference.intervals import DIFFERENCES, NOTHING, Estimate, simultaneous_means
from topolens.inference.rises import rising_networks
from topolens.results import Results
from topolens.statistics.betti import (
    areas,
    by_layer,
    correlations,
    half_layers,
    late_shares,
    log_relative,
    of_activation,
    relative,
    trivial,
)


def values_of(results: Results, name: str, measure: str = "omega", depth: int | None = None) -> pd.DataFrame:
    """A measure by network and layer, both classes together; of the deepest networks unless told."""
    return by_layer(results.table("layers"), name, depth or headline(results, name), measure)


def headline(results: Results, name: str) -> int:
    """The depth of the headline networks of a data set."""
    return results.config.depths(name)[-1]


@statistic("layers.csv", of="layers", unit="network")
def trivial_share(evidence: Evidence, *, data: str) -> Estimate:
    """Share of the headline networks whose logits have Betti numbers (1, 0[, 0]) in both classes."""
    found = trivial(evidence.results.table("layers"), data, headline(evidence.results, data))
    return evidence.share(int(found.sum()), len(found))


@statistic("layers.csv", of="layers", unit="network")
def final_log_ratio(evidence: Evidence, *, data: str) -> Estimate:
    """Mean over headline networks of log(sum of Betti numbers at the logits / at the input).

    Unless the sums surely rise somewhere from a layer to the next, by intervals of all steps that hold at once: then it
    is the mean of the surest step, which is above 0.
    """
    logs = log_relative(values_of(evidence.results, data))
    steps = simultaneous_means(logs.diff(axis=1).iloc[:, 1:].to_numpy(np.float64), evidence.confidence)
    surest = max((step for step in steps if not np.isnan(step.low)), key=lambda step: step.low, default=NOTHING)
    return surest if surest.low > 0 else evidence.mean(logs.iloc[:, -1])


@statistic("layers.csv", of="layers", unit="network")
def faster_than(evidence: Evidence, *, data: str, activation: str, than: str, measure: str) -> Estimate:
    """Mean of one activation less that of another over headline networks; below 0 where the first is faster.

    Measures: `half_layer`, the first layer with half of the input's Betti numbers (one behind the last where there is
    none), or `area`, the mean share of them over layers.
    """
    values = {"half_layer": half_layers, "area": areas}[measure](values_of(evidence.results, data))
    return evidence.difference([(of_activation(values, activation), of_activation(values, than))])


@statistic("layers.csv", of="layers", unit="network")
def later_when_shallow(evidence: Evidence, *, data: str) -> Estimate:
    """Share of the fall in the last two layers, shallow networks less headline ones, mean over activations.

    Beyond what two of so many layers would lose if each lost the same: else a network of few layers is always late.
    """
    depths = evidence.results.config.depths(data)
    shares = [late_shares(values_of(evidence.results, data, depth=depth), beyond_even=True) for depth in depths]
    if len(shares) < 2:
        return NOTHING
    shallow, deep = pd.concat(shares[:-1]), shares[-1]
    activations = evidence.results.config.activations
    return evidence.difference([(of_activation(shallow, one), of_activation(deep, one)) for one in activations])


def log_norms(results: Results, data: str, twin: Twin, draw: str = "") -> pd.DataFrame:
    """Logarithms of the L2 norm of headline networks in the layers above the input.

    Args:
        results: Of a run of layers.
        data: Which data set.
        twin: Raw, scale-free, or over the mean norm of the Gaussian clouds of a layer's networks with one activation.
        draw: `_0` or `_1` for the norm of one draw of points; empty for the mean over draws.
    """
    measure = "l2_scale_free" if twin == SCALE_FREE else "l2"
    with np.errstate(divide="ignore"):
        logs = values_of(results, data, measure + draw).drop(columns=0).apply(np.log)
        if twin != GAUSSIAN:
            return logs
        null = values_of(results, data, "l2_gaussian").drop(columns=0).groupby("activation").transform("mean")
        return logs - null.where(null > 0).apply(np.log)


def band_of_layers(evidence: Evidence, data: str, twin: Twin) -> str:
    """Where the layers of each activation lie to their Gaussian clouds; empty if scale-free."""
    if twin == SCALE_FREE:
        return ""
    parts = []
    for column, null in (("l2", False), ("l2_gaussian", True)):
        values = values_of(evidence.results, data, column).drop(columns=0)
        long = values.melt(ignore_index=False, var_name="depth", value_name="l2").reset_index()
        parts.append(long.assign(null=null))
    table = pd.concat(parts, ignore_index=True)
    return band_of(table.dropna(subset="l2"), ["activation", "depth"], evidence.confidence) if len(table) else ""


@statistic("layers.csv", of="layers", unit="network")
def both_hold(evidence: Evidence, *, data: str, twin: Twin = RAW) -> Finding:
    """Share of headline networks that halve the Betti numbers and yet raise the norm from some layer to the next.

    The sum of Betti numbers at the logits is at most half of the input's; the norm surely rises between two layers
    above the input, as claim W4 counts it, by two draws of points a network.
    """
    if not {"l2_0", "l2_1"} <= {*evidence.results.table("layers")}:
        return Finding(NOTHING)
    draws = np.stack([log_norms(evidence.results, data, twin, draw).to_numpy() for draw in ("_0", "_1")])
    rising = rising_networks(draws, evidence.significance)
    halved = relative(values_of(evidence.results, data)).iloc[:, -1].to_numpy() <= 0.5
    share = evidence.share(int((halved & (rising == 1)).sum()), int((~np.isnan(rising)).sum()))
    return Finding(share, band=band_of_layers(evidence, data, twin))


@statistic("layers.csv", of="layers", unit="network")
def trend_gap(evidence: Evidence, *, data: str, twin: Twin = RAW) -> Finding:
    """Rank correlation of layer and norm less that of layer and Betti numbers, above the input, over networks."""
    omega = correlations(values_of(evidence.results, data).drop(columns=0))
    gap = correlations(log_norms(evidence.results, data, twin)) - omega
    return Finding(evidence.mean(gap, DIFFERENCES), band=band_of_layers(evidence, data, twin))
