"""Claims on complexity: what changes along training, and from layer to layer. A unit is a network unless said."""

import numpy as np
import pandas as pd

from topolens.claims.evidence import Evidence, Finding, statistic
from topolens.claims.model import RAW, SCALE_FREE, Twin
from topolens.claims.twins import band_of, contrast, log_complexities
from topolens.inference.intervals import (
    DIFFERENCES,
    NOTHING,
    Estimate,
    middle_of,
    simultaneous_means,
    surest_rise,
)
from topolens.inference.rises import rising_networks
from topolens.results import Results
from topolens.statistics.complexity import CELL, by_network, first_and_last, with_all_degrees


def last_snapshot(results: Results) -> int:
    """The number of the run's last snapshot."""
    return len(results.config.snapshot_accuracies) - 1


def snapshot_at(results: Results, accuracy: float) -> int | None:
    """The number of the snapshot at a training accuracy; None where the run has none, or none behind it."""
    before_last = results.config.snapshot_accuracies[:-1]
    return before_last.index(accuracy) if accuracy in before_last else None


def log_norms(results: Results, degree: str, twin: Twin, first: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Logarithms of the L2 norm at an early and at the last snapshot, each networks x layers above the input.

    A network's is the mean over its repeats; minus infinity without complexity.
    """
    table = log_complexities(with_all_degrees(results.table("complexity")), CELL, twin)
    return first_and_last(by_network(table, "log", degree), last_snapshot(results) + 1, first)


def known_only(logs: pd.DataFrame) -> np.ndarray:
    """Logarithms or their differences, NaN where there was no complexity."""
    return logs.where(np.isfinite(logs)).to_numpy(np.float64)


def band_at_the_end(evidence: Evidence, degree: str, twin: Twin) -> str:
    """Where the layers above the input lie to their Gaussian clouds at the last snapshot; empty if scale-free."""
    table = with_all_degrees(evidence.results.table("complexity"))
    is_shown = (table["degree"] == degree) & (table["depth"] > 0)
    rows = table[is_shown & (table["snapshot"] == last_snapshot(evidence.results))]
    return "" if twin == SCALE_FREE else band_of(rows, ["depth"], evidence.confidence)


@statistic("complexity.csv", of="samples", unit="network")
def training_rise(evidence: Evidence, *, from_accuracy: float, degree: str = "all", twin: Twin = RAW) -> Finding:
    """Rise of the logarithm of the L2 norm from the snapshot at an accuracy to the last, in the middle of the layers.

    The mean over networks in every layer, whose intervals hold at once; above 0 where most layers surely rise.
    """
    first = snapshot_at(evidence.results, from_accuracy)
    if first is None:
        return Finding(NOTHING)
    early, last = log_norms(evidence.results, degree, twin, first)
    rises = simultaneous_means(known_only(last - early), evidence.confidence)
    return Finding(middle_of(rises), band=band_at_the_end(evidence, degree, twin))


@statistic("complexity.csv", of="samples", unit="network")
def main_share_rise(evidence: Evidence, *, degree: int) -> Estimate:
    """Rise, from the first to the last snapshot, of the share of the squared norm in the first nine levels.

    In each layer the ratio of sums over networks, so that a network without bars has no share but no say either; mean
    over the layers that have bars in both. It does not change when clouds are divided by constants of their layer.
    """
    table = evidence.results.table("complexity")
    table = table[table["degree"] == degree].assign(degree=str(degree))
    table = table.assign(total=table["l2"] ** 2, main=(table["main_share"] * table["l2"] ** 2).fillna(0.0))
    ends = [
        first_and_last(by_network(table, measure, str(degree)), last_snapshot(evidence.results) + 1)
        for measure in ("main", "total")
    ]
    frames = np.stack([end.to_numpy(np.float64) for pair in ends for end in pair]).reshape(2, 2, *ends[0][0].shape)
    squares = frames[:, :, ~np.isnan(frames).any(axis=(0, 1, 3))]
    if not squares.size:
        return NOTHING
    whole = squares.sum(axis=2, keepdims=True)
    return evidence.jackknife(float(_rise_of_share(whole)[0]), _rise_of_share(whole - squares))


def _rise_of_share(squares: np.ndarray) -> np.ndarray:
    """(main and total, snapshots, units, layers) squared norms to (units,) mean rise of their ratio over layers."""
    main, total = squares
    shares = np.divide(main, total, out=np.full(main.shape, np.nan), where=total > 0)
    rises = shares[1] - shares[0]
    known = ~np.isnan(rises)
    counts = known.sum(axis=1)
    return np.where(known, rises, 0.0).sum(axis=1) / np.where(counts > 0, counts, np.nan)


@statistic("complexity.csv", of="samples", unit="network")
def degree_rise_difference(
    evidence: Evidence, *, degree: str, than: str, from_accuracy: float, twin: Twin = RAW
) -> Estimate:
    """Rise of the L2 norm of one degree less that of another, from the snapshot at an accuracy to the last.

    A rise is the bounded contrast of both norms, from -1 to 1, since a network without bars in degree 1 has no
    logarithm; mean over layers, and over networks.
    """
    first = snapshot_at(evidence.results, from_accuracy)
    if first is None:
        return NOTHING
    rises = []
    for one in (degree, than):
        early, last = log_norms(evidence.results, one, twin, first)
        rises.append(contrast(last, early))
    return evidence.mean((rises[0] - rises[1]).mean(axis=1), DIFFERENCES)


def comparable_depths(results: Results) -> list[int]:
    """The layers above the input whose distances are one: without the output layer where it has its own."""
    last = results.config.output_layer
    return [depth for depth in range(1, last + 1) if depth < last or len(results.config.distances) == 1]


@statistic("complexity.csv", of="samples", unit="network")
def networks_with_rise(evidence: Evidence, *, degree: str = "all", twin: Twin = RAW) -> Finding:
    """Share of networks whose L2 norm surely rises from some layer to the next at the last snapshot.

    By two draws of points a network and the maximum over its steps; see topolens.inference.rises.
    """
    results = evidence.results
    table = log_complexities(with_all_degrees(results.table("complexity")), CELL, twin)
    is_last = (table["degree"] == degree) & (table["snapshot"] == last_snapshot(results))
    table = table[is_last & table["depth"].isin(comparable_depths(results))]
    draw = table.groupby(["network", "depth"])["repeat"].rank(method="first").astype(int)
    wide = table.assign(draw=draw).pivot(index="network", columns=["draw", "depth"], values="log")
    if not {1, 2} <= {*wide.columns.get_level_values("draw")}:
        return Finding(NOTHING)
    rising = rising_networks(np.stack([wide[number].to_numpy() for number in (1, 2)]), evidence.significance)
    share = evidence.share(int(np.nansum(rising)), int((~np.isnan(rising)).sum()))
    return Finding(share, band=band_at_the_end(evidence, degree, twin))


@statistic("complexity.csv", of="samples", unit="network")
def rise_between_layers(evidence: Evidence, *, degree: str = "all", twin: Twin = RAW) -> Finding:
    """The surest rise of the mean logarithm of the L2 norm from one hidden layer to the next, at the last snapshot.

    The intervals of all steps hold at once; the output layer may have another distance and takes no part.
    """
    _, last = log_norms(evidence.results, degree, twin)
    hidden = known_only(last.drop(columns=evidence.results.config.output_layer, errors="ignore"))
    steps = simultaneous_means(np.diff(hidden, axis=1), evidence.confidence)
    return Finding(surest_rise(steps), band=band_at_the_end(evidence, degree, twin))
