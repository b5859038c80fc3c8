"""The verdict on every claim."""

from pathlib import Path

import pandas as pd

from topolens.artifacts import write_table
from topolens.claims.evidence import Evidence
from topolens.claims.model import UNDECIDED, Claim
from topolens.claims.registry import claim_statistic
from topolens.config.study_files import load_studies
from topolens.data.dataset import STAND_IN
from topolens.results import Results
from topolens.seeding import child_seed

COLUMNS = [
    "id",
    "study",
    "verdict",
    "estimate",
    "low",
    "high",
    "n",
    "seeds",
    "data",
    "scale",
    "rule",
    "wording",
]


def decide_claims(
    claims_file: Path,
    latest_file: Path,
    *,
    claims: list[Claim],
    study_files: list[Path],
    results_folder: Path,
    scale: str,
    seed: int,
) -> None:
    """Compute each claim's statistic and verdict from the tables of its run; stand-in data decides nothing."""
    studies = load_studies(study_files, scale)
    runs: dict[tuple[str, str], Results] = {}
    rows = []
    for claim in claims:
        for study in claim.studies:
            key = (study, claim.run)
            runs.setdefault(key, Results(results_folder / study, studies[study], claim.run))
            rows.append(decide(claim, study, runs[key], seed) | {"scale": scale})
    for file in (claims_file, latest_file):
        write_table(file, pd.DataFrame(rows, columns=COLUMNS))


def decide(claim: Claim, study: str, results: Results, seed: int) -> dict[str, object]:
    """One row of the claims table."""
    evidence = Evidence(results, child_seed(seed, "claim", study, claim.id))
    estimate = claim_statistic(claim.statistic, claim.options)(evidence)
    source = results.source
    decidable = not source.startswith(STAND_IN)
    return {
        "id": claim.id,
        "study": study,
        "verdict": claim.holds.verdict(estimate, claim.fewest) if decidable else UNDECIDED,
        "estimate": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "seeds": f"root {seed}",
        "data": source,
        "rule": str(claim.holds),
        "wording": claim.wording,
    }
