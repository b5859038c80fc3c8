"""Stand-in data decides nothing, whatever the numbers say."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from made_up_results import MadeUpResults

from topolens.claims.model import UNDECIDED, Claim, Rule
from topolens.config.analyses import Intervals
from topolens.stages.claims import decide


def results_with(source, complexity):
    return MadeUpResults(
        config=SimpleNamespace(intervals=Intervals(bootstrap=50)), complexity=complexity, source=source
    )


@pytest.mark.parametrize(
    ("source", "verdict"), [("the original file", "reproduced"), ("stand-in: generated", UNDECIDED)]
)
def test_stand_in_data_decides_nothing(source, verdict):
    complexity = pd.DataFrame(
        {
            "network": -1,
            "snapshot": -1,
            "depth": 0,
            "repeat": np.arange(60),
            "null": False,
            "degree": 1,
            "gap_after": 9,
        }
    )
    claim = Claim(
        id="W1",
        scope="these networks",
        studies=["disks"],
        source="s",
        wording="w",
        statistic="gap_share",
        options={"depth": 0, "degree": 1, "bars": 9},
        holds=Rule(above=0.8),
        expected="e",
    )
    (row,) = decide(claim, "disks", results_with(source, complexity), 3)
    assert (row["decided"], row["estimate"], row["n"], row["data"]) == (verdict, 1, 60, source)
    assert row["rule"] == "≥ 0.8"
