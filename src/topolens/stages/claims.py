"""Stage 8: the verdict on every claim."""

from pathlib import Path

import pandas as pd

from topolens.artifacts import write_table
from topolens.config.study import load_study
from topolens.data.dataset import STAND_IN
from topolens.inference.betti_claims import BettiEvidence
from topolens.inference.claim_statistics import Evidence
from topolens.inference.claims import UNDECIDED, Claim
from topolens.inference.explain_claims import ExplainEvidence
from topolens.inference.latent_claims import LatentEvidence
from topolens.inference.metric_claims import MetricEvidence
from topolens.inference.registry import claim_statistic
from topolens.results import AnyResults, BettiResults, ExplainResults, LatentResults, MetricResults, results_of
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
    studies_folder: Path,
    results_folder: Path,
    scale: str,
    seed: int,
) -> None:
    """Compute each claim's statistic and verdict from the tables of its run; stand-in data decides nothing."""
    studies = {file.stem: load_study(file, scale) for file in sorted(studies_folder.glob("*.yaml"))}
    runs: dict[tuple[str, str], AnyResults] = {}
    rows = []
    for claim in claims:
        for study in claim.studies:
            key = (study, claim.run)
            runs.setdefault(key, results_of(results_folder / study, studies[study], claim.run))
            rows.append(decide(claim, study, runs[key], seed) | {"scale": scale})
    for file in (claims_file, latest_file):
        write_table(file, pd.DataFrame(rows, columns=COLUMNS))


def evidence_of(
    results: AnyResults, seed: int
) -> Evidence | LatentEvidence | MetricEvidence | ExplainEvidence | BettiEvidence:
    """What a claim's statistic takes."""
    settings = results.config.statistics
    if isinstance(results, LatentResults):
        return LatentEvidence(results, settings.bootstrap, settings.confidence, seed)
    if isinstance(results, MetricResults):
        return MetricEvidence(results, settings.bootstrap, settings.confidence, seed)
    if isinstance(results, ExplainResults):
        return ExplainEvidence(results, settings.bootstrap, settings.confidence, seed)
    if isinstance(results, BettiResults):
        return BettiEvidence(results, settings.bootstrap, settings.confidence, seed)
    return Evidence(
        complexity=results.complexity,
        statistics=results.statistics,
        shares=results.shares,
        diagrams=results.diagrams,
        thresholds=len(results.config.training.thresholds),
        bootstrap=settings.bootstrap,
        confidence=settings.confidence,
        seed=seed,
    )


def decide(claim: Claim, study: str, results: AnyResults, seed: int) -> dict[str, object]:
    """One row of the claims table."""
    evidence = evidence_of(results, child_seed(seed, "claim", study, claim.id))
    estimate = claim_statistic(claim.statistic, claim.options, results.study.flow)(evidence)
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
