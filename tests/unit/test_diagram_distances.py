from itertools import combinations, permutations

import numpy as np
import persim
import pytest
from gudhi.hera import bottleneck_distance as hera_bottleneck
from gudhi.hera import wasserstein_distance as hera_distance
from scipy.optimize import linear_sum_assignment

from topolens import pairwise_distances, persistence
from topolens.errors import TopolensError
from topolens.topology.diagram_distances import bottleneck, scaled, wasserstein

NOTHING = np.empty((0, 2))


def random_diagram(seed, bars=12):
    births, lengths = np.random.default_rng(seed).random((2, bars))
    return np.stack([births, births + lengths], axis=1)


def by_assignment(one, other, order=1):
    """All costs of matching bars with bars, or with the diagonal, and the best assignment."""
    diagonal_one, diagonal_other = ((diagram[:, 1] - diagram[:, 0]) / 2 for diagram in (one, other))
    m, n = len(one), len(other)
    costs = np.zeros((m + n, m + n))
    costs[:m, :n] = np.abs(one[:, None] - other[None]).max(axis=2)
    costs[:m, n:] = diagonal_one[:, None]
    costs[m:, :n] = diagonal_other[None]
    costs **= order
    return costs[linear_sum_assignment(costs)].sum() ** (1 / order)


def test_by_hand():
    one, other = np.array([[0.0, 2], [1, 1.2]]), np.array([[0.5, 2.25]])
    assert bottleneck(one, other) == pytest.approx(0.5)
    assert wasserstein(one, other) == pytest.approx(0.5 + 0.1)
    assert wasserstein(one, other, order=2) == pytest.approx(np.hypot(0.5, 0.1))


def test_against_nothing_all_bars_go_to_the_diagonal():
    diagram = random_diagram(0)
    halves = (diagram[:, 1] - diagram[:, 0]) / 2
    assert bottleneck(diagram, NOTHING) == pytest.approx(halves.max())
    assert wasserstein(NOTHING, diagram) == pytest.approx(halves.sum())
    assert bottleneck(NOTHING, NOTHING) == wasserstein(NOTHING, NOTHING) == 0


def test_bars_without_end_are_matched_by_birth():
    one, other = np.array([[0, np.inf], [3, np.inf]]), np.array([[2.5, np.inf], [0, np.inf]])
    assert bottleneck(one, other) == 0.5
    assert wasserstein(one, other) == 0.5
    with_bars = [np.vstack([diagram, bar]) for diagram, bar in ((one, [1, 3]), (other, [1, 2.6]))]
    assert wasserstein(*with_bars) == pytest.approx(0.5 + 0.4)
    assert wasserstein(*with_bars, order=2) == pytest.approx(np.hypot(0.5, 0.4))
    assert bottleneck(*with_bars) == 0.5
    assert bottleneck(one, other[:1]) == wasserstein(one, other[:1]) == np.inf
    assert bottleneck(one, one) == 0


@pytest.mark.parametrize("seed", range(4))
def test_second_opinions(seed):
    one, other = random_diagram(seed), random_diagram(seed + 50, 9)
    assert bottleneck(one, other) == pytest.approx(persim.bottleneck(one, other), abs=1e-9)
    for order in (1, 2, 3):
        assert wasserstein(one, other, order) == pytest.approx(by_assignment(one, other, order), rel=1e-9)
        auctions = hera_distance(one, other, order=order, internal_p=np.inf, delta=1e-4)
        assert wasserstein(one, other, order) == pytest.approx(auctions, rel=2e-4)


@pytest.mark.parametrize("seed", range(4))
def test_between_the_euclidean_ground_metric_and_its_root_of_a_half(seed):
    """persim measures in the Euclidean norm, which lies between the maximum norm and sqrt(2) times it."""
    one, other = random_diagram(seed), random_diagram(seed + 50, 9)
    euclidean = persim.wasserstein(one, other)
    assert euclidean / np.sqrt(2) <= wasserstein(one, other) <= euclidean


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6])
def test_the_unit_does_not_matter(order, scale):
    """The solver's tolerance is absolute: undivided, small diagrams come out several times too far."""
    one, other = random_diagram(1, 40), random_diagram(2, 33)
    assert wasserstein(scale * one, scale * other, order) == pytest.approx(
        scale * by_assignment(one, other, order), rel=1e-9
    )


@pytest.mark.parametrize("order", [1, 2, 3])
def test_long_and_very_short_bars_together(order):
    generator = np.random.default_rng(3)
    one, other = (
        np.stack([births, births + np.exp(3 * generator.normal(size=len(births)) - 5)], axis=1)
        for births in (generator.random(60), generator.random(45))
    )
    assert wasserstein(one, other, order) == pytest.approx(by_assignment(one, other, order), rel=1e-6)


def test_bars_of_length_0_alone_cost_nothing():
    one = np.array([[1.0, 1], [2, 2]])
    assert wasserstein(one, NOTHING) == wasserstein(one, 3 * one) == bottleneck(one, NOTHING) == 0


@pytest.mark.parametrize("distance", [bottleneck, wasserstein])
def test_a_metric(distance):
    a, b, c = (random_diagram(seed) for seed in (1, 2, 3))
    assert distance(a, a) == pytest.approx(0, abs=1e-12)
    assert distance(a, b) == pytest.approx(distance(b, a))
    assert distance(a, b) == pytest.approx(distance(a[::-1], b))
    assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-12
    assert distance(7 * a, 7 * b) == pytest.approx(7 * distance(a, b))


@pytest.mark.parametrize("degree", [0, 1])
def test_stability(degree):
    """No diagram moves further than the distances do (Chazal et al. 2014)."""
    generator = np.random.default_rng(8)
    points = generator.normal(size=(60, 3))
    moved = points + generator.normal(scale=0.05, size=points.shape)
    before, after = pairwise_distances(points), pairwise_distances(moved)
    found = bottleneck(persistence(before, 1)[degree], persistence(after, 1)[degree])
    assert 0 < found <= np.abs(before - after).max() + 1e-6


def test_scaled_divides_and_keeps_infinity():
    assert scaled(np.array([[1.0, 3], [2, np.inf]]), 2.0).tolist() == [[0.5, 1.5], [1, np.inf]]
    assert scaled(np.array([[0.0, np.inf]]), 0.0).tolist() == [[0, np.inf]]
    assert scaled(NOTHING, 0.0).shape == (0, 2)


@pytest.mark.parametrize("size", [0.0, -1.0, np.inf, np.nan])
def test_no_size_to_divide_by(size):
    with pytest.raises(TopolensError, match="expected a positive finite number"):
        scaled(np.array([[1.0, 3]]), size)
    with pytest.raises(TopolensError, match="expected a positive finite number"):
        scaled(np.array([[1.0, np.inf]]), size)


@pytest.mark.parametrize("order", [0.5, 4, np.inf, np.nan])
def test_what_is_no_order(order):
    with pytest.raises(TopolensError, match="expected a number from 1 to 3"):
        wasserstein(NOTHING, NOTHING, order)


@pytest.mark.parametrize("distance", [bottleneck, wasserstein])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros(3), r"\(m, 2\) of birth and death, found shape \(3,\)"),
        (np.array([[0, np.nan]]), "1 bars hold NaN"),
        (np.array([[np.inf, np.inf]]), "bar 0 of 1 has an infinite birth"),
        (np.array([[0.0, 1], [2, 1]]), "bar 1 of 2 has an infinite birth or dies before it is born"),
    ],
)
def test_what_is_no_diagram(distance, bad, message):
    with pytest.raises(TopolensError, match=message):
        distance(NOTHING, bad)


def test_far_diagrams_of_few_bars_meet_on_the_diagonal():
    """Where all bars go to the diagonal the distance is half of the longest; not all engines find it."""
    one = np.array([[0.338, 0.459], [0.125, 0.162], [0.333, 0.361], [0.243, 0.262]])
    other = np.array([[0.623, 0.806], [0.641, 0.745], [0.673, 0.776]])
    assert bottleneck(one, other) == pytest.approx((0.806 - 0.623) / 2)
    assert bottleneck(one, other) == pytest.approx(persim.bottleneck(one, other))


@pytest.mark.parametrize("seed", range(40))
def test_bottleneck_is_never_above_wasserstein(seed):
    generator = np.random.default_rng(seed)
    one, other = (random_diagram(seed + shift, generator.integers(2, 6)) * generator.random() for shift in (0, 100))
    other = other + generator.random()
    assert bottleneck(one, other) <= wasserstein(one, other) * 1.001
    assert bottleneck(one, other) == pytest.approx(persim.bottleneck(one, other), abs=1e-9)


def test_equal_diagrams_are_exactly_equal():
    assert all(bottleneck(random_diagram(seed), random_diagram(seed)) == 0 for seed in range(20))


def brute_bottleneck(one, other):
    """The least of all largest displacements, every way to match tried."""
    best = np.inf
    size = min(len(one), len(other))
    for count in range(size + 1):
        for rows in combinations(range(len(one)), count):
            for columns in permutations(range(len(other)), count):
                moved = [np.abs(one[row] - other[column]).max() for row, column in zip(rows, columns, strict=True)]
                alone = [(one[i, 1] - one[i, 0]) / 2 for i in range(len(one)) if i not in rows]
                alone += [(other[j, 1] - other[j, 0]) / 2 for j in range(len(other)) if j not in columns]
                best = min(best, max([0.0, *moved, *alone]))
    return best


def test_B1_a_search_that_gives_up_early_is_noticed():
    assert bottleneck([[3, 7], [0, 2], [1, 6], [2, 6]], [[2, 6], [6, 8]]) == 2


def test_B1_every_small_diagram_of_whole_numbers_is_matched_as_by_hand():
    generator = np.random.default_rng(0)
    for _ in range(1500):
        one, other = (np.sort(generator.integers(0, 19, (generator.integers(0, 5), 2)) / 2, axis=1) for _ in range(2))
        assert bottleneck(one, other) == pytest.approx(brute_bottleneck(one, other), rel=1e-12)


@pytest.mark.parametrize("bars", [30, 200])
def test_B1_larger_diagrams_equal_heras_exact_search(bars):
    for seed in range(6):
        one, other = random_diagram(seed, bars), random_diagram(seed + 100, bars + 5)
        assert bottleneck(one, other) == pytest.approx(hera_bottleneck(one, other, delta=0), rel=1e-12)
        one[:, 0] = other[:, 0] = 0  # as in degree 0
        assert bottleneck(one, other) == pytest.approx(hera_bottleneck(one, other, delta=0), rel=1e-12)


@pytest.mark.parametrize("bars", [700, 1000])
def test_no_pattern_of_bars_takes_for_ever(bars):
    """A search without marks for dead ends takes minutes here."""
    generator = np.random.default_rng(1)
    one, other = (np.stack([np.zeros(bars), generator.random(bars) ** power], axis=1) for power in (1, 1.1))
    assert bottleneck(one, other) == pytest.approx(hera_bottleneck(one, other, delta=0), rel=1e-12)


FAR = (
    [[2.23201301, 2.30992361], [2.79212053, 3.53268734], [0.942383758, 4.08248747], [0.522799989, 1e16]],
    [[5.72533791, 18.1300169], [3.67182222, 21.6658844], [14.9374957, 51.4375875], [2.81675603, 1e16]],
)


def test_B2_one_very_long_bar_hides_no_other():
    assert wasserstein(*FAR, order=2) == pytest.approx(21.4556678633, rel=1e-11)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("ratio", [1e2, 1e4, 1e8, 1e14])
def test_B2_bars_of_very_different_lengths(order, ratio):
    for seed in range(4):
        one, other = random_diagram(seed, 9), random_diagram(seed + 50, 7)
        both = [np.append(diagram, [[0.0, ratio]], axis=0) for diagram in (one, other)]
        assert wasserstein(*both, order=order) == pytest.approx(by_assignment(*both, order), rel=1e-9)
        assert wasserstein(*both, order=order) == pytest.approx(wasserstein(one, other, order), rel=1e-6)


def test_B21_an_empty_list_is_an_empty_diagram():
    assert bottleneck([], [[0, 1.0]]) == 0.5
    assert wasserstein([[0, 1.0]], []) == 0.5
    assert bottleneck([], []) == wasserstein([], []) == 0


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([[0, 0, 0], [1, 2, 3]], r"found shape \(2, 3\); transpose it"),
        (persistence(np.array([[0, 1.0], [1, 0]])), r"expected the bars of one degree, found Diagrams.*diagrams\[1\]"),
        ([["a", "b"]], "expected numbers"),
        ([[0, 1j]], "real numbers"),
    ],
)
def test_B6_B17_what_is_no_diagram_is_refused_with_the_mend(bad, message):
    for distance in (bottleneck, wasserstein):
        with pytest.raises(TopolensError, match=message):
            distance(bad, [[0, 1.0]])


@pytest.mark.parametrize("order", [None, "2", True, np.nan])
def test_B17_an_order_that_is_no_number(order):
    with pytest.raises(TopolensError, match=r"order=.*expected a number from 1 to 3"):
        wasserstein([[0, 1.0]], [[0, 2.0]], order)
