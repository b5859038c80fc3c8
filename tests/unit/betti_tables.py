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


RISING, FALLING = [5.0, 1.0, 2.0, 3.0, 4.0, 5.0], [9.0, 5.0, 4.0, 3.0, 2.0, 1.0]


def rows(activation, hidden, network, omegas, norms, error=0.01):
    """Half of the Betti numbers in each class, one of them components; the norm all in class 0."""
    for layer, (omega, size) in enumerate(zip(omegas, norms, strict=True)):
        if layer == 0:
            continue
        for label in (0, 1):
            size_here = size if label == 0 else 0.0
            yield {
                "data": "D", "activation": activation, "hidden": hidden, "network": network, "depth": layer,
                "group": label, "betti_0": 1.0, "omega": omega / 2, "l2": size_here, "l2_error": error * size_here,
                "l2_scale_free": 2 * size_here, "l2_error_scale_free": 0.0,
            }  # fmt: skip


def table(cells, norms=RISING, error=0.01):
    """Cells: (activation, hidden, omegas) with six networks each, behind the input."""
    found = [
        {"data": "D", "activation": np.nan, "hidden": 0, "network": -1, "depth": 0, "group": label, "betti_0": 9.0,
         "omega": 10, "l2": 3.0, "l2_error": 0.1, "l2_scale_free": 1.0, "l2_error_scale_free": 0.1}
        for label in (0, 1)
    ]  # fmt: skip
    for activation, hidden, omegas in cells:
        for network in range(6):
            found += rows(activation, hidden, network, omegas, norms[: hidden + 2], error)
    return pd.DataFrame(found)


CELLS = [("relu", 4, FAST), ("tanh", 4, SLOW), ("relu", 2, SHALLOW), ("tanh", 2, SHALLOW)]


def evidence(layers):
    """Evidence of a run with shallow and deep networks."""
    config = SimpleNamespace(
        depths=lambda name: [2, 4], activations=["relu", "tanh"], intervals=Intervals(bootstrap=200)
    )
    return Evidence(MadeUpResults(layers=layers, config=config), 0)
