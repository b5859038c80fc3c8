"""The statistics of a run of layers: a tidy table whose medians are those of the layers."""

import json

import pandas as pd
import pytest
from rings_run import FILES, TRAINING, measure, train

from topolens.config.analyses import Intervals
from topolens.stages.layer_statistics import UNUSED, compute_layer_statistics
from topolens.statistics.rows import tidy_table


def statistics(layers_file, card_file, folder):
    file = folder / "statistics.csv"
    compute_layer_statistics(layers_file, card_file, file, intervals=Intervals(bootstrap=50), seed=0)
    return pd.read_csv(file)


@pytest.fixture(scope="module")
def table(rings_folder, tmp_path_factory):
    return statistics(rings_folder / "layers.csv", rings_folder / FILES[2], tmp_path_factory.mktemp("statistics"))


def test_statistics_are_tidy(table):
    assert table.columns.tolist() == [*tidy_table([], UNUSED)]
    keys = ["statistic", "data", "network", "layer", "depth", "classes", "degree", "method"]
    assert not table.duplicated(keys).any()
    empty = table[table["n"] == 0]  # one hidden layer makes two pairs, of which there is no rank correlation
    assert set(empty["statistic"]) == {"l2_correlation", "l2_scale_free_correlation"}
    assert set(empty["network"]) == {"tanh 1"}
    known = table.drop(empty.index)
    assert (known["low"] <= known["estimate"]).all()
    assert (known["estimate"] <= known["high"]).all()
    assert set(table["classes"].dropna()) == {"0", "1", "both"}
    assert json.dumps(sorted(table["statistic"].unique())) == json.dumps(
        ["area", "betti", "half_layer", "l2", "l2_correlation", "l2_scale_free", "l2_scale_free_correlation",
         "late_share", "late_share_beyond_even", "omega", "omega_correlation", "omega_log_ratio", "omega_ratio",
         "trained", "trivial"]
    )  # fmt: skip


def test_medians_are_those_of_the_layers(rings_folder, table):
    inputs = table[(table["depth"] == 0) & (table["statistic"] == "omega")]
    assert inputs["estimate"].tolist() == [2, 2]
    layers = pd.read_csv(rings_folder / "layers.csv")
    own = layers.query("activation == 'tanh' and hidden == 2 and depth == 3 and group == 1")
    row = table.query("statistic == 'omega' and network == 'tanh 2' and depth == 3 and classes == '1'")
    assert (row["layer"].item(), row["unit"].item()) == ("logits", "network")
    assert row["estimate"].item() == own["omega"].median()
    assert row["n"].item() == len(own)


def test_networks_that_never_get_there_are_counted(tmp_path):
    hopeless = TRAINING.model_copy(update={"learning_rate": 1e-6, "max_epochs": 2})
    files = train(tmp_path, training=hopeless)
    trained = statistics(measure(tmp_path, files), files[2], tmp_path).query("statistic == 'trained'")
    assert trained["estimate"].tolist() == [0, 0, 0]
    assert sorted(trained["n"]) == [2, 3, 3]
