"""Tables of other explanations as the stages write them, and estimates made of them."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
from made_up_results import MadeUpResults

from topolens.claims.evidence import Evidence, Finding
from topolens.claims.model import UNDECIDED, Rule
from topolens.claims.registry import claim_statistic
from topolens.config.analyses import Intervals
from topolens.stages.attributions import COLUMNS as ATTRIBUTIONS

LAYERS = ["L1", "L2", "L3"]


def run_of(layers=LAYERS, **tables):
    """What the statistics ask a run for."""
    config = SimpleNamespace(
        intervals=Intervals(bootstrap=200), layers=layers, explained_layers=layers, mapper_layers=layers
    )
    return MadeUpResults(config=config, **tables)


def estimate(name, run, **options):
    """The estimate of a claim's statistic."""
    found = claim_statistic(name, options)(Evidence(run, 0))
    return found.estimate if isinstance(found, Finding) else found


def undecided(found, rule=None):
    """Whether there is no estimate and no verdict."""
    return math.isnan(found.value) and (rule or Rule(above=0)).verdict(found, 1) == UNDECIDED


def mapper_of(kind="repeat", layers=LAYERS, seed=0, half=0, **values):
    """Rows of one kind of one network and half from values by column: [layer][repeat]."""
    rows = [
        {
            "network": "A",
            "seed": seed,
            "half": half,
            "layer": layer,
            "kind": kind,
            "repeat": number,
            **{name: own[place][number] for name, own in values.items()},
        }
        for place, layer in enumerate(layers)
        for number in range(len(next(iter(values.values()))[place]))
    ]
    return pd.DataFrame(rows)


def family_of(kind="repeat", layers=LAYERS, **values):
    """Rows of one kind of several networks from values by column: [seed][half][layer][repeat]."""
    some = np.asarray(next(iter(values.values())))
    return pd.concat(
        [
            mapper_of(kind, layers, seed, half, **{name: np.asarray(own)[seed, half] for name, own in values.items()})
            for seed, half in np.ndindex(some.shape[:2])
        ]
    )


def table_of(values, method, layers=LAYERS, networks=("A",), score="inside", **columns):
    """Attributions from values[network][image][layer]; image i is that of cloud i."""
    rows = [
        {
            "network": networks[network], "seed": 0, "method": method, "layer": layers[layer], "image": 10 + image,
            "repeat": image, score: value, **columns,
        }
        for (network, image, layer), value in np.ndenumerate(np.asarray(values, float))
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=ATTRIBUTIONS)


def complexity_of(values, networks=("A",), seeds=(0,), layers=LAYERS, factor=1.0, null=None):
    """From values[network][seed][repeat][layer] of the L2 norm; the scale-free one is `factor` times it, by layer.

    With `null`, numbers by layer, every cloud has a Gaussian cloud of this norm; else some have huge ones.
    """
    factor = np.broadcast_to(factor, len(layers))
    rows = [
        {
            "network": networks[network], "seed": seeds[seed], "group": "all", "repeat": repeat,
            "layer": layers[layer], "null": False, "l2": value, "l2_scale_free": factor[layer] * value,
        }
        for (network, seed, repeat, layer), value in np.ndenumerate(np.asarray(values, float))
    ]  # fmt: skip
    if null is not None:
        norms = dict(zip(layers, null, strict=True))
        return pd.DataFrame([*rows, *(row | {"null": True, "l2": norms[row["layer"]]} for row in rows)])
    return pd.DataFrame([*rows, *(row | {"null": True, "l2": 1e9} for row in rows[::2])])
