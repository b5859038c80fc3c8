"""Claims on attributions: whether complexity goes with them, and how faithful they are. A unit is a test image."""

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence
from topolens.claims.statistic import statistic
from topolens.config.analyses import OCCLUSION
from topolens.inference.intervals import NOTHING, Estimate, mean_of_known
from topolens.inference.rank import FEWEST_PAIRS, rank_correlation
from topolens.statistics.attributions import explained_clouds


@statistic("attributions.csv", "statistics.csv", of="positions", unit="image")
def complexity_agreement(evidence: Evidence, *, score: str, scale_free: bool = False) -> Estimate:
    """Rank correlation over layers of complexity and a score of Grad-CAM, mean over networks: a table's row."""
    if len(evidence.results.config.explained_layers) < FEWEST_PAIRS:
        return NOTHING
    return evidence.row(f"{score}_agreement" + "_scale_free" * scale_free, network=None)


@statistic("attributions.csv", "complexity.csv", of="positions", unit="image")
def occlusion_agreement(evidence: Evidence, *, score: str, scale_free: bool = False) -> Estimate:
    """Rank correlation over images of mean complexity and a score of occlusion, mean over networks.

    Complexity is that of the cloud made of the same image, mean over layers; a unit is an image.
    """
    run = evidence.results
    table = run.table("attributions")[run.table("attributions")["method"] == OCCLUSION]
    norms = explained_clouds(run.table("complexity"))
    measure = "l2_scale_free" if scale_free else "l2"
    # One unit for all layers, so that none decides alone.
    relative = norms[measure] / norms.groupby(["network", "layer"])[measure].transform("mean")
    complexity = norms.assign(relative=relative).groupby(["network", "repeat"])["relative"].mean()
    scores = table.set_index(["network", "repeat"])[score]
    pairs = pd.DataFrame({"score": scores, "complexity": complexity.reindex(scores.index)}).dropna()
    values, resampled, images = [], [], 0
    for _, own in pairs.groupby(level="network", sort=False):
        images = len(own)
        if images < FEWEST_PAIRS:
            return NOTHING
        draws = evidence.draws(images)
        a, b = own["score"].to_numpy(), own["complexity"].to_numpy()
        values.append(rank_correlation(a, b))
        resampled.append(rank_correlation(a[draws], b[draws]))
    if not values:  # images with labels are of no cloud
        return NOTHING
    value = float(mean_of_known(np.array(values), axis=0))
    return evidence.interval(value, mean_of_known(np.array(resampled), axis=0), images)


@statistic("attributions.csv", of="positions", unit="image")
def faithful(evidence: Evidence, *, method: str) -> Estimate:
    """Area under the insertion curve less that of the same maps shifted at random, mean over networks and images."""
    table = evidence.results.table("attributions")
    rows = table[(table["method"] == method) & table["insertion"].notna()]
    return evidence.mean((rows["insertion"] - rows["insertion_shifted"]).groupby(rows["image"]).mean())
