"""Claims on INT8 quantisation: what it costs, and how far it moves diagrams."""

from topolens.claims.evidence import Evidence
from topolens.claims.metrics import names_of
from topolens.claims.robustness import published_hits
from topolens.claims.statistic import statistic
from topolens.config.conditions import CLEAN, INT8
from topolens.inference.intervals import NOTHING, Estimate
from topolens.results import Results


@statistic("performance.csv", of="images", unit="image")
def quantised_loss(evidence: Evidence, *, network: str, least_share: float = 0.5) -> Estimate:
    """Accuracy lost by INT8 dynamic quantisation, paired by image; nothing where too few weights are quantised."""
    if not _is_quantised(evidence.results, network, least_share):
        return NOTHING
    hits = published_hits(evidence.results)[network]
    return evidence.mean(hits[CLEAN] - hits[INT8])


@statistic("performance.csv", "diagram_distances.csv", of="images", unit="metric")
def quantised_shift(
    evidence: Evidence, *, network: str, measure: str, degree: int, least_share: float = 0.5
) -> Estimate:
    """Distance of diagrams under INT8 to clean ones by that between repeats, mean over layers; a unit is a metric."""
    if not _is_quantised(evidence.results, network, least_share):
        return NOTHING
    distances = evidence.results.table("diagram_distances")
    rows = distances[(distances["network"] == network) & (distances["degree"] == degree)]
    moved = rows[rows["condition"] == INT8].set_index(["layer", "metric"])[measure]
    within = rows[rows["kind"] == "within"].groupby(["layer", "metric"])[measure].mean()
    return evidence.mean((moved / within).groupby("metric").mean())


def _is_quantised(results: Results, network: str, least_share: float) -> bool:
    """Whether the run has the network and enough of its weights are quantised."""
    table = results.table("performance")
    shares = table.loc[(table["network"] == network) & (table["kind"] == INT8), "quantised"]
    return network in names_of(results) and not shares.empty and bool(shares.iloc[0] >= least_share)
