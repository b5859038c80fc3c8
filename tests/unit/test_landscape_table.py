"""Landscapes of many clouds: inner products against direct integration, means over draws, main shares."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from topolens import landscape, landscape_norm
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.landscape_table import (
    inner_products,
    main_share,
    network_means,
    sample_clouds,
    used_samples,
)

INF = np.inf
GRID = np.linspace(0, 6, 601)


def random_diagram(bars, seed=0):
    generator = np.random.default_rng(seed)
    births = generator.uniform(0, 2, bars)
    return np.stack([births, births + generator.uniform(0.1, 3, bars)], axis=1)


def table_of(*diagrams):
    count = len(diagrams)
    clouds = pd.DataFrame(
        {
            "depth": 1,
            "network": np.arange(count),
            "snapshot": 0,
            "repeat": 0,
            "null": False,
            "mean_distance": 1.0,
        }
    )
    return DiagramTable.collect(clouds, [[np.asarray(diagram, float).reshape(-1, 2)] for diagram in diagrams])


# Inner products


def test_inner_products_equal_direct_integration_of_the_product():
    sampled = np.stack([landscape(random_diagram(20, seed), GRID, 8) for seed in range(5)])
    gram = inner_products(sampled.astype(np.float32), GRID)
    expected = [[np.trapezoid((a * b).sum(axis=0), GRID) for b in sampled] for a in sampled]
    np.testing.assert_allclose(gram, expected, rtol=1e-6)


def test_inner_products_of_float64_landscapes_are_exact_on_an_uneven_grid():
    grid = np.cumsum(np.random.default_rng(0).uniform(0.001, 0.02, 500))
    sampled = np.stack([landscape(random_diagram(20, seed), grid, 8) for seed in range(4)])
    expected = [[np.trapezoid((a * b).sum(axis=0), grid) for b in sampled] for a in sampled]
    np.testing.assert_allclose(inner_products(sampled, grid), expected, rtol=1e-12)


def test_the_diagonal_is_the_squared_norm_where_all_levels_are_kept():
    diagrams = [random_diagram(15, seed) for seed in range(3)]
    fine = np.linspace(0, 6, 12_001)
    gram = inner_products(np.stack([landscape(diagram, fine, 15) for diagram in diagrams]), fine)
    np.testing.assert_allclose(np.diagonal(gram), [landscape_norm(d) ** 2 for d in diagrams], rtol=1e-5)


def test_disjoint_tents_are_orthogonal_and_one_tent_against_half_of_it_by_hand():
    # Tents of [0, 4] (height 2), [4, 6], and [0, 2]: the integral of t * min(t, 2 - t) over [0, 2] is 1.
    sampled = np.stack([landscape([bar], GRID, 1) for bar in ([0, 4], [4, 6], [0, 2])])
    gram = inner_products(sampled, GRID)
    assert gram[0, 1] == pytest.approx(0, abs=1e-12)
    assert gram[0, 2] == pytest.approx(1, rel=1e-4)
    assert gram[0, 0] == pytest.approx(16 / 3, rel=1e-4)


def test_the_matrix_is_symmetric_to_the_bit_and_has_no_negative_eigenvalue():
    sampled = np.stack([landscape(random_diagram(20, seed), GRID, 8) for seed in range(9)]).astype(np.float32)
    gram = inner_products(sampled, GRID)
    np.testing.assert_array_equal(gram, gram.T)
    assert np.linalg.eigvalsh(gram).min() > -1e-12 * gram.max()


def test_rows_that_are_missing_stay_missing_and_spoil_no_other():
    sampled = np.stack([landscape(random_diagram(20, seed), GRID, 4) for seed in range(4)])
    expected = inner_products(sampled[[0, 1, 3]], GRID)
    sampled[2] = np.nan
    gram = inner_products(sampled, GRID)
    assert np.isnan(gram[2]).all()
    assert np.isnan(gram[:, 2]).all()
    np.testing.assert_allclose(gram[np.ix_([0, 1, 3], [0, 1, 3])], expected, rtol=1e-12)


def test_small_differences_between_float32_rows_keep_their_digits():
    row = landscape(random_diagram(20), GRID, 8).astype(np.float32)
    other = row.copy()
    other[0, 200] += 1e-3
    gram = inner_products(np.stack([row, other]), GRID)
    squared = np.trapezoid(((other.astype(float) - row) ** 2).sum(axis=0), GRID)
    assert gram[0, 0] - 2 * gram[0, 1] + gram[1, 1] == pytest.approx(squared, rel=1e-4)


# Means over draws


def test_means_are_over_each_networks_own_draws():
    sampled = np.arange(4.0)[:, None, None] * np.ones((1, 2, 3))
    means = network_means(sampled, np.array([0, 1, 0, 1]), 2)
    assert means.shape == (2, 2, 3)
    assert means.dtype == np.float32
    np.testing.assert_array_equal(means[:, 0, 0], [1, 2])


def test_a_network_without_clouds_is_nan_and_not_zero():
    means = network_means(np.ones((2, 1, 3)), np.array([0, 2]), 4)
    np.testing.assert_array_equal(np.isnan(means).all(axis=(1, 2)), [False, True, False, True])
    assert not np.isnan(means[[0, 2]]).any()


def test_shared_inputs_belong_to_every_network():
    sampled = np.array([1.0, 3.0])[:, None, None] * np.ones((1, 2, 3))
    np.testing.assert_array_equal(network_means(sampled, np.array([-1, -1]), 3), np.full((3, 2, 3), 2.0))


def test_no_cloud_at_all_gives_nan():
    assert np.isnan(network_means(np.empty((0, 2, 3)), np.empty(0, int), 2)).all()


# Sampling


def test_sampled_clouds_are_their_landscapes_in_order_whatever_the_threads():
    diagrams = [random_diagram(10, seed) for seed in range(7)]
    table = table_of(*diagrams)
    chosen = np.array([4, 0, 6])
    for threads in (1, 3):
        with ThreadPoolExecutor(threads) as pool:
            sampled = sample_clouds(table, chosen, 0, GRID, 5, pool)
        np.testing.assert_array_equal(sampled, [landscape(diagrams[cloud], GRID, 5) for cloud in chosen])


def test_no_chosen_cloud_gives_an_empty_array_of_the_right_shape():
    with ThreadPoolExecutor(1) as pool:
        assert sample_clouds(table_of([[0, 1]]), np.empty(0, int), 0, GRID, 5, pool).shape == (0, 5, len(GRID))


@pytest.mark.parametrize(
    ("deaths", "grid", "expected"),
    [
        ([2.5], [0, 1, 2, 3, 4, 5], 4),  # 0 1 2 3: the first sample behind the death closes the tent
        ([3.0], [0, 1, 2, 3, 4, 5], 4),
        ([0.5, 4.5, 1.0], [0, 1, 2, 3, 4, 5], 6),
        ([], [0, 1, 2, 3, 4, 5], 2),
        ([INF], [0, 1, 2, 3, 4, 5], 2),
    ],
)
def test_samples_are_used_up_to_the_last_finite_death(deaths, grid, expected):
    table = table_of([[0.0, death] for death in deaths])
    assert used_samples(table, 0, np.array(grid, float)) == expected


def test_nothing_lies_behind_the_used_samples():
    diagrams = [random_diagram(10, seed) for seed in range(5)]
    used = used_samples(table_of(*diagrams), 0, GRID)
    assert used < len(GRID)
    for diagram in diagrams:
        whole = landscape(diagram, GRID, 10)
        assert not whole[:, used - 1 :].any()
        np.testing.assert_array_equal(landscape(diagram, GRID[:used], 10), whole[:, :used])


def test_deaths_behind_the_grid_use_all_of_it():
    assert GRID[: used_samples(table_of([[0.0, 99.0]]), 0, GRID)].shape == GRID.shape


# Share of the main features


def test_nested_bars_share_the_squared_norm_by_the_cubes_of_their_lengths():
    # Nested tents are the levels themselves.
    lengths = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    diagram = np.stack([3 - lengths / 2, 3 + lengths / 2], axis=1)
    fine = np.linspace(0, 6, 6001)
    sampled = landscape(diagram, fine, 5)[None]
    norms = np.array([landscape_norm(diagram)])
    for levels in (1, 2, 5):
        share = main_share(sampled, fine, norms, levels)
        np.testing.assert_allclose(share, (lengths[:levels] ** 3).sum() / (lengths**3).sum(), rtol=1e-5)


def test_a_cloud_without_bars_has_no_share():
    sampled = np.stack([np.zeros((3, len(GRID))), landscape([[0.0, 4.0]], GRID, 3)])
    share = main_share(sampled, GRID, np.array([0.0, landscape_norm([[0.0, 4.0]])]), 2)
    assert np.isnan(share[0])
    assert share[1] == pytest.approx(1, rel=1e-4)


def test_shares_grow_with_levels_and_never_pass_one():
    diagrams = [random_diagram(30, seed) for seed in range(4)]
    sampled = np.stack([landscape(diagram, GRID, 30) for diagram in diagrams])
    norms = np.array([landscape_norm(diagram) for diagram in diagrams])
    shares = [main_share(sampled, GRID, norms, levels) for levels in (1, 9, 20, 30)]
    assert (np.diff(shares, axis=0) >= 0).all()
    assert (shares[-1] < 1.001).all()
    np.testing.assert_allclose(shares[-1], 1, rtol=1e-3)
