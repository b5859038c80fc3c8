"""A run against the reference: every row and column of its tables, by what the two have in common."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from topolens.claims.model import NOT_REPRODUCED, REPRODUCED
from topolens.config.conditions import INT8
from topolens.verification.gold import ALL, CLAIMS, ROW_LEVEL, Gold, aligned
from topolens.verification.quantities import (
    ESTIMATE,
    LEAST_P,
    QUANTITIES,
    known_width,
    names_of,
    quantities_of,
    texts_of,
)

AGREES, AT_ITS_BOUND, OUTSIDE, DIFFERS = "agrees", "at its bound", "outside", "differs"
NOT_COMPARABLE = "not comparable"
FAMILY_ERROR = 0.01  # of all claims of a study together, that an honest one has a number outside its interval
TOLERANCE = 1e-3  # of what does not hang on training, between processors
# Of widths of intervals: the bootstrapped t of a few units hangs on how little two of them differ. Seen: 2.5 %.
WIDTH_TOLERANCE = 0.1
ROUNDING = 1e-5  # of its size, that each end of an interval may be off, however narrow this is
P_TOLERANCE = 2.5e-3  # of p-values: a permutation more or less
# The largest share of a study's numbers that may miss these tolerances and still lie among those of other seeds: where
# two neighbours, clusters or channels nearly tie, the last bit chooses, and the choice is a step. Seen: 0.0004.
FEW = 1e-3
CLAIM_TEXTS = ("unit", "rule", "wording", "kind", "scope", "headline")
CLAIM_NUMBERS = (ESTIMATE, "width", "n")
COLUMNS = ["study", "kind", "row", "quantity", "run", "reference", "low", "high", "outcome"]

How = Literal["bytes", "same seed", "another seed"]
Row = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Reference:
    """What a run is held against.

    Attributes:
        tables: The reference's, by study and `claims`.
        gold: What gold runs say of their rows, likewise.
        limits: The largest shares of numbers outside their intervals: columns study, quantity (`all` or one), limit.
        verdicts: How often each verdict came out: columns id, study, twin, decided, runs.
    """

    tables: Tables
    gold: Mapping[str, Gold]
    limits: pd.DataFrame
    verdicts: pd.DataFrame


def compare_study(study: str, tables: Tables, reference: Reference, how: How, trained: np.ndarray) -> list[Row]:
    """Rows of the comparison of one study, columns COLUMNS: the study itself, its claims, and what else is not equal.

    Args:
        study: Which.
        tables: The run's, by study and `claims`.
        reference: What they are held against.
        how: `bytes`: the same seed, code and kernels; `same seed`: what stands on restored or untrained networks and on
            data agrees to TOLERANCE but for FEW numbers, the rest as with another seed, and so does what is rounded to
            INT8: there the last bit of a float turns into a whole step, and layers carry it on; `another seed`.
        trained: (rows of the reference,) bool, which rows stand on networks that the run trains itself.
    """
    claims = [*_claims(study, tables[CLAIMS], reference, how, bool(trained.any()))]
    rows, shares = _rows(tables[study], reference.tables[study], reference.gold[study], how, trained)
    limits = reference.limits[reference.limits["study"] == study].set_index("quantity")["limit"]
    whole, *columns = (_share_row(study, name, share, float(limits[name])) for name, share in shares.items())
    rows = [*(row for row in columns if row["outcome"] == DIFFERS), *rows]
    outcomes = {row["outcome"] for row in (whole, *claims, *rows)}
    whole["outcome"] = DIFFERS if DIFFERS in outcomes else AT_ITS_BOUND if AT_ITS_BOUND in outcomes else AGREES
    return [{**row, "study": study} for row in (whole, *claims, *rows)]


def rounded(table: pd.DataFrame) -> np.ndarray:
    """Which rows, or claims, are of networks in INT8, (rows,) bool; a claim on one says so."""
    if "wording" in table:
        return table["wording"].str.contains("INT8").to_numpy(bool)
    return table["condition"].eq(INT8).to_numpy(bool) if "condition" in table else np.zeros(len(table), bool)


def _share_row(study: str, quantity: str, share: float, limit: float) -> Row:
    """The share of all numbers, or of one quantity's, that lie outside their intervals."""
    kind, name = ("study", study) if quantity == ALL else ("column", "")
    return _row(kind, name, quantity, share, math.nan, 0.0, limit, DIFFERS if share > limit else AGREES)


def not_comparable(study: str, reason: str) -> Row:
    """The row of a study that cannot be compared."""
    return {"study": study} | _row("study", study, reason, math.nan, math.nan, "", "", NOT_COMPARABLE)


def _row(kind: str, name: str, quantity: str, run: Any, reference: Any, low: Any, high: Any, outcome: str) -> Row:
    return dict(zip(COLUMNS[1:], (kind, name, quantity, run, reference, low, high, outcome), strict=True))


def _unequal_rows(kind: str, found: pd.DataFrame, expected: pd.DataFrame, needed: np.ndarray) -> Iterator[Row]:
    """Rows that only one of two tables has, and words that are not the same; rows not `needed` may be missing."""
    ours, theirs = names_of(found), names_of(expected)
    for name in theirs[~theirs.isin(ours) & needed]:
        yield _row(kind, name, "row", "", "there", "", "", DIFFERS)
    for name in ours[~ours.isin(theirs)]:
        yield _row(kind, name, "row", "there", "", "", "", DIFFERS)
    words = CLAIM_TEXTS if kind == "claim" else ("unit",)
    first, second = texts_of(found, words), texts_of(expected, words)
    for column in sorted({*first} | {*second}):
        if column not in first or column not in second:
            yield _row(kind, "", column, column in first, column in second, "", "", DIFFERS)
            continue
        pairs = pd.concat([first[column].set_axis(ours), second[column].set_axis(theirs)], axis=1, join="inner")
        for name, (own, other) in pairs.iterrows():
            if own != other:
                yield _row(kind, str(name), column, own, other, "", "", DIFFERS)


def _rows(
    found: pd.DataFrame, expected: pd.DataFrame, gold: Gold, how: How, trained: np.ndarray
) -> tuple[list[Row], dict[str, float]]:
    """What is not equal in a study's table, and the shares of numbers outside the intervals of gold runs."""
    present = gold.mean["n"].notna().to_numpy() | (how == "bytes") | (~trained & (how == "same seed"))
    rows = [*_unequal_rows("row", found, expected, present)]
    own, reference = aligned(expected, found), quantities_of(expected)
    by_gold = np.full(len(expected), how == "another seed") | ((trained | rounded(expected)) & (how == "same seed"))
    low, high = _bounds(expected, reference, gold, how, by_gold)
    out = ((own < low) | (own > high)) & (own != reference)
    far = gold.outside(expected, own)
    if by_gold.any():
        out.loc[by_gold] = far.loc[by_gold] & ~_near(own, reference, how).loc[by_gold]
    among = ~far & gold.deviation.notna() & (how == "same seed")
    names = names_of(expected)
    for place, column in zip(*np.nonzero(out.to_numpy()), strict=True):
        quantity = QUANTITIES[column]
        outcome = OUTSIDE if by_gold[place] or among.to_numpy()[place, column] else DIFFERS
        run, known, least, most = (table.to_numpy()[place, column] for table in (own, reference, low, high))
        rows.append(_row("row", str(names.to_numpy()[place]), quantity, run, known, least, most, outcome))
    missed = out[~by_gold].to_numpy().sum() / max(own[~by_gold].notna().to_numpy().sum(), 1)
    if missed > FEW:
        rows.append(_row("column", "beyond tolerance", ALL, missed, math.nan, 0.0, FEW, DIFFERS))
    compared, outside = own[by_gold].notna().sum(), out[by_gold].sum()
    shares = {ALL: outside.sum() / max(compared.sum(), 1)} | (outside / compared.clip(lower=1)).to_dict()
    return rows, {str(name): float(share) for name, share in shares.items()}


def _bounds(
    expected: pd.DataFrame, reference: pd.DataFrame, gold: Gold, how: How, by_gold: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Between which numbers each quantity of an honest run lies."""
    if how == "bytes":
        return reference, reference
    low, high = gold.intervals(expected, ROW_LEVEL)
    if how == "same seed":
        near = tolerances(reference)
        low[~by_gold], high[~by_gold] = (reference - near)[~by_gold], (reference + near)[~by_gold]
    return low, high


def _near(own: pd.DataFrame, reference: pd.DataFrame, how: How) -> pd.DataFrame:
    """Which numbers hardly differ from the reference's of the same seed, wherever others of other seeds lie."""
    return (own - reference).abs() <= tolerances(reference) * (how == "same seed")


def tolerances(reference: pd.DataFrame) -> pd.DataFrame:
    """How far numbers that hang on no training may lie apart on two processors, (rows, QUANTITIES).

    Of estimates and nulls a share of their size, though no more than half of their interval's width where it is known;
    of widths, which are logarithms, that share; of both what rounding of the ends makes of it; p-values move by a
    permutation or two.
    """
    from scipy.special import ndtr, ndtri  # here, since scipy loads slowly

    near = pd.DataFrame(TOLERANCE, reference.index, [*QUANTITIES])
    for name, width in ((ESTIMATE, "width"), ("null_centre", "null_width")):
        size, extent = reference[name].abs(), known_width(reference[width])
        near[name] = np.fmin(TOLERANCE * size, extent / 2) + TOLERANCE * extent.fillna(0) + ROUNDING * size
        near[width] = (WIDTH_TOLERANCE if name == ESTIMATE else TOLERANCE) + 2 * (ROUNDING * size / extent).fillna(0)
    for name in ("p_value", "p_holm"):
        p_values = ndtr(reference[name])
        reach = [np.clip(p_values + sign * P_TOLERANCE, LEAST_P, 1 - LEAST_P) for sign in (-1, 1)]
        near[name] = np.maximum(*(np.abs(ndtri(end) - reference[name]) for end in reach))
    near["n"] = 0.0
    return near


def _claims(study: str, claims: pd.DataFrame, reference: Reference, how: How, trained: bool) -> Iterator[Row]:
    """Every claim of a study, with its estimate in its interval and its outcome."""
    expected = reference.tables[CLAIMS]
    chosen = (expected["study"] == study).to_numpy()
    theirs = expected[chosen]
    ours = claims[claims["study"] == study]
    yield from _unequal_rows("claim", ours, theirs, np.ones(len(theirs), bool))
    own, numbers = aligned(theirs, ours), quantities_of(theirs)
    everything = reference.gold[CLAIMS]
    gold = Gold(everything.runs, everything.mean[chosen], everything.deviation[chosen], everything.counted[chosen])
    level = 1 - FAMILY_ERROR / max(len(theirs) * len(CLAIM_NUMBERS), 1)
    low, high = gold.intervals(theirs, level)
    out = gold.outside(theirs, own, level)
    if how == "bytes" or (how == "same seed" and not trained):
        near = tolerances(numbers) * (how != "bytes")
        close = ~rounded(theirs) | (how == "bytes")
        low[close], high[close] = (numbers - near)[close], (numbers + near)[close]
        out[close] = ((own < low) | (own > high))[close]
    wrong = (out & ~_near(own, numbers, how))[[*CLAIM_NUMBERS]] | (own.isna() != numbers.isna())[[*CLAIM_NUMBERS]]
    names = names_of(theirs).to_numpy()
    verdicts = ours["decided"].set_axis(names_of(ours)).reindex(names_of(theirs)).fillna("").to_numpy()
    for place, (verdict, claim) in enumerate(zip(verdicts, theirs.to_dict("records"), strict=True)):
        name = str(names[place])
        failing = [*wrong.columns[wrong.iloc[place]]]
        quantity = failing[0] if failing else ESTIMATE
        run, known, least, most = (table[quantity].to_numpy()[place] for table in (own, numbers, low, high))
        outcome = DIFFERS if failing else _outcome(verdict, claim, reference.verdicts)
        yield _row("claim", name, quantity, run, known, least, most, outcome)
        if verdict != claim["decided"]:
            yield _row("claim", name, "verdict", verdict, claim["decided"], "", "", outcome)


def _outcome(verdict: str, claim: Mapping[Any, Any], verdicts: pd.DataFrame) -> str:
    """Of a claim whose numbers lie inside their intervals."""
    if verdict == claim["decided"]:
        return AGREES
    decided = {REPRODUCED, NOT_REPRODUCED}
    if {verdict, claim["decided"]} != decided:
        return AT_ITS_BOUND
    twin = claim["twin"] if isinstance(claim["twin"], str) else ""
    same = (verdicts["id"] == claim["id"]) & (verdicts["study"] == claim["study"]) & (verdicts["twin"] == twin)
    return AT_ITS_BOUND if decided <= {*verdicts.loc[same, "decided"]} else DIFFERS
