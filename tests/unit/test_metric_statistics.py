import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from topolens.config.metric import MetricStatistics
from topolens.inference.metric_statistics import (
    accuracy_rows,
    correlation,
    depth_trends,
    distance_rows,
    losses,
    separation_rows,
    spearman,
    trend_rows,
)

SETTINGS = MetricStatistics(bootstrap=200)


def performance():
    """Two networks, four images; noise takes one of four right answers from A and all from B."""
    rows = [
        (network, condition, image, correct, 0.7 if condition == "int8" else 0.0)
        for network, hits in (
            ("A", {"clean": [1, 1, 1, 1], "gaussian 0.1": [1, 1, 0, 1], "int8": [1, 1, 1, 1]}),
            ("B", {"clean": [1, 1, 1, 0], "gaussian 0.1": [0, 0, 0, 0], "int8": [1, 1, 0, 0]}),
        )
        for condition, values in hits.items()
        for image, correct in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["network", "condition", "image", "correct", "quantised"])


def clouds():
    """Three layers, two clean clouds; ari rises with depth in the first and falls in the second."""
    rows = [
        ("A", layer, "clean", resample, "cosine", True, score, 4)
        for layer, scores in (("one", (0.1, 0.9)), ("two", (0.2, 0.5)), ("ten", (0.4, 0.1)))
        for resample, score in enumerate(scores)
    ]
    rows += [("A", "ten", "int8", 0, "cosine", True, 0.3, 4), ("A", "ten", "clean", 0, "cosine", False, 0.7, 9)]
    columns = ["network", "layer", "condition", "resample", "metric", "is_main", "ari", "components"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(**dict.fromkeys(("nmi", "best_ari", "best_nmi", "neighbours"), table["ari"]))


def distances():
    """Two metrics at one layer, degree 1: within 1..4 and 2..5, between 4.5."""
    columns = ["kind", "metric", "other", "condition", "resample", "k", "bottleneck"]
    rows = [
        *(("within", "cosine", "", "clean", number, 0, float(number)) for number in (1, 2, 3, 4)),
        *(("within", "euclidean", "", "clean", number, 0, number + 1.0) for number in (1, 2, 3, 4)),
        ("between", "cosine", "euclidean", "clean", 0, 0, 4.5),
        ("condition", "cosine", "", "gaussian 0.1", 0, 0, 2.5),
        ("condition", "cosine", "", "int8", 0, 0, 0.5),
        ("k", "cosine", "", "clean", 0, 7, 9.0),
    ]
    table = pd.DataFrame(rows, columns=columns).assign(network="A", layer="ten", degree=1)
    return table.assign(wasserstein=10 * table["bottleneck"])


def only(rows, **cell):
    (row,) = [row for row in rows if all(row.get(key) == value for key, value in cell.items())]
    return row


def test_accuracy_and_what_is_lost_by_hand():
    rows = list(accuracy_rows(performance(), SETTINGS, 0))
    assert only(rows, statistic="accuracy", network="B", other="clean")["estimate"] == 0.75
    lost = only(rows, statistic="accuracy_loss", network="A", other="gaussian 0.1")
    assert (lost["estimate"], lost["n"]) == (0.25, 4)
    assert lost["low"] <= 0.25 <= lost["high"]
    assert only(rows, statistic="accuracy_loss", network="A", other="int8")["estimate"] == 0
    assert only(rows, statistic="quantised_share", network="B")["estimate"] == 0.7
    assert not [row for row in rows if row["statistic"] == "accuracy_loss" and row["other"] == "clean"]


def test_separation_takes_the_clean_clouds_and_no_further_k():
    rows = list(separation_rows(clouds(), SETTINGS, 0))
    clean = [row for row in rows if row["statistic"] == "ari" and "other" not in row]
    assert [row["layer"] for row in clean] == ["one", "two", "ten"]
    assert [row["estimate"] for row in clean] == pytest.approx([0.5, 0.35, 0.25])
    assert all(row["n"] == 2 for row in clean)
    assert only(rows, statistic="ari", layer="ten", other="int8")["estimate"] == 0.3


def test_depth_is_the_order_of_the_layers_not_of_their_names():
    trends = depth_trends(clouds(), "ari")
    assert trends["trend"].tolist() == pytest.approx([1, -1])
    assert trends["resample"].tolist() == [0, 1]
    assert only(list(trend_rows(clouds(), SETTINGS, 0)), statistic="ari_trend")["estimate"] == pytest.approx(0)


def test_a_constant_score_has_no_trend():
    assert depth_trends(clouds().assign(ari=0.0), "ari")["trend"].isna().all()


def test_spearman_as_scipy():
    a, b = np.random.default_rng(3).integers(6, size=(2, 20))
    assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic)
    assert np.isnan(spearman(a[:2], b[:2]))


def test_distances_beside_their_null_by_hand():
    rows = list(distance_rows(distances(), SETTINGS))
    within = only(rows, statistic="within_bottleneck", group="cosine")
    assert (within["estimate"], within["n"]) == (2.5, 4)
    between = only(rows, statistic="between_bottleneck")
    # Of the eight null values 1 2 3 4 2 3 4 5 one is at or above 4.5.
    assert (between["group"], between["other"], between["p_value"]) == ("cosine", "euclidean", pytest.approx(2 / 9))
    assert between["null_high"] == pytest.approx(np.quantile([1, 2, 3, 4, 2, 3, 4, 5], 0.975))
    noise = only(rows, statistic="disturbed_bottleneck", other="gaussian 0.1")
    assert (noise["estimate"], noise["p_value"]) == (2.5, pytest.approx(3 / 5))
    assert only(rows, statistic="k_wasserstein", other=7)["estimate"] == 90


def test_losses_pair_each_condition_with_its_distance():
    table = losses(performance(), distances(), "bottleneck", 1)
    assert table["A"]["cosine"] == pytest.approx(np.array([[0.25, 2.5], [0.0, 0.5]]))


def test_correlation_of_a_monotone_relation_is_one():
    pairs = np.stack([np.arange(8.0), np.arange(8.0) ** 3], axis=1)
    estimate = correlation(pairs, SETTINGS, 0)
    assert (estimate.value, estimate.high, estimate.n) == (pytest.approx(1), pytest.approx(1), 8)
    assert np.isnan(correlation(pairs * [1, 0], SETTINGS, 0).value)
