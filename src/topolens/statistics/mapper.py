"""What Mapper graphs hold, layer by layer, beside noise; and how stable they are."""

from collections.abc import Iterator

import pandas as pd

from topolens.config.analyses import Intervals
from topolens.statistics.rows import Row, mean_row, null_band

NUMBERS = [
    "nodes", "edges", "components", "loops", "forks", "covered", "node_purity", "node_entropy", "separating",
    "fork_gain", "fork_purity", "loop_separating", "loop_entropy", "local", "overall",
]  # fmt: skip
NOISE = "covariance"  # the null that is shown: what is beyond second moments and norms


def mapper_rows(table: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """What the graphs of a layer hold, mean over repeats, beside noise; how stable they are; the chosen pair.

    Stability is `against` the graphs of other repeats, or of the same under other parameters.
    """
    empty = pd.Series(dtype=float)
    for (network, layer), rows in table.groupby(["network", "layer"], sort=False):
        kinds = {str(kind): own for kind, own in rows.groupby("kind")}
        cell: Row = {"network": network, "layer": layer}
        for number in NUMBERS:
            mean = mean_row(kinds["repeat"][number], "repeat", intervals, seed, "mapper", number, layer)
            null = null_band(kinds[NOISE].get(number, empty).dropna(), intervals.confidence)
            yield cell | {"statistic": f"mapper_{number}"} | mean | null
        for number in ("match", "chance_match", "same_components", "shared"):
            others = kinds["parameters"][number].iloc[1:]  # the first is what others are held against
            for against, unit, values in (
                ("repeats", "pair of repeats", kinds["agreement"][number]),
                ("parameters", "setting", others),
            ):
                if values.notna().any():
                    kind = {"repeats": "agreement"}.get(against, against)
                    mean = mean_row(values, unit, intervals, seed, kind, number, layer)
                    yield cell | {"statistic": f"mapper_{number}", "against": against} | mean
        if "pair" in kinds:
            pair = kinds["pair"]
            excess = pair["node_purity"] - pair["null_purity"]
            scores = {"pair_purity": pair["node_purity"], "pair_excess": excess, "pair_forks": pair["forks"]}
            for name, values in scores.items():
                yield cell | {"statistic": name} | mean_row(values, "repeat", intervals, seed, name, layer)
