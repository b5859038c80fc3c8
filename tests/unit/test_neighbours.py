import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from topolens.errors import TopolensError
from topolens.inference.neighbours import leave_one_out_accuracy
from topolens.topology.distances import pairwise_distances


def test_by_hand():
    """On a line 0, 1, 2 | 10, 11, 12.5 with one point of the right group in the left class."""
    distances = pairwise_distances(np.array([[0.0], [1], [2], [10], [11], [12.5]]))
    assert leave_one_out_accuracy(distances, np.array([0, 0, 0, 1, 1, 1]), 2) == 1
    # 12.5 is called 0 and both its neighbours are 1; 10 and 11 have one vote each way, and the nearer one is right.
    assert leave_one_out_accuracy(distances, np.array([0, 0, 0, 1, 1, 0]), 2) == 5 / 6


def test_the_nearer_voters_decide_between_equal_votes():
    distances = pairwise_distances(np.array([[0.0], [1], [-2]]))
    assert leave_one_out_accuracy(distances, np.array([0, 0, 1]), 2) == 2 / 3


@pytest.mark.parametrize("neighbours", [1, 3])
def test_as_scikit_learn_without_ties(neighbours):
    generator = np.random.default_rng(1)
    points, classes = generator.normal(size=(60, 3)), generator.integers(2, size=60)
    points[:, 0] += classes
    right = 0
    for number in range(60):
        others = np.arange(60) != number
        model = KNeighborsClassifier(neighbours).fit(points[others], classes[others])
        right += model.predict(points[[number]])[0] == classes[number]
    assert leave_one_out_accuracy(pairwise_distances(points), classes, neighbours) == right / 60


def test_nobody_votes_for_itself():
    """Alone in its class, infinitely far from all: only its own vote could be right."""
    distances = np.full((4, 4), np.inf)
    np.fill_diagonal(distances, 0)
    assert leave_one_out_accuracy(distances, np.arange(4), 1) == 0
    assert leave_one_out_accuracy(np.zeros((4, 4)), np.arange(4), 3) == 0


def test_does_not_change_its_input():
    distances = pairwise_distances(np.random.default_rng(0).normal(size=(6, 2)))
    before = distances.copy()
    leave_one_out_accuracy(distances, np.zeros(6, int), 2)
    assert np.array_equal(distances, before)


@pytest.mark.parametrize("neighbours", [0, 4])
def test_too_few_points(neighbours):
    with pytest.raises(TopolensError, match=rf"neighbours={neighbours}: expected a whole number, 1 to 3"):
        leave_one_out_accuracy(np.zeros((4, 4)), np.zeros(4, int), neighbours)


def test_B5_equally_near_points_share_their_votes():
    # The corners of a square: each has two nearest others, and one vote to give.
    square = pairwise_distances(np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]]))
    for classes in ([0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0], [1, 1, 0, 0]):
        accuracies = set()
        for seed in range(6):
            order = np.random.default_rng(seed).permutation(4)
            distances = square[np.ix_(order, order)]
            accuracies.add(leave_one_out_accuracy(distances, np.array(classes)[order], 1))
        assert len(accuracies) == 1


@pytest.mark.parametrize("neighbours", [1, 3, 5])
def test_B5_the_order_of_points_on_a_lattice_does_not_matter(neighbours):
    lattice = pairwise_distances(np.array([[i, j] for i in range(6) for j in range(5)], float))
    classes = np.random.default_rng(0).integers(3, size=30)
    expected = leave_one_out_accuracy(lattice, classes, neighbours)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(30)
        assert leave_one_out_accuracy(lattice[np.ix_(order, order)], classes[order], neighbours) == expected


def test_B19_distances_may_be_whole_numbers():
    hops = np.abs(np.arange(6)[:, None] - np.arange(6))
    assert leave_one_out_accuracy(hops, np.array([0, 0, 0, 1, 1, 1]), 1) == leave_one_out_accuracy(
        hops.astype(float), np.array([0, 0, 0, 1, 1, 1]), 1
    )
