"""The verdict on every claim."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from topolens.artifacts import write_table
from topolens.claims.evidence import Evidence
from topolens.claims.model import UNDECIDED, Claim, full_name
from topolens.claims.registry import STATISTICS, claim_statistic
from topolens.config.study_files import load_studies
from topolens.data.dataset import STAND_IN
from topolens.results import Results
from topolens.seeding import child_seed

TRAINED = ("network", "seed")  # units that are networks of their own: they speak for others
COLUMNS = [
    "id", "study", "kind", "scope", "twin", "verdict", "estimate", "low", "high", "n", "unit", "seeds", "data", "scale",
    "rule", "wording",
]  # fmt: skip


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
            rows += [row | {"scale": scale} for row in decide(claim, study, runs[key], seed)]
    for file in (claims_file, latest_file):
        write_table(file, pd.DataFrame(rows, columns=COLUMNS))


def decide(claim: Claim, study: str, results: Results, seed: int) -> Iterator[dict[str, object]]:
    """The rows of one claim on one study, one for each twin."""
    for twin, options in claim.twins().items():
        evidence = Evidence(results, child_seed(seed, "claim", study, full_name(claim.id, twin)))
        estimate = claim_statistic(claim.statistic, options)(evidence)
        unit = STATISTICS[claim.statistic].unit_of(options)
        decidable = not results.source.startswith(STAND_IN)
        yield {
            "id": claim.id,
            "study": study,
            "kind": claim.kind,
            "scope": "population" if unit in TRAINED else "these networks",
            "twin": twin,
            "verdict": claim.holds.verdict(estimate, claim.fewest) if decidable else UNDECIDED,
            "seeds": f"root {seed}",
            "data": results.source,
            "rule": str(claim.holds),
            "wording": claim.wording,
        } | estimate.row(unit)
