"""The statistics of a run of samples: means, permutation tests and shares by hand."""

import numpy as np
import pandas as pd
import pytest
import sample_run
from sample_run import TRAINING, mean_landscape

from topolens.artifacts import read_arrays
from topolens.inference.permutation import permutation_test
from topolens.stages.sample_statistics import UNUSED
from topolens.statistics.rows import tidy_table
from topolens.topology.diagram_table import DiagramTable

ACCURACIES = TRAINING.snapshot_accuracies


def read(file):
    return pd.read_csv(file, dtype={"degree": str})


@pytest.fixture(scope="module")
def table(samples_folder):
    return read(samples_folder / "statistics.csv")


def test_statistics_hold_the_means_of_the_complexities(samples_folder, table):
    complexities = pd.read_csv(samples_folder / "complexity.csv")
    own = complexities.query("depth == 2 and snapshot == 0 and degree == 1 and not null")
    row = table.query("statistic == 'complexity_l2' and degree == '1' and depth == 2 and snapshot == 0.4").iloc[0]
    assert row["estimate"] == pytest.approx(own["l2"].mean(), rel=1e-8)
    assert row["n"] == len(own)
    null = complexities.query("depth == 2 and snapshot == 0 and degree == 1 and null")["l2"]
    assert null.min() <= row["null_low"] <= row["null_high"] <= null.max()
    inputs = table.query("statistic == 'complexity_l2' and depth == 0")
    assert inputs["snapshot"].isna().all()
    assert sorted(inputs["degree"]) == ["0", "1", "all"]


def test_statistics_hold_permutation_tests_of_neighbouring_layers(samples_folder, table):
    arrays, diagrams = (
        read_arrays(samples_folder / "landscapes.npz"),
        DiagramTable.read(samples_folder / "diagrams.npz"),
    )
    grid = arrays["grid.1"]
    groups = [[mean_landscape(diagrams, layer, 0, network, 1, grid) for network in range(3)] for layer in (1, 2)]
    weights = np.sqrt(np.gradient(grid))
    weights[[0, -1]] = np.sqrt(np.diff(grid)[[0, -1]] / 2)
    a, b = (np.stack([one for one in group if one is not None]) * weights for group in groups)
    row = table.query("statistic == 'layer_difference' and degree == '1' and depth == 2 and snapshot == 0.4").iloc[0]
    assert row["estimate"] == pytest.approx(permutation_test(a, b, 9, 0).statistic, rel=1e-4)
    assert row["n"] == len(a) + len(b)
    assert row["p_value"] <= row["p_holm"] <= 1


def test_statistics_hold_where_the_largest_gap_comes(samples_folder, table):
    rows = table[(table["statistic"] == "gap_after") & (table["degree"] == "0")]
    assert {0} <= {*rows["depth"]} <= {0, 1, 3}  # without networks at the last snapshot only the input
    np.testing.assert_allclose(rows.groupby("depth")["estimate"].sum(), 1)
    complexities = pd.read_csv(samples_folder / "complexity.csv").query("degree == 0 and depth == 0 and not null")
    inputs = rows[rows["depth"] == 0].set_index("against")["estimate"]
    assert inputs.to_dict() == pytest.approx(complexities["gap_after"].value_counts(normalize=True).to_dict())


def test_statistics_hold_orders_of_left_out_networks_and_tests_between_halves(table):
    orders = table[table["statistic"].isin(["layers_told_apart", "snapshots_told_apart"])]
    assert orders.groupby("statistic")["degree"].apply(sorted).tolist() == [["0", "1", "all"]] * 2
    assert ((orders["low"] <= orders["estimate"]) & (orders["estimate"] <= orders["high"])).all()
    halves = table[table["statistic"] == "half_tests_significant"]
    assert halves["n"].tolist() == [0, 0]  # three networks make no two halves of four
    assert {*table.loc[table["statistic"] == "variance_between_layers", "degree"]} == {"0", "1"}


def test_every_layer_takes_part_in_the_classification_of_layers(table):
    rows = table.query("statistic == 'layer_accuracy' and snapshot == 0.4")
    assert sorted(rows["degree"]) == ["0", "1"]
    assert (rows["null_low"] == 0.25).all()
    assert rows["estimate"].between(0, 1).all()


def test_statistics_hold_the_shares_of_classes_where_they_are_measured(samples_folder, table, tmp_path):
    columns = ["network", "snapshot", "repeat", "group", "share", "shuffled_share", "ratio", "isotropic_ratio"]
    shares = pd.DataFrame([(0, 2, 0, 1, 0.5, 0.2, 0.1, 0.9), (1, 2, 0, 1, 0.7, 0.4, 0.3, 0.9)], columns=columns)
    shares.to_csv(tmp_path / "principal_shares.csv", index=False)
    found = read(
        sample_run.statistics(samples_folder, tmp_path, principal_shares_csv=tmp_path / "principal_shares.csv")
    )
    rows = found[found["statistic"] == "class_share"]
    assert rows[["classes", "snapshot", "estimate", "n"]].to_numpy().tolist() == [
        [1, ACCURACIES[2], pytest.approx(0.6), 2]
    ]
    others = found[~found["statistic"].str.startswith("class_")].reset_index(drop=True)
    pd.testing.assert_frame_equal(others.drop(columns="classes"), table, check_dtype=False)
    assert "classes" not in table


def test_without_tests_there_are_means_and_trends_alone(samples_folder, table, tmp_path):
    found = read(sample_run.statistics(samples_folder, tmp_path, tests=None))
    assert "layer_difference" in set(table["statistic"])
    left = table[table["statistic"].isin(set(found["statistic"]))].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, left, check_dtype=False)
    assert found["p_holm"].isna().all()


def test_columns_are_those_of_all_runs_of_samples(table):
    assert table.columns.tolist() == [*tidy_table([], (*UNUSED, "classes"))]
    layers = table[["layer", "depth"]].dropna().drop_duplicates().sort_values("depth")
    assert layers["layer"].tolist() == ["input", "hidden 1", "hidden 2", "logits"]
    assert table["unit"].notna().all()
    assert set(table["snapshot"].dropna()) <= set(ACCURACIES)
