"""Clusters of landscapes: by hand and beside scikit-learn."""

import numpy as np
import pytest
from landscape_tables import CLUSTERS, INTERVALS, arrays_of, found, rows_of
from sklearn.metrics import adjusted_rand_score

from topolens.config.analyses import Clusters
from topolens.seeding import child_seed
from topolens.statistics.clusters import (
    CLOUDS,
    cluster,
    cluster_rows,
    cluster_sets,
    cluster_table,
    pair_rank_rows,
    pair_squares,
    rand_indices,
)
from topolens.statistics.tests import side_vectors


def separate(gap):
    return {("A", group, "ReLU53"): gap * place for place, group in enumerate(("cat", "dog", "airplane"))}


def rows_from(arrays, settings=CLUSTERS):
    return list(cluster_rows(cluster_table(arrays, settings, 0), settings, INTERVALS, 0))


def clustered(gap, groups=("cat", "dog", "airplane"), **options):
    return rows_from(arrays_of(separate(gap), groups=groups, repeats=12, **options))


def test_separated_groups_are_found_whole():
    rows = clustered(30.0)
    for statistic, perfect in (("cluster_ari", 1.0), ("cluster_accuracy", 1.0)):
        row = found(rows, statistic=statistic)
        assert (row["network"], row["classes"], row["layer"], row["n"]) == ("A", "cat+dog+airplane", "ReLU53", 36)
        assert row["estimate"] == perfect
        assert row["p_value"] == 1 / 100
        assert row["null_high"] < 0.7
    counts = rows_of(row for row in rows if row["statistic"] == "cluster_count")
    for _, count in counts.iterrows():
        matched = count["against"] == f"cat+dog+airplane: {count['classes']}"
        assert (count["estimate"], count["n"]) == (12 * matched, 12)


def test_identical_landscapes_are_one_cluster_and_no_evidence():
    rows = clustered(0.0, noise=0.0)
    ari, accuracy = (found(rows, statistic=name) for name in ("cluster_ari", "cluster_accuracy"))
    assert (ari["estimate"], ari["null_low"], ari["null_high"], ari["p_value"]) == (0, 0, 0, 1)
    assert (accuracy["estimate"], accuracy["p_value"]) == (pytest.approx(1 / 3), 1)


def test_noise_is_within_the_null_of_shuffled_labels_which_is_about_zero():
    # Matched accuracy lies above 1/3 on noise: that is why it stands beside shuffled labels.
    settings = CLUSTERS.model_copy(update={"shuffles": 499})
    rows = rows_from(arrays_of({}, groups=("cat", "dog", "airplane"), repeats=12), settings)
    ari, accuracy = (found(rows, statistic=name) for name in ("cluster_ari", "cluster_accuracy"))
    assert ari["null_low"] < 0 < ari["null_high"] < 0.2
    assert ari["estimate"] < ari["null_high"]
    assert accuracy["null_low"] >= 1 / 3
    assert accuracy["null_high"] > 0.4
    assert 0.01 < ari["p_value"] <= 1


def test_shuffled_indices_average_to_zero():
    labels, clusters, _ = cluster(
        {name: np.random.default_rng(i).normal(size=(20, 1, 3)) for i, name in enumerate("abc")}, CLUSTERS.variance, 0
    )
    generator = np.random.default_rng(0)
    null = [adjusted_rand_score(generator.permutation(labels), clusters) for _ in range(500)]
    assert abs(np.mean(null)) < 0.01


def test_scores_and_counts_are_those_of_the_clusters():
    arrays = arrays_of(separate(1.0), groups=("cat", "dog", "airplane"), repeats=12)
    rows = rows_from(arrays)
    vectors = {group: side_vectors(arrays, ("A", group), "ReLU53") for group in ("cat", "dog", "airplane")}
    own = child_seed(0, "k-means", "A", "0", "ReLU53", "cat+dog+airplane")
    labels, clusters, plane = cluster(vectors, CLUSTERS.variance, own)
    assert labels.tolist() == [0] * 12 + [1] * 12 + [2] * 12
    assert plane.shape == (36, 2)
    assert found(rows, statistic="cluster_ari")["estimate"] == pytest.approx(adjusted_rand_score(labels, clusters))
    accuracy = found(rows, statistic="cluster_accuracy")["estimate"]
    assert accuracy == pytest.approx((labels == clusters).mean())
    for true, group in enumerate(vectors):
        for number, other in enumerate(vectors):
            count = found(rows, statistic="cluster_count", classes=group, against=f"cat+dog+airplane: {other}")
            assert count["estimate"] == ((labels == true) & (clusters == number)).sum()


def test_one_direction_is_drawn_in_a_plane_all_the_same():
    line = {"a": np.arange(4.0).reshape(4, 1, 1), "b": np.arange(10.0, 14).reshape(4, 1, 1)}
    labels, clusters, plane = cluster(line, CLUSTERS.variance, 0)
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
    assert {row["layer"] for row in rows_from(arrays)} == {"ReLU53"}
    assert {row["layer"] for row in rows_from(arrays, Clusters(layers=["ReLU11"]))} == {"ReLU11"}


def test_the_table_has_every_cloud_of_every_set_once_with_the_cluster_that_the_seeds_name_gives():
    arrays = arrays_of(separate(1.0), networks=("A", "B"), groups=("cat", "dog", "all"), repeats=12)
    table = cluster_table(arrays, CLUSTERS, 5)
    assert table.columns.tolist() == CLOUDS
    sizes = table.groupby(["network", "layer", "classes"], sort=False).size()
    assert sizes.to_dict() == {
        (network, "ReLU53", members): 24 for network in "AB" for members in ("cat+dog", "cat+all", "dog+all")
    }
    vectors = {group: side_vectors(arrays, ("B", group), "ReLU53") for group in ("cat", "all")}
    labels, clusters, plane = cluster(
        vectors, CLUSTERS.variance, child_seed(5, "k-means", "B", "0", "ReLU53", "cat+all")
    )
    rows = table[(table["network"] == "B") & (table["classes"] == "cat+all")]
    assert (rows["label"] == labels).all()
    assert (rows["cluster"] == clusters).all()
    np.testing.assert_array_equal(rows[["first", "second"]], plane)
    nothing = cluster_table(arrays_of({}, groups=("all",)), CLUSTERS, 5)
    assert nothing.columns.tolist() == CLOUDS
    assert nothing.empty


def test_each_seed_is_clustered_for_itself():
    arrays = arrays_of(separate(2.0), groups=("cat", "dog", "airplane"), repeats=12, seeds=3)
    table = cluster_table(arrays, CLUSTERS, 0)
    indices = rand_indices(table)
    assert indices.index.get_level_values("seed").tolist() == [0, 1, 2]
    for seed in range(3):
        rows = table[table["seed"] == seed]
        assert indices.iloc[seed] == pytest.approx(adjusted_rand_score(rows["label"], rows["cluster"]))
        row = found(cluster_rows(table, CLUSTERS, INTERVALS, 0), statistic="cluster_ari", seed=seed)
        assert row["estimate"] == pytest.approx(indices.iloc[seed])
    alone = arrays | {"seeds": arrays["seeds"][1:2], "vectors.A.ReLU53": arrays["vectors.A.ReLU53"][1:2]}
    again = cluster_table(alone, CLUSTERS, 0)
    np.testing.assert_array_equal(again, table[table["seed"] == 1])
    assert rand_indices(table[:0]).empty


# Distances of classes

GRID = np.linspace(0, 2, 5)


def test_squared_distances_by_hand():
    # Constant landscapes on [0, 2]: a square counts twice. Class 0 at 1 and 3, class 1 at 0 and 2, class 2 at 7.
    vectors = np.array([[1, 3], [0, 2], [7, 7]], float)[..., None, None] * np.ones(5)
    # Of products between clouds: 3 + 0 - 2 * 2 * 1, 3 + 49 - 2 * 2 * 7, 0 + 49 - 2 * 1 * 7.
    np.testing.assert_allclose(pair_squares(vectors, GRID), 2 * np.array([-1, 24, 35]))


def test_noise_has_no_share_in_squared_distances():
    generator, found = np.random.default_rng(0), []
    for _ in range(400):
        means = np.array([0.0, 0.5, 0.5])[:, None, None, None]
        vectors = means + generator.normal(size=(3, 4, 2, 5)) * np.array([1, 3, 1])[:, None, None, None]
        found.append(pair_squares(vectors, GRID))
    error = 3 * np.std(found, axis=0) / 20
    assert (np.abs(np.mean(found, axis=0) - 2 * 2 * np.array([0.25, 0.25, 0])) < error).all()  # of two levels


def test_squared_distances_need_two_clouds_and_know_equal_ones():
    assert np.isnan(pair_squares(np.ones((3, 1, 1, 5)), GRID)).all()
    np.testing.assert_array_equal(pair_squares(0.1 * np.ones((3, 4, 1, 5)), GRID), 0)
    assert pair_squares(np.empty((0, 3, 1, 5)), GRID).size == 0


def test_places_of_pairs_are_means_over_networks():
    shifts = {("A", "dog", "ReLU53"): 9.0, ("A", "airplane", "ReLU53"): 10.0}
    arrays = arrays_of(shifts, groups=("cat", "dog", "airplane", "all"), seeds=4, noise=0.01)
    arrays["vectors.A.ReLU53"][3, 1] -= 10  # there the dog is near the cat
    rows = list(pair_rank_rows(arrays, ["ReLU53"], INTERVALS, 0))
    places = {(row["classes"], row["against"]): (row["estimate"], row["n"]) for row in rows}
    assert places == {("cat", "dog"): (1.75, 4), ("cat", "airplane"): (2.75, 4), ("dog", "airplane"): (1.5, 4)}
    assert all(1 <= row["low"] <= row["estimate"] <= row["high"] <= 3 for row in rows)
    assert list(pair_rank_rows(arrays_of({}, groups=("cat", "dog", "all")), ["ReLU53"], INTERVALS, 0)) == []
