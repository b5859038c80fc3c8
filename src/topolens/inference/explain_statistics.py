"""Statistics of other explanations: how concentrated, how faithful, what Mapper finds, what a plane keeps."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from topolens.config.explain import GRAD_CAM, ExplainStatistics
from topolens.inference.intervals import Estimate, bootstrap_mean, tail_levels
from topolens.seeding import child_seed

Row = dict[str, object]
SCORES = ["concentration", "inside", "gain", "deletion", "insertion", "deletion_shifted", "insertion_shifted"]
NUMBERS = [
    "nodes", "edges", "components", "loops", "forks", "covered", "node_purity", "node_entropy", "separating",
    "fork_gain", "fork_purity", "loop_separating", "loop_entropy", "local", "overall",
]  # fmt: skip
NOISE = "covariance"  # the null that is shown: what is beyond second moments and norms


def attribution_rows(table: pd.DataFrame, settings: ExplainStatistics, seed: int) -> Iterator[Row]:
    """Mean of each score over the images of a network, method and layer; `group` is the method."""
    for (network, method, layer), rows in table.groupby(["network", "method", "layer"], sort=False):
        cell: Row = {"network": network, "group": method, "layer": layer}
        for score in SCORES:
            if rows[score].notna().any():
                yield cell | {"statistic": score} | _mean(rows[score], settings, seed, score, *cell.values())


def mapper_rows(table: pd.DataFrame, settings: ExplainStatistics, seed: int) -> Iterator[Row]:
    """What the graphs of a layer hold, mean over positions, beside noise; how stable they are; the chosen pair."""
    for layer, rows in table.groupby("layer", sort=False):
        kinds = {str(kind): own for kind, own in rows.groupby("kind")}
        for number in NUMBERS:
            row: Row = {"statistic": f"mapper_{number}", "layer": layer}
            row |= _mean(kinds["position"][number], settings, seed, "mapper", number, layer)
            noise = kinds[NOISE][number].dropna() if number in kinds[NOISE] else pd.Series(dtype=float)
            if len(noise):
                row["null_low"], row["null_high"] = np.quantile(noise, tail_levels(settings.confidence))
            yield row
        for number in ("match", "chance_match", "same_components", "shared"):
            for kind in ("agreement", "parameters"):
                values = kinds[kind][number]
                values = (
                    values.iloc[1:] if kind == "parameters" else values
                )  # the first is what others are held against
                if values.notna().any():
                    cell: Row = {"statistic": f"mapper_{number}", "layer": layer, "group": kind}
                    yield cell | _mean(values, settings, seed, kind, number, layer)
        if "pair" in kinds:
            pair = kinds["pair"]
            for name, values in (
                ("pair_purity", pair["node_purity"]),
                ("pair_excess", pair["node_purity"] - pair["null_purity"]),
                ("pair_forks", pair["forks"]),
            ):
                yield {"statistic": name, "layer": layer} | _mean(values, settings, seed, name, layer)


def plane_rows(table: pd.DataFrame) -> Iterator[Row]:
    """Accuracy of the neighbours' vote; `group` is the method."""
    for row in table.to_dict("records"):
        method = row.pop("method")
        yield {"statistic": "separation", "group": method} | {str(key): value for key, value in row.items()}


def agreement_rows(
    attributions: pd.DataFrame, complexity: pd.DataFrame, settings: ExplainStatistics, seed: int
) -> Iterator[Row]:
    """Rank correlation over layers of complexity and concentration of Grad-CAM, for each network."""
    for network in attributions["network"].unique():
        for score in ("concentration", "inside"):
            for twin in ("", "_scale_free"):
                own = attributions[attributions["network"] == network]
                if own[score].notna().any():
                    names = (str(network), score, twin)
                    found = layer_agreement(own, complexity, score, f"l2{twin}", settings, child_seed(seed, *names))
                    yield {"statistic": f"{score}_agreement{twin}", "network": network} | found.columns


def layer_agreement(
    attributions: pd.DataFrame,
    complexity: pd.DataFrame,
    score: str,
    measure: str,
    settings: ExplainStatistics,
    seed: int,
) -> Estimate:
    """Spearman's correlation over layers of the mean score of Grad-CAM and the mean complexity, mean over networks.

    Resampled are the images and, on their own, the clouds; n is the number of images. A layer whose maps all point
    nowhere takes no part. NaN with fewer than three layers.
    """
    maps = attributions[attributions["method"] == GRAD_CAM]
    networks = [*dict.fromkeys(maps["network"])]
    first = complexity["seed"].iloc[0]  # of each network that of the first seed is explained
    real = complexity[~complexity["gaussian"] & (complexity["seed"] == first)]
    generator = np.random.default_rng(seed)
    values, resampled, images = [], [], maps["image"].nunique()
    image_draws = generator.integers(images, size=(settings.bootstrap, images))
    clouds = real.groupby(["group", "repeat"]).ngroups
    cloud_draws = generator.integers(clouds, size=(settings.bootstrap, clouds))
    for network in networks:
        layers = [*dict.fromkeys(maps["layer"])]
        scores = maps[maps["network"] == network].pivot(index="image", columns="layer", values=score)[layers]
        own = real[real["network"] == network]
        norms = own.pivot(index=["group", "repeat"], columns="layer", values=measure)[layers]
        values.append(_rank_correlation(scores.mean().to_numpy(), norms.mean().to_numpy()))
        resampled.append(
            [
                _rank_correlation(a, b)
                for a, b in zip(
                    _resampled_means(scores.to_numpy(), image_draws),
                    _resampled_means(norms.to_numpy(), cloud_draws),
                    strict=True,
                )
            ]
        )
    means = np.mean(resampled, axis=0)
    known = means[~np.isnan(means)]
    low, high = np.quantile(known, tail_levels(settings.confidence)) if len(known) else (np.nan, np.nan)
    return Estimate(float(np.mean(values)), float(low), float(high), images)


def _resampled_means(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """(units, layers) values to (resamples, layers) means; a map that points nowhere has no score, so NaN is left out.

    NaN where nothing is left.
    """
    known = ~np.isnan(values)
    sums = np.stack([np.where(known, values, 0)[rows].sum(axis=0) for rows in draws])
    counts = np.stack([known[rows].sum(axis=0) for rows in draws])
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's over the places that both have; 0 where one of both is constant, NaN for fewer than three places."""
    known = ~(np.isnan(a) | np.isnan(b))
    a, b = a[known], b[known]
    if len(a) < 3:
        return float("nan")
    return float(spearmanr(a, b).statistic) if np.ptp(a) > 0 and np.ptp(b) > 0 else 0.0


def _mean(values: pd.Series, settings: ExplainStatistics, seed: int, *names: object) -> Row:
    own = child_seed(seed, "bootstrap", *map(str, names))
    return bootstrap_mean(values.to_numpy(np.float64), settings.bootstrap, own, settings.confidence).columns
