"""Verification: which differences between two runs count as disagreements."""

import numpy as np
import pandas as pd
import pytest

from topolens.errors import TopolensError
from topolens.stages.verify import compare_claims, compare_statistics, verify

NAN = np.nan


def statistics_table(**changes):
    table = pd.DataFrame(
        {
            "run": "main",
            "statistic": ["complexity_l2", "complexity_l2", "layer_difference", "half_tests_significant"],
            "snapshot": [NAN, 0.9, 0.9, NAN],
            "depth": [0, 2, 2, NAN],
            "degree": ["0", "all", "1", "1"],
            "estimate": [1.5, 2.0, 0.3, 0.05],
            "low": [1.4, 1.9, NAN, 0.01],
            "high": [1.6, 2.1, NAN, 0.1],
            "n": [20, 20, 40, 100],
            "null_low": [1.0, 1.0, NAN, NAN],
            "null_high": [1.2, 1.2, NAN, NAN],
        }
    )
    for name, (row, value) in changes.items():
        table.loc[row, name] = value
    return table


def test_equal_tables_agree():
    assert compare_statistics(statistics_table(), statistics_table()) == []
    assert compare_statistics(statistics_table().iloc[::-1], statistics_table()) == []


@pytest.mark.parametrize("column", ["estimate", "low", "high", "null_low", "null_high"])
def test_rows_of_the_input_have_to_agree_to_the_last_digits(column):
    value = statistics_table().loc[0, column]
    assert compare_statistics(statistics_table(**{column: (0, value * (1 + 1e-7))}), statistics_table()) == []
    (problem,) = compare_statistics(statistics_table(**{column: (0, value * (1 + 1e-5))}), statistics_table())
    assert "run=main statistic=complexity_l2 depth=0.0 degree=0" in problem


def test_a_missing_value_of_the_input_is_found():
    assert len(compare_statistics(statistics_table(estimate=(0, NAN)), statistics_table())) == 1


def test_trained_rows_have_to_agree_by_their_intervals():
    near = statistics_table(low=(1, 2.05), high=(1, 2.3))
    assert compare_statistics(near, statistics_table()) == []
    far = statistics_table(estimate=(1, 9.0), low=(1, 8.9), high=(1, 9.1))
    (problem,) = compare_statistics(far, statistics_table())
    assert "snapshot=0.9 depth=2.0" in problem
    assert "9 [8.9, 9.1], reference 2 [1.9, 2.1]" in problem


def test_rows_that_one_side_lacks_are_found():
    assert compare_statistics(statistics_table().drop(1), statistics_table()) == [
        "run=main statistic=complexity_l2 snapshot=0.9 depth=2.0 degree=all: only in the reference"
    ]
    (problem,) = compare_statistics(statistics_table(), statistics_table().drop(3))
    assert "half_tests_significant" in problem
    assert "only in the run" in problem


def positions_table(**changes):
    """As a run of positions has it: layers by name, no degree, no snapshot; tests and counts have no interval."""
    table = pd.DataFrame(
        {
            "run": "main",
            "statistic": ["accuracy", "complexity_l2", "complexity_l2", "average_distance", "average_distance", "iou"],
            "network": "A",
            "seed": [0, NAN, NAN, NAN, NAN, 1],
            "layer": [NAN, "ReLU11", "ReLU11", "ReLU11", NAN, NAN],
            "depth": [NAN, 1, 1, 1, NAN, NAN],
            "classes": ["cat", "cat", "dog", "cat", "cat", NAN],
            "against": [NAN, NAN, NAN, "dog", "all", NAN],
            "estimate": [0.9, 2.0, 3.0, 0.3, 0.4, NAN],
            "low": [0.85, 1.9, 2.9, NAN, NAN, NAN],
            "high": [0.95, 2.1, 3.1, NAN, NAN, NAN],
            "n": [100, 32, 32, 64, 64, 0],
            "null_low": [NAN, 1.0, 1.0, 0.1, 0.1, NAN],
            "null_high": [NAN, 1.2, 1.2, 0.2, 0.2, NAN],
        }
    )
    for name, (row, value) in changes.items():
        table.loc[row, name] = value
    return table


def test_equal_tables_of_positions_agree_in_any_order():
    assert compare_statistics(positions_table(), positions_table()) == []
    assert compare_statistics(positions_table().iloc[::-1], positions_table()) == []


def test_rows_of_positions_are_told_apart_by_network_seed_group_and_what_they_are_compared_with():
    for row, name in ((0, "classes=cat"), (2, "classes=dog"), (3, "against=dog"), (5, "seed=1.0")):
        (problem,) = compare_statistics(positions_table().drop(row), positions_table())
        assert problem.endswith(f"{name}: only in the reference")
        assert "run=main" in problem
        assert "network=A" in problem


def test_rows_of_positions_have_to_agree_by_their_intervals():
    # Perceptrons are restored, yet another machine rounds their activations in another way.
    assert compare_statistics(positions_table(estimate=(1, 2.01), low=(1, 1.91)), positions_table()) == []
    (problem,) = compare_statistics(positions_table(estimate=(1, 9.0), low=(1, 8.9), high=(1, 9.1)), positions_table())
    assert problem == (
        "run=main statistic=complexity_l2 network=A layer=ReLU11 depth=1.0 classes=cat: "
        "9 [8.9, 9.1], reference 2 [1.9, 2.1]"
    )
    # Too few units, and no interval at all, tell nothing apart.
    few = {"n": (1, 2), "estimate": (1, 9.0), "low": (1, 8.9), "high": (1, 9.1)}
    assert compare_statistics(positions_table(**few), positions_table()) == []
    assert compare_statistics(positions_table(estimate=(3, 0.7)), positions_table()) == []


def test_tables_with_other_columns_are_not_compared_row_by_row():
    (problem,) = compare_statistics(positions_table(), positions_table().drop(columns="network"))
    assert problem.startswith("columns run, statistic, network, ")
    assert "reference run, statistic, seed, " in problem
    assert len(compare_statistics(positions_table(), statistics_table())) == 1


def claims_table(**changes):
    table = pd.DataFrame(
        {
            "id": ["W1", "W3"],
            "study": "disks",
            "twin": ["", "raw"],
            "verdict": ["reproduced", "undecided"],
            "estimate": [0.95, 0.5],
            "low": [0.9, 0.3],
            "high": [1.0, 0.7],
            "n": [60, 12],
            "scale": "quick",
            "data": "original",
        }
    )
    for name, (row, value) in changes.items():
        table.loc[row, name] = value
    return table


def test_claims_agree_by_verdict_and_interval():
    assert compare_claims(claims_table(), claims_table()) == []
    assert compare_claims(claims_table(estimate=(0, 0.92), low=(0, 0.85)), claims_table()) == []
    assert compare_claims(claims_table(verdict=(0, "undecided")), claims_table()) == [
        "claim W1 of disks: undecided, reference reproduced"
    ]
    (problem,) = compare_claims(claims_table(estimate=(1, 0.1), low=(1, 0.0), high=(1, 0.2)), claims_table())
    assert problem == "claim W3 of disks: 0.1 [0, 0.2], reference 0.5 [0.3, 0.7]"
    assert compare_claims(claims_table().drop(1), claims_table()) == ["claim W3 of disks: only in the reference"]


@pytest.mark.parametrize(("column", "other"), [("scale", "full"), ("data", "stand-in: generated")])
def test_claims_of_another_scale_or_data_source_are_not_compared(column, other):
    with pytest.raises(TopolensError, match=f"{column}.*{other}.*cannot be compared") as caught:
        compare_claims(claims_table().assign(**{column: other}), claims_table())
    assert claims_table()[column][0] in str(caught.value)


def verified(tmp_path, claims, statistics):
    for name, tables in (("results", (claims, statistics)), ("reference", (claims_table(), statistics_table()))):
        (tmp_path / name).mkdir(exist_ok=True)
        tables[0].to_csv(tmp_path / name / "claims.csv", index=False)
        tables[1].to_csv(tmp_path / name / "disks.csv", index=False)
        positions_table().to_csv(tmp_path / name / "crops.csv", index=False)
    verify(
        tmp_path / "report.csv",
        results_folder=tmp_path / "results",
        reference_folder=tmp_path / "reference",
        studies=["disks", "crops"],
    )


def test_verification_passes_equal_runs_and_fails_with_a_list_of_differences(tmp_path):
    verified(tmp_path, claims_table(), statistics_table())
    assert len(pd.read_csv(tmp_path / "report.csv")) == 0
    with pytest.raises(TopolensError, match=r"2 disagreements with .*reference"):
        verified(tmp_path, claims_table(verdict=(0, "undecided")), statistics_table(estimate=(0, 7.0)))
    report = pd.read_csv(tmp_path / "report.csv")["disagreement"].tolist()
    assert len(report) == 2
    assert report[1].startswith("disks: run=main")


def test_verification_without_a_reference_names_the_missing_file(tmp_path):
    with pytest.raises(TopolensError, match=r"claims\.csv: missing; there is nothing to compare with at this scale"):
        verify(tmp_path / "r.csv", results_folder=tmp_path, reference_folder=tmp_path, studies=[])
