"""Other explanations: attributions and Mapper graphs by layer, and whether complexity goes with attributions or IoU."""

from collections.abc import Iterator

import pandas as pd

from topolens.config.analyses import GRAD_CAM, Intervals
from topolens.inference.intervals import CORRELATIONS, SHARES, SIZES, Range, correlation_of_units
from topolens.inference.rank import rank_correlation
from topolens.statistics.depth import TWINS, complexities
from topolens.statistics.rows import Row, mean_row, null_band

SCORES: dict[str, Range | None] = {
    "concentration": SHARES, "inside": SHARES, "gain": SIZES,
    **dict.fromkeys(["deletion", "insertion", "deletion_shifted", "insertion_shifted"], SHARES),
}  # fmt: skip


def attribution_rows(table: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """Mean of each score over the images of a network, method and layer, each image a mean over the network's seeds."""
    for (network, method, layer), rows in table.groupby(["network", "method", "layer"], sort=False):
        cell: Row = {"network": network, "method": method, "layer": layer}
        for score in SCORES:
            if rows[score].notna().any():
                units = rows.groupby("image")[score].mean()
                mean = mean_row(units, "image", intervals, seed, within=SCORES[score])
                yield cell | {"statistic": score} | mean


def explained_rows(
    attributions: pd.DataFrame, complexity: pd.DataFrame, intervals: Intervals, seed: int
) -> Iterator[Row]:
    """Mean complexity of each explained network at each layer, over clouds, each a mean over the network's seeds."""
    clouds = explained_clouds(attributions, complexity)
    for (network, layer), rows in clouds.groupby(["network", "layer"], sort=False):
        for measure in TWINS:
            units = rows.groupby(["group", "repeat"])[measure].mean()
            mean = mean_row(units, "repeat", intervals, seed, within=SIZES)
            yield {"statistic": f"explained_complexity_{measure}", "network": network, "layer": layer} | mean


def explained_clouds(attributions: pd.DataFrame, complexity: pd.DataFrame) -> pd.DataFrame:
    """The clouds of the networks, from the seeds, that are explained, without the Gaussian ones."""
    explained = pd.MultiIndex.from_frame(attributions[["network", "seed"]].drop_duplicates())
    own = pd.MultiIndex.from_frame(complexity[["network", "seed"]])
    return complexity[~complexity["null"] & own.isin(explained)]


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
    """Rank correlation over layers of complexity and a score of Grad-CAM, mean over the seeds of each network.

    And over all networks, `network` empty. A unit is a network from one seed.
    """
    clouds = explained_clouds(attributions, complexity)
    for score in ("concentration", "inside"):
        for twin, measure in zip(("", "_scale_free"), TWINS, strict=True):
            if attributions[score].isna().all():
                continue
            found = layer_agreements(attributions, clouds, score, measure)
            for network in (*found.index.unique("network"), None):
                values = found if network is None else found.xs(network, level="network")
                mean = mean_row(values, "network", intervals, seed, within=CORRELATIONS)
                yield {"statistic": f"{score}_agreement{twin}", "network": network} | mean


def layer_agreements(attributions: pd.DataFrame, clouds: pd.DataFrame, score: str, measure: str) -> pd.Series:
    """Spearman's correlation over layers of the mean score of Grad-CAM and the mean of a measure.

    Args:
        attributions: A row a network, seed, method, layer and image. A map that points nowhere has no score; a layer
            whose maps all do takes no part.
        clouds: A row a cloud: network, seed, layer and the measure.
        score, measure: Columns of both.

    Returns:
        Index network, seed of all explained ones, in their order; NaN with fewer than three layers, or where one side
        is the same throughout.
    """
    maps = attributions[attributions["method"] == GRAD_CAM]
    scores = maps.groupby(["network", "seed", "layer"], sort=False)[score].mean().unstack("layer", sort=False)
    means = clouds.groupby(["network", "seed", "layer"], sort=False)[measure].mean().unstack("layer", sort=False)
    means = means.reindex(index=scores.index, columns=scores.columns)
    return pd.Series(rank_correlation(scores.to_numpy(), means.to_numpy()), scores.index)


def plane_rows(planes: pd.DataFrame, projections: pd.DataFrame, intervals: Intervals, seed: int) -> Iterator[Row]:
    """How well each method tells classes apart, and the share of the clouds' variance that their own planes keep."""
    for row in planes.to_dict("records"):
        yield {"statistic": "separation"} | {str(key): value for key, value in row.items()}
    real = projections[~projections["null"]]
    for (network, own, layer), rows in real.groupby(["network", "seed", "layer"], sort=False):
        cell: Row = {"network": network, "seed": own, "layer": layer}
        mean = mean_row(rows["kept"], "repeat", intervals, seed, within=SHARES)
        yield {"statistic": "kept_variance"} | cell | mean


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
            mean = mean_row(values, unit, intervals, seed, within=within)
            null = null_band(kinds[NOISE].get(number, empty).dropna(), intervals.confidence)
            yield cell | {"statistic": f"mapper_{number}"} | mean | null
        yield from (cell | row for row in _agreement_rows(kinds, intervals, seed))
        if "pair" in kinds:
            pair = kinds["pair"]
            excess = pair["node_purity"] - pair["null_purity"]
            scores = {"pair_purity": pair["node_purity"], "pair_excess": excess, "pair_forks": pair["forks"]}
            for name, score in scores.items():
                values, unit = _units(pair, score, "repeat")
                yield cell | {"statistic": name} | mean_row(values, unit, intervals, seed)


def _agreement_rows(kinds: dict[str, pd.DataFrame], intervals: Intervals, seed: int) -> Iterator[Row]:
    """How alike the graphs of a layer are to those of other repeats, and under other parameters."""
    others = kinds["parameters"][kinds["parameters"]["repeat"] > 0]  # the first is what others are held against
    for against, unit, rows in (("repeats", "pair of repeats", kinds["agreement"]), ("parameters", "setting", others)):
        scores = rows.assign(agreement=(rows["match"] - rows["chance_match"]) / (1 - rows["chance_match"]))
        for number, within in AGREEMENTS.items():
            if scores[number].notna().any():
                values, of = _units(rows, scores[number], unit)
                mean = mean_row(values, of, intervals, seed, within=within)
                yield {"statistic": f"mapper_{number}", "against": against} | mean


def _units(rows: pd.DataFrame, values: pd.Series, unit: str) -> tuple[pd.Series, str]:
    """Values of independent units and what these are: means of networks where there are several, else as they are."""
    if rows["seed"].nunique() < 2:
        return values, unit
    return values.groupby(rows["seed"]).mean(), "network"
