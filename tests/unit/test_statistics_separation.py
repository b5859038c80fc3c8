"""Statistics of separation: by hand."""

import pytest
from distance_tables import INTERVALS, clouds, only

from topolens.statistics.separation import depth_trends, separation_rows, trend_rows


def test_separation_takes_the_clean_clouds():
    rows = list(separation_rows(clouds(), INTERVALS, 0))
    clean = [row for row in rows if row["statistic"] == "ari" and row["condition"] == "clean"]
    assert [row["layer"] for row in clean] == ["one", "two", "ten"]
    assert [row["estimate"] for row in clean] == pytest.approx([0.5, 0.35, 0.25])
    assert all(row["n"] == 2 for row in clean)
    assert only(rows, statistic="ari", layer="ten", condition="int8")["estimate"] == 0.3


def test_depth_is_the_order_of_the_layers_not_of_their_names():
    trends = depth_trends(clouds(), "ari")
    assert trends["trend"].tolist() == pytest.approx([1, -1])
    assert trends["repeat"].tolist() == [0, 1]
    rows = [row for row in trend_rows(clouds(), INTERVALS, 0) if row["statistic"] == "ari_trend"]
    assert [(row["network"], row.get("metric")) for row in rows] == [("A", "cosine"), ("A", None), (None, None)]
    assert [row["estimate"] for row in rows] == pytest.approx([0, 0, 0])


def test_a_constant_score_has_no_trend():
    assert depth_trends(clouds().assign(ari=0.0), "ari")["trend"].isna().all()
