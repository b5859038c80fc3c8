"""Statistics of planes."""

import pandas as pd

from topolens.statistics.planes import plane_rows


def test_accuracies_of_planes_are_passed_on():
    table = pd.DataFrame({"layer": ["L1", "L1"], "method": ["plane", "landscape"], "estimate": [0.4, 0.6], "n": 24})
    rows = list(plane_rows(table))
    assert rows[0] == {"statistic": "separation", "group": "plane", "layer": "L1", "estimate": 0.4, "n": 24}
    assert [row["group"] for row in rows] == ["plane", "landscape"]
