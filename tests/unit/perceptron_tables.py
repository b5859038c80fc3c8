"""Tables of networks along training as the stages write them, and the evidence made of them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from made_up_results import MadeUpResults

from topolens.claims.evidence import Evidence
from topolens.config.analyses import Intervals


def cloud(depth=1, network=0, snapshot=0, repeat=0, degree=0, null=False, mean_distance=1.0, **numbers):
    """A row of the complexity table; scale-free numbers default to the raw ones."""
    row = {
        "network": network,
        "snapshot": snapshot,
        "depth": depth,
        "repeat": repeat,
        "null": null,
        "degree": degree,
        "mean_distance": mean_distance,
    }
    numbers = {"l1": 0.0, "l2": 0.0, "sup": 0.0, "l2_error": 0.0, "gap_after": 1, "main_share": 0.5} | numbers
    twins = {f"{name}_scale_free": numbers[name] for name in ("l1", "l2", "sup", "l2_error")}
    return row | twins | numbers


def table_of(*clouds):
    """The complexity table as the stage writes it: degree by degree, clouds in the same order."""
    return pd.DataFrame(sorted(clouds, key=lambda row: row["degree"]))


def grid_table(values, **common):
    """From values[network][snapshot][layer - 1] of the L2 norm in degree 0; NaN where not reached."""
    values = np.asarray(values, float)
    return table_of(
        *(
            cloud(depth=layer + 1, network=network, snapshot=snapshot, l2=value, **common)
            for (network, snapshot, layer), value in np.ndenumerate(values)
            if not np.isnan(value)
        )
    )


def evidence(complexity=None, statistics=None, shares=None, diagrams=None, confidence=0.95, accuracies=None, own=False):
    """Evidence of a run with as many snapshots as its tables have; layer 5 is the output, with its `own` distance."""
    tables = [table["snapshot"].max() for table in (complexity, shares) if table is not None]
    config = SimpleNamespace(
        intervals=Intervals(bootstrap=200, confidence=confidence),
        snapshot_accuracies=accuracies or [0.5] * (1 + int(max([0, *tables]))),
        output_layer=5,
        distances=["hidden", "output"] if own else ["all"],
    )
    run = MadeUpResults(
        complexity=complexity, statistics=statistics, principal_shares=shares, diagrams=diagrams, config=config
    )
    return Evidence(run, 0)
