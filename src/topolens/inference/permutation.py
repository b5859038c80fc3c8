"""Permutation tests on means of landscapes (or any vectors), through the Gram matrix."""

from dataclasses import dataclass

import numpy as np

from topolens.arguments import checked_array, checked_count
from topolens.errors import TopolensError, unknown_name

ALTERNATIVES = ("greater", "less", "two-sided")
# Rounding must not decide whether a relabelling that gives the same groups counts as extreme: a Gram matrix is
# exact to this share of its largest entry.
ROUNDING = 64 * np.finfo(np.float64).eps
SAFE = 400  # binary exponents of entries whose squares, summed, stay within the range of float64
# Relabellings weighed at once: bounds the memory at a few dozen MB for hundreds of rows.
BLOCK = 4096


@dataclass(frozen=True)
class PermutationResult:
    """Observed statistic, p-value (never 0: Phipson & Smyth 2010) and the statistic of each relabelling."""

    statistic: float
    p_value: float
    null: np.ndarray


def permutation_test(
    a: np.ndarray, b: np.ndarray, resamples: int, seed: int, alternative: str = "greater", *, studentised: bool = False
) -> PermutationResult:
    """Test whether two groups have the same mean.

    The statistic is the Euclidean norm of the difference of the row means. Only the Gram matrix of the rows
    is used, so its cost for each relabelling does not depend on the length of the rows.

    What is tested is that the rows can be exchanged: groups of unequal size whose spread differs are told apart too,
    where their means are the same (20 rows of deviation 1 beside 5 of deviation 4 in 70 % of all tests at 5 %). Take
    groups of one size, or `studentised`.

    Args:
        a, b: (n, features) and (m, features), a row per repetition (higher dimensions are flattened).
        resamples: Random relabellings.
        seed: Seed of the relabellings.
        alternative: `greater` is the sensible one for a norm; `less` and `two-sided` (twice the smaller
            one-sided p) exist for comparison with published analyses.
        studentised: Divide the statistic by its standard error, the root of the groups' summed variances over their
            sizes (Janssen 1997): then it is a test of the means alone, as the groups grow. Both need two rows.

    Raises:
        TopolensError: fewer than two rows in all, unequal row lengths, NaN, unknown alternative.
    """
    a, b = checked_array(a, "groups"), checked_array(b, "groups")
    if a.ndim < 2 or b.ndim < 2 or a.shape[1:] != b.shape[1:] or not len(a) or not len(b):
        raise TopolensError(f"groups: expected (n, features) and (m, features), found {a.shape} and {b.shape}")
    rows = np.concatenate([a, b]).reshape(len(a) + len(b), -1)
    if not np.isfinite(rows).all():
        raise TopolensError("groups: NaN or infinite entries")
    if studentised and min(len(a), len(b)) < 2:
        raise TopolensError(f"groups: a studentised test needs two rows of each, found {len(a)} and {len(b)}")
    # Squares must not leave the range of float64: scaling by a power of two rounds nothing.
    exponent = int(np.frexp(max(rows.max(), -rows.min()))[1])
    exponent = exponent if abs(exponent) > SAFE else 0
    rows = np.ldexp(rows, -exponent) if exponent else rows
    centred = rows - rows.mean(axis=0)
    gram = centred @ centred.T
    noise = ROUNDING * np.diagonal(gram).max() + ROUNDING**2 * np.einsum("ij,ij->i", rows, rows).max()
    found = _test(gram, len(a), resamples, seed, alternative, noise, studentised)
    if studentised or not exponent:
        return found
    return PermutationResult(float(np.ldexp(found.statistic, exponent)), found.p_value, np.ldexp(found.null, exponent))


def permutation_test_gram(
    gram: np.ndarray, first: int, resamples: int, seed: int, alternative: str = "greater"
) -> PermutationResult:
    """:func:`permutation_test` from the (n, n) Gram matrix of the rows, the first `first` of them group a."""
    noise = ROUNDING * np.diagonal(gram).max()
    return _test(centred_gram(gram), first, resamples, seed, alternative, noise)


def _test(
    gram: np.ndarray, first: int, resamples: int, seed: int, alternative: str, noise: float, studentised: bool = False
) -> PermutationResult:
    """The test on a centred Gram matrix; squared statistics closer than `noise` count as equal."""
    if alternative not in ALTERNATIVES:
        raise unknown_name("alternative", alternative, ALTERNATIVES)
    resamples = checked_count(resamples, "resamples")
    size = len(gram)
    weights = np.where(np.arange(size) < first, 1 / first, -1 / (size - first))

    def squared_statistics(weights: np.ndarray) -> np.ndarray:
        squares = squares_of_combinations(gram, weights)
        return squares / _squared_errors(gram, weights > 0) if studentised else squares

    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.nan_to_num(squared_statistics(weights[None])[0], nan=0.0, posinf=np.inf)
        generator = np.random.default_rng(checked_count(seed, "seed", 0))
        blocks = (min(BLOCK, resamples - start) for start in range(0, resamples, BLOCK))
        relabelled = (generator.permuted(np.tile(weights, (block, 1)), axis=1) for block in blocks)
        null = np.nan_to_num(
            np.concatenate([squared_statistics(block) for block in relabelled]), nan=0.0, posinf=np.inf
        )
    known = np.append(null, observed)
    tolerance = (0.0 if studentised else noise) + ROUNDING * known[np.isfinite(known)].max(initial=0.0)
    as_large = (1 + np.sum(null >= observed - tolerance)) / (1 + resamples)
    as_small = (1 + np.sum(null <= observed + tolerance)) / (1 + resamples)
    p_values = {"greater": as_large, "less": as_small, "two-sided": min(1.0, 2 * min(as_large, as_small))}
    return PermutationResult(float(np.sqrt(observed)), float(p_values[alternative]), np.sqrt(null))


def _squared_errors(gram: np.ndarray, is_first: np.ndarray) -> np.ndarray:
    """Summed variance of each group over its size, both added: (relabellings, n) bool to (relabellings,)."""
    errors = np.zeros(len(is_first))
    for group in (is_first, ~is_first):
        size = group.sum(axis=1)
        about_mean = group @ np.diagonal(gram) - squares_of_combinations(gram, group.astype(np.float64)) / size
        errors += np.maximum(about_mean, 0) / (size * (size - 1))
    return errors


def centred_gram(gram: np.ndarray) -> np.ndarray:
    """The Gram matrix of the rows after taking off their common mean: differences of means stay, digits too."""
    means = gram.mean(axis=0)
    return gram - means - means[:, None] + means.mean()


def squares_of_combinations(gram: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Squared norms of weighted sums of rows: weights (combinations, n) and Gram matrix (n, n) to (combinations,)."""
    return np.maximum(np.einsum("ij,ij->i", weights @ gram, weights), 0)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's step-down adjustment (1979); NaN stays NaN and does not count."""
    p_values = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p_values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted
