"""How often a verdict comes out the same from other root seeds."""

import pandas as pd

from topolens.claims.model import UNDECIDED

FEWEST_RUNS = 5  # gold runs from which instability is told
LEAST_STABILITY = 0.8
KEYS = ["id", "study", "twin"]


def with_stability(claims: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Claims with `stability`, the share of gold runs with the verdict that this run decided, and what follows from it.

    Below LEAST_STABILITY over at least FEWEST_RUNS a verdict is undecided, as unstable over seeds; `decided` keeps what
    the run alone says.

    Args:
        claims: With the columns of KEYS, `decided` and `reason`.
        counts: A row for each verdict that a claim had: the columns of KEYS, `decided` and `runs`; may be empty.
    """
    counted, own = (table.assign(twin=table["twin"].astype(object).fillna("")) for table in (counts, claims))
    total = counted.groupby(KEYS)["runs"].sum()
    same = counted.set_index([*KEYS, "decided"])["runs"]
    keys = [tuple(row) for row in own[KEYS].itertuples(index=False)]
    runs = pd.Series([total.get(key, 0) for key in keys], index=own.index)
    alike = pd.Series(
        [same.get((*key, verdict), 0) for key, verdict in zip(keys, own["decided"], strict=True)], own.index
    )
    stability = (alike / runs).where(runs > 0)
    unstable = (runs >= FEWEST_RUNS) & (stability < LEAST_STABILITY) & (own["decided"] != UNDECIDED)
    told = [f"unstable over seeds ({own_runs} of {all_runs})" for own_runs, all_runs in zip(alike, runs, strict=True)]
    verdicts = claims["decided"].mask(unstable, UNDECIDED)
    return claims.assign(
        stability=stability, verdict=verdicts, reason=claims["reason"].mask(unstable, pd.Series(told, own.index))
    )
