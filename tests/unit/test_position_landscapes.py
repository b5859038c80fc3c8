"""Landscapes of clouds of positions: grids by width and refitted, vectors and inner products by hand, complexities."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from topolens import landscape, landscape_norm, pairwise_distances, persistence
from topolens.artifacts import read_arrays
from topolens.config.homology import Landscapes
from topolens.stages.position_landscapes import make_position_landscapes
from topolens.topology.complexity_table import complexity_table
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.position_landscapes import layer_grid, relative_landscapes, sampled

INF = np.inf
WIDTH = Landscapes(degree=1, levels=3, main_levels=3, samples=201)
REFITTED = WIDTH.model_copy(update={"grid": "refitted"})
LAYERS = ["ReLU11", "ReLU12"]
NETWORKS, SEEDS, GROUPS, REPEATS = ["A", "B-2"], [0, 4], ["cat", "all"], 3
CHANNELS = {"ReLU11": 2, "ReLU12": 8}


def row(layer="ReLU11", channels=2, network="A", seed=0, group="cat", repeat=0, null=False, mean_distance=1.0):
    return {
        "network": network,
        "seed": seed,
        "group": group,
        "layer": layer,
        "repeat": repeat,
        "null": null,
        "channels": channels,
        "constant": 1,
        "mean_distance": mean_distance,
    }


def table_of(rows, diagrams):
    """From rows and, for each, its bars of degree 1; in degree 0 each has one essential bar."""
    bars = [[np.array([[0.0, INF]]), np.asarray(own, float).reshape(-1, 2)] for own in diagrams]
    return DiagramTable.collect(pd.DataFrame(rows), bars)


def random_bars(count, seed):
    generator = np.random.default_rng(seed)
    births = generator.uniform(0, 2, count)
    return np.stack([births, births + generator.uniform(0.1, 1.5, count)], axis=1)


def whole_table():
    """Two networks from two seeds, two groups, two layers and three repeats, each with one Gaussian cloud."""
    rows = [
        row(layer, CHANNELS[layer], network, seed, group, repeat, null, mean_distance=2.0)
        for network in NETWORKS
        for seed in SEEDS
        for group in GROUPS
        for repeat in range(REPEATS)
        for layer in LAYERS
        for null in ((False, True) if repeat == 0 else (False,))
    ]
    return table_of(rows, [random_bars(5, number) for number in range(len(rows))])


@pytest.fixture(scope="module")
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def made(folder, table, landscapes=WIDTH, threads=1, layers=LAYERS, name="landscapes"):
    table.write(folder / "diagrams.npz")
    make_position_landscapes(
        folder / "diagrams.npz",
        folder / f"{name}.npz",
        folder / f"{name}.csv",
        landscapes=landscapes,
        layers=layers,
        threads=threads,
    )
    return read_arrays(folder / f"{name}.npz"), pd.read_csv(folder / f"{name}.csv")


# Grids


@pytest.mark.parametrize(("channels", "stop"), [(512, 64), (2, 4), (8, 8), (64, 2 * 128**0.5)])
def test_a_grid_reaches_to_twice_the_typical_distance_of_its_width(channels, stop):
    # Of standardised points in n channels the mean squared distance is 2 n, whatever the bars are.
    table = table_of([row(channels=channels)], [[[1.0, 900.0]]])
    grid = layer_grid(table, np.array([0]), WIDTH)
    assert (grid[0], len(grid)) == (0, 201)
    assert grid[-1] == pytest.approx(stop)
    np.testing.assert_allclose(np.diff(grid), stop / 200)


def test_the_published_grid_has_700_samples():
    assert len(layer_grid(table_of([row()], [[]]), np.array([0]), Landscapes(degree=1))) == 700


def test_a_refitted_grid_goes_from_the_first_birth_to_the_last_death_of_its_own_clouds():
    table = table_of([row(), row(), row("ReLU12")], [[[2.0, 3.0], [1.5, INF]], [[1.0, 1.25]], [[0.0, 50.0]]])
    np.testing.assert_allclose(layer_grid(table, np.array([0, 1]), REFITTED), np.linspace(1, 3, 201))
    np.testing.assert_allclose(layer_grid(table, np.array([2]), REFITTED), np.linspace(0, 50, 201))


def test_a_refitted_grid_without_any_bar_is_a_grid_all_the_same():
    np.testing.assert_allclose(layer_grid(table_of([row()], [[]]), np.array([0]), REFITTED), np.linspace(0, 1, 201))


# Sampled landscapes


def test_one_bar_is_a_tent_by_hand_and_as_coded_it_is_the_root_of_two_times_as_high(pool):
    # The bar from 1 to 3 is a tent of height 1 over 2; on [0, 4] of 201 samples each step is 0.02.
    table = table_of([row()], [[[1.0, 3.0]]])
    clouds, grid = np.array([0]), np.linspace(0, 4, 201)
    plain = sampled(table, clouds, grid, WIDTH, pool)
    assert plain.shape == (1, 3, 201)
    assert plain.dtype == np.float32
    np.testing.assert_allclose(plain[0, 0, [0, 50, 75, 100, 150, 200]], [0, 0, 0.5, 1, 0, 0], atol=1e-7)
    assert not plain[0, 1:].any()
    np.testing.assert_allclose(sampled(table, clouds, grid, REFITTED, pool), np.sqrt(2) * plain, rtol=1e-6)


def test_landscapes_as_coded_are_those_of_gudhi(pool):
    from gudhi.representations import Landscape

    bars = random_bars(12, 0)
    table = table_of([row()], [bars])
    grid = layer_grid(table, np.array([0]), REFITTED)
    expected = Landscape(num_landscapes=3, resolution=201, sample_range=[grid[0], grid[-1]]).fit_transform([bars])
    found = sampled(table, np.array([0]), grid, REFITTED, pool)
    np.testing.assert_allclose(found.ravel(), expected.ravel(), atol=1e-5)


def test_relative_landscapes_are_those_of_the_cloud_divided_by_its_mean_distance(pool):
    # In units of 4 the bar from 2 to 6 is one from 0.5 to 1.5, a tent of height 0.5 over 1.
    table = table_of([row(mean_distance=4.0), row(mean_distance=0.0)], [[[2.0, 6.0]], []])
    found = relative_landscapes(table, np.array([0, 1]), WIDTH, pool)
    np.testing.assert_allclose(found[0, 0, [50, 75, 100, 125, 150]], [0, 0.25, 0.5, 0.25, 0], atol=1e-7)
    assert not found[1].any()


def test_a_cloud_times_five_has_the_same_relative_landscapes_and_scale_free_norms(pool):
    points = np.random.default_rng(0).normal(size=(40, 6))
    rows, diagrams = [], []
    for factor in (1, 5):
        distances = pairwise_distances(factor * points)
        rows.append(row(mean_distance=distances[np.triu_indices(40, 1)].mean()))
        diagrams.append(persistence(distances)[1])
    table = table_of(rows, diagrams)
    small, large = relative_landscapes(table, np.array([0, 1]), WIDTH, pool)
    assert small.max() > 0.02
    np.testing.assert_allclose(large, small, atol=1e-6)
    norms = complexity_table(table, 1)
    for name, power in (("l1", 2), ("l2", 1.5), ("sup", 1)):
        assert norms[name][1] == pytest.approx(5**power * norms[name][0], rel=1e-5)
        assert norms[f"{name}_scale_free"][1] == pytest.approx(norms[f"{name}_scale_free"][0], rel=1e-5)


# Complexities


def test_complexities_are_exact_norms_with_where_they_come_from():
    table = table_of([row(mean_distance=2.0), row(repeat=1, null=True)], [[[1.0, 3.0], [0.0, 4.0]], []])
    found = complexity_table(table, 1)
    assert found.columns[:7].tolist() == ["network", "seed", "group", "layer", "repeat", "null", "degree"]
    assert found["degree"].tolist() == [1, 1]
    assert found["l1"].tolist() == [(4 + 16) / 4, 0]
    assert found["l2"].tolist() == pytest.approx([np.sqrt((8 + 64) / 12), 0])
    assert found["sup"].tolist() == [2, 0]
    assert found["l1_scale_free"][0] == pytest.approx(5 / 4)
    assert found["bars"].tolist() == [2, 0]
    assert complexity_table(table, 0)["essential"].tolist() == [1, 1]


# The stage


def test_axes_are_named_in_the_order_of_the_table(tmp_path):
    arrays, _ = made(tmp_path, whole_table())
    axes = {name: arrays[name].tolist() for name in ("layers", "networks", "groups", "seeds")}
    assert axes == {"layers": LAYERS, "networks": NETWORKS, "groups": GROUPS, "seeds": SEEDS}
    for network in NETWORKS:
        for layer in LAYERS:
            assert arrays[f"vectors.{network}.{layer}"].shape == (2, 2, 3, 3, 201)
            np.testing.assert_allclose(arrays[f"grid.{network}.{layer}"][-1], 2 * np.sqrt(2 * CHANNELS[layer]))
        for group in GROUPS:
            assert arrays[f"depth.{network}.{group}"].shape == (6, 6)


def test_vectors_are_the_landscapes_of_the_diagrams_in_their_places(tmp_path):
    table = whole_table()
    arrays, _ = made(tmp_path, table)
    clouds = table.clouds
    for place, cloud in clouds[~clouds["null"]].iterrows():
        name = f"{cloud['network']}.{cloud['layer']}"
        at = (SEEDS.index(cloud["seed"]), GROUPS.index(cloud["group"]), cloud["repeat"])
        expected = landscape(table.diagram(place, 1), arrays[f"grid.{name}"], 3)
        np.testing.assert_array_equal(arrays[f"vectors.{name}"][at], expected.astype(np.float32))


def test_inner_products_along_the_depth_are_integrals_of_products_of_the_seeds_mean_landscapes(tmp_path):
    table = whole_table()
    arrays, _ = made(tmp_path, table)
    grid = np.linspace(0, 2, 201)
    means = []
    for layer in LAYERS:
        for repeat in range(REPEATS):
            same = table.clouds.query(
                f"network == 'B-2' and group == 'all' and layer == '{layer}' and repeat == {repeat} and not null"
            ).index
            assert len(same) == 2
            means.append(np.mean([landscape(table.diagram(cloud, 1) / 2.0, grid, 3) for cloud in same], axis=0))
    expected = [[np.trapezoid((one * other).sum(axis=0), grid) for other in means] for one in means]
    np.testing.assert_allclose(arrays["depth.B-2.all"], expected, rtol=1e-5)


def test_inner_products_along_the_depth_of_each_seeds_mean_landscape_over_groups_and_repeats(tmp_path):
    table = whole_table()
    arrays, _ = made(tmp_path, table)
    grid = np.linspace(0, 2, 201)
    means = []
    for layer in LAYERS:
        for seed in SEEDS:
            same = table.clouds.query(f"network == 'B-2' and layer == '{layer}' and seed == {seed} and not null").index
            assert len(same) == 2 * REPEATS
            means.append(np.mean([landscape(table.diagram(cloud, 1) / 2.0, grid, 3) for cloud in same], axis=0))
    expected = [[np.trapezoid((one * other).sum(axis=0), grid) for other in means] for one in means]
    np.testing.assert_allclose(arrays["depth.B-2"], expected, rtol=1e-5)


def test_inner_products_of_two_tents_by_hand(tmp_path):
    # Relative bars [0, 1] and [0, 2]: squared norms 1/12 and 8/12; t against t, then against 1 - t, on [0, 1/2, 1].
    rows = [row("ReLU11", mean_distance=2.0), row("ReLU12", mean_distance=3.0)]
    arrays, _ = made(tmp_path, table_of(rows, [[[0.0, 2.0]], [[0.0, 6.0]]]))
    cross = 1 / 24 + (1 / 8 - 1 / 24)
    np.testing.assert_allclose(arrays["depth.A.cat"], [[1 / 12, cross], [cross, 2 / 3]], rtol=1e-3)


def test_the_table_has_the_norm_of_each_sampled_vector_but_none_of_gaussian_clouds(tmp_path):
    table = whole_table()
    arrays, found = made(tmp_path, table, REFITTED)
    assert len(found) == len(table.clouds)
    assert (found["sampled"].isna() == table.clouds["null"]).all()
    for place, cloud in found[~found["null"]].iterrows():
        assert cloud["l2"] == pytest.approx(landscape_norm(table.diagram(place, 1)))
        vectors = arrays[f"vectors.{cloud['network']}.{cloud['layer']}"]
        own = vectors[SEEDS.index(cloud["seed"]), GROUPS.index(cloud["group"]), cloud["repeat"]]
        assert cloud["sampled"] == pytest.approx(np.linalg.norm(own.astype(float)), rel=1e-5)


def test_sampled_norms_times_the_root_of_the_step_approach_the_exact_ones(tmp_path):
    fine = Landscapes(degree=1, levels=5, main_levels=5, samples=2001)
    arrays, found = made(tmp_path, whole_table(), fine)
    real = found[~found["null"] & (found["layer"] == "ReLU12")]
    step = arrays["grid.A.ReLU12"][1]
    np.testing.assert_allclose(real["sampled"] * np.sqrt(step), real["l2"], rtol=1e-3)


def test_refitted_grids_are_fitted_to_each_network_and_layer(tmp_path):
    table = whole_table()
    arrays, _ = made(tmp_path, table, REFITTED)
    for network in NETWORKS:
        for layer in LAYERS:
            own = table.clouds.query(f"network == '{network}' and layer == '{layer}' and not null").index
            bars = np.concatenate([table.diagram(cloud, 1) for cloud in own])
            grid = arrays[f"grid.{network}.{layer}"]
            assert (grid[0], grid[-1]) == (bars[:, 0].min(), bars[:, 1].max())


def test_chosen_layers_alone_are_made(tmp_path):
    arrays, _ = made(tmp_path, whole_table(), layers=["ReLU12"])
    assert arrays["layers"].tolist() == ["ReLU12"]
    assert "vectors.A.ReLU11" not in arrays
    assert arrays["depth.A.cat"].shape == (3, 3)


def test_threads_change_no_byte(tmp_path):
    for threads in (1, 3):
        made(tmp_path, whole_table(), threads=threads, name=str(threads))
    for kind in ("npz", "csv"):
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"3.{kind}").read_bytes()


def test_clouds_without_bars_have_landscapes_of_zero(tmp_path):
    table = table_of([row(layer, repeat=repeat, mean_distance=0.0) for repeat in (0, 1) for layer in LAYERS], [[]] * 4)
    for landscapes in (WIDTH, REFITTED):
        arrays, found = made(tmp_path, table, landscapes)
        assert not arrays["vectors.A.ReLU12"].any()
        assert not arrays["depth.A.cat"].any()
        assert (found[["l1", "l2", "sup", "l2_scale_free", "sampled"]] == 0).all(axis=None)
