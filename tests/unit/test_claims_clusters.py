"""Statistics behind the claims on how landscapes tell classes apart."""

import math

import numpy as np
import pandas as pd
import pytest
from explain_tables import LAYERS
from latent_tables import CLUSTERS, INTERVALS, estimate, run_of
from sklearn.metrics import adjusted_rand_score

from topolens.claims.model import UNDECIDED, Rule
from topolens.stages.position_statistics import UNUSED
from topolens.statistics.clusters import cluster_rows, cluster_table
from topolens.statistics.rows import tidy_table


def landscapes_of(shifts, networks=("A",), groups=("cat", "dog", "airplane"), repeats=8, noise=1.0, seed=0):
    """Landscapes of one level at ReLU32 and ReLU53, moved by `shifts[layer][group number]`."""
    generator = np.random.default_rng(seed)
    arrays = {"layers": np.array(["ReLU32", "ReLU53"]), "networks": np.array(networks), "groups": np.array(groups)}
    for network in networks:
        for layer in ("ReLU32", "ReLU53"):
            shift = np.array(shifts.get(layer, np.zeros(len(groups))), float)
            vectors = noise * generator.normal(size=(1, len(groups), repeats, 1, 5)) + shift[:, None, None, None]
            arrays |= {f"vectors.{network}.{layer}": vectors, f"grid.{network}.{layer}": np.linspace(0, 2, 5)}
    return arrays


def clustered(arrays, groups=("cat", "dog", "airplane")):
    """A run whose landscapes are clustered."""
    clusters = cluster_table(arrays, CLUSTERS, 0)
    table = tidy_table(cluster_rows(clusters, CLUSTERS, INTERVALS, 0), UNUSED)
    networks = arrays["networks"].tolist()
    return run_of(groups=groups, networks=networks, clusters=clusters, statistics=table)


def row_of(run, layer, group="cat+dog+airplane"):
    table = run.statistics
    rows = table[(table["statistic"] == "cluster_ari") & (table["layer"] == layer) & (table["classes"] == group)]
    return rows.iloc[0]


FAR = [0, 30, 60]


def test_separated_groups_exceed_their_null_by_one_minus_its_end():
    run = clustered(landscapes_of({"ReLU53": FAR}))
    found = estimate("cluster_excess", run, layer="ReLU53")
    expected = 1 - row_of(run, "ReLU53")["null_high"]
    assert (found.value, found.low, found.high, found.n) == pytest.approx((expected, expected, expected, 24))
    assert found.value > 0.5


def test_the_index_of_the_other_layer_is_the_bar_where_it_lies_above_the_null():
    run = clustered(landscapes_of({"ReLU32": [0, 0, 30], "ReLU53": FAR}))
    found = estimate("cluster_excess", run, layer="ReLU53", over="ReLU32")
    other = row_of(run, "ReLU32")["estimate"]
    assert other > row_of(run, "ReLU53")["null_high"]
    assert found.value == pytest.approx(1 - other)
    assert found.low > 0
    reversed_layers = estimate("cluster_excess", run, layer="ReLU32", over="ReLU53")
    assert reversed_layers.value == pytest.approx(other - 1)
    assert reversed_layers.high < 0


def test_noise_lies_below_the_end_of_its_null():
    run = clustered(landscapes_of({}))
    found = estimate("cluster_excess", run, layer="ReLU53")
    assert found.value == pytest.approx(row_of(run, "ReLU53")["estimate"] - row_of(run, "ReLU53")["null_high"])
    assert found.value < 0


def test_the_interval_resamples_clouds_of_one_clustering():
    run = clustered(landscapes_of({"ReLU53": [0, 1, 2]}))
    found = estimate("cluster_excess", run, layer="ReLU53")
    clouds = run.clusters[run.clusters["layer"] == "ReLU53"]
    labels, clusters = clouds["label"].to_numpy(), clouds["cluster"].to_numpy()
    draws = np.random.default_rng(0).integers(24, size=(200, 24))
    scores = [adjusted_rand_score(labels[draw], clusters[draw]) for draw in draws]
    expected = np.quantile(scores, [0.025, 0.975]) - row_of(run, "ReLU53")["null_high"]
    np.testing.assert_allclose([found.low, found.high], expected)


def test_each_class_against_all_is_a_mean_over_classes():
    groups = ("cat", "dog", "all")
    run = clustered(landscapes_of({"ReLU53": [30, 0, 0]}, groups=groups), groups)
    found = estimate("cluster_excess", run, layer="ReLU53", against_all=True)
    rows = [row_of(run, "ReLU53", name) for name in ("cat+all", "dog+all")]
    assert found.value == pytest.approx(np.mean([row["estimate"] - row["null_high"] for row in rows]))
    assert found.n == 16


def test_clusters_of_the_first_network_decide():
    arrays = landscapes_of({"ReLU53": FAR}, networks=("A", "B"))
    arrays["vectors.B.ReLU53"] = np.zeros_like(arrays["vectors.B.ReLU53"])
    assert estimate("cluster_excess", clustered(arrays), layer="ReLU53").value > 0.5


def test_identical_landscapes_are_no_evidence_of_clusters():
    found = estimate("cluster_excess", clustered(landscapes_of({}, noise=0.0)), layer="ReLU53", over="ReLU32")
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert Rule(above=0).verdict(found, 5) == UNDECIDED


@pytest.mark.parametrize(
    ("groups", "options"),
    [
        (("all",), {"layer": "ReLU53"}),
        (("cat",), {"layer": "ReLU53"}),
        (("cat", "dog"), {"layer": "ReLU53", "against_all": True}),
        (("cat", "dog"), {"layer": "ReLU11"}),
        (("cat", "dog"), {"layer": "ReLU53", "over": "ReLU11"}),
    ],
)
def test_without_groups_or_clustered_layers_there_is_no_excess(groups, options):
    run = clustered(landscapes_of({}, groups=groups), groups)
    assert math.isnan(estimate("cluster_excess", run, **options).value)


def flat(heights, repeats=3, networks=("A",), groups=("cat", "dog", "airplane", "all"), spread=0.0):
    """Constant landscapes of the given height by group, at ReLU53; repeats spread around it."""
    own = np.array(heights, float)[:, None] + spread * np.linspace(-1, 1, repeats)
    arrays = {"layers": np.array(["ReLU53"]), "networks": np.array(networks), "groups": np.array(groups)}
    for network in networks:
        arrays[f"vectors.{network}.ReLU53"] = np.tile(own[None, :, :, None, None], (1, 1, 1, 1, 5))
        arrays[f"grid.{network}.ReLU53"] = np.linspace(0, 2, 5)
    return run_of(groups=groups, landscapes=arrays)


def test_the_margin_of_the_nearest_pair_by_hand():
    # Distances cat-dog 1, cat-airplane 4, dog-airplane 3: (3 - 1) / (8 / 3); `all` takes no part.
    run = flat([0, 1, 4, 0.5])
    found = estimate("nearest_pair_margin", run, layer="ReLU53", pair=["cat", "dog"])
    assert (found.value, found.n) == (pytest.approx(0.75), 9)
    assert (found.low, found.high) == pytest.approx((0.75, 0.75))
    assert estimate("nearest_pair_margin", run, layer="ReLU53", pair=["dog", "cat"]) == found
    wrong = estimate("nearest_pair_margin", run, layer="ReLU53", pair=["airplane", "cat"])
    assert wrong.value == pytest.approx((1 - 4) / (8 / 3))


def test_the_margins_interval_holds_it_and_narrows_with_more_clouds():
    few, many = (
        estimate("nearest_pair_margin", flat([0, 1, 4, 0], repeats, spread=1.0), layer="ReLU53", pair=["cat", "dog"])
        for repeats in (4, 60)
    )
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 2


def test_the_margin_is_that_of_the_first_network():
    run = flat([0, 1, 4, 0.5], networks=("A", "B"))
    run.landscapes["vectors.B.ReLU53"] = 7 * run.landscapes["vectors.B.ReLU53"] + 1
    found = estimate("nearest_pair_margin", run, layer="ReLU53", pair=["cat", "dog"])
    assert (found.value, found.n) == (pytest.approx(0.75), 9)


@pytest.mark.parametrize(
    ("heights", "groups", "layer", "pair"),
    [
        ([2, 2, 2, 2], ("cat", "dog", "airplane", "all"), "ReLU53", ["cat", "dog"]),  # no distances
        ([0, 1, 4], ("cat", "dog", "all"), "ReLU53", ["cat", "dog"]),  # no other pair
        ([0, 1, 4], ("cat", "dog", "airplane"), "ReLU52", ["cat", "dog"]),
        ([0, 1, 4], ("cat", "dog", "airplane"), "ReLU53", ["cat", "horse"]),
        ([1], ("all",), "ReLU53", ["cat", "dog"]),
    ],
)
def test_without_distances_other_pairs_layer_or_classes_there_is_no_margin(heights, groups, layer, pair):
    assert math.isnan(estimate("nearest_pair_margin", flat(heights, groups=groups), layer=layer, pair=pair).value)


NAN = np.nan


def test_landscapes_over_the_plane_layer_by_layer():
    accuracies = {"plane": [0.5, 0.4, 0.9], "landscape": [0.7, 0.5, 0.6]}
    rows = [(layer, method, own[k]) for method, own in accuracies.items() for k, layer in enumerate(LAYERS)]
    run = run_of(planes=pd.DataFrame(rows, columns=["layer", "method", "estimate"]))
    found = estimate("landscape_over_plane", run, plane="plane")
    assert (found.value, found.n) == (pytest.approx(0), 3)
    assert found.low < -0.3
    run.planes["estimate"] = np.where(run.planes["method"] == "plane", 0.9, 0.1)
    assert estimate("landscape_over_plane", run, plane="plane").value == pytest.approx(-0.8)
    assert Rule(above=0).verdict(estimate("landscape_over_plane", run, plane="plane"), 3) == UNDECIDED  # three layers
