"""Made-up tables of honest runs from many seeds: restored networks, networks trained in the run, and claims on both."""

import numpy as np
import pandas as pd

from topolens.verification.compare import Reference
from topolens.verification.gold import CLAIMS, aligned, gold_of, share_limits

LAYERS, STATISTICS, TRAINED = 6, ("complexity_l2", "complexity_sup", "depth_correlation"), ("layer_accuracy",)
STUDY = "study"


def study_table(seed, networks=0, noise=1e-9):
    """Rows of a study: numbers by `networks` (which networks there are), moved by `noise` as by another processor."""
    fixed, own = np.random.default_rng(networks), np.random.default_rng([seed, 1])
    rows = []
    for scale, name in enumerate((*STATISTICS, *TRAINED)):
        for layer in range(LAYERS):
            size = 10.0 ** (3 - scale) * (1 + layer)
            value = size * (1 + 0.02 * fixed.normal() + 0.02 * own.normal())
            width = 0.1 * size * np.exp(0.05 * own.normal())
            p_value = float(10 ** -own.uniform(1, 3))
            rows.append(
                {
                    "run": "main", "statistic": name, "layer": f"L{layer}", "depth": layer + 1, "estimate": value,
                    "low": value - 0.4 * width, "high": value + 0.6 * width, "n": 10, "unit": "network",
                    "null_low": 0.5 * size, "null_high": 0.5 * size + 0.05 * size * np.exp(0.05 * own.normal()),
                    "p_value": p_value if name == STATISTICS[0] else np.nan,
                }
            )  # fmt: skip
        share = own.binomial(10, 0.7) / 10
        rows.append({"run": "main", "statistic": f"share_{name}", "depth": 1, "estimate": share, "low": share - 0.3,
                     "high": share + 0.3, "n": 10, "unit": "network"})  # fmt: skip
    table = pd.DataFrame(rows)
    numbers = ["estimate", "low", "high", "null_low", "null_high"]
    table[numbers] *= 1 + noise * np.random.default_rng(99).normal(size=(len(table), len(numbers)))
    return table


def claims_table(seed):
    """Six claims: three surely above their bound, one surely below, one at it, one without an upper end."""
    own = np.random.default_rng([seed, 2])
    rows = []
    for number, centre in enumerate((1, 2, 3, -1, 0.02, 1.5)):
        value = centre + 0.05 * own.normal()
        low, high = value - 0.2, np.inf if number == 5 else value + 0.2
        verdict = "reproduced" if low > 0 else "not reproduced" if high < 0 else "undecided"
        rows.append({"id": f"X{number}", "study": STUDY, "twin": "raw" if number < 3 else "", "decided": verdict,
                     "reason": "", "estimate": value, "low": low, "high": high, "n": 10, "unit": "network",
                     "rule": "≥ 0", "wording": f"w{number}", "kind": "published", "scope": "population",
                     "headline": True, "data": "real"})  # fmt: skip
    return pd.DataFrame(rows)


def run_of(seed, noise=1e-9):
    return {STUDY: study_table(seed, noise=noise), CLAIMS: claims_table(seed)}


def reference_of(seeds=range(8)):
    """The reference from the first seed, with what all say."""
    runs = [run_of(seed, noise=0) for seed in seeds]
    first = runs[0]
    frames = {name: [aligned(table, run[name]) for run in runs] for name, table in first.items()}
    gold = {name: gold_of(own) for name, own in frames.items()}
    limits = share_limits(first[STUDY], frames[STUDY]).assign(study=STUDY)
    decided = pd.concat([run[CLAIMS][["id", "study", "twin", "decided"]] for run in runs])
    counts = decided.groupby([*decided]).size().rename("runs").reset_index()
    return Reference(first, gold, limits, counts)
