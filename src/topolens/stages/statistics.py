"""One tidy table of all statistics of a run: which rows there are follows from the kind of its clouds and its analyses."""

from pathlib import Path

import numpy as np
import pandas as pd

from topolens.artifacts import read_arrays, read_json, write_table
from topolens.config.analyses import Clusters, Intervals, Tests
from topolens.statistics.agreement import agreement_rows, score_correlation_rows
from topolens.statistics.attributions import attribution_rows, explained_rows
from topolens.statistics.betti import input_rows, layer_rows, network_rows, trained_rows
from topolens.statistics.class_shares import class_share_rows
from topolens.statistics.clusters import cluster_rows
from topolens.statistics.complexity import complexity_rows, trend_rows, with_all_degrees
from topolens.statistics.depth import complexity_rows as position_complexity_rows
from topolens.statistics.depth import network_rows as whole_network_rows
from topolens.statistics.depth import trend_rows as depth_trend_rows
from topolens.statistics.diagrams import distance_rows as diagram_distance_rows
from topolens.statistics.diagrams import summary_rows
from topolens.statistics.distances import depth_rows, distance_rows
from topolens.statistics.mapper import mapper_rows
from topolens.statistics.performance import performance_rows
from topolens.statistics.planes import plane_rows
from topolens.statistics.robustness import accuracy_rows, robustness_rows
from topolens.statistics.separation import separation_rows
from topolens.statistics.separation import trend_rows as separation_trend_rows
from topolens.statistics.tests import landscape_rows
from topolens.topology.diagram_table import DiagramTable

COLUMNS = {
    "samples": [
        "statistic", "degree", "layer", "threshold", "class", "estimate", "low", "high", "n",
        "null_low", "null_high", "p_value", "p_holm",
    ],
    "positions": [
        "statistic", "network", "seed", "group", "other", "layer", "estimate", "low", "high", "n",
        "null_low", "null_high", "p_value", "p_holm",
    ],
    "images": [
        "statistic", "network", "layer", "degree", "group", "other", "estimate", "low", "high", "n",
        "null_low", "null_high", "p_value",
    ],
    "layers": [
        "statistic", "set", "activation", "depth", "class", "degree", "layer", "estimate", "low", "high", "n",
        "null_low", "null_high",
    ],
}  # fmt: skip


def of_samples(
    complexity_file: Path,
    landscapes_file: Path,
    statistics_file: Path,
    *,
    intervals: Intervals,
    tests: Tests | None,
    snapshot_accuracies: list[float],
    seed: int,
    shares_file: Path | None = None,
) -> None:
    """Complexities with intervals and nulls, trends, permutation tests, stability, classification of layers.

    The column `threshold` holds the training accuracy of the snapshot, empty at the input or where all
    snapshots enter; `layer` 0 is the input. A difference stands at the later of its two groups. Where the run measures
    shares of principal components within classes (`shares_file`), `class` is the class.
    """
    table = with_all_degrees(pd.read_csv(complexity_file))
    rows = [*complexity_rows(table, intervals, seed), *trend_rows(table, snapshot_accuracies, intervals, seed)]
    if shares_file is not None:
        rows += class_share_rows(pd.read_csv(shares_file), intervals, seed)
    for row in rows:
        if row.get("threshold") is not None:
            row["threshold"] = snapshot_accuracies[number] if (number := int(str(row["threshold"]))) >= 0 else np.nan
    arrays = read_arrays(landscapes_file)
    if tests is not None and len(arrays["layers"]) > 1:
        rows += landscape_rows(arrays, tests, intervals, snapshot_accuracies, seed)
    write_table(statistics_file, pd.DataFrame(rows, columns=COLUMNS["samples"]))


def of_positions(
    statistics_file: Path,
    *,
    intervals: Intervals,
    tests: Tests | None,
    clusters: Clusters | None,
    seed: int,
    **files: Path,
) -> None:
    """How well the networks do; complexities, tests, distances and clusters of their landscapes; other explanations.

    `layer` is empty where all layers enter, `seed` where seeds are averaged; `other` is what a group is compared
    with: another group, another network, the layer before, a predicted class, or a network that is left out. Of
    attributions, Mapper graphs and planes `group` is a method, or what Mapper graphs are compared over.

    Args:
        statistics_file: The table.
        intervals, tests, clusters, seed: How.
        files: The run's artifacts by name, `complexity_csv` and so on; analyses that it does not make are missing.
    """
    tables = {name: pd.read_csv(file) for name, file in files.items() if name.endswith("_csv")}
    complexity, performance = tables["complexity_csv"], tables["performance_csv"]
    arrays = read_arrays(files["landscapes_npz"])
    layers = arrays["layers"].tolist()
    rows = [
        *performance_rows(performance, intervals, seed),
        *position_complexity_rows(complexity, intervals, seed),
        *whole_network_rows(complexity, layers, intervals, seed),
        *depth_trend_rows(complexity, layers, intervals, seed),
        *score_correlation_rows(complexity, performance, layers, intervals, seed),
    ]
    if tests is not None:
        rows += [*depth_rows(arrays, tests, seed), *distance_rows(arrays, tests, intervals, seed)]
    if clusters is not None:
        rows += cluster_rows(tables["clusters_csv"], clusters, intervals, seed)
    if (attributions := tables.get("attributions_csv")) is not None:
        rows += attribution_rows(attributions, intervals, seed)
        rows += explained_rows(attributions, complexity, intervals, seed)
        rows += agreement_rows(attributions, complexity, intervals, seed)
    if "mapper_csv" in tables:
        rows += mapper_rows(tables["mapper_csv"], intervals, seed)
    if "planes_csv" in tables:
        rows += plane_rows(tables["planes_csv"])
    write_table(statistics_file, pd.DataFrame(rows, columns=COLUMNS["positions"]))


def of_images(
    diagrams_file: Path,
    distances_file: Path,
    performance_file: Path,
    statistics_file: Path,
    *,
    intervals: Intervals,
    seed: int,
    separation_file: Path | None = None,
) -> None:
    """Accuracy, separation of classes, distances between diagrams and their summaries.

    `group` is a distance; `other` what it is compared with: another distance, a condition or a k.
    """
    table = DiagramTable.read(diagrams_file)
    distances = pd.read_csv(distances_file, keep_default_na=False)
    performance = pd.read_csv(performance_file)
    rows = [*accuracy_rows(performance, intervals, seed)]
    if separation_file is not None:
        separation = pd.read_csv(separation_file)
        rows += separation_rows(separation, intervals, seed)
        rows += separation_trend_rows(separation, intervals, seed)
    rows += diagram_distance_rows(distances, intervals)
    rows += summary_rows(table, intervals, seed)
    rows += robustness_rows(performance, distances, intervals, seed)
    write_table(statistics_file, pd.DataFrame(rows, columns=COLUMNS["images"]))


def of_layers(layers_file: Path, card_file: Path, statistics_file: Path, *, intervals: Intervals, seed: int) -> None:
    """How many networks count, what each layer and class has, and how a network goes through its layers.

    `class` is 0, 1 or `both`; `layer` 0 is the input, the last the logits. There is no null.
    """
    layers, card = pd.read_csv(layers_file), read_json(card_file)
    accuracy = {name: one["snapshot_accuracies"][-1] for name, one in card["training"].items()}
    rows = [
        *trained_rows(card["families"], accuracy, intervals.confidence),
        *input_rows(layers),
        *layer_rows(layers, intervals, seed),
        *network_rows(layers, intervals, seed),
    ]
    write_table(statistics_file, pd.DataFrame(rows, columns=COLUMNS["layers"]))
