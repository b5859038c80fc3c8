"""Gold runs: the same scale from several root seeds, summed up so that a further run can be held against them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit, stdtrit

from topolens.artifacts import read_table, write_table
from topolens.verification.quantities import ESTIMATE, QUANTITIES, counted_rows, known_width, names_of, quantities_of
from topolens.verification.spread import moderated_spread, share_p_values

ROW_LEVEL = 0.99  # of the prediction interval of each row
STUDY_LEVEL = 0.998  # of the prediction limit of the share of rows outside theirs
CLAIMS = "claims"
FILES = ("gold.csv", "gold_studies.csv", "gold_claims.csv")
Tables = Mapping[str, pd.DataFrame]  # by study, and `claims`


@dataclass(frozen=True)
class Gold:
    """What gold runs say of the rows of one table of the reference.

    Attributes:
        runs: How many there are.
        mean, deviation: (rows, QUANTITIES) over runs; NaN where a run has no such row or number.
        counted: (rows,) whether the estimate is a share of whole units.
    """

    runs: int
    mean: pd.DataFrame
    deviation: pd.DataFrame
    counted: np.ndarray

    def outside(self, table: pd.DataFrame, found: pd.DataFrame, level: float = ROW_LEVEL) -> pd.DataFrame:
        """Which numbers of a run lie outside their prediction intervals, (rows, QUANTITIES) bool.

        Args:
            table: The reference's rows, in the order of `mean`.
            found: The run's quantities of these rows; NaN decides nothing.
            level: Of the intervals.
        """
        low, high = self.intervals(table, level)
        out = (found < low) | (found > high)
        exact = self.counted & (found["n"] == self.mean["n"]).to_numpy() & found[ESTIMATE].notna().to_numpy()
        if exact.any():
            units = found["n"].to_numpy()[exact]
            own, others = (table_[ESTIMATE].to_numpy()[exact] * units for table_ in (found, self.mean))
            p_values = share_p_values(np.round(own), units, np.round(others * self.runs), units * self.runs)
            out.loc[exact, ESTIMATE] = p_values < 1 - level
        return out

    def intervals(self, table: pd.DataFrame, level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Prediction intervals of one further run, two frames (rows, QUANTITIES); infinite where nothing is known."""
        low, high = (pd.DataFrame(sign * np.inf, self.mean.index, [*QUANTITIES]) for sign in (-1, 1))
        sizes = _sizes(self.mean)
        families = table["statistic"] if "statistic" in table else pd.Series(CLAIMS, table.index)
        for rows in families.groupby(families, sort=False).groups.values():
            for name in QUANTITIES:
                known = self.mean.loc[rows, name].notna() & self.deviation.loc[rows, name].notna()
                at = known.index[known]
                if len(at) == 0:
                    continue
                mean, deviation, size = (part.loc[at, name].to_numpy() for part in (self.mean, self.deviation, sizes))
                spread = moderated_spread(mean, deviation, self.runs, size)
                low.loc[at, name], high.loc[at, name] = mean - spread.reach(level), mean + spread.reach(level)
        return low, high


def _sizes(mean: pd.DataFrame) -> pd.DataFrame:
    """What each number's spread is measured by: interval widths, 1 for logarithms and deviates, else its size."""
    sizes = pd.DataFrame(1.0, mean.index, mean.columns)
    for name, width in ((ESTIMATE, "width"), ("null", "null_width")):
        known = known_width(mean[width])
        sizes[name] = known.where(known > 0, mean[name].abs())
    sizes["n"] = mean["n"]
    return sizes.where(sizes > 0, 1.0)


def gold_of(reference: pd.DataFrame, runs: Sequence[pd.DataFrame]) -> Gold:
    """Sum up one table of several runs, row by row of the reference; a row that a run has not is unknown."""
    frames = [aligned(reference, run) for run in runs]
    values = np.stack([frame.to_numpy() for frame in frames])
    mean = pd.DataFrame(values.mean(axis=0), reference.index, [*QUANTITIES])
    deviation = pd.DataFrame(values.std(axis=0, ddof=1), reference.index, [*QUANTITIES])
    units = values[..., QUANTITIES.index("n")]
    return Gold(len(runs), mean, deviation, counted_rows(values[..., 0], units) & (units == units[0]).all(axis=0))


def aligned(reference: pd.DataFrame, run: pd.DataFrame) -> pd.DataFrame:
    """The quantities of a run's rows in the order of the reference's, NaN where it has no such row."""
    found = quantities_of(run).set_axis(names_of(run))
    return found[~found.index.duplicated()].reindex(names_of(reference)).set_axis(reference.index)


def share_limit(reference: pd.DataFrame, runs: Sequence[pd.DataFrame]) -> dict[str, float]:
    """The largest share of rows outside their intervals that one further honest run should have.

    Each run is left out in turn and held against the others; the shares' logits, half a row added, have a one-sided
    prediction limit by Student's t. Rows are correlated, so that no binomial distribution holds.
    """
    logits, shares = [], []
    for place, run in enumerate(runs):
        others = [other for number, other in enumerate(runs) if number != place]
        found = aligned(reference, run)
        out = gold_of(reference, others).outside(reference, found)
        known = int(found.notna().to_numpy().sum())
        count = int(out.to_numpy().sum())
        shares.append(count / max(known, 1))
        logits.append(float(logit((count + 0.5) / (known + 1))))
    mean, deviation, n = float(np.mean(logits)), float(np.std(logits, ddof=1)), len(runs)
    reach = float(stdtrit(n - 1, STUDY_LEVEL)) * deviation * np.sqrt(1 + 1 / n)
    return {"share": float(np.mean(shares)), "worst": max(shares), "limit": float(expit(mean + reach))}


def write_gold(folder: Path, reference: Tables, runs: Sequence[Tables]) -> pd.DataFrame:
    """Write what is kept of gold runs: `gold.csv` by row, `gold_studies.csv` by study, `gold_claims.csv` by claim.

    Args:
        folder: Of the reference.
        reference: Its tables, by study and `claims`.
        runs: Those of all gold runs, the reference's own among them.

    Returns:
        How often each verdict came out, as in the last file.
    """
    rows, limits = [], []
    for study, table in reference.items():
        tables = [run[study] for run in runs]
        gold = gold_of(table, tables)
        numbers = {f"{name}_mean": gold.mean[name] for name in QUANTITIES}
        numbers |= {f"{name}_spread": gold.deviation[name] for name in QUANTITIES}
        rows.append(pd.DataFrame({"study": study, "row": table.index, "counted": gold.counted.astype(int)} | numbers))
        if study != CLAIMS:
            limits.append({"study": study, "runs": len(runs), **share_limit(table, tables)})
    write_table(folder / FILES[0], pd.concat(rows, ignore_index=True), digits=7)
    write_table(folder / FILES[1], pd.DataFrame(limits), digits=7)
    decided = pd.concat([run[CLAIMS][["id", "study", "twin", "decided"]] for run in runs])
    keys = ["id", "study", "twin", "decided"]
    counted = decided.fillna("").groupby(keys, sort=False).size().rename("runs").reset_index()
    write_table(folder / FILES[2], counted)
    return counted


def read_gold(folder: Path) -> tuple[dict[str, Gold], pd.DataFrame, pd.DataFrame]:
    """What gold runs say by study, the limits by study, and how often each verdict came out.

    Raises:
        TopolensError: a file that cannot be read.
    """
    rows, studies, verdicts = (read_table(folder / name) for name in FILES)
    runs = int(studies["runs"].max())
    found = {}
    for study, own in rows.groupby("study", sort=False):
        own = own.set_index("row")
        mean, deviation = (
            own[[f"{name}_{part}" for name in QUANTITIES]].set_axis([*QUANTITIES], axis=1)
            for part in ("mean", "spread")
        )
        found[str(study)] = Gold(runs, mean, deviation, own["counted"].to_numpy(bool))
    return found, studies.set_index("study"), verdicts.fillna("")
