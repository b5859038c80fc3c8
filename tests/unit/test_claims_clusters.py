"""Statistics behind the claims on how landscapes tell classes apart."""

import math

import numpy as np
import pandas as pd
import pytest
from explain_tables import LAYERS
from latent_tables import CLUSTERS, complexity_of, estimate, finding, run_of

from topolens.claims.model import GAUSSIAN, RAW, REPRODUCED, SCALE_FREE, UNDECIDED, Rule
from topolens.inference.contingency import adjusted_rand, contingency
from topolens.inference.intervals import (
    CORRELATIONS,
    DIFFERENCES,
    SHARES,
    mean_of_units,
    middle_of,
    simultaneous_means,
)
from topolens.statistics.clusters import cluster_table, rand_indices

CLASSES = ("cat", "dog", "airplane")


def landscapes_of(shifts, networks=("A",), groups=CLASSES, repeats=8, noise=1.0, seeds=3):
    """Landscapes of one level at ReLU32 and ReLU53, moved by `shifts[layer][group number]`."""
    generator = np.random.default_rng(0)
    arrays = {"layers": np.array(["ReLU32", "ReLU53"]), "networks": np.array(networks), "groups": np.array(groups)}
    arrays["seeds"] = np.arange(seeds)
    for network in networks:
        for layer in ("ReLU32", "ReLU53"):
            shift = np.array(shifts.get(layer, np.zeros(len(groups))), float)
            vectors = noise * generator.normal(size=(seeds, len(groups), repeats, 1, 5)) + shift[:, None, None, None]
            arrays |= {f"vectors.{network}.{layer}": vectors, f"grid.{network}.{layer}": np.linspace(0, 2, 5)}
    return arrays


def clustered(arrays):
    """A run whose landscapes are clustered."""
    groups, networks = arrays["groups"].tolist(), arrays["networks"].tolist()
    clusters = cluster_table(arrays, CLUSTERS, 0)
    return run_of(groups=groups, networks=networks, clusters=clusters, landscapes=arrays)


FAR = [0, 30, 60]


# Clusters


def test_groups_that_lie_apart_in_every_network_agree_with_clusters_throughout():
    found = estimate("cluster_agreement", clustered(landscapes_of({"ReLU53": FAR}, seeds=8)), layer="ReLU53")
    assert (found.value, found.high, found.n) == (1, 1, 8)
    assert found.low == pytest.approx(2 * 0.025 ** (1 / 8) - 1)  # Clopper and Pearson's, from -1 to 1
    assert Rule(above=0).verdict(found, 5) == REPRODUCED


def test_each_network_from_each_seed_has_an_index_of_its_own():
    run = clustered(landscapes_of({"ReLU32": [0, 0, 3], "ReLU53": [0, 2, 4]}, ("A", "B")))
    indices = rand_indices(run.clusters)
    assert indices.index.names == ["network", "seed", "layer", "classes"]
    late, early = (indices.xs(layer, level="layer").to_numpy() for layer in ("ReLU53", "ReLU32"))
    assert len({*late}) > 1
    found = estimate("cluster_agreement", run, layer="ReLU53")
    assert found == mean_of_units(late, 200, 0, within=CORRELATIONS)
    over = estimate("cluster_agreement", run, layer="ReLU53", over="ReLU32")
    assert over == mean_of_units(late - early, 200, 0, within=DIFFERENCES)
    assert estimate("cluster_agreement", run, layer="ReLU32", over="ReLU53").value == pytest.approx(-over.value)
    # Networks in another order are the same networks.
    run.clusters = run.clusters[::-1]
    assert estimate("cluster_agreement", run, layer="ReLU53").value == pytest.approx(found.value)


def test_each_class_against_all_is_a_mean_over_classes():
    run = clustered(landscapes_of({"ReLU53": [30, 0, 0]}, groups=("cat", "dog", "all")))
    indices = rand_indices(run.clusters).xs("ReLU53", level="layer").unstack("classes")
    found = estimate("cluster_agreement", run, layer="ReLU53", against_all=True)
    assert found.value == pytest.approx(indices[["cat+all", "dog+all"]].to_numpy().mean())
    assert found.n == 3
    assert estimate("cluster_agreement", run, layer="ReLU53").value == pytest.approx(indices["cat+dog"].mean())


def test_shuffled_labels_agree_with_no_clusters_on_average():
    # Exactly, over all orders of the labels: nothing is to be taken off an index.
    generator = np.random.default_rng(0)
    clusters, labels = generator.integers(0, 3, 24), np.repeat([0, 1, 2], 8)
    shuffled = generator.permuted(np.tile(labels, (40_000, 1)), axis=1)
    assert adjusted_rand(contingency(shuffled, clusters, 3)).mean() == pytest.approx(0, abs=1e-3)


def test_noise_and_identical_landscapes_are_no_evidence_of_clusters():
    noise = estimate("cluster_agreement", clustered(landscapes_of({}, seeds=8)), layer="ReLU53")
    same = clustered(landscapes_of({}, noise=0.0, seeds=8))
    found = estimate("cluster_agreement", same, layer="ReLU53", over="ReLU32")
    assert found.value == 0
    assert Rule(above=0).verdict(noise, 5) == Rule(above=0).verdict(found, 5) == UNDECIDED


WITHOUT = [
    (("all",), {"layer": "ReLU53"}),
    (("cat",), {"layer": "ReLU53"}),
    (("cat", "dog"), {"layer": "ReLU53", "against_all": True}),
    (("cat", "dog"), {"layer": "ReLU11"}),
    (("cat", "dog"), {"layer": "ReLU53", "over": "ReLU11"}),
]


@pytest.mark.parametrize(("groups", "options"), WITHOUT)
@pytest.mark.parametrize("name", ["cluster_agreement", "cluster_agreement_of_batches"])
def test_without_groups_or_clustered_layers_there_is_no_agreement(name, groups, options):
    assert math.isnan(estimate(name, clustered(landscapes_of({}, groups=groups)), **options).value)


def test_batches_of_one_network_are_clustered_each_for_itself():
    run = clustered(landscapes_of({"ReLU53": FAR}, repeats=23))
    found = estimate("cluster_agreement_of_batches", run, layer="ReLU53")
    assert (found.value, found.n) == (1, 5)  # of four clouds each; three are left over
    # Other seeds and other networks do not count.
    run.landscapes["vectors.A.ReLU53"][1:] = 0
    assert estimate("cluster_agreement_of_batches", run, layer="ReLU53") == found
    over = estimate("cluster_agreement_of_batches", run, layer="ReLU53", over="ReLU32")
    assert over.low < over.value < 1
    one = run.landscapes["vectors.A.ReLU53"][0]
    one[:, 4:8] = one[:1, :1]  # a batch without anything to tell apart
    assert estimate("cluster_agreement_of_batches", run, layer="ReLU53").value == pytest.approx(4 / 5)


def test_batches_against_all_are_a_mean_over_classes():
    run = clustered(landscapes_of({"ReLU53": [30, 0, 0]}, groups=("cat", "dog", "all"), repeats=20))
    found = estimate("cluster_agreement_of_batches", run, layer="ReLU53", against_all=True)
    assert 0.3 < found.value < 0.8


# The nearest pair


def flat(heights, repeats=4, groups=(*CLASSES, "all"), spread=0.0, seed=0):
    """Constant landscapes at ReLU53 by group, from heights[seed][group]; repeats spread around them."""
    own = np.atleast_2d(np.asarray(heights, float))[:, :, None]
    own = own + spread * np.random.default_rng(seed).normal(size=(*own.shape[:2], repeats))
    arrays = {"layers": np.array(["ReLU53"]), "networks": np.array(["A"]), "groups": np.array(groups)}
    arrays |= {"vectors.A.ReLU53": np.tile(own[..., None, None], 5), "grid.A.ReLU53": np.linspace(0, 2, 5)}
    return run_of(groups=groups, landscapes=arrays)


PAIR = {"layer": "ReLU53", "pair": ["cat", "dog"]}


def test_the_share_of_networks_where_the_pair_is_the_nearest_by_hand():
    # cat and dog, dog and airplane, cat and dog as near as cat and airplane; `all` takes no part.
    run = flat([[0, 1, 4, 0], [0, 3, 4, 3], [1, 0, 2, 0]])
    found = estimate("nearest_pair", run, **PAIR)
    assert found == mean_of_units(np.array([1, 0, 0.5]), 200, 0, within=SHARES)
    assert estimate("nearest_pair", run, layer="ReLU53", pair=["dog", "cat"]) == found
    assert estimate("nearest_pair", run, layer="ReLU53", pair=["airplane", "dog"]).value == pytest.approx(1 / 3)
    run.landscapes["vectors.A.ReLU53"] *= 1e-3
    assert estimate("nearest_pair", run, **PAIR) == found


def test_where_classes_do_not_differ_each_pair_is_the_nearest_in_a_third():
    found = estimate("nearest_pair", flat(np.zeros((600, 4)), spread=1.0), **PAIR)
    assert found.value == pytest.approx(1 / 3, abs=0.06)


def test_a_noisier_class_is_not_farther_for_that():
    # Distances of noisy means would have cat and dog, which are no nearer, as the nearest pair throughout.
    run = flat(np.zeros((400, 4)), repeats=4, spread=0.01)
    vectors = run.landscapes["vectors.A.ReLU53"]
    vectors[:, 2] += np.random.default_rng(1).normal(size=vectors[:, 2].shape[:2])[..., None, None]
    assert estimate("nearest_pair", run, **PAIR).value < 0.65


def test_batches_of_one_network():
    run = flat([0, 1, 4, 0], repeats=34, spread=0.1)
    found = estimate("nearest_pair_of_batches", run, **PAIR)
    assert (found.value, found.n) == (1, 8)
    assert Rule(above=0.5).verdict(found, 5) == REPRODUCED
    run.landscapes["vectors.A.ReLU53"][0, :3, :4] = np.array([0, 4, 1])[:, None, None, None]
    assert estimate("nearest_pair_of_batches", run, **PAIR).value == 7 / 8


@pytest.mark.parametrize(
    ("heights", "groups", "options"),
    [
        ([2, 2, 2, 2], (*CLASSES, "all"), PAIR),  # no distances
        ([0, 1, 4], ("cat", "dog", "all"), PAIR),  # no other pair
        ([0, 1, 4], CLASSES, PAIR | {"layer": "ReLU52"}),
        ([0, 1, 4], CLASSES, PAIR | {"pair": ["cat", "horse"]}),
        ([1], ("all",), PAIR),
    ],
)
@pytest.mark.parametrize("name", ["nearest_pair", "nearest_pair_of_batches"])
def test_without_distances_other_pairs_layer_or_classes_there_is_no_nearest_pair(name, heights, groups, options):
    assert math.isnan(estimate(name, flat(heights, groups=groups), **options).value)
    assert math.isnan(estimate(name, flat([0, 1, 4, 0], repeats=1), **PAIR).value)  # nothing to cross-validate


# Planes


def planes_of(accuracies):
    """From accuracies[method][seed][layer]."""
    rows = [
        {"network": "A", "seed": seed, "layer": LAYERS[layer], "method": method, "estimate": value}
        for method, own in accuracies.items()
        for (seed, layer), value in np.ndenumerate(np.asarray(own, float))
    ]
    return run_of(planes=pd.DataFrame(rows))


def test_landscapes_over_the_plane_in_the_median_layer():
    generator = np.random.default_rng(0)
    plane, landscape = generator.random((2, 6, 3))
    run = planes_of({"plane": plane, "plane_shape": plane + 1, "landscape": landscape})
    found = estimate("landscape_over_plane", run, plane="plane")
    expected = middle_of(simultaneous_means(landscape - plane))
    assert (found.value, found.low, found.high, found.n) == pytest.approx(
        (expected.value, expected.low, expected.high, 6)
    )
    shape = estimate("landscape_over_plane", run, plane="plane_shape")
    assert shape.value == pytest.approx(found.value - 1)


def test_layers_of_one_network():
    run = planes_of({"plane": [[0.5, 0.4, 0.9], [0, 0, 0]], "landscape": [[0.7, 0.5, 0.6], [1, 1, 1]]})
    found = estimate("landscape_over_plane_of_layers", run, plane="plane")
    assert (found.value, found.n) == (pytest.approx(0), 3)
    assert Rule(above=0).verdict(found, 5) == UNDECIDED


def projected(logs_of, kept=0.3, null=0.0):
    """Projected clouds of log complexity logs_of[seed][group][repeat][layer], and Gaussian ones around `null`."""
    table = complexity_of(np.exp(logs_of)[None], ["A"], LAYERS[:2], ("cat", "dog"), factor=2, null=[np.exp(null)] * 2)
    return table.assign(kept=np.where(table["null"], np.nan, kept))


def planar(shift=-1.0, seeds=6, **options):
    """A run with three whole clouds of each class, of which two are also projected, less complex by `shift`."""
    whole = np.random.default_rng(0).normal(size=(1, seeds, 2, 3, 2))
    run = run_of(np.exp(whole), layers=LAYERS[:2], groups=("cat", "dog"), factor=4, null=[1, 1])
    run.projections = projected(whole[0, :, :, :2] + shift, **options)
    return run


def test_what_planes_keep_of_the_variance_is_a_mean_of_networks():
    run = planar()
    run.projections.loc[run.projections["seed"] == 2, "kept"] = 0.9
    found = estimate("kept_variance", run)
    expected = mean_of_units(np.array([0.3] * 5 + [0.9]), 200, 0, within=SHARES)
    assert (found.value, found.low, found.high, found.n) == pytest.approx((0.4, expected.low, expected.high, 6))


def test_projected_clouds_are_held_against_the_same_clouds_whole():
    run = planar(-np.arange(6)[:, None, None, None])
    found = finding("kept_complexity", run)
    assert (found.estimate.value, found.estimate.n) == (pytest.approx(-2.5), 6)
    assert found.band
    assert estimate("kept_complexity", run, twin=SCALE_FREE).value == pytest.approx(-2.5 - np.log(2))
    # Beside Gaussian clouds that lose just as much, nothing is lost.
    alike = planar(-1.0, null=-1.0)
    assert estimate("kept_complexity", alike, twin=RAW).value == pytest.approx(-1)
    assert estimate("kept_complexity", alike, twin=GAUSSIAN).value == pytest.approx(0)


def test_silent_clouds_lose_nothing_that_could_be_measured():
    run = planar(-1.0)
    run.projections.loc[0, "l2"] = 0
    assert estimate("kept_complexity", run).value == pytest.approx(-1)
    run.projections["l2"] = 0.0
    assert math.isnan(estimate("kept_complexity", run).value)
