"""Landscapes of clouds of samples: grids, averages and inner products by hand, exact complexities."""

import numpy as np
import pandas as pd
import pytest
import sample_run
from sample_run import LANDSCAPES, mean_landscape

from topolens import landscape, landscape_norm
from topolens.artifacts import read_arrays
from topolens.config.clouds import SampleClouds
from topolens.config.homology import Grid
from topolens.statistics.tests import present
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.sample_landscapes import cell, grid_samples

NAN = np.nan


def read(files):
    return read_arrays(files[0]), pd.read_csv(files[1])


@pytest.fixture(scope="module")
def landscapes(samples_folder):
    return read([samples_folder / "landscapes.npz", samples_folder / "complexity.csv"])


def test_grids_hold_both_ends_and_are_cut_behind_the_last_death(samples_folder, landscapes):
    np.testing.assert_allclose(grid_samples(Grid(stop=5.0, step=0.001)), np.arange(5001) / 1000, atol=1e-12)
    np.testing.assert_allclose(grid_samples(Grid(start=1, stop=2, step=0.25)), [1, 1.25, 1.5, 1.75, 2])
    arrays, _ = landscapes
    whole = grid_samples(LANDSCAPES.grid)
    table = DiagramTable.read(samples_folder / "diagrams.npz")
    for degree in (0, 1):
        grid = arrays[f"grid.{degree}"]
        np.testing.assert_array_equal(grid, whole[: len(grid)])
        deaths = table.bars[degree][np.isfinite(table.bars[degree][:, 1]), 1]
        assert grid[-2] < deaths.max() <= grid[-1]


@pytest.mark.parametrize("degree", [0, 1])
def test_averages_are_means_over_networks_by_hand(samples_folder, landscapes, degree):
    arrays, _ = landscapes
    table, grid = DiagramTable.read(samples_folder / "diagrams.npz"), arrays[f"grid.{degree}"]
    average = arrays[f"average.{degree}"]
    assert average.shape == (4, 4, 10, len(grid))
    for layer in range(4):
        for column in range(4):
            each = [mean_landscape(table, layer, column - 1, network, degree, grid) for network in range(3)]
            known = [one for one in each if one is not None]
            if known:
                np.testing.assert_allclose(average[layer, column], np.mean(known, axis=0), atol=1e-6)
            else:
                assert np.isnan(average[layer, column]).all()


@pytest.mark.parametrize("degree", [0, 1])
def test_inner_products_are_integrals_by_hand(samples_folder, landscapes, degree):
    arrays, _ = landscapes
    table, grid = DiagramTable.read(samples_folder / "diagrams.npz"), arrays[f"grid.{degree}"]

    def product(first, second):
        if first is None or second is None:
            return NAN
        return np.trapezoid((first * second).sum(axis=0), grid)

    for snapshot in range(3):
        rows = [
            mean_landscape(table, layer, snapshot if layer else -1, network, degree, grid)
            for layer in range(3)
            for network in range(3)
        ]
        expected = [[product(a, b) for b in rows] for a in rows]
        np.testing.assert_allclose(arrays[f"by_layer.{degree}"][snapshot][:9, :9], expected, rtol=1e-5, atol=1e-9)
    for layer in range(1, 4):
        rows = [
            mean_landscape(table, layer, snapshot, network, degree, grid)
            for snapshot in range(3)
            for network in range(3)
        ]
        expected = [[product(a, b) for b in rows] for a in rows]
        np.testing.assert_allclose(arrays[f"by_snapshot.{degree}"][layer], expected, rtol=1e-5, atol=1e-9)


def test_the_last_layer_is_compared_with_the_others_where_it_has_no_grid_of_its_own(landscapes):
    arrays, _ = landscapes
    gram = arrays["by_layer.0"][0]
    known = present(gram)
    assert known[9:].any()
    assert np.isfinite(gram[np.ix_(known, known)]).all()


def test_a_grid_of_its_own_makes_the_last_layer_incomparable(samples_folder, tmp_path):
    own = LANDSCAPES.model_copy(update={"output_grid": Grid(stop=1.6, step=0.005)})
    arrays, _ = read(sample_run.landscapes(samples_folder, tmp_path, landscapes=own))
    gram = arrays["by_layer.1"][0]
    assert np.isnan(gram[9:, :9]).all()
    assert np.isnan(gram[:9, 9:]).all()
    assert present(gram)[9:].any()
    table, grid = DiagramTable.read(samples_folder / "diagrams.npz"), arrays["output_grid.1"]
    assert grid[1] == pytest.approx(0.005)
    expected = [mean_landscape(table, 3, 0, network, 1, grid) for network in range(3)]
    known = [one for one in expected if one is not None]
    np.testing.assert_allclose(arrays["average.1"][3, 1][:, : len(grid)], np.mean(known, axis=0), atol=1e-6)


def test_complexities_are_exact_norms_of_every_cloud_and_degree(samples_folder, landscapes):
    _, complexities = landscapes
    table = DiagramTable.read(samples_folder / "diagrams.npz")
    count = len(table.clouds)
    assert len(complexities) == 2 * count
    assert complexities["degree"].tolist() == [0] * count + [1] * count
    for degree in (0, 1):
        own = complexities[complexities["degree"] == degree].reset_index(drop=True)
        for row in range(count):
            diagram = table.diagram(row, degree)
            for name, order in (("l1", 1), ("l2", 2), ("sup", np.inf)):
                assert own.loc[row, name] == pytest.approx(landscape_norm(diagram, order), rel=1e-9)
            scale_free = landscape_norm(diagram / table.clouds.loc[row, "mean_distance"], 2)
            assert own.loc[row, "l2_scale_free"] == pytest.approx(scale_free, rel=1e-8)
            assert own.loc[row, "essential"] == np.isinf(diagram[:, 1]).sum()
    nulls = complexities["null"]
    assert complexities.loc[nulls, "main_share"].isna().all()
    shares = complexities.loc[~nulls & (complexities["l2"] > 0), "main_share"]
    assert ((shares > 0) & (shares < 1.01)).all()


def test_main_shares_are_those_of_the_first_main_levels(samples_folder, tmp_path):
    two = LANDSCAPES.model_copy(update={"main_levels": 2})
    _, complexities = read(sample_run.landscapes(samples_folder, tmp_path, landscapes=two))
    table, grid = DiagramTable.read(samples_folder / "diagrams.npz"), grid_samples(LANDSCAPES.grid)
    own = complexities[complexities["degree"] == 1].reset_index(drop=True)
    for row in np.flatnonzero(~own["null"] & (own["l2"] > 0)):
        diagram = table.diagram(row, 1)
        levels = landscape(diagram, grid, 2)
        expected = np.trapezoid((levels**2).sum(axis=0), grid) / landscape_norm(diagram) ** 2
        assert own.loc[row, "main_share"] == pytest.approx(expected, rel=1e-6)


def test_cells_leave_out_the_nulls(samples_folder):
    table = DiagramTable.read(samples_folder / "diagrams.npz")
    assert len(cell(table, 0, -1)) == 3
    assert not table.clouds.loc[cell(table, 2, 0), "null"].any()
    assert len(cell(table, 0, 0)) == 0


def test_shared_inputs_stand_for_every_network(samples_folder, tmp_path):
    shared = SampleClouds(of="samples", points=40, shared=True, repeats=2)
    sample_run.record(samples_folder, tmp_path, clouds=shared)
    sample_run.diagrams(tmp_path, nulls=0)
    arrays, complexities = read(sample_run.landscapes(tmp_path))
    inputs = arrays["by_layer.0"][0][:3, :3]
    np.testing.assert_allclose(inputs, inputs[0, 0])
    assert set(complexities.query("depth == 0")["network"]) == {-1}
    assert not complexities["null"].any()


def test_bars_that_die_behind_the_end_of_their_grid_are_counted(samples_folder, tmp_path):
    short = LANDSCAPES.model_copy(update={"grid": Grid(stop=0.2, step=0.01), "output_grid": Grid(stop=0.4, step=0.01)})
    _, complexities = read(sample_run.landscapes(samples_folder, tmp_path, landscapes=short))
    table = DiagramTable.read(samples_folder / "diagrams.npz")
    own = complexities[complexities["degree"] == 0].reset_index(drop=True)
    for row, cloud in own.iterrows():
        deaths = table.diagram(row, 0)[:, 1]
        stop = 0.4 if cloud["depth"] == 3 else 0.2
        assert cloud["beyond_grid"] == (np.isfinite(deaths) & (deaths > stop)).sum()
    assert (own["beyond_grid"] > 0).any()


def test_threads_change_no_byte(samples_folder, tmp_path):
    for file in sample_run.landscapes(samples_folder, tmp_path, threads=2):
        assert file.read_bytes() == (samples_folder / file.name).read_bytes()
