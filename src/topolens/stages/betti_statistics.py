"""Betti flow, stage 4: one tidy table of all statistics of a run."""

from pathlib import Path

import pandas as pd

from topolens.artifacts import read_json, write_table
from topolens.config.betti import BettiStatistics, BettiTraining
from topolens.statistics.betti import input_rows, layer_rows, network_rows, trained_rows

COLUMNS = [
    "statistic", "set", "activation", "depth", "class", "degree", "layer", "estimate", "low", "high", "n",
    "null_low", "null_high",
]  # fmt: skip


def compute_betti_statistics(
    layers_file: Path,
    card_file: Path,
    statistics_file: Path,
    *,
    training: dict[str, BettiTraining],
    statistics: BettiStatistics,
    seed: int,
) -> None:
    """How many networks count, what each layer and class has, and how a network goes through its layers.

    `class` is 0, 1 or `both`; `layer` 0 is the input, the last the logits. There is no null.
    """
    layers = pd.read_csv(layers_file)
    accuracy = {name: one.accuracy for name, one in training.items()}
    rows = [
        *trained_rows(read_json(card_file)["cells"], accuracy, statistics.confidence),
        *input_rows(layers),
        *layer_rows(layers, statistics, seed),
        *network_rows(layers, statistics, seed),
    ]
    write_table(statistics_file, pd.DataFrame(rows, columns=COLUMNS))
