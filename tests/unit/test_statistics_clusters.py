"""Clusters of landscapes: by hand and beside scikit-learn."""

import numpy as np
import pytest
from landscape_tables import CLUSTERS, INTERVALS, arrays_of, found, rows_of
from sklearn.metrics import adjusted_rand_score

from topolens.config.analyses import Clusters
from topolens.seeding import child_seed
from topolens.statistics.clusters import CLOUDS, cluster, cluster_rows, cluster_sets, cluster_table
from topolens.statistics.distances import side_vectors


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
    own = child_seed(0, "k-means", "A", "ReLU53", "cat+dog+airplane")
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
    labels, clusters, plane = cluster(vectors, CLUSTERS.variance, child_seed(5, "k-means", "B", "ReLU53", "cat+all"))
    rows = table[(table["network"] == "B") & (table["classes"] == "cat+all")]
    assert (rows["label"] == labels).all()
    assert (rows["cluster"] == clusters).all()
    np.testing.assert_array_equal(rows[["first", "second"]], plane)
    nothing = cluster_table(arrays_of({}, groups=("all",)), CLUSTERS, 5)
    assert nothing.columns.tolist() == CLOUDS
    assert nothing.empty
