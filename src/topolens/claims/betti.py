"""Claims on Betti numbers through the layers.

Independent units are networks that made no error on their data. Both classes count together, and all activations,
where a claim does not tell them apart.
"""

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence, statistic
from topolens.inference.intervals import CORRELATIONS, DIFFERENCES, NOTHING, Estimate, student_quantile
from topolens.results import Results
from topolens.statistics.betti import (
    areas,
    by_layer,
    correlations,
    half_layers,
    late_shares,
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
def final_ratio(evidence: Evidence, *, data: str) -> Estimate:
    """Median over headline networks of the Betti numbers' sum at the logits over that of the input."""
    return evidence.median(relative(values_of(evidence.results, data)).iloc[:, -1])


@statistic("layers.csv", of="layers", unit="network")
def omega_correlation(evidence: Evidence, *, data: str) -> Estimate:
    """Mean over headline networks of Spearman's correlation of layer, input included, and sum of Betti numbers."""
    return evidence.mean(correlations(values_of(evidence.results, data)), CORRELATIONS)


@statistic("layers.csv", of="layers", unit="network")
def faster_than(evidence: Evidence, *, data: str, activation: str, than: str, measure: str) -> Estimate:
    """Mean of one activation less that of another over headline networks; below 0 where the first is faster.

    Measures: `half_layer`, the first layer with half of the input's Betti numbers (one behind the last where there is
    none), or `area`, the mean share of them over layers.
    """
    values = {"half_layer": half_layers, "area": areas}[measure](values_of(evidence.results, data))
    return evidence.difference([(of_activation(values, activation), of_activation(values, than))])


@statistic("layers.csv", of="layers", unit="network")
def later_when_shallow(evidence: Evidence, *, data: str, beyond_even: bool = False) -> Estimate:
    """Share of the drop in the last two layers, shallow networks less headline ones, mean over activations.

    With `beyond_even`, beyond what two of so many layers would lose if each lost the same.
    """
    depths = evidence.results.config.depths(data)
    shares = [late_shares(values_of(evidence.results, data, depth=depth), beyond_even) for depth in depths]
    if len(shares) < 2:
        return NOTHING
    shallow, deep = pd.concat(shares[:-1]), shares[-1]
    activations = evidence.results.config.activations
    return evidence.difference([(of_activation(shallow, one), of_activation(deep, one)) for one in activations])


@statistic("layers.csv", of="layers", unit="network")
def both_hold(evidence: Evidence, *, data: str, scale_free: bool = False) -> Estimate:
    """Share of headline networks that halve the Betti numbers and yet raise the norm from some layer to the next.

    The sum of Betti numbers at the logits is at most half of the input's; the norm rises beyond the noise between two
    layers above the input, as claim W4 counts it.
    """
    twin = "_scale_free" * scale_free
    halved = relative(values_of(evidence.results, data)).iloc[:, -1] <= 0.5
    norms, errors = (
        values_of(evidence.results, data, f"{name}{twin}").iloc[:, 1:].to_numpy() for name in ("l2", "l2_error")
    )
    noise = np.hypot(errors[:, 1:], errors[:, :-1])
    rises = (np.diff(norms, axis=1) > student_quantile(evidence.confidence, np.inf) * noise).any(axis=1)
    return evidence.share(int((halved.to_numpy() & rises).sum()), len(rises))


@statistic("layers.csv", of="layers", unit="network")
def trend_gap(evidence: Evidence, *, data: str, scale_free: bool = False) -> Estimate:
    """Rank correlation of layer and norm less that of layer and Betti numbers, above the input, over networks."""
    measures = ("l2" + "_scale_free" * scale_free, "omega")
    norm, omega = (correlations(values_of(evidence.results, data, one).drop(columns=0)) for one in measures)
    return evidence.mean(norm - omega, DIFFERENCES)
