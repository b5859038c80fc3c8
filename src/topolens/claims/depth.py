"""Claims on depth: how complexity goes from layer to layer, and whether layers differ."""

import numpy as np

from topolens.claims.evidence import Evidence
from topolens.claims.snapshots import norms
from topolens.claims.statistic import statistic
from topolens.config.architectures import block_of
from topolens.inference.intervals import Estimate, normal_quantile
from topolens.statistics.complexity import layer_correlations


@statistic("complexity.csv", of="samples", unit="network")
def networks_with_rise(evidence: Evidence, *, degree: str = "all", scale_free: bool = False) -> Estimate:
    """Share of networks with a rise from some layer to the next beyond the noise, at the last snapshot.

    The noise of a norm is the standard error of the bootstrap over the bars of its diagram.
    """
    _, heights = norms(evidence.results, "l2", degree, scale_free)
    _, errors = norms(evidence.results, "l2_error", degree, scale_free)
    heights = heights.dropna()
    errors = errors.loc[heights.index]
    rises = np.diff(heights.to_numpy(), axis=1)
    noise = np.hypot(errors.to_numpy()[:, 1:], errors.to_numpy()[:, :-1])
    beyond = (rises > normal_quantile(evidence.confidence) * noise).any(axis=1)
    return evidence.share(int(beyond.sum()), len(beyond))


@statistic("complexity.csv", of="samples", unit="network")
def layer_correlation(evidence: Evidence, *, degree: str = "all", scale_free: bool = False) -> Estimate:
    """Mean over networks of Spearman's correlation of layer and L2 norm at the last snapshot."""
    _, last = norms(evidence.results, "l2", degree, scale_free)
    return evidence.mean(layer_correlations(last.dropna()))


@statistic("statistics.csv", of="positions", unit="test")
def boundary_share(evidence: Evidence) -> Estimate:
    """Share of the steps from one block of the network to the next whose landscapes differ (after Holm)."""
    table = evidence.results.table("statistics")
    steps = table[table["statistic"] == "layer_difference"]
    steps = steps[steps["layer"].map(block_of) != steps["against"].map(block_of)]
    return evidence.share(int((steps["p_holm"] <= evidence.significance).sum()), len(steps))


@statistic("statistics.csv", of="positions", unit="repeat")
def depth_correlation_size(evidence: Evidence, *, scale_free: bool = False) -> Estimate:
    """Mean size of Spearman's correlation of depth and complexity over repeats, in the first network: a table's row."""
    network = evidence.results.config.networks[0].name
    return evidence.row("depth_correlation_size_l2" + "_scale_free" * scale_free, network=network)
