"""Made-up layers of networks on data of known topology, and the evidence made of them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from made_up_results import MadeUpResults

from topolens.claims.evidence import Evidence
from topolens.config.analyses import Intervals

# Sums of Betti numbers of both classes together by layer, 0 = input.
FAST, SLOW = [20, 8, 4, 2, 2, 2], [20, 18, 16, 14, 8, 2]


SHALLOW = [20, 20, 12, 2]


COLUMNS = ["data", "activation", "hidden", "network", "depth", "group", "betti_0", "omega"]
NORMS = [f"l2{twin}{draw}" for twin in ("", "_scale_free") for draw in ("", "_0", "_1")] + ["l2_gaussian"]
RISING, FALLING = [5.0, 1.0, 2.0, 3.0, 4.0, 5.0], [9.0, 5.0, 4.0, 3.0, 2.0, 1.0]


def rows(activation, hidden, network, omegas, norms, noise=0.01):
    """Half of the Betti numbers in each class, one of them components; the norm all in class 0.

    The norms of two draws differ by random shares of the size of `noise`; Gaussian clouds have the norm 2.
    """
    draws = np.random.default_rng([network, hidden, len(activation)]).normal(0, noise, size=(len(norms), 2))
    for layer, (omega, size) in enumerate(zip(omegas, norms, strict=True)):
        if layer == 0:
            continue
        for label in (0, 1):
            size_here = size if label == 0 else 0.0
            row = {
                "data": "D", "activation": activation, "hidden": hidden, "network": network, "depth": layer,
                "group": label, "betti_0": 1.0, "omega": omega / 2,
            }  # fmt: skip
            first, second = size_here * (1 + draws[layer])
            yield row | {
                "l2": size_here, "l2_0": first, "l2_1": second, "l2_scale_free": 2 * size_here,
                "l2_scale_free_0": 2 * first, "l2_scale_free_1": 2 * second, "l2_gaussian": 2.0 * (label == 0),
            }  # fmt: skip


def table(cells, norms=RISING, noise=0.01):
    """Cells: (activation, hidden, omegas) with six networks each, behind the input."""
    found = [
        {"data": "D", "activation": np.nan, "hidden": 0, "network": -1, "depth": 0, "group": label, "betti_0": 9.0,
         "omega": 10, "l2": 3.0, "l2_scale_free": 1.0, "l2_gaussian": 1.0}
        for label in (0, 1)
    ]  # fmt: skip
    for activation, hidden, omegas in cells:
        for network in range(6):
            found += rows(activation, hidden, network, omegas, norms[: hidden + 2], noise)
    return pd.DataFrame(found, columns=[*COLUMNS, *NORMS])


CELLS = [("relu", 4, FAST), ("tanh", 4, SLOW), ("relu", 2, SHALLOW), ("tanh", 2, SHALLOW)]


def evidence(layers):
    """Evidence of a run with shallow and deep networks."""
    config = SimpleNamespace(
        depths=lambda name: [2, 4], activations=["relu", "tanh"], intervals=Intervals(bootstrap=200)
    )
    return Evidence(MadeUpResults(layers=layers, config=config), 0)
