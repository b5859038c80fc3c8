"""The verdict on every claim."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from topolens.artifacts import read_table, write_table
from topolens.claims.evidence import Evidence, Finding
from topolens.claims.model import Claim, Headline, full_name
from topolens.claims.registry import STATISTICS, claim_statistic
from topolens.claims.stability import KEYS, with_stability
from topolens.config.study_files import load_studies
from topolens.data.dataset import STAND_IN
from topolens.inference.intervals import Estimate
from topolens.results import Results
from topolens.seeding import child_seed

COLUMNS = [
    "id", "study", "kind", "scope", "headline", "twin", "verdict", "reason", "stability", "decided", "estimate", "low",
    "high", "n", "unit", "band", "seeds", "data", "scale", "rule", "wording",
]  # fmt: skip


def decide_claims(
    claims_file: Path,
    *,
    claims: list[Claim],
    study_files: list[Path],
    results_folder: Path,
    scale: str,
    seed: int,
    verdicts_file: Path | None = None,
) -> None:
    """Compute each claim's statistic and verdict from the tables of its run; stand-in data decides nothing.

    `verdicts_file` says how often each verdict came out over gold runs: unstable ones decide nothing either.
    """
    studies = load_studies(study_files, scale)
    runs: dict[tuple[str, str], Results] = {}
    rows = []
    for claim in claims:
        for study in claim.studies:
            key = (study, claim.run)
            runs.setdefault(key, Results(results_folder / study, studies[study], claim.run))
            rows += [row | {"scale": scale} for row in decide(claim, study, runs[key], seed)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    counts = pd.DataFrame(columns=[*KEYS, "decided", "runs"]) if verdicts_file is None else read_table(verdicts_file)
    write_table(claims_file, with_stability(table, counts)[COLUMNS])


def decide(claim: Claim, study: str, results: Results, seed: int) -> Iterator[dict[str, object]]:
    """The rows of one claim on one study, one for each twin."""
    for twin, options in claim.twins().items():
        evidence = Evidence(results, child_seed(seed, "claim", study, full_name(claim.id, twin)))
        found = claim_statistic(claim.statistic, options)(evidence)
        if isinstance(found, Estimate):
            found = Finding(found)
        unit = STATISTICS[claim.statistic].unit_of(options)
        barred = "stand-in data" if results.source.startswith(STAND_IN) else found.barred
        verdict, reason = claim.verdict(found.estimate, barred)
        headline = Headline.model_validate({"study": study, "twin": twin or None})
        yield {
            "id": claim.id,
            "study": study,
            "kind": claim.kind,
            "scope": claim.scope,
            "headline": claim.headline == headline,
            "twin": twin,
            "decided": verdict,
            "reason": reason,
            "band": found.band,
            "seeds": f"root {seed}",
            "data": results.source,
            "rule": str(claim.holds),
            "wording": claim.wording,
        } | found.estimate.row(unit)
