"""Attributions, complexities and Mapper graphs as the stages write them."""

import numpy as np
import pandas as pd

from topolens.config.analyses import GRAD_CAM, Intervals
from topolens.stages.attributions import COLUMNS as ATTRIBUTIONS
from topolens.statistics.explanations import NOISE, NUMBERS

INTERVALS = Intervals(bootstrap=100)
LAYERS = ["L1", "L2", "L3", "L4"]


def attributions_of(values, networks=("A",), layers=LAYERS, score="concentration", method=GRAD_CAM, seed=0):
    """From values[network][image][layer] of a score."""
    rows = [
        {
            "network": networks[network], "seed": seed, "method": method, "layer": layers[layer],
            "image": 10 + image, score: value,
        }
        for (network, image, layer), value in np.ndenumerate(np.asarray(values, float))
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=ATTRIBUTIONS)


def complexity_of(values, networks=("A",), layers=LAYERS, seeds=(0,), factor=1.0):
    """From values[network][seed][repeat][layer] of the L2 norm; the scale-free one is `factor` times it."""
    rows = [
        {
            "network": networks[network], "seed": seeds[seed], "group": "all", "repeat": repeat,
            "layer": layers[layer], "null": False, "l2": value, "l2_scale_free": factor * value,
        }
        for (network, seed, repeat, layer), value in np.ndenumerate(np.asarray(values, float))
    ]  # fmt: skip
    # Gaussian clouds never count.
    return pd.DataFrame([*rows, *(row | {"null": True, "l2": 1e9, "l2_scale_free": -1e9} for row in rows[::3])])


def mapper_of(layers=("a", "b"), positions=3, **values):
    """A table whose graphs of positions have `values` by column: numbers by position, for every layer."""
    tables = []
    for layer in layers:
        kinds = {"repeat": positions, NOISE: 2, "parameters": 3, "agreement": 3}
        for kind, count in kinds.items():
            rows = pd.DataFrame(
                {"network": "A", "seed": 0, "half": 0, "layer": layer, "kind": kind, "repeat": np.arange(count)}
            )
            tables.append(rows.assign(**{name: own for name, own in values.items() if kind == "repeat"}))
    columns = [
        "network",
        "seed",
        "half",
        "layer",
        "kind",
        "repeat",
        *NUMBERS,
        "match",
        "chance_match",
        "same_components",
        "shared",
    ]
    return pd.concat(tables, ignore_index=True).reindex(columns=[*columns, "null_purity"])


def only(rows, **wanted):
    (found,) = [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]
    return found
