"""Tables and landscapes of networks of images as the stages write them, and estimates made of them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from made_up_results import MadeUpResults

from topolens.claims.evidence import Evidence, Finding
from topolens.claims.registry import claim_statistic
from topolens.config.analyses import Clusters, Intervals
from topolens.inference.intervals import Estimate
from topolens.stages.performance import COLUMNS as PERFORMANCE_COLUMNS

DECODER = ["E1-ReLU1", "D1-UpReLU", "D1-ReLU1", "D2-UpReLU", "D2-ReLU1"]


INTERVALS = Intervals(bootstrap=200)
CLUSTERS = Clusters(layers=["ReLU32", "ReLU53"], shuffles=99)


class Run(MadeUpResults):
    """What the statistics ask a run for."""

    def other(self, name):
        return self.others[name]


def complexity_of(values, networks, layers, groups=("all",), factor=1.0, null=None):
    """From values[network][seed][group][repeat][layer] of the L2 norm; the scale-free one is `factor` times it.

    With `null`, numbers by layer, every cloud has two Gaussian clouds of this mean norm; else some have huge ones.
    """
    rows = [
        {
            "network": networks[network],
            "seed": seed,
            "group": groups[group],
            "repeat": repeat,
            "layer": layers[layer],
            "null": False,
            "l2": value,
            "l2_scale_free": factor * value,
        }
        for (network, seed, group, repeat, layer), value in np.ndenumerate(np.asarray(values, float))
    ]
    if null is not None:
        nulls = [
            row | {"null": True, "l2": share * dict(zip(layers, null, strict=True))[row["layer"]]}
            for row in rows
            for share in (0.5, 1.5)
        ]
        return pd.DataFrame([*rows, *nulls])
    return pd.DataFrame([*rows, *(row | {"null": True, "l2": 1e9, "l2_scale_free": 1e9} for row in rows[::3])])


def run_of(values=None, networks=("A",), layers=("L1", "L2"), groups=("all",), factor=1.0, null=None, **artifacts):
    """What the statistics ask a run for, with complexities from values[network][seed][group][repeat][layer]."""
    config = SimpleNamespace(
        networks=[SimpleNamespace(name=name) for name in networks],
        seeds=[0],
        layers=list(layers),
        position_clouds=SimpleNamespace(groups=list(groups)),
        intervals=INTERVALS,
        clusters=CLUSTERS,
    )
    table = None if values is None else complexity_of(values, networks, layers, groups, factor, null)
    return Run(**({"config": config, "complexity": table, "others": {}} | artifacts))


def estimate(name, run, **options):
    """The estimate of a claim's statistic."""
    return finding(name, run, **options).estimate


def finding(name, run, **options):
    """The estimate with what else decides."""
    found = claim_statistic(name, options)(Evidence(run, 0))
    return Finding(found) if isinstance(found, Estimate) else found


def performance_of(iou, networks, without=None):
    """From iou[network][seed][image], with and, where given, without skips."""
    rows = [
        {"network": networks[network], "seed": seed, "image": 10 + image, "skips": skips, "iou": value}
        for skips, values in ((True, iou), (False, without))
        if values is not None
        for (network, seed, image), value in np.ndenumerate(np.asarray(values, float))
    ]
    return pd.DataFrame(rows).reindex(columns=PERFORMANCE_COLUMNS)


def unet_run(networks=("RGB", "M1", "M2"), seeds=1, repeats=6, layers=DECODER, change=None, **artifacts):
    """Complexities near 1 in every layer, multiplied by `change[network, layer]`."""
    values = np.random.default_rng(0).uniform(0.9, 1.1, (len(networks), seeds, 1, repeats, len(layers)))
    for (network, layer), factor in (change or {}).items():
        values[networks.index(network), ..., layers.index(layer)] *= factor
    return run_of(values, networks, layers, **artifacts)
