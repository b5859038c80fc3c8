"""One tidy table of all statistics of a run of layers."""

from pathlib import Path

from topolens.artifacts import read_json, read_table, write_table
from topolens.config.analyses import Intervals
from topolens.statistics.betti import input_rows, layer_rows, network_rows, trained_rows
from topolens.statistics.rows import tidy_table

UNUSED = (
    "seed", "condition", "snapshot", "metric", "against", "null_low", "null_high", "p_value", "p_holm",
)  # fmt: skip


def compute_layer_statistics(
    layers_file: Path, card_file: Path, statistics_file: Path, *, intervals: Intervals, seed: int
) -> None:
    """How many networks count, what each layer and class has, and how a network goes through its layers.

    `network` is a family, its activation and number of hidden layers; `classes` is 0, 1 or `both`, and `method` another
    way to count than that of the run. There is no null.
    """
    layers, card = read_table(layers_file), read_json(card_file)
    accuracy = {name: one["snapshot_accuracies"][-1] for name, one in card["training"].items()}
    rows = [
        *trained_rows(card["families"], accuracy, intervals.confidence),
        *input_rows(layers),
        *layer_rows(layers, intervals, seed),
        *network_rows(layers, intervals, seed),
    ]
    write_table(statistics_file, tidy_table(rows, UNUSED))
