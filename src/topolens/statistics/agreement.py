"""Whether complexity goes with what networks do: with IoU over networks, with attributions over layers."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import GRAD_CAM, Intervals
from topolens.inference.intervals import Estimate, mean_of_known, resampled_interval
from topolens.inference.rank import rank_correlation
from topolens.seeding import child_generator, child_seed
from topolens.statistics.attributions import explained_clouds
from topolens.statistics.depth import TWINS, complexities
from topolens.statistics.rows import Row


def score_correlation_rows(
    complexity: pd.DataFrame, performance: pd.DataFrame, layers: list[str], intervals: Intervals, seed: int
) -> Iterator[Row]:
    """Rank correlation of IoU and mean complexity over trained networks; of masks alone.

    A unit is a network from one seed; units are resampled. `against` is a network that is left out with all its seeds;
    where it is empty all take part.
    """
    scores = performance.loc[performance["skips"].eq(True)].groupby(["network", "seed"])["iou"].mean()
    for measure in TWINS:
        means = complexities(complexity, layers, measure).mean(axis=1).groupby(["network", "seed"]).mean()
        table = pd.concat([means.rename("complexity"), scores], axis=1).dropna()
        networks = table.index.get_level_values("network")
        for without in (None, *networks.unique()):
            pairs = table[networks != without].to_numpy()
            if not len(pairs):
                continue
            drawn = child_generator(seed, "bootstrap", "score", measure, str(without)).integers(
                len(pairs), size=(intervals.bootstrap, len(pairs))
            )
            value, resampled = rank_correlation(*pairs.T), rank_correlation(*np.moveaxis(pairs[drawn], -1, 0))
            estimate = resampled_interval(float(value), resampled, len(pairs), intervals.confidence)
            yield {"statistic": f"score_correlation_{measure}", "against": without} | estimate.row("network")


def agreement_rows(
    attributions: pd.DataFrame, complexity: pd.DataFrame, intervals: Intervals, seed: int
) -> Iterator[Row]:
    """Rank correlation over layers of complexity and a score of Grad-CAM, of each network and their mean."""
    for network in (*attributions["network"].unique(), None):
        rows = attributions if network is None else attributions[attributions["network"] == network]
        for score in ("concentration", "inside"):
            for twin in ("", "_scale_free"):
                if rows[score].notna().any():
                    named = child_seed(seed, str(network), score, twin)
                    estimate = layer_agreement(rows, complexity, score, f"l2{twin}", intervals, named)
                    yield {"statistic": f"{score}_agreement{twin}", "network": network} | estimate.row("image")


def layer_agreement(
    attributions: pd.DataFrame,
    complexity: pd.DataFrame,
    score: str,
    measure: str,
    intervals: Intervals,
    seed: int,
) -> Estimate:
    """Spearman's correlation over layers of the mean score of Grad-CAM and the mean complexity, mean over networks.

    Resampled are the images and, on their own, the clouds; n is the number of images. A layer whose maps all point
    nowhere takes no part, nor does a network without a correlation. NaN with fewer than three layers.
    """
    maps = attributions[attributions["method"] == GRAD_CAM]
    layers = [*dict.fromkeys(maps["layer"])]
    real = explained_clouds(complexity)
    generator = np.random.default_rng(seed)
    values, resampled, images = [], [], maps["image"].nunique()
    image_draws = generator.integers(images, size=(intervals.bootstrap, images))
    clouds = real.groupby(["group", "repeat"]).ngroups
    cloud_draws = generator.integers(clouds, size=(intervals.bootstrap, clouds))
    for network in dict.fromkeys(maps["network"]):
        scores = maps[maps["network"] == network].pivot(index="image", columns="layer", values=score)[layers]
        own = real[real["network"] == network]
        norms = own.pivot(index=["group", "repeat"], columns="layer", values=measure)[layers]
        values.append(rank_correlation(scores.mean().to_numpy(), norms.mean().to_numpy()))
        drawn = (
            _resampled_means(table.to_numpy(), draws) for table, draws in ((scores, image_draws), (norms, cloud_draws))
        )
        resampled.append(rank_correlation(*drawn))
    value = float(mean_of_known(np.array(values), axis=0))
    return resampled_interval(value, mean_of_known(np.array(resampled), axis=0), images, intervals.confidence)


def _resampled_means(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """(units, layers) values to (resamples, layers) means; a map that points nowhere has no score, so NaN is left out.

    NaN where nothing is left.
    """
    # Layer by layer: all at once would take resamples x units x layers of memory.
    return np.stack([mean_of_known(column[draws], axis=1) for column in values.T], axis=1)
