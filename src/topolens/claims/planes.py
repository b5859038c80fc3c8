"""Claims on landscapes against planes of principal components. A unit is a layer."""

from topolens.claims.evidence import Evidence
from topolens.claims.statistic import statistic
from topolens.inference.intervals import Estimate


@statistic("planes.csv", of="positions", unit="layer")
def landscape_over_plane(evidence: Evidence, *, plane: str) -> Estimate:
    """Accuracy of the neighbours' vote on landscapes less that on statistics of a plane; a unit is a layer.

    Args:
        evidence: Of a run with planes.
        plane: `plane`, or `plane_shape`, which forgets where a cloud lies.
    """
    table = evidence.results.table("planes").pivot(index="layer", columns="method", values="estimate")
    return evidence.mean(table["landscape"] - table[plane])
