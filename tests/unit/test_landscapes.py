"""Landscapes and their norms: by hand, gudhi and persim beside ours, fine integration, theorems, refused input."""

import gudhi
import numba
import numpy as np
import pytest
from gudhi.representations import Landscape
from persim.landscapes import PersLandscapeExact

from topolens import landscape, landscape_norm, persistence
from topolens.errors import TopolensError
from topolens.topology.landscape_kernel import compiled, top_tents
from topolens.topology.landscapes import level_integrals, trapezoid_weights

INF = np.inf


def random_diagram(bars, seed=0):
    generator = np.random.default_rng(seed)
    births = generator.uniform(0, 2, bars)
    return np.stack([births, births + generator.exponential(0.7, bars)], axis=1)


def by_sorting(diagram, grid, levels):
    """Second implementation: all tents at all samples, sorted."""
    tents = np.minimum(grid - diagram[:, :1], diagram[:, 1:] - grid).clip(min=0)
    padded = np.concatenate([tents, np.zeros((levels, len(grid)))])
    return -np.sort(-padded, axis=0)[:levels]


# By hand


def test_one_bar_is_one_tent_of_half_its_length():
    grid = np.array([0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0])
    np.testing.assert_array_equal(landscape([[1.0, 3.0]], grid, 2), [[0, 0, 0.5, 1, 0.5, 0, 0], [0] * 7])


def test_a_nested_bar_lies_in_the_second_level():
    # Bars [0, 8] and [3, 5]: the short tent never rises above the long one.
    np.testing.assert_array_equal(
        landscape([[3.0, 5.0], [0.0, 8.0]], np.arange(9.0), 2),
        [[0, 1, 2, 3, 4, 3, 2, 1, 0], [0, 0, 0, 0, 1, 0, 0, 0, 0]],
    )


def test_overlapping_bars_change_places_where_their_tents_cross():
    # Bars [0, 4] and [2, 6] cross at 3 with height 1.
    np.testing.assert_array_equal(
        landscape([[0.0, 4.0], [2.0, 6.0]], np.arange(7.0), 3),
        [[0, 1, 2, 1, 2, 1, 0], [0, 0, 0, 1, 0, 0, 0], [0] * 7],
    )


def test_equal_bars_fill_one_level_each():
    found = landscape([[0.0, 2.0]] * 3, np.array([0.0, 1.0, 2.0]), 4)
    np.testing.assert_array_equal(found, [[0, 1, 0]] * 3 + [[0, 0, 0]])


def test_textbook_scale_has_no_root_of_two():
    assert landscape([[0.0, 2.0]], np.array([0.0, 1.0]), 1)[0, 1] == 1.0


def test_norms_of_one_bar_by_hand():
    bar = [[1.0, 5.0]]  # a triangle of base 4 and height 2
    assert landscape_norm(bar, 1) == pytest.approx(4, rel=1e-15)
    assert landscape_norm(bar, 2) == pytest.approx(np.sqrt(16 / 3), rel=1e-15)
    assert landscape_norm(bar, INF) == 2
    assert landscape_norm(bar) == landscape_norm(bar, 2)


@pytest.mark.parametrize("seed", range(3))
def test_norms_equal_the_sums_over_bars(seed):
    diagram = random_diagram(30, seed)
    lengths = diagram[:, 1] - diagram[:, 0]
    assert landscape_norm(diagram, 1) == pytest.approx(np.sum(lengths**2) / 4, rel=1e-13)
    assert landscape_norm(diagram, 2) == pytest.approx(np.sqrt(np.sum(lengths**3) / 12), rel=1e-13)
    assert landscape_norm(diagram, INF) == lengths.max() / 2


# Other implementations


@pytest.mark.parametrize(("bars", "levels"), [(1, 1), (5, 3), (40, 10), (40, 60), (300, 20)])
def test_levels_equal_those_of_sorted_tents(bars, levels):
    diagram, grid = random_diagram(bars, bars), np.linspace(0, 4, 401)
    np.testing.assert_allclose(landscape(diagram, grid, levels), by_sorting(diagram, grid, levels), atol=1e-14)


@pytest.mark.parametrize("seed", range(3))
def test_levels_equal_those_of_gudhi_over_root_two(seed):
    diagram = random_diagram(50, seed)
    expected = Landscape(num_landscapes=6, resolution=301, sample_range=[0.0, 4.0])(diagram).reshape(6, 301)
    found = landscape(diagram, np.linspace(0, 4, 301), 6)
    np.testing.assert_allclose(found, expected / np.sqrt(2), atol=1e-12)


def test_an_uneven_grid_gives_the_values_at_its_samples():
    diagram = random_diagram(30)
    even = np.linspace(0, 4, 401)
    chosen = np.sort(np.random.default_rng(0).choice(401, 50, replace=False))
    np.testing.assert_array_equal(landscape(diagram, even[chosen], 5), landscape(diagram, even, 5)[:, chosen])


@pytest.mark.parametrize("p", [1, 2, 3, 2.5])
def test_norms_equal_a_fine_integral_over_all_levels(p):
    diagram = random_diagram(40, 7)
    grid = np.linspace(0, diagram.max() + 0.1, 40_001)
    levels = landscape(diagram, grid, 40)
    integral = np.trapezoid(levels**p, grid, axis=1).sum()
    assert landscape_norm(diagram, p) == pytest.approx(integral ** (1 / p), rel=1e-6)


def test_the_first_levels_alone_hold_less_than_the_norm():
    diagram = random_diagram(40, 7)
    grid = np.linspace(0, diagram.max(), 20_001)
    assert level_integrals(landscape(diagram, grid, 2), grid).sum() < 0.75 * landscape_norm(diagram) ** 2


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("p", [1, 2])
def test_norms_equal_those_of_persim(seed, p):
    diagram = random_diagram(12, seed)
    exact = PersLandscapeExact(dgms=[diagram], hom_deg=0)
    assert landscape_norm(diagram, p) == pytest.approx(exact.p_norm(p), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_supremum_norm_equals_that_of_persim(seed):
    diagram = random_diagram(12, seed)
    assert landscape_norm(diagram, INF) == pytest.approx(PersLandscapeExact(dgms=[diagram]).sup_norm(), rel=1e-9)


def test_the_supremum_norm_is_the_limit_of_the_p_norms():
    diagram = random_diagram(20)
    norms = [landscape_norm(diagram, p) for p in (50, 100, 200)]
    assert abs(norms[2] - landscape_norm(diagram, INF)) < 0.05 * norms[2]
    assert abs(norms[2] - landscape_norm(diagram, INF)) < abs(norms[0] - landscape_norm(diagram, INF))


# Invariants and theorems


@pytest.mark.parametrize("seed", range(3))
def test_levels_are_non_negative_non_increasing_and_1_lipschitz(seed):
    grid = np.sort(np.random.default_rng(seed).uniform(0, 4, 500))
    levels = landscape(random_diagram(60, seed), grid, 30)
    assert (levels >= 0).all()
    assert (np.diff(levels, axis=0) <= 0).all()
    assert (abs(np.diff(levels, axis=1)) <= np.diff(grid) * (1 + 1e-12) + 1e-15).all()


@pytest.mark.parametrize("size", [0.01, 0.1])
@pytest.mark.parametrize("seed", range(3))
def test_stability_landscapes_differ_by_at_most_the_bottleneck_distance(size, seed):
    diagram = random_diagram(40, seed)
    moved = diagram + np.random.default_rng(seed + 10).uniform(-size, size, diagram.shape)
    moved = moved[moved[:, 0] < moved[:, 1]]
    grid = np.linspace(-1, 6, 2001)
    change = abs(landscape(diagram, grid, 40) - landscape(moved, grid, 40)).max()
    assert 0 < change <= gudhi.bottleneck_distance(diagram, moved) + 1e-12


@pytest.mark.parametrize("factor", [0.25, 2.0, 1024.0])
def test_landscapes_scale_in_both_directions(factor):
    # lambda(c D)(c t) = c lambda(D)(t), exactly for powers of two.
    diagram, grid = random_diagram(30), np.linspace(0, 4, 200)
    np.testing.assert_array_equal(landscape(factor * diagram, factor * grid, 8), factor * landscape(diagram, grid, 8))


@pytest.mark.parametrize(("p", "power"), [(1, 2), (2, 1.5), (INF, 1)])
def test_norms_scale_with_the_power_1_plus_1_over_p(p, power):
    diagram = random_diagram(30)
    assert landscape_norm(3 * diagram, p) == pytest.approx(3**power * landscape_norm(diagram, p), rel=1e-12)


def test_shifting_bars_and_grid_changes_nothing():
    diagram, grid = random_diagram(30), np.linspace(0, 4, 200)
    np.testing.assert_allclose(landscape(diagram + 5, grid + 5, 8), landscape(diagram, grid, 8), atol=1e-14)
    assert landscape_norm(diagram + 5) == pytest.approx(landscape_norm(diagram), rel=1e-12)


def test_the_order_of_the_bars_does_not_matter():
    diagram, grid = random_diagram(50), np.linspace(0, 4, 200)
    shuffled = np.random.default_rng(1).permutation(diagram)
    np.testing.assert_array_equal(landscape(shuffled, grid, 10), landscape(diagram, grid, 10))


def test_more_levels_continue_fewer():
    diagram, grid = random_diagram(50), np.linspace(0, 4, 200)
    np.testing.assert_array_equal(landscape(diagram, grid, 30)[:7], landscape(diagram, grid, 7))


def test_levels_beyond_the_bars_are_zero():
    levels = landscape(random_diagram(3), np.linspace(0, 4, 200), 10)
    assert levels[0].any()
    assert not levels[3:].any()


def test_infinite_bars_are_left_out():
    diagram, grid = random_diagram(20), np.linspace(0, 4, 200)
    more = np.concatenate([[[0.0, INF]], diagram, [[1.0, INF]]])
    np.testing.assert_array_equal(landscape(more, grid, 5), landscape(diagram, grid, 5))
    for p in (1, 2, INF):
        assert landscape_norm(more, p) == landscape_norm(diagram, p)


@pytest.mark.parametrize("diagram", [np.empty((0, 2)), [], [[0.0, INF]], [[1.0, 1.0]]])
def test_a_diagram_without_finite_bars_is_zero(diagram):
    grid = np.linspace(0, 2, 5)
    np.testing.assert_array_equal(landscape(diagram, grid, 3), np.zeros((3, 5)))
    assert [landscape_norm(diagram, p) for p in (1, 2, INF)] == [0, 0, 0]


def test_a_grid_away_from_all_bars_is_zero_and_one_inside_a_bar_is_cut():
    assert not landscape([[0.0, 1.0]], np.linspace(2, 3, 5), 1).any()
    np.testing.assert_array_equal(landscape([[0.0, 10.0]], np.array([4.0, 5.0, 6.0]), 1), [[4, 5, 4]])


def test_the_result_is_float64_and_the_diagram_is_not_changed():
    diagram = random_diagram(10).astype(np.float32)
    copy = diagram.copy()
    assert landscape(diagram, np.arange(3), 2).dtype == np.float64
    np.testing.assert_array_equal(diagram, copy)


# Integrals on a grid


def test_trapezoid_weights_sum_to_the_trapezoid_rule():
    grid = np.array([0.0, 1.0, 3.0, 3.5])
    np.testing.assert_array_equal(trapezoid_weights(grid), [0.5, 1.5, 1.25, 0.25])
    values = np.random.default_rng(0).normal(size=4)
    assert trapezoid_weights(grid) @ values == pytest.approx(np.trapezoid(values, grid), rel=1e-14)


def test_level_integrals_by_hand():
    # Squares 0 4 0 and 0 1 0 on steps of length 1.
    np.testing.assert_array_equal(level_integrals(np.array([[0.0, 2.0, 0.0], [0.0, 1.0, 0.0]]), np.arange(3.0)), [4, 1])


# Refused input


@pytest.mark.parametrize("grid", [[0.0, 0.0, 1.0], [1.0, 0.0], [0.0], [], [[0.0, 1.0]], [0.0, np.nan, 1.0]])
def test_a_grid_that_does_not_increase_is_refused(grid):
    with pytest.raises(TopolensError, match="increasing"):
        landscape(random_diagram(3), np.array(grid), 2)


@pytest.mark.parametrize("levels", [0, -3])
def test_fewer_than_one_level_is_refused(levels):
    with pytest.raises(TopolensError, match=f"levels={levels}"):
        landscape(random_diagram(3), np.arange(3), levels)


@pytest.mark.parametrize("function", [lambda d: landscape(d, np.arange(3), 2), landscape_norm])
def test_nan_and_reversed_bars_are_refused(function):
    with pytest.raises(TopolensError, match="NaN"):
        function([[0.0, np.nan]])
    with pytest.raises(TopolensError, match="dies before it is born"):
        function([[0.0, 1.0], [2.0, 1.0]])


@pytest.mark.parametrize("p", [0.5, 0, -1, np.nan])
def test_orders_below_one_are_refused(p):
    with pytest.raises(TopolensError, match="1 <= p"):
        landscape_norm(random_diagram(3), p)


# What is no diagram, and numbers at the ends of their range


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([[0, 0, 0, 0], [1, 2, 3, 4]], r"found shape \(2, 4\); transpose it"),
        ([0.0, 1.0], r"found shape \(2,\)"),
        (persistence(np.array([[0, 1.0], [1, 0]])), "expected the bars of one degree, found Diagrams"),
        (np.ma.masked_equal([[0.0, 1], [2, 999]], 999), "masked"),
    ],
)
def test_B6_B15_only_bars_of_one_degree_have_a_landscape(bad, message):
    for function in (landscape_norm, lambda diagram: landscape(diagram, [0, 1.0], 2)):
        with pytest.raises(TopolensError, match=message):
            function(bad)


def test_B21_an_empty_list_has_no_landscape():
    assert landscape_norm([]) == 0
    assert not landscape([], [0, 1.0], 2).any()


@pytest.mark.parametrize("p", [1, 2, 50, 500, 5000])
@pytest.mark.parametrize("height", [1e-150, 1.0, 5.0, 1e150])
def test_B7_powers_leave_no_range(p, height):
    # One tent of height h has the norm h (2 h / (p + 1))^(1 / p).
    expected = height * (2 * height / (p + 1)) ** (1 / p)
    assert landscape_norm([[0, 2 * height]], p) == pytest.approx(expected, rel=1e-12)


def test_B7_many_bars_of_huge_and_of_tiny_length():
    diagram = random_diagram(40)
    for size in (1e-120, 1e120):
        assert landscape_norm(size * diagram) == pytest.approx(size**1.5 * landscape_norm(diagram), rel=1e-9)


@pytest.mark.parametrize("levels", [2.0, "2", None, True, 0])
def test_B17_levels_that_are_no_number_of_levels(levels):
    with pytest.raises(TopolensError, match=r"levels=.*expected a whole number, at least 1"):
        landscape([[0, 1.0]], [0, 1.0], levels)


def test_B18_without_a_place_for_the_cache_landscapes_are_compiled_all_the_same(monkeypatch):
    njit = numba.njit

    def no_locator(*args, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function 'top_tents': no locator available for file")
        return njit(*args, **options)

    monkeypatch.setattr(numba, "njit", no_locator)
    found = compiled(top_tents.py_func)(np.array([[0.0, 2.0]]), np.array([0.0, 1.0, 2.0]), 1)
    np.testing.assert_array_equal(found, [[0, 1, 0]])
