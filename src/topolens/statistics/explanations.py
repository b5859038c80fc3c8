"""Other explanations: attributions and Mapper graphs by layer, and whether complexity goes with attributions or IoU."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from topolens.config.analyses import GRAD_CAM, Intervals
from topolens.inference.intervals import (
    CORRELATIONS,
    SHARES,
    SIZES,
    Estimate,
    Range,
    correlation_of_units,
    mean_of_known,
    resampled_interval,
)
from topolens.inference.rank import rank_correlation
from topolens.seeding import child_seed
from topolens.statistics.depth import TWINS, complexities
from topolens.statistics.rows import Row, mean_row, null_band

SCORES: dict[str, Range | None] = {
    "concentration": SHARES, "inside": SHARES, "gain": SIZES,
    **dict.fromkeys(["deletion", "insertion", "deletion_shifted", "insertion_shifted"], SHARES),
}  # fmt: skip


def attribution_rows(table: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean of each score over the images of a network, method and layer."""
    for (network, method, layer), rows in table.groupby(["network", "method", "layer"], sort=False):
        cell: Row = {"network": network, "method": method, "layer": layer}
        for score in SCORES:
            if rows[score].notna().any():
                mean = mean_row(rows[score], "image", intervals, seed, score, *cell.values(), within=SCORES[score])
                yield cell | {"statistic": score} | mean


def explained_rows(
    attributions: pd.DataFrame, complexity: pd.DataFrame, intervals: Intervals, seed: int
) -> Iterator[Row]:
    """Mean complexity of each explained network at each layer, over clouds of all groups; of its first seed."""
    clouds = explained_clouds(complexity)
    clouds = clouds[clouds["network"].isin(attributions["network"].unique())]
    for (network, layer), rows in clouds.groupby(["network", "layer"], sort=False):
        for measure in ("l2", "l2_scale_free"):
            names = ("subject", measure, network, layer)
            mean = mean_row(rows[measure], "repeat", intervals, seed, *names, within=SIZES)
            yield {"statistic": f"explained_complexity_{measure}", "network": network, "layer": layer} | mean


def explained_clouds(complexity: pd.DataFrame) -> pd.DataFrame:
    """The clouds of the networks that are explained, those of the first seed, without the Gaussian ones."""
    return complexity[~complexity["null"] & (complexity["seed"] == complexity["seed"].iloc[0])]


def score_correlation_rows(
    complexity: pd.DataFrame, performance: pd.DataFrame, layers: list[str], intervals: Intervals
) -> Iterator[Row]:
    """Rank correlation of IoU and mean complexity over trained networks; of masks alone.

    A unit is a network from one seed. `against` is a network that is left out with all its seeds;
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
            estimate = correlation_of_units(float(rank_correlation(*pairs.T)), len(pairs), intervals.confidence)
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


NUMBERS: dict[str, Range | None] = {
    **dict.fromkeys(["fork_gain", "loop_excess_entropy"]),
    **dict.fromkeys(["nodes", "edges", "components", "loops", "forks"], SIZES),
    **dict.fromkeys(["node_entropy", "loop_entropy", "covered"], SIZES),
    **dict.fromkeys(["node_purity", "separating", "fork_purity", "loop_separating"], SHARES),
    **dict.fromkeys(["local", "overall", "subset_local", "subset_overall"], CORRELATIONS),
}
AGREEMENTS: dict[str, Range | None] = {
    **dict.fromkeys(["match", "chance_match", "same_components", "shared"], SHARES),
    "agreement": None,
}
NOISE = "covariance"  # the null that is shown: what is beyond second moments and norms


def mapper_rows(table: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """What the graphs of a layer hold beside noise, how stable they are, and the chosen pair.

    Units are networks, each with the mean of its halves and repeats, where there are several seeds, else repeats.
    Stability is `against` the graphs of other repeats, or of the same under other parameters; `agreement` is the match
    above that of chance, 1 for equal graphs.
    """
    empty = pd.Series(dtype=float)
    for (network, layer), rows in table.groupby(["network", "layer"], sort=False):
        kinds = {str(kind): own for kind, own in rows.groupby("kind")}
        cell: Row = {"network": network, "layer": layer}
        for number, within in NUMBERS.items():
            values, unit = _units(kinds["repeat"], kinds["repeat"][number], "repeat")
            mean = mean_row(values, unit, intervals, seed, "mapper", number, layer, within=within)
            null = null_band(kinds[NOISE].get(number, empty).dropna(), intervals.confidence)
            yield cell | {"statistic": f"mapper_{number}"} | mean | null
        yield from (cell | row for row in _agreement_rows(kinds, intervals, seed, layer))
        if "pair" in kinds:
            pair = kinds["pair"]
            excess = pair["node_purity"] - pair["null_purity"]
            scores = {"pair_purity": pair["node_purity"], "pair_excess": excess, "pair_forks": pair["forks"]}
            for name, score in scores.items():
                values, unit = _units(pair, score, "repeat")
                yield cell | {"statistic": name} | mean_row(values, unit, intervals, seed, name, layer)


def _agreement_rows(kinds: dict[str, pd.DataFrame], intervals: Intervals, seed: int, layer: object) -> Iterator[Row]:
    """How alike the graphs of a layer are to those of other repeats, and under other parameters."""
    others = kinds["parameters"][kinds["parameters"]["repeat"] > 0]  # the first is what others are held against
    for kind, against, unit, rows in (
        ("agreement", "repeats", "pair of repeats", kinds["agreement"]),
        ("parameters", "parameters", "setting", others),
    ):
        scores = rows.assign(agreement=(rows["match"] - rows["chance_match"]) / (1 - rows["chance_match"]))
        for number, within in AGREEMENTS.items():
            if scores[number].notna().any():
                values, of = _units(rows, scores[number], unit)
                mean = mean_row(values, of, intervals, seed, kind, number, layer, within=within)
                yield {"statistic": f"mapper_{number}", "against": against} | mean


def _units(rows: pd.DataFrame, values: pd.Series, unit: str) -> tuple[pd.Series, str]:
    """Values of independent units and what these are: means of networks where there are several, else as they are."""
    if rows["seed"].nunique() < 2:
        return values, unit
    return values.groupby(rows["seed"]).mean(), "network"
