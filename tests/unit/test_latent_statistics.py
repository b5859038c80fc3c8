"""Statistics of latent landscapes and of test images: by hand, beside scipy and scikit-learn, on raw vectors."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import adjusted_rand_score, confusion_matrix

from topolens.artifacts import write_arrays
from topolens.config.latent import LatentStatistics
from topolens.inference.intervals import wilson
from topolens.inference.latent_statistics import (
    MEASURES,
    adjusted_rand,
    cluster,
    cluster_rows,
    cluster_sets,
    complexity_rows,
    contingency,
    depth_correlations,
    depth_rows,
    distance_rows,
    layer_gram,
    matched_accuracy,
    side_vectors,
    sides_of,
    trend_rows,
)
from topolens.inference.performance_statistics import performance_rows
from topolens.inference.permutation import holm, permutation_test
from topolens.seeding import child_seed
from topolens.stages.evaluate_networks import COLUMNS as PERFORMANCE_COLUMNS
from topolens.stages.latent_statistics import COLUMNS, compute_latent_statistics
from topolens.topology.landscape_table import inner_products

NAN = np.nan
SETTINGS = LatentStatistics(resamples=99, network_resamples=49, bootstrap=200, shuffles=99, cluster_layers=["ReLU53"])
LAYERS = ["ReLU11", "ReLU32", "ReLU53"]
SAMPLES = 5


def cloud(layer="ReLU11", repeat=0, network="A", seed=0, group="cat", gaussian=False, **numbers):
    """A row of the complexity table; measures default to the same number."""
    row = {"network": network, "seed": seed, "group": group, "layer": layer, "repeat": repeat, "gaussian": gaussian}
    row |= {"channels": 4, "constant": 1} | dict.fromkeys(MEASURES, numbers.pop("value", 0.0))
    return row | ({"sampled": NAN} if gaussian else {}) | numbers


def rows_of(rows):
    return pd.DataFrame(list(rows)).reindex(columns=COLUMNS)


def found(rows, **wanted):
    """The only row with these entries."""
    table = rows_of(rows)
    for name, value in wanted.items():
        table = table[table[name].isna() if value is None else table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def arrays_of(shifts, networks=("A",), groups=("cat", "dog"), layers=LAYERS, seeds=1, repeats=6, noise=1.0, grids=()):
    """Landscapes of one level; `shifts[network, group, layer]` moves the mean of all samples."""
    generator = np.random.default_rng(0)
    arrays = {"layers": np.array(layers), "networks": np.array(networks), "groups": np.array(groups)}
    arrays["seeds"] = np.arange(seeds)
    for network in networks:
        for layer in layers:
            shape = (seeds, len(groups), repeats, 1, SAMPLES)
            shift = np.array([shifts.get((network, group, layer), 0.0) for group in groups])
            vectors = noise * generator.normal(size=shape) + shift[:, None, None, None]
            arrays[f"vectors.{network}.{layer}"] = vectors.astype(np.float32)
            arrays[f"grid.{network}.{layer}"] = dict(grids).get(network, np.linspace(0, 2, SAMPLES))
        for place, group in enumerate(groups):
            own = [arrays[f"vectors.{network}.{layer}"][:, place].mean(axis=0) for layer in layers]
            arrays[f"depth.{network}.{group}"] = inner_products(np.concatenate(own), np.linspace(0, 2, SAMPLES))
    return arrays


def weighted(arrays, side, layer):
    """Raw vectors whose Euclidean products are the inner products of landscapes: the trapezoid rule, step 1/2."""
    weights = np.sqrt(0.5 * np.array([0.5, 1, 1, 1, 0.5]))
    return side_vectors(arrays, side, layer)[:, 0].astype(np.float64) * weights


# Complexities


def test_complexities_are_means_over_repeats_of_the_seeds_means_beside_gaussian_clouds():
    table = pd.DataFrame(
        [
            *(cloud(seed=seed, repeat=repeat, l2=value) for (seed, repeat), value in
              {(0, 0): 1.0, (1, 0): 3.0, (0, 1): 5.0, (1, 1): 11.0}.items()),
            *(cloud(gaussian=True, l2=value) for value in np.linspace(10, 20, 21)),
            cloud(group="dog", l2=100.0),
        ]
    )  # fmt: skip
    row = found(complexity_rows(table, SETTINGS, 0), statistic="complexity_l2", group="cat")
    # Two repeats with the means 2 and 8.
    assert (row["network"], row["layer"], row["estimate"], row["n"]) == ("A", "ReLU11", 5, 2)
    assert (row["low"], row["high"]) == (2, 8)
    assert (row["null_low"], row["null_high"]) == pytest.approx((10.25, 19.75))


def test_every_measure_has_a_row_and_sampled_norms_have_no_null():
    table = pd.DataFrame([cloud(value=2.0), cloud(value=4.0, gaussian=True)])
    rows = rows_of(complexity_rows(table, SETTINGS, 0)).set_index("statistic")
    assert set(rows.index) == {*(f"complexity_{measure}" for measure in MEASURES), "constant_channels"}
    assert set(MEASURES) == {"l1", "l2", "sup", "l1_scale_free", "l2_scale_free", "sup_scale_free", "sampled"}
    assert rows.loc["complexity_l1", "null_low"] == 4
    assert rows.loc["complexity_sampled", ["null_low", "null_high"]].isna().all()
    assert rows.loc["constant_channels", "estimate"] == 0.25


def test_the_share_of_constant_channels_leaves_out_gaussian_clouds():
    table = pd.DataFrame([cloud(constant=1), cloud(repeat=1, constant=3), cloud(gaussian=True, constant=4)])
    assert found(complexity_rows(table, SETTINGS, 0), statistic="constant_channels")["estimate"] == 0.5


# Along the depth


def depth_table(values):
    """From values[seed][repeat][layer]."""
    return pd.DataFrame(
        [
            cloud(LAYERS[layer] if layer < 3 else f"ReLU9{layer}", repeat, seed=seed, value=value)
            for (seed, repeat, layer), value in np.ndenumerate(np.asarray(values, float))
        ]
    )


def test_correlations_with_depth_are_spearmans_of_the_seeds_means():
    values = np.random.default_rng(0).uniform(size=(2, 5, 4))
    layers = [*LAYERS, "ReLU93"]
    correlations = depth_correlations(depth_table(values), layers, "l2")
    expected = [stats.spearmanr(np.arange(4), values[:, repeat].mean(axis=0)).statistic for repeat in range(5)]
    np.testing.assert_allclose(correlations["correlation"], expected)
    # The order of depth is that of the layers given, not that of the table or of the alphabet.
    backwards = depth_correlations(depth_table(values), layers[::-1], "l2")
    np.testing.assert_allclose(backwards["correlation"], -np.array(expected))


def test_a_constant_complexity_has_no_trend():
    table = depth_table([[[1, 2, 3], [7, 7, 7]]])
    row = found(trend_rows(table, LAYERS, SETTINGS, 0), statistic="depth_correlation_l2")
    assert (row["network"], row["group"], row["estimate"], row["n"]) == ("A", "cat", 0.5, 2)
    assert pd.isna(row["layer"])


def test_raw_and_scale_free_trends_have_rows_of_their_own():
    table = depth_table([[[1, 2, 3], [2, 3, 4]]])
    table["l2_scale_free"] = -table["l2"]
    rows = rows_of(trend_rows(table, LAYERS, SETTINGS, 0)).set_index("statistic")["estimate"]
    assert rows.to_dict() == {"depth_correlation_l2": 1, "depth_correlation_l2_scale_free": -1}


def test_fewer_than_three_layers_have_no_trend():
    assert list(trend_rows(depth_table([[[1, 2]]]), LAYERS[:2], SETTINGS, 0)) == []


def test_steps_between_layers_are_permutation_tests_on_the_raw_vectors_corrected_over_the_layers():
    arrays = arrays_of({("A", "cat", "ReLU53"): 3.0})
    rows = rows_of(depth_rows(arrays, SETTINGS, 0))
    assert rows[["group", "other", "layer"]].values.tolist() == [
        [group, before, layer] for group in ("cat", "dog") for before, layer in pairwise(LAYERS)
    ]
    assert set(rows["statistic"]) == {"layer_difference"}
    for _, row in rows.iterrows():
        a, b = (weighted(arrays, ("A", row["group"]), layer) for layer in (row["other"], row["layer"]))
        assert row["estimate"] == pytest.approx(permutation_test(a, b, 9, 0).statistic, rel=1e-6)
        assert row["n"] == 12
    for group, own in rows.groupby("group"):
        np.testing.assert_allclose(own["p_holm"], holm(own["p_value"].to_numpy()))
        assert (own["p_holm"].iloc[1] < 0.05) == (group == "cat")
    assert rows["p_holm"].iloc[0] > 0.05


def test_layers_without_any_difference_have_no_test():
    assert list(depth_rows(arrays_of({}, noise=0.0), SETTINGS, 0)) == []
    assert list(depth_rows(arrays_of({}, repeats=1), SETTINGS, 0)) == []
    assert list(depth_rows(arrays_of({}, layers=["ReLU11"]), SETTINGS, 0)) == []


# Distances between groups


def test_sides_are_groups_under_networks_and_seeds_are_averaged():
    arrays = arrays_of({}, networks=("A", "B"), seeds=3)
    assert sides_of(arrays) == [("A", "cat"), ("A", "dog"), ("B", "cat"), ("B", "dog")]
    np.testing.assert_allclose(
        side_vectors(arrays, ("B", "dog"), "ReLU11"), arrays["vectors.B.ReLU11"][:, 1].mean(axis=0)
    )


def test_distances_by_hand():
    # Constant landscapes of heights h on [0, 2] lie sqrt(2) |h - h'| apart.
    arrays = arrays_of({}, repeats=2, layers=["ReLU11", "ReLU12"])
    for layer, factor in (("ReLU11", 1), ("ReLU12", 2)):
        heights = factor * np.array([[1.0, 2.0], [4.0, 3.0]])  # cat, dog: two clouds each
        arrays[f"vectors.A.{layer}"] = np.tile(heights[None, :, :, None, None], (1, 1, 1, 1, SAMPLES))
    rows = list(distance_rows(arrays, SETTINGS, 0))
    root = np.sqrt(2)
    for layer, factor in (("ReLU11", 1), ("ReLU12", 2), (None, np.sqrt(5))):
        paired = found(rows, statistic="paired_distance", layer=layer)
        assert (paired["network"], paired["group"], paired["other"], paired["n"]) == ("A", "cat", "dog", 2)
        # Pairs lie 3 and 1 apart, averages 1.5 and 3.5.
        assert paired["estimate"] == pytest.approx(factor * root * 2)
        assert (paired["low"], paired["high"]) == pytest.approx((factor * root, factor * root * 3))
        average = found(rows, statistic="average_distance", layer=layer)
        assert average["estimate"] == pytest.approx(factor * root * 2)
        assert average["n"] == 4
        assert average["null_high"] <= average["estimate"] * (1 + 1e-9)


def test_paired_distances_are_those_of_clouds_of_equal_number():
    arrays = arrays_of({("A", "dog", "ReLU32"): 2.0})
    row = found(distance_rows(arrays, SETTINGS, 0), statistic="paired_distance", layer="ReLU32")
    a, b = (weighted(arrays, ("A", group), "ReLU32") for group in ("cat", "dog"))
    assert row["estimate"] == pytest.approx(np.linalg.norm(a - b, axis=1).mean(), rel=1e-6)


def test_average_distances_are_tested_as_raw_vectors_are_and_whole_networks_layers_side_by_side():
    arrays = arrays_of({("A", "dog", "ReLU53"): 1.5})
    rows = list(distance_rows(arrays, SETTINGS, 7))
    vectors = {layer: [weighted(arrays, ("A", group), layer) for group in ("cat", "dog")] for layer in LAYERS}
    side_by_side = [np.concatenate([vectors[layer][side] for layer in LAYERS], axis=1) for side in (0, 1)]
    p_values = []
    for layer, (a, b), resamples in (*((layer, vectors[layer], 99) for layer in LAYERS), (None, side_by_side, 49)):
        names = ["A", "cat", "dog", *([layer] if layer else [])]
        expected = permutation_test(a, b, resamples, child_seed(7, "permutation", *names))
        row = found(rows, statistic="average_distance", layer=layer)
        assert row["estimate"] == pytest.approx(expected.statistic, rel=1e-6)
        assert row["p_value"] == expected.p_value
        np.testing.assert_allclose(
            [row["null_low"], row["null_high"]], np.quantile(expected.null, [0.025, 0.975]), rtol=1e-5
        )
        p_values.append(row["p_value"])
    corrected = [found(rows, statistic="average_distance", layer=layer)["p_holm"] for layer in LAYERS]
    np.testing.assert_allclose(corrected, holm(np.array(p_values[:3])))
    assert np.argmin(corrected) == 2
    # A single pair of whole networks needs no correction.
    assert found(rows, statistic="average_distance", layer=None)["p_holm"] == p_values[3]


def test_whole_networks_are_corrected_over_the_pairs():
    rows = rows_of(distance_rows(arrays_of({}, groups=("cat", "dog", "all")), SETTINGS, 0))
    whole = rows[rows["layer"].isna() & (rows["statistic"] == "average_distance")]
    assert whole[["group", "other"]].values.tolist() == [["cat", "dog"], ["cat", "all"], ["dog", "all"]]
    np.testing.assert_allclose(whole["p_holm"], holm(whole["p_value"].to_numpy()))
    assert rows.loc[rows["statistic"] == "paired_distance", ["p_value", "p_holm"]].isna().all(axis=None)


def test_pairs_differ_in_their_group_or_in_their_network_and_every_row_has_a_name_of_its_own():
    rows = rows_of(distance_rows(arrays_of({}, networks=("A", "B"), layers=["ReLU11"]), SETTINGS, 0))
    keys = ["statistic", "network", "group", "other", "layer"]
    assert not rows.duplicated(keys).any()
    assert set(map(tuple, rows[keys[1:4]].values.tolist())) == {
        ("A", "cat", "dog"),
        ("B", "cat", "dog"),
        ("A", "cat", "B"),
        ("A", "dog", "B"),
    }


def test_equal_groups_lie_at_distance_zero_with_p_value_one():
    arrays = arrays_of({}, noise=0.0)
    for _, row in rows_of(distance_rows(arrays, SETTINGS, 0)).iterrows():
        assert row["estimate"] == 0
        assert row["p_value"] == 1 or row["statistic"] == "paired_distance"


def test_a_single_side_has_no_distances():
    assert list(distance_rows(arrays_of({}, groups=("all",)), SETTINGS, 0)) == []


def test_groups_of_one_distribution_are_significant_at_the_nominal_rate():
    settings = SETTINGS.model_copy(update={"resamples": 99, "bootstrap": 2})
    layers = [f"L{number}" for number in range(150)]
    rows = rows_of(distance_rows(arrays_of({}, layers=layers), settings, 0))
    p_values = rows.loc[(rows["statistic"] == "average_distance") & rows["layer"].notna(), "p_value"]
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    assert (rows["p_holm"].dropna() <= 0.05).mean() < 0.02


def test_networks_on_grids_of_their_own_are_compared_sample_by_sample():
    grids = {"A": np.linspace(0, 2, SAMPLES), "B": np.linspace(1, 9, SAMPLES)}
    arrays = arrays_of({}, networks=("A", "B"), groups=("all",), grids=grids)
    rows = np.concatenate([side_vectors(arrays, side, "ReLU11") for side in sides_of(arrays)])
    np.testing.assert_allclose(layer_gram(arrays, "ReLU11"), inner_products(rows, np.arange(5.0)))
    same = arrays_of({}, networks=("A", "B"), groups=("all",))
    np.testing.assert_allclose(layer_gram(same, "ReLU11"), inner_products(rows, grids["A"]))


# Clusters


def separate(gap):
    return {("A", group, "ReLU53"): gap * place for place, group in enumerate(("cat", "dog", "airplane"))}


def clustered(gap, groups=("cat", "dog", "airplane"), **options):
    return list(cluster_rows(arrays_of(separate(gap), groups=groups, repeats=12, **options), SETTINGS, 0))


def test_separated_groups_are_found_whole():
    rows = clustered(30.0)
    for statistic, perfect in (("cluster_ari", 1.0), ("cluster_accuracy", 1.0)):
        row = found(rows, statistic=statistic)
        assert (row["network"], row["group"], row["layer"], row["n"]) == ("A", "cat+dog+airplane", "ReLU53", 36)
        assert row["estimate"] == perfect
        assert row["p_value"] == 1 / 100
        assert row["null_high"] < 0.7
    counts = rows_of(row for row in rows if row["statistic"] == "cluster_count")
    for _, count in counts.iterrows():
        matched = count["other"] == f"cat+dog+airplane: {count['group']}"
        assert (count["estimate"], count["n"]) == (12 * matched, 12)


def test_identical_landscapes_are_one_cluster_and_no_evidence():
    rows = clustered(0.0, noise=0.0)
    ari, accuracy = (found(rows, statistic=name) for name in ("cluster_ari", "cluster_accuracy"))
    assert (ari["estimate"], ari["null_low"], ari["null_high"], ari["p_value"]) == (0, 0, 0, 1)
    assert (accuracy["estimate"], accuracy["p_value"]) == (pytest.approx(1 / 3), 1)


def test_noise_is_within_the_null_of_shuffled_labels_which_is_about_zero():
    # Matched accuracy lies above 1/3 on noise: that is why it stands beside shuffled labels.
    settings = SETTINGS.model_copy(update={"shuffles": 499})
    rows = list(cluster_rows(arrays_of({}, groups=("cat", "dog", "airplane"), repeats=12), settings, 0))
    ari, accuracy = (found(rows, statistic=name) for name in ("cluster_ari", "cluster_accuracy"))
    assert ari["null_low"] < 0 < ari["null_high"] < 0.2
    assert ari["estimate"] < ari["null_high"]
    assert accuracy["null_low"] >= 1 / 3
    assert accuracy["null_high"] > 0.4
    assert 0.01 < ari["p_value"] <= 1


def test_shuffled_indices_average_to_zero():
    labels, clusters, _ = cluster(
        {name: np.random.default_rng(i).normal(size=(20, 1, 3)) for i, name in enumerate("abc")}, SETTINGS
    )
    generator = np.random.default_rng(0)
    null = [adjusted_rand_score(generator.permutation(labels), clusters) for _ in range(500)]
    assert abs(np.mean(null)) < 0.01


def test_scores_and_counts_are_those_of_the_clusters():
    arrays = arrays_of(separate(1.0), groups=("cat", "dog", "airplane"), repeats=12)
    rows = list(cluster_rows(arrays, SETTINGS, 0))
    vectors = {group: side_vectors(arrays, ("A", group), "ReLU53") for group in ("cat", "dog", "airplane")}
    labels, clusters, plane = cluster(vectors, SETTINGS)
    assert labels.tolist() == [0] * 12 + [1] * 12 + [2] * 12
    assert plane.shape == (36, 2)
    assert found(rows, statistic="cluster_ari")["estimate"] == pytest.approx(adjusted_rand_score(labels, clusters))
    accuracy = found(rows, statistic="cluster_accuracy")["estimate"]
    assert accuracy == pytest.approx((labels == clusters).mean())
    for true, group in enumerate(vectors):
        for number, other in enumerate(vectors):
            count = found(rows, statistic="cluster_count", group=group, other=f"cat+dog+airplane: {other}")
            assert count["estimate"] == ((labels == true) & (clusters == number)).sum()


@pytest.mark.parametrize(
    ("labels", "clusters", "expected"),
    [
        ([0, 0, 1, 1], [1, 1, 0, 0], 1.0),
        ([0, 0, 1, 1], [0, 0, 0, 1], 0.75),
        ([0, 0, 1, 1], [0, 0, 0, 0], 0.5),
        ([0, 1, 2], [2, 0, 1], 1.0),
        ([0, 1, 0, 1], [0, 0, 1, 1], 0.5),
    ],
)
def test_matched_accuracy_by_hand(labels, clusters, expected):
    groups = max(*labels, *clusters) + 1
    assert matched_accuracy(contingency(np.array(labels), np.array(clusters), groups)) == expected


def test_contingency_and_adjusted_rand_are_those_of_scikit_learn():
    generator = np.random.default_rng(0)
    labels, clusters = generator.integers(3, size=(2, 40, 17))
    labels[0], clusters[0] = 1, 1  # one group each
    clusters[1] = 2
    counts = contingency(labels, clusters, 3)
    assert counts.shape == (40, 3, 3)
    for own, (true, found_) in zip(counts, zip(labels, clusters, strict=True), strict=True):
        assert (own == confusion_matrix(true, found_, labels=[0, 1, 2])).all()
        assert adjusted_rand(own) == pytest.approx(adjusted_rand_score(true, found_), abs=1e-12)
    assert (adjusted_rand(counts) == [adjusted_rand(own) for own in counts]).all()


def test_one_direction_is_drawn_in_a_plane_all_the_same():
    line = {"a": np.arange(4.0).reshape(4, 1, 1), "b": np.arange(10.0, 14).reshape(4, 1, 1)}
    labels, clusters, plane = cluster(line, SETTINGS)
    np.testing.assert_array_equal(clusters, labels)
    np.testing.assert_allclose(np.abs(plane[:, 0]), np.abs(np.r_[:4, 10:14] - 6.5))
    assert not plane[:, 1].any()


def test_classes_are_clustered_among_each_other_and_each_against_all():
    assert cluster_sets(["cat", "dog", "airplane", "all"]) == [
        ["cat", "dog", "airplane"],
        ["cat", "all"],
        ["dog", "all"],
        ["airplane", "all"],
    ]
    assert cluster_sets(["cat", "all"]) == [["cat", "all"]]
    assert cluster_sets(["cat", "dog"]) == [["cat", "dog"]]
    assert cluster_sets(["all"]) == cluster_sets(["cat"]) == []


def test_chosen_layers_alone_are_clustered():
    arrays = arrays_of({}, groups=("cat", "all"))
    assert {row["layer"] for row in cluster_rows(arrays, SETTINGS, 0)} == {"ReLU53"}
    assert list(cluster_rows(arrays, LatentStatistics(), 0)) == []


# Test images


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


def test_accuracies_have_wilsons_intervals_in_all_and_by_class():
    rows = list(performance_rows(labels_table(), SETTINGS, 0))
    for group, right, count in ((None, 4, 6), ("cat", 2, 4), ("dog", 2, 2)):
        row = found(rows, statistic="accuracy", seed=1, group=group)
        expected = wilson(right, count)
        assert (row["network"], row["n"]) == ("V", count)
        assert (row["estimate"], row["low"], row["high"]) == (expected.value, expected.low, expected.high)
    expected = stats.binomtest(4, 6).proportion_ci(0.95, method="wilson")
    row = found(rows, statistic="accuracy", seed=0, group=None)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))


def test_confusions_are_shares_of_each_class_with_zeros_where_there_are_none():
    rows = rows_of(performance_rows(labels_table(), SETTINGS, 0))
    shares = rows[(rows["statistic"] == "predicted_share") & (rows["seed"] == 0)].set_index(["group", "other"])
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
    rows = list(performance_rows(masks_table(), SETTINGS, 0))
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
    rows = list(performance_rows(masks_table(), SETTINGS, 0))
    first = found(rows, statistic="precision", seed=0)
    assert (first["estimate"], first["n"]) == (pytest.approx(0.7), 2)
    # Over seeds an image counts by what is known of it.
    both = found(rows, statistic="precision", seed=None)
    assert (both["estimate"], both["n"]) == (pytest.approx((0.7 + 0.5 + 0.0) / 3), 3)
    recall = found(rows, statistic="recall", seed=None)
    assert (recall["estimate"], recall["n"]) == (0.25, 2)


def test_a_network_that_finds_nothing_has_no_precision():
    table = masks_table().assign(precision=NAN)
    row = found(performance_rows(table, SETTINGS, 0), statistic="precision", seed=None)
    assert pd.isna(row["estimate"])
    assert row["n"] == 0


def test_networks_without_skips_have_no_drop():
    table = masks_table()
    rows = rows_of(performance_rows(table[table["skips"].eq(True)], SETTINGS, 0))
    assert set(rows["statistic"]) == {"iou", "precision", "recall"}


def test_untrained_networks_have_no_rows():
    assert list(performance_rows(pd.DataFrame(columns=PERFORMANCE_COLUMNS), SETTINGS, 0)) == []


# The stage


def stage_inputs(folder, arrays, performance):
    complexity = [
        cloud(layer, repeat, network, seed, group, value=float(place + repeat))
        for network in arrays["networks"].tolist()
        for seed in arrays["seeds"].tolist()
        for group in arrays["groups"].tolist()
        for repeat in range(6)
        for place, layer in enumerate(LAYERS)
    ]
    pd.DataFrame(complexity).to_csv(folder / "complexity.csv", index=False)
    write_arrays(folder / "landscapes.npz", arrays)
    performance.to_csv(folder / "performance.csv", index=False)


def statistics_of(folder, arrays, performance, seed=0):
    stage_inputs(folder, arrays, performance)
    files = [folder / name for name in ("complexity.csv", "landscapes.npz", "performance.csv", "statistics.csv")]
    compute_latent_statistics(*files, statistics=SETTINGS, seed=seed)
    return files[-1]


def test_the_stage_joins_all_statistics_in_one_tidy_table(tmp_path):
    arrays = arrays_of({}, groups=("cat", "dog", "all"), seeds=2)
    table = pd.read_csv(statistics_of(tmp_path, arrays, labels_table()))
    assert table.columns.tolist() == COLUMNS
    assert {
        "accuracy",
        "predicted_share",
        "complexity_l2",
        "constant_channels",
        "depth_correlation_l2",
        "layer_difference",
        "paired_distance",
        "average_distance",
        "cluster_ari",
        "cluster_count",
    } <= set(table["statistic"])
    assert not table.duplicated(["statistic", "network", "seed", "group", "other", "layer"]).any()
    assert (table["low"] <= table["high"])[table["low"].notna()].all()
    assert table.loc[table["statistic"].str.startswith("complexity"), "seed"].isna().all()


def test_tables_read_from_disk_have_the_truth_values_of_masks(tmp_path):
    arrays = arrays_of({}, groups=("all",))
    table = pd.read_csv(statistics_of(tmp_path, arrays, masks_table()))
    rows = table[(table["statistic"] == "iou_drop") & table["seed"].isna()]
    assert rows["estimate"].tolist() == pytest.approx([1 / 3])


def test_the_stage_works_where_there_is_nothing_to_find_or_no_trained_network(tmp_path):
    arrays = arrays_of({}, groups=("cat", "dog", "all"), noise=0.0)
    table = pd.read_csv(statistics_of(tmp_path, arrays, pd.DataFrame(columns=PERFORMANCE_COLUMNS)))
    assert not {"accuracy", "iou", "layer_difference"} & set(table["statistic"])
    assert (table.loc[table["statistic"] == "average_distance", "p_holm"] == 1).all()
    assert (table.loc[table["statistic"] == "cluster_ari", "estimate"] == 0).all()


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_intervals(tmp_path):
    arrays = arrays_of({}, groups=("cat", "dog"))
    contents = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / name).mkdir()
        contents.append(statistics_of(tmp_path / name, arrays, labels_table(), seed).read_bytes())
    assert contents[0] == contents[1] != contents[2]
