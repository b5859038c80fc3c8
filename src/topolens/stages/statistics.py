"""Stage 6: one tidy table of all statistics of a run."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays, write_table
from topolens.config.analysis import Statistics
from topolens.inference.intervals import bootstrap_mean, wilson
from topolens.seeding import child_seed
from topolens.statistics.class_shares import class_share_rows
from topolens.statistics.complexity import complexity_rows, trend_rows, with_all_degrees
from topolens.statistics.tests import calibration, difference_rows, layer_accuracies, stability_rows

Row = dict[str, object]

COLUMNS = [
    "statistic", "degree", "layer", "threshold", "estimate", "low", "high", "n",
    "null_low", "null_high", "p_value", "p_holm",
]  # fmt: skip


def compute_statistics(
    complexity_file: Path,
    landscapes_file: Path,
    statistics_file: Path,
    *,
    statistics: Statistics,
    thresholds: list[float],
    networks: int,
    seed: int,
    shares_file: Path | None = None,
) -> None:
    """Complexities with intervals and nulls, trends, permutation tests, stability, classification of layers.

    The column `threshold` holds the training accuracy of the snapshot, empty at the input or where all
    thresholds enter; `layer` 0 is the input. A difference stands at the later of its two groups. Where the run measures
    shares of principal components within classes (`shares_file`), `class` is the class.
    """
    table = with_all_degrees(pd.read_csv(complexity_file))
    arrays = read_arrays(landscapes_file)
    common = (statistics.bootstrap, statistics.confidence, seed)
    rows: list[Row] = [
        *complexity_rows(table, *common),
        *trend_rows(table, thresholds, *common),
    ]
    columns = COLUMNS
    if shares_file is not None:
        rows += class_share_rows(pd.read_csv(shares_file), *common)
        columns = [*COLUMNS, "class"]
    for row in rows:
        if row.get("threshold") is not None:
            row["threshold"] = thresholds[number] if (number := int(str(row["threshold"]))) >= 0 else np.nan
    if len(arrays["layers"]) > 1:
        rows += _landscape_rows(arrays, statistics, thresholds, networks, seed)
    write_table(statistics_file, pd.DataFrame(rows, columns=columns))


def _landscape_rows(
    arrays: dict[str, np.ndarray], settings: Statistics, thresholds: list[float], networks: int, seed: int
) -> Iterator[Row]:
    """What the inner products say, for each degree: along the layers, and along training."""
    layers = arrays["layers"].tolist()
    for degree in sorted(name.removeprefix("by_layer.") for name in arrays if name.startswith("by_layer.")):
        by_layer, by_threshold = arrays[f"by_layer.{degree}"], arrays[f"by_threshold.{degree}"]
        for gram, threshold in zip(by_layer, thresholds, strict=True):
            cells = [{"degree": degree, "layer": layer, "threshold": threshold} for layer in layers]
            yield from _along_layers(gram, cells, settings, networks, seed)
        p_values = []
        for gram, layer in zip(by_threshold, layers, strict=True):
            if layer > 0:
                cells = [{"degree": degree, "layer": layer, "threshold": threshold} for threshold in thresholds]
                yield from _along_thresholds(gram, cells, settings, networks, seed)
                own = child_seed(seed, "calibration", degree, layer)
                p_values.append(calibration(gram, networks, len(thresholds), settings.resamples, own))
        tests = np.concatenate(p_values)
        significant = int(np.sum(tests <= 1 - settings.confidence))
        share = wilson(significant, len(tests), settings.confidence)
        yield {"statistic": "half_tests_significant", "degree": degree} | share.columns


def _along_layers(gram: np.ndarray, cells: list[Row], settings: Statistics, networks: int, seed: int) -> Iterator[Row]:
    """Tests between neighbouring layers at one threshold, and how well layers are told apart there."""
    steps = [cell | {"statistic": "layer_difference"} for cell in cells[1:]]
    yield from difference_rows(gram, networks, steps, settings.resamples, seed)
    accuracies, chance = layer_accuracies(gram, networks)
    own = child_seed(seed, "bootstrap", "layer_accuracy", str(cells[0]))
    estimate = bootstrap_mean(accuracies, settings.bootstrap, own, settings.confidence)
    if estimate.n:
        nulls = {"null_low": chance, "null_high": chance}
        yield cells[0] | {"statistic": "layer_accuracy", "layer": np.nan} | nulls | estimate.columns


def _along_thresholds(
    gram: np.ndarray, cells: list[Row], settings: Statistics, networks: int, seed: int
) -> Iterator[Row]:
    """Tests between neighbouring thresholds at one layer, and how stable the averages are there."""
    steps = [cell | {"statistic": "threshold_difference"} for cell in cells[1:]]
    yield from difference_rows(gram, networks, steps, settings.resamples, seed)
    yield from stability_rows(gram, networks, cells, settings.splits, settings.confidence, seed)
