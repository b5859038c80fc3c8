"""What Mapper graphs hold, layer by layer, beside noise; and how stable they are."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import Intervals
from topolens.inference.intervals import tail_levels
from topolens.statistics.attributions import bootstrapped

Row = dict[str, object]
NUMBERS = [
    "nodes", "edges", "components", "loops", "forks", "covered", "node_purity", "node_entropy", "separating",
    "fork_gain", "fork_purity", "loop_separating", "loop_entropy", "local", "overall",
]  # fmt: skip
NOISE = "covariance"  # the null that is shown: what is beyond second moments and norms


def mapper_rows(table: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """What the graphs of a layer hold, mean over positions, beside noise; how stable they are; the chosen pair."""
    for layer, rows in table.groupby("layer", sort=False):
        kinds = {str(kind): own for kind, own in rows.groupby("kind")}
        for number in NUMBERS:
            row: Row = {"statistic": f"mapper_{number}", "layer": layer}
            row |= bootstrapped(kinds["position"][number], intervals, seed, "mapper", number, layer)
            noise = kinds[NOISE][number].dropna() if number in kinds[NOISE] else pd.Series(dtype=float)
            if len(noise):
                row["null_low"], row["null_high"] = np.quantile(noise, tail_levels(intervals.confidence))
            yield row
        for number in ("match", "chance_match", "same_components", "shared"):
            for kind in ("agreement", "parameters"):
                values = kinds[kind][number]
                values = (
                    values.iloc[1:] if kind == "parameters" else values
                )  # the first is what others are held against
                if values.notna().any():
                    cell: Row = {"statistic": f"mapper_{number}", "layer": layer, "group": kind}
                    yield cell | bootstrapped(values, intervals, seed, kind, number, layer)
        if "pair" in kinds:
            pair = kinds["pair"]
            for name, values in (
                ("pair_purity", pair["node_purity"]),
                ("pair_excess", pair["node_purity"] - pair["null_purity"]),
                ("pair_forks", pair["forks"]),
            ):
                yield {"statistic": name, "layer": layer} | bootstrapped(values, intervals, seed, name, layer)
