"""Claims on attributions: whether complexity goes with them, and how faithful they are.

A unit is a network, trained from one seed; of one network alone it is a test image.
"""

import pandas as pd

from topolens.claims.evidence import Evidence, Finding, statistic
from topolens.claims.model import RAW, Twin
from topolens.claims.networks import CELL, NETWORK, found_beside_gaussian
from topolens.claims.twins import log_complexities
from topolens.config.analyses import GRAD_CAM, OCCLUSION
from topolens.inference.intervals import CORRELATIONS, NOTHING, Estimate
from topolens.inference.rank import rank_correlation
from topolens.results import Results
from topolens.statistics.explanations import explained_clouds, layer_agreements


@statistic("attributions.csv", "complexity.csv", of="positions", unit="network")
def complexity_agreement(evidence: Evidence, *, score: str, twin: Twin = RAW) -> Finding:
    """Rank correlation over layers of the mean log complexity and the mean score of Grad-CAM, mean over networks."""
    attributions, clouds = _explained(evidence.results, twin)
    found = layer_agreements(attributions, clouds, score, "log")
    return found_beside_gaussian(evidence, evidence.mean(found, CORRELATIONS))


@statistic("attributions.csv", "complexity.csv", of="positions", unit="image")
def complexity_agreement_of_images(evidence: Evidence, *, score: str, twin: Twin = RAW) -> Finding:
    """The same of the first network alone: of the mean log complexity with each image's own score, mean over images."""
    attributions, clouds = _explained(evidence.results, twin)
    maps = attributions[attributions["method"] == GRAD_CAM]
    first = maps[NETWORK].eq(maps[NETWORK].iloc[0]).all(axis=1)
    scores = maps[first].pivot(index="image", columns="layer", values=score)
    own = clouds[clouds[NETWORK].eq(maps[NETWORK].iloc[0]).all(axis=1)]
    means = own.groupby("layer")["log"].mean().reindex(scores.columns)
    found = rank_correlation(scores.to_numpy(), means.to_numpy())
    return found_beside_gaussian(evidence, evidence.mean(found, CORRELATIONS))


@statistic("attributions.csv", "complexity.csv", of="positions", unit="network")
def occlusion_agreement(evidence: Evidence, *, score: str, twin: Twin = RAW) -> Finding:
    """Rank correlation over images of log complexity and a score of occlusion, within each network; mean over networks.

    Complexity is that of the cloud made of the same image, mean over layers. The Gaussian clouds of a layer are those
    of all images, so that within a network they shift all images alike: the twin relative to them is the raw one.
    """
    attributions, clouds = _explained(evidence.results, twin)
    maps = attributions[(attributions["method"] == OCCLUSION) & (attributions["repeat"] >= 0)]
    by_image = [*NETWORK, "repeat"]
    means = clouds.groupby(by_image)["log"].mean()
    pairs = pd.DataFrame({"score": maps.set_index(by_image)[score]}).join(means, how="inner").dropna()
    found = [
        float(rank_correlation(own["score"].to_numpy(), own["log"].to_numpy()))
        for _, own in pairs.groupby(level=NETWORK, sort=False)
    ]
    if not found:  # images with labels are of no cloud
        return Finding(NOTHING)
    return found_beside_gaussian(evidence, evidence.mean(found, CORRELATIONS))


def _explained(results: Results, twin: Twin) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All attributions, and the clouds of the networks that have some, with a column `log`."""
    attributions, complexity = results.table("attributions"), results.table("complexity")
    return attributions, explained_clouds(attributions, log_complexities(complexity, CELL, twin))


@statistic("attributions.csv", of="positions", unit="image")
def faithful(evidence: Evidence, *, method: str) -> Estimate:
    """Area under the insertion curve less that of the same maps shifted at random, mean over networks and images."""
    table = evidence.results.table("attributions")
    rows = table[(table["method"] == method) & table["insertion"].notna()]
    return evidence.mean((rows["insertion"] - rows["insertion_shifted"]).groupby(rows["image"]).mean())
