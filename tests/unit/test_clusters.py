import tracemalloc

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist, squareform
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from topolens import pairwise_distances, persistence
from topolens.errors import TopolensError
from topolens.topology.clusters import agreement, best_agreement, components_at, largest_gap_scale

# Three pairs on a line: within 1, 1.5 and 2, between 10 and 30.
PAIRS = pairwise_distances(np.array([[0.0], [1], [11], [12.5], [42.5], [44.5]]))


def random_cloud(seed=0, points=40):
    return pairwise_distances(np.random.default_rng(seed).normal(size=(points, 3)))


def test_components_by_hand():
    assert components_at(PAIRS, 0.5).tolist() == [0, 1, 2, 3, 4, 5]
    assert components_at(PAIRS, 1.5).tolist() == [0, 0, 1, 1, 2, 3]
    assert components_at(PAIRS, 10).tolist() == [0, 0, 0, 0, 1, 1]
    assert components_at(PAIRS, 100).tolist() == [0] * 6


def test_components_are_numbered_by_their_first_points():
    mixed = PAIRS[np.ix_([4, 0, 5, 2, 1, 3], [4, 0, 5, 2, 1, 3])]
    assert components_at(mixed, 2).tolist() == [0, 1, 0, 2, 1, 2]


@pytest.mark.parametrize("clusters", [2, 5, 11])
def test_components_are_single_linkage(clusters):
    distances = random_cloud()
    deaths = np.sort(persistence(distances, 0).finite(0)[:, 1])
    model = AgglomerativeClustering(clusters, metric="precomputed", linkage="single").fit(distances)
    scale = (deaths[-clusters] + deaths[-clusters + 1]) / 2
    assert adjusted_rand_score(model.labels_, components_at(distances, scale)) == 1


def test_the_largest_gap_by_hand():
    assert largest_gap_scale(np.array([30.0, 1, 10, 1.5, 2])) == 20
    assert components_at(PAIRS, largest_gap_scale(persistence(PAIRS, 0).finite(0)[:, 1])).max() == 1
    assert largest_gap_scale(np.array([1.0, 3, 5])) == 4  # of equal gaps the later


def test_the_deaths_are_the_heights_of_single_linkage():
    distances = random_cloud(7)
    deaths, heights = persistence(distances, 0).finite(0)[:, 1], linkage(squareform(distances), "single")[:, 2]
    assert len(deaths) == len(distances) - 1
    assert np.sort(deaths) == pytest.approx(heights, rel=1e-6)
    assert largest_gap_scale(deaths) == pytest.approx(largest_gap_scale(heights), rel=1e-6)


@pytest.mark.parametrize("deaths", [[2.0], [3.0, 3, 3], [0.0, 0, 5]])
def test_without_a_gap_the_scale_is_just_above_the_largest_death(deaths):
    assert 0 < largest_gap_scale(np.array(deaths)) - deaths[-1] < 1e-6


def test_infinite_deaths_and_deaths_at_0_do_not_count():
    assert largest_gap_scale(np.array([])) == largest_gap_scale(np.zeros(3)) == 0
    assert largest_gap_scale(np.array([0.0, 5, 6, 8, np.inf])) == 7


@pytest.mark.parametrize("length", [0.1, 0.3, 0.7, 1 / 3, 12.7])
def test_equal_distances_are_one_component_at_their_scale(length):
    distances = np.where(np.eye(5) > 0, 0, length)
    scale = largest_gap_scale(persistence(distances, 0).finite(0)[:, 1])
    assert components_at(distances, scale).max() == 0


@pytest.mark.parametrize("deaths", [[1.0, np.nan], [-1.0, 2]])
def test_what_is_no_death(deaths):
    with pytest.raises(TopolensError, match="NaN or negative"):
        largest_gap_scale(np.array(deaths))


def test_the_best_scale_is_found_among_all():
    classes = np.array([0, 0, 1, 1, 2, 2])
    assert agreement(components_at(PAIRS, largest_gap_scale(np.array([1, 1.5, 2, 10, 30]))), classes).ari < 1
    assert best_agreement(PAIRS, classes).ari == best_agreement(PAIRS, classes).nmi == pytest.approx(1)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_of_all_merge_heights_as_scikit_learn(seed):
    distances = random_cloud(seed)
    classes = np.random.default_rng(seed).integers(4, size=len(distances))
    heights = [0.0, *persistence(distances, 0).finite(0)[:, 1] * (1 + 1e-6)]
    cuts = [components_at(distances, height) for height in heights]
    best = best_agreement(distances, classes)
    assert best.ari == pytest.approx(max(adjusted_rand_score(classes, cut) for cut in cuts))
    assert best.nmi == pytest.approx(max(normalized_mutual_info_score(classes, cut) for cut in cuts))


def test_points_that_are_never_joined():
    distances = np.where(np.eye(4) > 0, 0, np.inf)
    assert components_at(distances, 1e9).tolist() == [0, 1, 2, 3]
    assert components_at(distances, np.inf).tolist() == [0, 1, 2, 3]
    assert best_agreement(distances, np.arange(4)).ari == 1
    assert best_agreement(distances, np.zeros(4, int)).ari == 0  # no scale joins them


def test_two_islands():
    island = np.array([0, 0, 1, 1])
    distances = np.where(island[:, None] == island, 1 - np.eye(4), np.inf)
    assert components_at(distances, 1).tolist() == [0, 0, 1, 1]
    assert best_agreement(distances, island).ari == pytest.approx(1)


def test_all_points_equal_and_one_point():
    assert best_agreement(np.zeros((4, 4)), np.array([0, 0, 0, 0])).ari == 1
    assert best_agreement(np.zeros((4, 4)), np.array([0, 0, 1, 1])).ari == 0  # no scale parts them
    assert best_agreement(np.zeros((1, 1)), np.array([0])).nmi == 1
    assert components_at(np.zeros((0, 0)), 1.0).tolist() == []


@pytest.mark.parametrize("seed", range(3))
def test_order_of_points_does_not_matter(seed):
    generator = np.random.default_rng(seed)
    for distances in (random_cloud(seed), pairwise_distances(generator.integers(6, size=(40, 2)).astype(float))):
        classes, order = generator.integers(3, size=40), generator.permutation(40)
        mixed, best = (
            best_agreement(distances[np.ix_(order, order)], classes[order]),
            best_agreement(distances, classes),
        )
        assert (mixed.ari, mixed.nmi) == pytest.approx((best.ari, best.nmi), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_points_that_merge_at_one_height_merge_together(seed):
    generator = np.random.default_rng(seed)
    distances = squareform(pdist(generator.integers(25, size=(30, 2)), "cityblock"))
    classes = generator.choice([-3, 5, 8], size=30)
    cuts = [components_at(distances, height) for height in np.unique(distances)]
    best = best_agreement(distances, classes)
    assert best.ari == pytest.approx(max(adjusted_rand_score(classes, cut) for cut in cuts))
    assert best.nmi == pytest.approx(max(normalized_mutual_info_score(classes, cut) for cut in cuts))


def test_a_class_for_each_point():
    with pytest.raises(TopolensError, match="each of the 6 points, found 5"):
        best_agreement(PAIRS, np.zeros(5, int))


@pytest.mark.parametrize("groups", [(1, 1), (1, 4), (5, 3), (60, 60)])
def test_agreement_is_scikit_learns(groups):
    generator = np.random.default_rng(0)
    labels, classes = (generator.permutation(np.arange(60) % group) for group in groups)
    found = agreement(labels, classes)
    assert found.ari == pytest.approx(adjusted_rand_score(classes, labels), abs=1e-12)
    assert found.nmi == pytest.approx(normalized_mutual_info_score(classes, labels), abs=1e-12)


def test_B23_memory_holds_no_table_of_every_scale():
    points = np.random.default_rng(0).normal(size=(500, 2))
    distances = pairwise_distances(points)
    tracemalloc.start()
    best_agreement(distances, np.arange(500) % 50)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500 * 500 * 50 * 8 / 2  # all tables at once would be 100 MB
