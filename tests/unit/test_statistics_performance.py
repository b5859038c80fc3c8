"""Scores of networks, clean and disturbed: by hand."""

import numpy as np
import pandas as pd
import pytest
from distance_tables import accuracies, only
from landscape_tables import INTERVALS, found, rows_of
from scipy import stats

from topolens.inference.intervals import share_of_units
from topolens.stages.performance import COLUMNS as PERFORMANCE_COLUMNS
from topolens.statistics.performance import accuracy_rows, losses, performance_rows, ranked_noises, robustness_rows

NAN = np.nan


def performance(rows):
    return pd.DataFrame(rows).reindex(columns=PERFORMANCE_COLUMNS)


def labels_table():
    truth = ["cat"] * 4 + ["dog"] * 2
    predicted = ["cat", "cat", "dog", "ship", "dog", "dog"]
    return performance(
        {"network": "V", "seed": seed, "image": image, "label": label, "predicted": answer,
         "correct": int(label == answer)}
        for seed in (0, 1)
        for image, (label, answer) in enumerate(zip(truth, predicted, strict=True))
    )  # fmt: skip


def test_accuracies_have_exact_intervals_in_all_and_by_class():
    rows = list(performance_rows(labels_table(), INTERVALS, 0))
    for group, right, count in ((None, 4, 6), ("cat", 2, 4), ("dog", 2, 2)):
        row = found(rows, statistic="accuracy", seed=1, classes=group)
        expected = share_of_units(right, count)
        assert (row["network"], row["n"]) == ("V", count)
        assert (row["estimate"], row["low"], row["high"]) == (expected.value, expected.low, expected.high)
    expected = stats.binomtest(4, 6).proportion_ci(0.95, method="exact")
    row = found(rows, statistic="accuracy", seed=0, classes=None)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_confusions_are_shares_of_each_class_with_zeros_where_there_are_none():
    rows = rows_of(performance_rows(labels_table(), INTERVALS, 0))
    shares = rows[(rows["statistic"] == "predicted_share") & (rows["seed"] == 0)].set_index(["classes", "against"])
    assert shares["estimate"].to_dict() == {
        ("cat", "cat"): 0.5,
        ("cat", "dog"): 0.25,
        ("cat", "ship"): 0.25,
        ("dog", "cat"): 0,
        ("dog", "dog"): 1,
        ("dog", "ship"): 0,
    }


def masks_table():
    """Two seeds, three images; image 2 has nothing to be found, and one seed finds nothing there."""
    iou = {
        (0, True): [0.5, 0.7, 1.0],
        (1, True): [0.7, 0.9, 0.0],
        (0, False): [0.1, 0.2, 0.3],
        (1, False): [0.3, 0.4, 0.5],
    }
    precision = {(0, True): [0.8, 0.6, NAN], (1, True): [0.6, 0.4, 0.0], (0, False): [0.5] * 3, (1, False): [0.5] * 3}
    return performance(
        {
            "network": "U", "seed": seed, "skips": skips, "image": image, "iou": iou[seed, skips][image],
            "precision": precision[seed, skips][image], "recall": NAN if image == 2 else 0.25,
        }
        for seed in (0, 1) for skips in (True, False) for image in range(3)
    )  # fmt: skip


def test_scores_of_masks_are_means_over_images_by_seed_and_over_seeds():
    rows = list(performance_rows(masks_table(), INTERVALS, 0))
    expected = {
        ("iou", 0): (0.5 + 0.7 + 1) / 3,
        ("iou", 1): (0.7 + 0.9) / 3,
        ("iou", None): (0.6 + 0.8 + 0.5) / 3,
        ("iou_without_skips", None): (0.2 + 0.3 + 0.4) / 3,
        ("iou_drop", 0): (0.4 + 0.5 + 0.7) / 3,
        ("iou_drop", None): (0.4 + 0.5 + 0.1) / 3,
    }
    for (statistic, seed), value in expected.items():
        row = found(rows, statistic=statistic, seed=seed)
        assert (row["network"], row["n"]) == ("U", 3)
        assert row["estimate"] == pytest.approx(value)
        assert row["low"] <= row["estimate"] <= row["high"]


def test_images_without_precision_or_recall_are_left_out():
    rows = list(performance_rows(masks_table(), INTERVALS, 0))
    first = found(rows, statistic="precision", seed=0)
    assert (first["estimate"], first["n"]) == (pytest.approx(0.7), 2)
    # Over seeds an image counts by what is known of it.
    both = found(rows, statistic="precision", seed=None)
    assert (both["estimate"], both["n"]) == (pytest.approx((0.7 + 0.5 + 0.0) / 3), 3)
    recall = found(rows, statistic="recall", seed=None)
    assert (recall["estimate"], recall["n"]) == (0.25, 2)


def test_a_network_that_finds_nothing_has_no_precision():
    table = masks_table().assign(precision=NAN)
    row = found(performance_rows(table, INTERVALS, 0), statistic="precision", seed=None)
    assert pd.isna(row["estimate"])
    assert row["n"] == 0


def test_networks_without_skips_have_no_drop():
    table = masks_table()
    rows = rows_of(performance_rows(table[table["skips"].eq(True)], INTERVALS, 0))
    assert set(rows["statistic"]) == {"iou", "precision", "recall"}


def test_untrained_networks_have_no_rows():
    assert list(performance_rows(pd.DataFrame(columns=PERFORMANCE_COLUMNS), INTERVALS, 0)) == []


def test_accuracy_and_what_is_lost_by_hand():
    rows = list(accuracy_rows(accuracies(), INTERVALS, 0))
    assert only(rows, statistic="accuracy", network="B", condition="clean")["estimate"] == 0.75
    lost = only(rows, statistic="accuracy_loss", network="A", condition="gaussian 0.1")
    assert (lost["estimate"], lost["n"]) == (0.25, 4)
    assert lost["low"] <= 0.25 <= lost["high"]
    assert only(rows, statistic="accuracy_loss", network="A", condition="int8")["estimate"] == 0
    assert only(rows, statistic="quantised_share", network="B")["estimate"] == 0.7
    assert not [row for row in rows if row["statistic"] == "accuracy_loss" and row["condition"] == "clean"]


def noisy():
    """Two noises at two strengths, a third at one; of photons the fewer are stronger."""
    hits = {
        ("clean", "clean", NAN): 4, ("gaussian 0.2", "gaussian", 0.2): 2, ("gaussian 0.1", "gaussian", 0.1): 3,
        ("poisson 100", "poisson", 100): 4, ("poisson 10", "poisson", 10): 1, ("speckle 1", "speckle", 1): 0,
        ("int8", "int8", NAN): 4,
    }  # fmt: skip
    rows = [(*key, image, int(image < count)) for key, count in hits.items() for image in range(4)]
    table = pd.DataFrame(rows, columns=["condition", "kind", "strength", "image", "correct"]).assign(network="A")
    moved = {"gaussian 0.2": 2.0, "gaussian 0.1": 1.0, "poisson 100": 3.0, "poisson 10": 4.0, "speckle 1": 9.0}
    rows = [("disturbed", "cosine", name, value) for name, value in (moved | {"int8": 7.0}).items()]
    apart = pd.DataFrame(rows, columns=["kind", "metric", "condition", "bottleneck"])
    return table, apart.assign(network="A", layer="ten", degree=1, wasserstein=apart["bottleneck"])


def test_losses_stand_by_rank_of_strength_and_noise():
    performance, apart = noisy()
    assert ranked_noises(performance)["rank"].to_dict() == {
        "gaussian 0.2": 1, "gaussian 0.1": 0, "poisson 100": 0, "poisson 10": 1, "speckle 1": 0,
    }  # fmt: skip
    lost, moved = losses(performance, apart, "bottleneck", 1)["A", "cosine"]
    # All have a weakest strength, speckle no second one.
    assert (lost.tolist(), moved.tolist()) == ([[0.25, 0, 1]], [[1, 3, 9]])


def test_a_dose_that_raises_both_sides_is_no_correlation():
    """Stronger noises lose and move more, but at each strength those that lose more move less."""
    performance, apart = noisy()
    performance = performance[performance["kind"] != "speckle"]
    extra = performance[performance["kind"] == "poisson"].replace({"poisson": "uniform"})
    extra = extra.assign(
        condition="uniform " + extra["strength"].rsub(110).astype(str), strength=110 - extra["strength"]
    )
    lost = {"gaussian": 0, "poisson": 1, "uniform": 2}
    both = pd.concat([performance, extra])
    number, rank = both["kind"].map(lost).fillna(-9), both["condition"].map(ranked_noises(both)["rank"]).fillna(0)
    both["correct"] = (both["image"] >= number + rank).astype(int)
    names = ranked_noises(both)
    moved = 10 * names["rank"] - names["kind"].map(lost)
    apart = pd.DataFrame({"kind": "disturbed", "condition": moved.index, "bottleneck": moved.to_numpy()})
    apart = apart.assign(network="A", layer="ten", metric="cosine", degree=1, wasserstein=0.0)
    rows = [*robustness_rows(both, apart, INTERVALS)]
    row = only(rows, statistic="bottleneck_follows_accuracy", metric="cosine")
    assert (row["estimate"], row["n"], row["unit"]) == (pytest.approx(-1, abs=0.2), 3, "noise")
    assert np.isnan(only(rows, statistic="wasserstein_follows_accuracy", metric="cosine")["estimate"])


def test_the_mean_over_metrics_has_a_row_without_one():
    performance, apart = noisy()
    against = apart.assign(metric="euclidean", bottleneck=10 - apart["bottleneck"])
    rows = [*robustness_rows(performance, pd.concat([apart, against]), INTERVALS)]
    rows = [row for row in rows if row["statistic"] == "bottleneck_follows_accuracy"]
    assert [row.get("metric") for row in rows] == ["cosine", "euclidean", None]
    assert {row["network"] for row in rows} == {"A"}
    # Ranks 2 1 3 of what is lost against 1 2 3.
    assert [row["estimate"] for row in rows] == pytest.approx([0.5, -0.5, 0])
