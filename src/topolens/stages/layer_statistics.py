"""One tidy table of all statistics of a run of layers."""

from pathlib import Path

import pandas as pd

from topolens.artifacts import read_json, write_table
from topolens.config.analyses import Intervals
from topolens.statistics.betti import input_rows, layer_rows, network_rows, trained_rows

COLUMNS = [
    "statistic", "set", "activation", "depth", "class", "degree", "layer", "estimate", "low", "high", "n",
    "null_low", "null_high",
]  # fmt: skip


def compute_layer_statistics(
    layers_file: Path, card_file: Path, statistics_file: Path, *, intervals: Intervals, seed: int
) -> None:
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
    write_table(statistics_file, pd.DataFrame(rows, columns=COLUMNS))
