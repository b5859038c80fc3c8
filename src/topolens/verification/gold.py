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
STUDY_LEVEL = 0.998  # of the prediction limit of the share of numbers outside theirs
CLAIMS, ALL = "claims", "all"
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
    for name, width in ((ESTIMATE, "width"), ("null_centre", "null_width")):
        known = known_width(mean[width])
        sizes[name] = known.where(known > 0, mean[name].abs())
    sizes["n"] = mean["n"]
    return sizes.where(sizes > 0, 1.0)


def gold_of(runs: Sequence[pd.DataFrame]) -> Gold:
    """Sum up one table of several runs, each as from :func:`aligned`; a row that a run has not is unknown."""
    values = np.stack([run.to_numpy() for run in runs])
    with np.errstate(invalid="ignore"):  # an interval without an end
        mean, deviation = values.mean(axis=0), values.std(axis=0, ddof=1)
    units = values[..., QUANTITIES.index("n")]
    counted = counted_rows(values[..., QUANTITIES.index(ESTIMATE)], units) & (units == units[0]).all(axis=0)
    means, deviations = (pd.DataFrame(part, runs[0].index, [*QUANTITIES]) for part in (mean, deviation))
    return Gold(len(runs), means, deviations, counted)


def aligned(reference: pd.DataFrame, run: pd.DataFrame) -> pd.DataFrame:
    """The quantities of a run's rows in the order of the reference's, NaN where it has no such row."""
    found = quantities_of(run).set_axis(names_of(run))
    return found[~found.index.duplicated()].reindex(names_of(reference)).set_axis(reference.index)


def share_limits(reference: pd.DataFrame, runs: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The largest share of numbers outside their intervals that one further honest run should have.

    Each run is left out in turn and held against the others; the shares' logits, half a number added, have a one-sided
    prediction limit by Student's t. Rows are correlated, so that no binomial distribution holds.

    Args:
        reference: The rows.
        runs: As from :func:`aligned`.

    Returns:
        A row for all numbers together (`all`), at STUDY_LEVEL, and for each quantity, at a level that all of these
        share: columns quantity, share (mean over runs), worst, limit.
    """
    outside, known = [], []
    for place, run in enumerate(runs):
        others = [other for number, other in enumerate(runs) if number != place]
        out, there = gold_of(others).outside(reference, run).sum(), run.notna().sum()
        outside.append([out.sum(), *out])
        known.append([there.sum(), *there])
    counts, totals = np.array(outside, np.float64), np.array(known, np.float64)
    shares, logits = counts / np.maximum(totals, 1), logit((counts + 0.5) / (totals + 1))
    n = len(runs)
    levels = np.array([STUDY_LEVEL, *[1 - (1 - STUDY_LEVEL) / len(QUANTITIES)] * len(QUANTITIES)])
    reach = stdtrit(n - 1, levels) * logits.std(axis=0, ddof=1) * np.sqrt(1 + 1 / n)
    limits = expit(logits.mean(axis=0) + reach)
    columns = {"share": shares.mean(axis=0), "worst": shares.max(axis=0), "limit": limits}
    return pd.DataFrame({"quantity": [ALL, *QUANTITIES]} | columns)


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
        tables = [aligned(table, run[study]) for run in runs]
        gold = gold_of(tables)
        numbers = {f"{name}_mean": gold.mean[name] for name in QUANTITIES}
        numbers |= {f"{name}_spread": gold.deviation[name] for name in QUANTITIES}
        rows.append(pd.DataFrame({"study": study, "row": table.index, "counted": gold.counted.astype(int)} | numbers))
        if study != CLAIMS:
            limits.append(share_limits(table, tables).assign(study=study, runs=len(runs)))
    write_table(folder / FILES[0], pd.concat(rows, ignore_index=True), digits=7)
    write_table(folder / FILES[1], pd.concat(limits, ignore_index=True), digits=7)
    decided = pd.concat([run[CLAIMS][["id", "study", "twin", "decided"]] for run in runs])
    keys = ["id", "study", "twin", "decided"]
    decided = decided.assign(twin=decided["twin"].astype(object).fillna(""))
    counted = decided.groupby(keys, sort=False).size().rename("runs").reset_index()
    write_table(folder / FILES[2], counted)
    return counted


def alone(tables: Tables) -> tuple[dict[str, Gold], pd.DataFrame, pd.DataFrame]:
    """What one run says, in the form of :func:`read_gold`: its own numbers, and of their spread nothing."""
    found, limits = {}, []
    for study, table in tables.items():
        mean = quantities_of(table)
        nothing = pd.DataFrame(np.nan, mean.index, mean.columns)
        found[study] = Gold(1, mean, nothing, np.zeros(len(mean), bool))
        limits.append(pd.DataFrame({"study": study, "quantity": [ALL, *QUANTITIES], "limit": 0.0}))
    verdicts = tables[CLAIMS][["id", "study", "twin", "decided"]]
    return found, pd.concat(limits), verdicts.assign(twin=verdicts["twin"].astype(object).fillna(""), runs=1)


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
    return found, studies, verdicts.assign(twin=verdicts["twin"].astype(object).fillna(""))
