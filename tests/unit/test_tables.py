"""The table of a study."""

import pandas as pd

from topolens.stages.tables import join_runs


def test_statistics_of_all_runs_stand_in_one_table(tmp_path):
    for run, value in (("main", 1.0), ("control", 2.0)):
        (tmp_path / run).mkdir()
        pd.DataFrame({"statistic": ["x"], "degree": ["all"], "estimate": [value]}).to_csv(
            tmp_path / run / "statistics.csv", index=False
        )
    join_runs(tmp_path / "all.csv", folder=tmp_path, runs=["main", "control"])
    joined = pd.read_csv(tmp_path / "all.csv")
    assert joined.columns[0] == "run"
    assert joined[["run", "estimate"]].values.tolist() == [["main", 1.0], ["control", 2.0]]
