"""Stages: a tiny run end to end beside the same by hand, threads, killed and damaged runs, verification."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from made_up_results import MadeUpResults
from safetensors.torch import load_file
from scipy.special import softmax
from topolens.stages.activations import draw_rows, record_clouds, snapshot_index
from topolens.stages.components import first_component_share, measure_components
from topolens.stages.diagrams import Cloud, compute_diagrams, list_clouds
from topolens.stages.landscapes import cell, grid_samples, make_landscapes
from topolens.stages.statistics import compute_statistics
from topolens.stages.train import group_count, train

from topolens import landscape, landscape_norm, pairwise_distances, percentile_normalise, persistence
from topolens.artifacts import read_arrays, read_json, write_arrays
from topolens.claims.model import UNDECIDED, Claim, Rule
from topolens.config.analyses import Intervals
from topolens.config.clouds import SampleClouds
from topolens.config.homology import Distance, Grid, Homology, Landscapes
from topolens.config.networks import Perceptrons
from topolens.config.training import PerceptronTraining
from topolens.data.dataset import Dataset
from topolens.data.disks import DisksOptions, generate_disks
from topolens.errors import TopolensError
from topolens.inference.permutation import permutation_test
from topolens.nets.perceptrons.state import trained_from_tensors
from topolens.nets.perceptrons.training import train_together
from topolens.resume import Parts, content_key
from topolens.seeding import child_generator, child_seed
from topolens.stages import diagrams as diagrams_stage
from topolens.stages import train as train_stage
from topolens.stages.claims import decide
from topolens.stages.tables import join_runs
from topolens.stages.verify import compare_claims, compare_statistics, verify
from topolens.statistics.tests import present
from topolens.topology.cloud_diagrams import diagrams_of
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.gaussian import gaussian_cloud

SEED = 3
NETWORKS = Perceptrons(hidden=[6, 5], activation="tanh", count=3)
TRAINING = PerceptronTraining(
    learning_rate=0.02, batch_size=32, maximum_epochs=8, thresholds=[0.4, 0.6, 1.0], held_out=0.2
)
CLOUDS = SampleClouds(points=60, label=1, shared=False)
DISTANCE = Distance()
SPHERE = Distance(metric="sphere", softmax=True)
DIAGRAMS = Homology(gaussian_clouds=2)
LAYERS, OUTPUT_LAYER = [0, 1, 2, 3], 3
LANDSCAPES = Landscapes(levels=10, grid=Grid(stop=3.0, step=0.01))
NAN = np.nan


@pytest.fixture(autouse=True, scope="module")
def _torch_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished tiny run on random disks: data, networks, clouds, diagrams, landscapes, statistics."""
    folder = tmp_path_factory.mktemp("run")
    generate_disks(DisksOptions(disks=4, layout="random", points=500)).write(folder / "data.npz")
    run_training(folder)
    run_clouds(folder)
    run_diagrams(folder)
    run_landscapes(folder)
    run_statistics(folder)
    return folder


def run_training(folder, name="networks", threads=1, **changes):
    settings = {"networks": NETWORKS, "training": TRAINING, "seed": SEED} | changes
    train(folder / "data.npz", folder / f"{name}.safetensors", folder / f"{name}.json", **settings, threads=threads)


def run_clouds(folder, name="clouds", **changes):
    settings = {"clouds": CLOUDS, "networks": NETWORKS, "layers": LAYERS, "seed": SEED} | changes
    record_clouds(folder / "data.npz", folder / f"{name}.npz", folder / "networks.safetensors", **settings)


def run_diagrams(folder, name="diagrams", clouds="clouds", **changes):
    settings = {
        "layers": LAYERS,
        "distance": DISTANCE,
        "output_distance": SPHERE,
        "output_layer": OUTPUT_LAYER,
        "diagrams": DIAGRAMS,
        "seed": SEED,
        "threads": 1,
    }
    compute_diagrams(folder / f"{clouds}.npz", folder / f"{name}.npz", **(settings | changes))
    return folder / f"{name}.npz"


def run_landscapes(folder, name="landscapes", diagrams="diagrams", **changes):
    settings = {"landscapes": LANDSCAPES, "output_layer": OUTPUT_LAYER, "thresholds": 3, "networks": 3, "threads": 1}
    make_landscapes(folder / f"{diagrams}.npz", folder / f"{name}.npz", folder / f"{name}.csv", **(settings | changes))
    return read_arrays(folder / f"{name}.npz"), pd.read_csv(folder / f"{name}.csv")


def run_statistics(folder):
    compute_statistics(
        folder / "landscapes.csv",
        folder / "landscapes.npz",
        folder / "statistics.csv",
        statistics=Intervals(resamples=19, bootstrap=20, splits=3),
        thresholds=TRAINING.thresholds,
        networks=3,
        seed=SEED,
    )


def trained_of(folder):
    return trained_from_tensors(load_file(folder / "networks.safetensors"))


def parts_of(folder, name="diagrams"):
    return folder / f".{name}.parts"


# Drawing points


def labelled(labels, is_test=None):
    labels = np.asarray(labels)
    return Dataset(
        points=np.arange(2 * len(labels), dtype=np.float32).reshape(-1, 2),
        labels=labels,
        is_test=np.zeros(len(labels), bool) if is_test is None else np.asarray(is_test),
        source="here",
    )


def test_rows_are_drawn_without_replacement_from_the_class_and_split():
    dataset = labelled([0, 1] * 20, is_test=[False] * 20 + [True] * 20)
    rows = draw_rows(dataset, SampleClouds(points=7, label=1, split="test", shared=True, draws=5), 9, SEED)
    assert rows.shape == (5, 7)
    assert all(len(set(draw)) == 7 for draw in rows.tolist())
    assert (dataset.labels[rows] == 1).all()
    assert dataset.is_test[rows].all()
    assert len({tuple(sorted(draw)) for draw in rows.tolist()}) > 1


def test_each_network_has_its_own_draws_unless_they_are_shared():
    dataset = labelled([0] * 50)
    own = draw_rows(dataset, SampleClouds(points=10, shared=False, draws=2), 3, SEED)
    shared = draw_rows(dataset, SampleClouds(points=10, shared=True, draws=2), 3, SEED)
    assert own.shape == (6, 10)
    assert shared.shape == (2, 10)
    np.testing.assert_array_equal(own[:2], shared)


def test_draws_do_not_depend_on_how_many_others_there_are():
    dataset = labelled([0] * 50)
    few, many = (draw_rows(dataset, SampleClouds(points=10, shared=True, draws=draws), 1, SEED) for draws in (2, 9))
    np.testing.assert_array_equal(few, many[:2])
    assert (draw_rows(dataset, SampleClouds(points=10, shared=True), 1, SEED + 1) != few[0]).any()


def test_first_rows_are_the_first_of_their_class_in_the_file():
    dataset = labelled([0, 1, 1, 0, 1, 1, 0])
    rows = draw_rows(dataset, SampleClouds(points=3, label=1, rows="first", shared=True, draws=4), 5, SEED)
    np.testing.assert_array_equal(rows, [[1, 2, 4]])


def test_a_cloud_as_large_as_its_class_is_the_class_and_a_larger_one_is_refused():
    dataset = labelled([0] * 5 + [1] * 3)
    rows = draw_rows(dataset, SampleClouds(points=3, label=1, shared=True), 1, SEED)
    assert sorted(rows[0]) == [5, 6, 7]
    with pytest.raises(TopolensError, match=r"clouds\.points: 4 asked, but split 'all' of class 1 has 3 samples"):
        draw_rows(dataset, SampleClouds(points=4, label=1, shared=True), 1, SEED)
    with pytest.raises(TopolensError, match="of class all has 8 samples"):
        draw_rows(dataset, SampleClouds(points=9, shared=True), 1, SEED)
    with pytest.raises(TopolensError, match="has 3 samples"):
        draw_rows(dataset, SampleClouds(points=4, label=1, rows="first", shared=True), 1, SEED)


REACHED = SimpleNamespace(reached=torch.tensor([[1.0, 2.0], [3.0, torch.nan]]))


def test_snapshots_are_listed_by_network_threshold_and_draw_where_reached():
    index = snapshot_index(REACHED, SampleClouds(points=2, shared=True, draws=2))
    assert index.tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1]]


def test_networks_with_own_draws_count_on_through_them():
    index = snapshot_index(REACHED, SampleClouds(points=2, shared=False, draws=2))
    assert index.tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 2], [1, 0, 3]]


def test_the_last_threshold_alone_and_first_rows():
    last = SampleClouds(points=2, shared=True, thresholds="last")
    assert snapshot_index(REACHED, last).tolist() == [[0, 1, 0]]
    first = SampleClouds(points=2, shared=False, rows="first", draws=3)
    assert snapshot_index(REACHED, first).tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 0]]


def test_no_snapshot_at_all_keeps_its_three_columns():
    nothing = SimpleNamespace(reached=torch.full((2, 3), torch.nan))
    assert snapshot_index(nothing, SampleClouds(points=2, shared=True)).shape == (0, 3)


# Clouds


def test_recorded_clouds_are_what_the_layers_make_of_the_inputs_by_hand(folder):
    arrays, trained = read_arrays(folder / "clouds.npz"), trained_of(folder)
    dataset = Dataset.read(folder / "data.npz")
    np.testing.assert_array_equal(arrays["rows"], draw_rows(dataset, CLOUDS, 3, SEED))
    np.testing.assert_array_equal(arrays["index"], snapshot_index(trained, CLOUDS))
    np.testing.assert_array_equal(arrays["owner"], [0, 1, 2])
    np.testing.assert_array_equal(arrays["layer_0"], dataset.points[arrays["rows"]])
    assert (arrays["labels"] == 1).all()
    for place, (network, threshold, draw) in enumerate(arrays["index"]):
        weights = [p[threshold, network].numpy() for p in trained.snapshots]
        values = arrays["layer_0"][draw]
        for layer in (1, 2, 3):
            values = values @ weights[2 * layer - 2].T + weights[2 * layer - 1].ravel()
            values = np.tanh(values) if layer < 3 else values
            assert arrays[f"layer_{layer}"].dtype == np.float32
            np.testing.assert_allclose(arrays[f"layer_{layer}"][place], values, atol=2e-6)


def test_thresholds_that_a_network_never_reached_are_absent_and_recorded(folder):
    arrays, trained, card = (
        read_arrays(folder / "clouds.npz"),
        trained_of(folder),
        read_json(folder / "networks.json"),
    )
    reached = ~trained.reached.isnan().numpy()
    assert 0 < reached.sum() < reached.size
    assert len(arrays["index"]) == reached.sum()
    np.testing.assert_array_equal([[epoch is not None for epoch in row] for row in card["reached_epoch"]], reached.T)
    assert card["seeds"] == [child_seed(SEED, "network", number) for number in range(3)]
    assert card["widths"] == [2, 6, 5, 2]


def test_inputs_alone_need_no_networks(folder, tmp_path):
    shared = SampleClouds(points=40, shared=True, draws=2)
    record_clouds(folder / "data.npz", tmp_path / "c.npz", clouds=shared, networks=NETWORKS, layers=[0], seed=SEED)
    arrays = read_arrays(tmp_path / "c.npz")
    assert arrays["layer_0"].shape == (2, 40, 2)
    np.testing.assert_array_equal(arrays["owner"], [-1, -1])
    assert arrays["index"].shape == (0, 3)


def test_chosen_layers_alone_are_recorded(folder):
    run_clouds(folder, "some", layers=[2], clouds=CLOUDS.model_copy(update={"thresholds": "all"}))
    some, every = read_arrays(folder / "some.npz"), read_arrays(folder / "clouds.npz")
    assert {name for name in some if name.startswith("layer_")} == {"layer_2"}
    np.testing.assert_array_equal(some["layer_2"], every["layer_2"])


def test_no_reached_threshold_is_an_error_that_says_what_to_change(folder):
    last = CLOUDS.model_copy(update={"thresholds": "last"})
    assert trained_of(folder).reached[-1].isnan().all()
    with pytest.raises(TopolensError, match=r"no network reached.*maximum_epochs"):
        run_clouds(folder, "none", clouds=last)


# The list of clouds


def test_inputs_come_once_for_each_draw_and_layers_for_each_snapshot():
    index = np.array([[0, 0, 0], [0, 1, 0], [1, 0, 1]])
    clouds = list(list_clouds(index, np.array([0, 1]), [0, 2], 0))
    assert clouds == [
        Cloud(0, 0, -1, 0, 0),
        Cloud(0, 1, -1, 1, 1),
        Cloud(2, 0, 0, 0, 0),
        Cloud(2, 1, 0, 1, 2),
        Cloud(2, 0, 1, 0, 1),
    ]


def test_each_layer_and_threshold_has_its_nulls_modelled_on_its_clouds_in_turn():
    index = np.array([[0, 0, 0], [1, 0, 1]])
    clouds = list(list_clouds(index, np.array([-1]), [0, 1], 3))
    nulls = [cloud for cloud in clouds if cloud.gaussian is not None]
    assert [(c.layer, c.threshold, c.gaussian, c.place) for c in nulls] == [
        (0, -1, 0, 0), (0, -1, 1, 0), (0, -1, 2, 0), (1, 0, 0, 0), (1, 0, 1, 1), (1, 0, 2, 0),
    ]  # fmt: skip
    assert [cloud.network for cloud in nulls[3:]] == [0, 1, 0]


# Diagrams


def expected_diagrams(arrays, clouds_row, number_in_cell):
    """Distances and diagrams of one row of the table, by the public functions."""
    layer, network, threshold, draw = (int(clouds_row[name]) for name in ("layer", "network", "threshold", "draw"))
    snapshot = (arrays["index"] == [network, threshold, draw]).all(axis=1)
    place = draw if layer == 0 else int(np.flatnonzero(snapshot)[0])
    points = arrays[f"layer_{layer}"][place]
    if clouds_row["gaussian"]:
        points = gaussian_cloud(points, child_generator(SEED, "gaussian", layer, threshold, number_in_cell))
    if layer == OUTPUT_LAYER:
        distances = pairwise_distances(softmax(points.astype(float), axis=1), "sphere")
    else:
        distances = pairwise_distances(points)
    return distances, persistence(distances)


def test_diagrams_are_those_of_the_public_functions_to_the_bit(folder):
    arrays, table = read_arrays(folder / "clouds.npz"), DiagramTable.read(folder / "diagrams.npz")
    within = table.clouds.groupby(["layer", "threshold", "gaussian"]).cumcount()
    cells = 1 + 3 * len(np.unique(arrays["index"][:, 1]))
    assert table.clouds["gaussian"].sum() == 2 * cells
    assert len(table.clouds) == 3 + 3 * len(arrays["index"]) + 2 * cells
    for row, cloud in table.clouds.iterrows():
        distances, expected = expected_diagrams(arrays, cloud, within[row])
        for degree in (0, 1):
            np.testing.assert_array_equal(table.diagram(row, degree), expected[degree])
        upper = distances[np.triu_indices(60, 1)]
        assert cloud["mean_distance"] == pytest.approx(upper.mean(), rel=1e-12)


def test_settings_of_the_distance_and_the_filtration_are_passed_on():
    points = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    distance = Distance(metric="geodesic", neighbours=4, normalise="max", percentile=0.8)
    settings = Homology(maximum_degree=2, threshold=0.5, engine="gudhi")
    mean, found = diagrams_of(points, distance, settings)
    expected = pairwise_distances(percentile_normalise(points, 0.8), "geodesic", neighbours=4, normalise="max")
    diagrams = persistence(expected, 2, 0.5, "gudhi")
    assert len(found) == 3
    for degree in range(3):
        np.testing.assert_array_equal(found[degree], diagrams[degree])
    upper = expected[np.triu_indices(40, 1)]
    assert mean == pytest.approx(upper[np.isfinite(upper)].mean())


def test_without_a_distance_of_its_own_the_last_layer_has_that_of_the_others(folder):
    run_diagrams(folder, "plain", output_distance=None)
    table, arrays = DiagramTable.read(folder / "plain.npz"), read_arrays(folder / "clouds.npz")
    row = int(np.flatnonzero((table.clouds["layer"] == OUTPUT_LAYER) & ~table.clouds["gaussian"])[0])
    expected = persistence(pairwise_distances(arrays["layer_3"][0]))
    np.testing.assert_array_equal(table.diagram(row, 1), expected[1])


def test_tables_join_behind_one_another():
    def table(network, *diagrams):
        clouds = pd.DataFrame(
            {
                "layer": 1,
                "network": [network] * len(diagrams),
                "threshold": 0,
                "draw": 0,
                "gaussian": False,
                "mean_distance": 1.0,
            }
        )
        return DiagramTable.collect(clouds, [[np.asarray(d, float).reshape(-1, 2)] for d in diagrams])

    first, second = table(0, [[0, 1]], []), table(1, [[2, 3], [4, 5]])
    joined = DiagramTable.join([first, second])
    assert joined.clouds["network"].tolist() == [0, 0, 1]
    assert [joined.diagram(cloud, 0).tolist() for cloud in range(3)] == [[[0, 1]], [], [[2, 3], [4, 5]]]


# Landscapes


@pytest.fixture(scope="module")
def landscapes(folder):
    return read_arrays(folder / "landscapes.npz"), pd.read_csv(folder / "landscapes.csv")


def mean_landscape(table, layer, threshold, network, degree, grid):
    clouds = table.clouds
    own = clouds.index[
        (clouds["layer"] == layer)
        & (clouds["threshold"] == threshold)
        & (clouds["network"] == network)
        & ~clouds["gaussian"]
    ]
    return np.mean([landscape(table.diagram(cloud, degree), grid, 10) for cloud in own], axis=0) if len(own) else None


def test_grids_hold_both_ends_and_are_cut_behind_the_last_death(folder, landscapes):
    np.testing.assert_allclose(grid_samples(Grid(stop=5.0, step=0.001)), np.arange(5001) / 1000, atol=1e-12)
    np.testing.assert_allclose(grid_samples(Grid(start=1, stop=2, step=0.25)), [1, 1.25, 1.5, 1.75, 2])
    arrays, _ = landscapes
    whole = grid_samples(LANDSCAPES.grid)
    table = DiagramTable.read(folder / "diagrams.npz")
    for degree in (0, 1):
        grid = arrays[f"grid.{degree}"]
        np.testing.assert_array_equal(grid, whole[: len(grid)])
        deaths = table.bars[degree][np.isfinite(table.bars[degree][:, 1]), 1]
        assert grid[-2] < deaths.max() <= grid[-1]


@pytest.mark.parametrize("degree", [0, 1])
def test_averages_are_means_over_networks_by_hand(folder, landscapes, degree):
    arrays, _ = landscapes
    table, grid = DiagramTable.read(folder / "diagrams.npz"), arrays[f"grid.{degree}"]
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
def test_inner_products_are_integrals_by_hand(folder, landscapes, degree):
    arrays, _ = landscapes
    table, grid = DiagramTable.read(folder / "diagrams.npz"), arrays[f"grid.{degree}"]

    def product(first, second):
        if first is None or second is None:
            return NAN
        return np.trapezoid((first * second).sum(axis=0), grid)

    for threshold in range(3):
        rows = [
            mean_landscape(table, layer, threshold if layer else -1, network, degree, grid)
            for layer in range(3)
            for network in range(3)
        ]
        expected = [[product(a, b) for b in rows] for a in rows]
        np.testing.assert_allclose(arrays[f"by_layer.{degree}"][threshold][:9, :9], expected, rtol=1e-5, atol=1e-9)
    for layer in range(1, 4):
        rows = [
            mean_landscape(table, layer, threshold, network, degree, grid)
            for threshold in range(3)
            for network in range(3)
        ]
        expected = [[product(a, b) for b in rows] for a in rows]
        np.testing.assert_allclose(arrays[f"by_threshold.{degree}"][layer], expected, rtol=1e-5, atol=1e-9)


def test_the_last_layer_is_compared_with_the_others_where_it_has_no_grid_of_its_own(landscapes):
    arrays, _ = landscapes
    gram = arrays["by_layer.0"][0]
    known = present(gram)
    assert known[9:].any()
    assert np.isfinite(gram[np.ix_(known, known)]).all()


def test_a_grid_of_its_own_makes_the_last_layer_incomparable(folder):
    own = LANDSCAPES.model_copy(update={"output_grid": Grid(stop=1.6, step=0.005)})
    arrays, _ = run_landscapes(folder, "own", landscapes=own)
    gram = arrays["by_layer.1"][0]
    assert np.isnan(gram[9:, :9]).all()
    assert np.isnan(gram[:9, 9:]).all()
    assert present(gram)[9:].any()
    table, grid = DiagramTable.read(folder / "diagrams.npz"), arrays["output_grid.1"]
    assert grid[1] == pytest.approx(0.005)
    expected = [mean_landscape(table, 3, 0, network, 1, grid) for network in range(3)]
    known = [one for one in expected if one is not None]
    np.testing.assert_allclose(arrays["average.1"][3, 1][:, : len(grid)], np.mean(known, axis=0), atol=1e-6)


def test_complexities_are_exact_norms_of_every_cloud_and_degree(folder, landscapes):
    _, complexities = landscapes
    table = DiagramTable.read(folder / "diagrams.npz")
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
    nulls = complexities["gaussian"]
    assert complexities.loc[nulls, "main_share"].isna().all()
    shares = complexities.loc[~nulls & (complexities["l2"] > 0), "main_share"]
    assert ((shares > 0) & (shares < 1.01)).all()


def test_main_shares_are_those_of_the_first_main_levels(folder):
    _, complexities = run_landscapes(folder, "main2", landscapes=LANDSCAPES.model_copy(update={"main_levels": 2}))
    table, grid = DiagramTable.read(folder / "diagrams.npz"), grid_samples(LANDSCAPES.grid)
    own = complexities[complexities["degree"] == 1].reset_index(drop=True)
    for row in np.flatnonzero(~own["gaussian"] & (own["l2"] > 0)):
        diagram = table.diagram(row, 1)
        levels = landscape(diagram, grid, 2)
        expected = np.trapezoid((levels**2).sum(axis=0), grid) / landscape_norm(diagram) ** 2
        assert own.loc[row, "main_share"] == pytest.approx(expected, rel=1e-6)


def test_cells_leave_out_the_nulls(folder):
    table = DiagramTable.read(folder / "diagrams.npz")
    assert len(cell(table, 0, -1)) == 3
    assert not table.clouds.loc[cell(table, 2, 0), "gaussian"].any()
    assert len(cell(table, 0, 0)) == 0


def test_shared_inputs_stand_for_every_network(folder, tmp_path):
    generate_disks(DisksOptions(disks=4, layout="random", points=500)).write(tmp_path / "data.npz")
    (tmp_path / "networks.safetensors").write_bytes((folder / "networks.safetensors").read_bytes())
    run_clouds(tmp_path, clouds=SampleClouds(points=40, shared=True, draws=2))
    run_diagrams(tmp_path, diagrams=Homology(gaussian_clouds=0))
    arrays, complexities = run_landscapes(tmp_path)
    inputs = arrays["by_layer.0"][0][:3, :3]
    np.testing.assert_allclose(inputs, inputs[0, 0])
    assert set(complexities.query("layer == 0")["network"]) == {-1}
    assert not complexities["gaussian"].any()


# Statistics


def test_statistics_hold_the_means_of_the_complexities(folder, landscapes):
    _, complexities = landscapes
    table = pd.read_csv(folder / "statistics.csv", dtype={"degree": str})
    own = complexities.query("layer == 2 and threshold == 0 and degree == 1 and not gaussian")
    row = table.query("statistic == 'complexity_l2' and degree == '1' and layer == 2 and threshold == 0.4").iloc[0]
    assert row["estimate"] == pytest.approx(own["l2"].mean(), rel=1e-8)
    assert row["n"] == len(own)
    null = complexities.query("layer == 2 and threshold == 0 and degree == 1 and gaussian")["l2"]
    assert null.min() <= row["null_low"] <= row["null_high"] <= null.max()
    inputs = table.query("statistic == 'complexity_l2' and layer == 0")
    assert inputs["threshold"].isna().all()
    assert sorted(inputs["degree"]) == ["0", "1", "all"]


def test_statistics_hold_permutation_tests_of_neighbouring_layers(folder):
    table = pd.read_csv(folder / "statistics.csv", dtype={"degree": str})
    arrays, diagrams = read_arrays(folder / "landscapes.npz"), DiagramTable.read(folder / "diagrams.npz")
    grid = arrays["grid.1"]
    groups = [[mean_landscape(diagrams, layer, 0, network, 1, grid) for network in range(3)] for layer in (1, 2)]
    weights = np.sqrt(np.gradient(grid))
    weights[[0, -1]] = np.sqrt(np.diff(grid)[[0, -1]] / 2)
    a, b = (np.stack([one for one in group if one is not None]) * weights for group in groups)
    row = table.query("statistic == 'layer_difference' and degree == '1' and layer == 2 and threshold == 0.4").iloc[0]
    assert row["estimate"] == pytest.approx(permutation_test(a, b, 9, 0).statistic, rel=1e-4)
    assert row["n"] == len(a) + len(b)
    assert row["p_value"] <= row["p_holm"] <= 1


def test_every_layer_takes_part_in_the_classification_of_layers(folder):
    table = pd.read_csv(folder / "statistics.csv", dtype={"degree": str})
    rows = table.query("statistic == 'layer_accuracy' and threshold == 0.4")
    assert sorted(rows["degree"]) == ["0", "1"]
    assert (rows["null_low"] == 0.25).all()
    assert rows["estimate"].between(0, 1).all()


def test_statistics_of_all_runs_stand_in_one_table(tmp_path):
    for run, value in (("main", 1.0), ("control", 2.0)):
        (tmp_path / run).mkdir()
        pd.DataFrame({"statistic": ["x"], "degree": ["all"], "estimate": [value]}).to_csv(
            tmp_path / run / "statistics.csv", index=False
        )
    join_runs(tmp_path / "all.csv", folder=tmp_path, runs=["main", "control"])
    joined = pd.read_csv(tmp_path / "all.csv")
    assert joined.columns[0] == "run"
    assert joined[["run", "estimate"]].values.tolist() == [["main", 1.0], ["control", 2.0]]


# Threads, killed runs and damaged parts


def test_threads_change_no_byte(folder):
    run_training(folder, "networks2", threads=2)
    run_diagrams(folder, "diagrams2", threads=2)
    run_landscapes(folder, "landscapes2", threads=2)
    for name in ("networks.safetensors", "networks.json", "diagrams.npz", "landscapes.npz", "landscapes.csv"):
        stem, suffix = name.split(".")
        assert (folder / name).read_bytes() == (folder / f"{stem}2.{suffix}").read_bytes()


class Killed(Exception):
    pass


def counting(function, fail_after=None):
    """The function, counting its calls and failing after some."""

    def call(*arguments, **named):
        if fail_after is not None and call.count >= fail_after:
            raise Killed
        call.count += 1
        return function(*arguments, **named)

    call.count = 0
    return call


@pytest.fixture
def killed(folder, tmp_path, monkeypatch):
    """A folder in which computing diagrams was killed after the first part of five clouds."""
    (tmp_path / "clouds.npz").write_bytes((folder / "clouds.npz").read_bytes())
    monkeypatch.setattr(diagrams_stage, "CLOUDS_PER_PART", 5)
    monkeypatch.setattr(diagrams_stage, "diagrams_of", counting(diagrams_of, fail_after=7))
    with pytest.raises(Killed):
        run_diagrams(tmp_path)
    assert not (tmp_path / "diagrams.npz").exists()
    assert [path.name for path in parts_of(tmp_path).glob("*.npz")] == ["from-0.npz"]
    monkeypatch.setattr(diagrams_stage, "diagrams_of", counting(diagrams_of))
    return tmp_path


def clouds_of(folder):
    return len(DiagramTable.read(folder / "diagrams.npz").clouds)


def test_a_killed_stage_goes_on_behind_its_finished_parts_with_the_same_result(folder, killed):
    run_diagrams(killed)
    assert diagrams_stage.diagrams_of.count == clouds_of(folder) - 5
    assert (killed / "diagrams.npz").read_bytes() == (folder / "diagrams.npz").read_bytes()
    assert not parts_of(killed).exists()


def cut(content):
    return content[: len(content) // 2]


def flip(content):
    return content[:200] + bytes([content[200] ^ 0xFF]) + content[201:]


@pytest.mark.parametrize(
    "damage", [lambda content: b"rubbish", lambda content: b"", cut, flip], ids=["rubbish", "empty", "cut", "flipped"]
)
def test_a_damaged_part_is_made_again(folder, killed, damage):
    part = parts_of(killed) / "from-0.npz"
    part.write_bytes(damage(part.read_bytes()))
    run_diagrams(killed)
    assert diagrams_stage.diagrams_of.count == clouds_of(folder)
    assert (killed / "diagrams.npz").read_bytes() == (folder / "diagrams.npz").read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": SEED + 1},
        {"distance": Distance(normalise="mean")},
        {"output_distance": None},
        {"diagrams": Homology(gaussian_clouds=1)},
        {"layers": [1, 2]},
        {"output_layer": 2, "layers": [2, 3]},
    ],
    ids=["seed", "distance", "output distance", "nulls", "layers", "output layer"],
)
def test_parts_made_for_other_settings_are_not_used(killed, changes):
    softmaxed = {"output_distance": SPHERE} if "output_distance" not in changes else {}
    run_diagrams(killed, **(softmaxed | changes))
    again = (killed / "diagrams.npz").read_bytes()
    (killed / "diagrams.npz").unlink()
    run_diagrams(killed, **(softmaxed | changes))
    assert (killed / "diagrams.npz").read_bytes() == again


def test_parts_made_for_other_clouds_are_not_used(killed):
    arrays = read_arrays(killed / "clouds.npz")
    write_arrays(killed / "clouds.npz", arrays | {"layer_0": 2 * arrays["layer_0"]})
    run_diagrams(killed)
    assert diagrams_stage.diagrams_of.count == clouds_of(killed)


def test_a_stage_that_may_not_fit_is_refused_before_the_first_cloud(folder, monkeypatch):
    def refuse(points, *_, clouds):
        raise TopolensError(f"{points} points do not fit")

    monkeypatch.setattr(diagrams_stage, "refuse_what_does_not_fit", refuse)
    monkeypatch.setattr(diagrams_stage, "diagrams_of", lambda *_: pytest.fail("computed"))
    with pytest.raises(TopolensError, match="do not fit"):
        run_diagrams(folder, "refused")


def test_parts_of_another_key_are_dropped_and_those_of_the_same_kept(tmp_path):
    parts = Parts(tmp_path / "x.npz", "one")
    parts.write("a", {"x": np.arange(3)})
    np.testing.assert_array_equal(Parts(tmp_path / "x.npz", "one").read("a")["x"], [0, 1, 2])
    other = Parts(tmp_path / "x.npz", "two")
    assert other.read("a") is None
    assert not other.path("a").exists()
    other.remove()
    assert list(tmp_path.iterdir()) == []


def test_content_keys_depend_on_texts_and_on_contents_of_files_not_their_names(tmp_path):
    for name, text in (("a", "same"), ("b", "same"), ("c", "other")):
        (tmp_path / name).write_text(text)
    key = content_key("s", tmp_path / "a")
    assert key == content_key("s", tmp_path / "b")
    assert len({key, content_key("s", tmp_path / "c"), content_key("t", tmp_path / "a")}) == 3


@pytest.mark.parametrize("threads", [1, 2])
def test_a_killed_training_goes_on_from_its_last_saved_epoch_with_the_same_result(
    folder, tmp_path, monkeypatch, threads
):
    (tmp_path / "data.npz").write_bytes((folder / "data.npz").read_bytes())
    monkeypatch.setattr(train_stage, "SAVE_SECONDS", -1.0)
    epochs = []

    def stopping(*arguments, after_epoch, **named):
        def after(state):
            after_epoch(state)
            epochs.append(state.epoch)
            if state.epoch == 2:
                raise Killed

        return train_together(*arguments, after_epoch=after, **named)

    monkeypatch.setattr(train_stage, "train_together", stopping)
    with pytest.raises(Killed):
        run_training(tmp_path, threads=threads)
    assert not (tmp_path / "networks.safetensors").exists()
    assert list(parts_of(tmp_path, "networks").glob("*.safetensors"))
    epochs.clear()

    def going_on(*arguments, after_epoch, **named):
        return train_together(*arguments, after_epoch=lambda s: (epochs.append(s.epoch), after_epoch(s)), **named)

    monkeypatch.setattr(train_stage, "train_together", going_on)
    run_training(tmp_path, threads=threads)
    assert min(epochs) == 3 if threads == 2 else 3 in epochs
    assert (tmp_path / "networks.safetensors").read_bytes() == (folder / "networks.safetensors").read_bytes()
    assert (tmp_path / "networks.json").read_bytes() == (folder / "networks.json").read_bytes()
    assert not parts_of(tmp_path, "networks").exists()


def test_parts_of_another_training_are_not_used(folder, tmp_path, monkeypatch):
    (tmp_path / "data.npz").write_bytes((folder / "data.npz").read_bytes())
    monkeypatch.setattr(train_stage, "SAVE_SECONDS", -1.0)
    shorter = TRAINING.model_copy(update={"learning_rate": 0.5, "maximum_epochs": 1})

    def fail(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(train_stage, "join", fail)
        with pytest.raises(Killed):
            run_training(tmp_path, training=shorter)
    assert parts_of(tmp_path, "networks").exists()
    run_training(tmp_path)
    assert (tmp_path / "networks.safetensors").read_bytes() == (folder / "networks.safetensors").read_bytes()


@pytest.mark.parametrize(("networks", "groups"), [(1, 1), (2, 2), (3, 2), (50, 2), (51, 3), (100, 4)])
def test_networks_are_split_into_groups_of_at_most_25_for_at_least_two_threads(networks, groups):
    assert group_count(networks) == groups


def test_the_grouping_of_networks_changes_the_numbers_by_rounding_only(folder, tmp_path, monkeypatch):
    (tmp_path / "data.npz").write_bytes((folder / "data.npz").read_bytes())
    monkeypatch.setattr(train_stage, "group_count", lambda networks: 1)
    run_training(tmp_path)
    one, two = trained_of(tmp_path), trained_of(folder)
    torch.testing.assert_close(one.reached, two.reached, equal_nan=True)
    for first, second in zip(one.snapshots, two.snapshots, strict=True):
        torch.testing.assert_close(first, second, rtol=1e-3, atol=1e-4, equal_nan=True)


# Principal components


def test_the_share_of_the_first_principal_component_by_hand():
    # Variances 4 and 1 along the axes.
    cross = np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1]]) + 7
    assert first_component_share(cross) == pytest.approx(4 / 5)
    assert first_component_share(np.outer(np.arange(5.0), [1, 2, 3])) == pytest.approx(1)
    assert np.isnan(first_component_share(np.ones((5, 3))))
    assert first_component_share(np.concatenate([np.eye(3), -np.eye(3)])) == pytest.approx(1 / 3)


def test_shares_are_measured_within_each_class_beside_shuffled_labels(tmp_path):
    # Two classes, each on a line of its own; shuffled labels mix the lines.
    line = np.linspace(-1, 1, 20)[:, None]
    points = np.concatenate([line * [1.0, 0.0], line * [0.0, 1.0]])
    arrays = {"index": np.array([[0, 1, 0]]), "labels": np.repeat([[0, 1]], 20, axis=1), "layer_2": points[None]}
    write_arrays(tmp_path / "clouds.npz", arrays)
    measure_components(tmp_path / "clouds.npz", tmp_path / "shares.csv", output_layer=2, seed=SEED)
    table = pd.read_csv(tmp_path / "shares.csv")
    assert table[["network", "threshold", "draw", "label"]].values.tolist() == [[0, 1, 0, 0], [0, 1, 0, 1]]
    np.testing.assert_allclose(table["share"], 1)
    assert (table["shuffled_share"] < 0.9).all()


def test_statistics_hold_the_shares_of_classes_where_they_are_measured(folder, tmp_path):
    columns = ["network", "threshold", "draw", "label", "share", "shuffled_share"]
    shares = pd.DataFrame([(0, 2, 0, 1, 0.5, 0.2), (1, 2, 0, 1, 0.7, 0.4)], columns=columns)
    shares.to_csv(tmp_path / "components.csv", index=False)
    compute_statistics(
        folder / "landscapes.csv",
        folder / "landscapes.npz",
        tmp_path / "statistics.csv",
        statistics=Intervals(resamples=19, bootstrap=20, splits=3),
        thresholds=TRAINING.thresholds,
        networks=3,
        seed=SEED,
        shares_file=tmp_path / "components.csv",
    )
    table = pd.read_csv(tmp_path / "statistics.csv", dtype={"degree": str})
    without = pd.read_csv(folder / "statistics.csv", dtype={"degree": str})
    rows = table[table["statistic"] == "class_share"]
    assert rows[["class", "threshold", "estimate", "n"]].to_numpy().tolist() == [
        [1, TRAINING.thresholds[2], pytest.approx(0.6), 2]
    ]
    others = table[~table["statistic"].str.startswith("class_share")].reset_index(drop=True)
    pd.testing.assert_frame_equal(others.drop(columns="class"), without)
    assert "class" not in without


# Verdicts


def results_with(source, complexity):
    return MadeUpResults(
        study=SimpleNamespace(flow="activation"),
        config=SimpleNamespace(statistics=Intervals(bootstrap=50), training=SimpleNamespace(thresholds=[0.5])),
        complexity=complexity,
        statistics=None,
        components=None,
        diagrams=None,
        source=source,
    )


@pytest.mark.parametrize(
    ("source", "verdict"), [("the original file", "reproduced"), ("stand-in: generated", UNDECIDED)]
)
def test_stand_in_data_decides_nothing(source, verdict):
    complexity = pd.DataFrame(
        {
            "layer": 0,
            "network": -1,
            "threshold": -1,
            "draw": np.arange(60),
            "gaussian": False,
            "degree": 1,
            "gap_after": 9,
        }
    )
    claim = Claim(
        id="W1",
        studies=["disks"],
        source="s",
        wording="w",
        statistic="gap_share",
        options={"layer": 0, "degree": 1, "bars": 9},
        holds=Rule(above=0.8),
        expected="e",
    )
    row = decide(claim, "disks", results_with(source, complexity), SEED)
    assert (row["verdict"], row["estimate"], row["n"], row["data"]) == (verdict, 1, 60, source)
    assert row["rule"] == "≥ 0.8"


# Verification


def statistics_table(**changes):
    table = pd.DataFrame(
        {
            "run": "main",
            "statistic": ["complexity_l2", "complexity_l2", "layer_difference", "half_tests_significant"],
            "degree": ["0", "all", "1", "1"],
            "layer": [0, 2, 2, NAN],
            "threshold": [NAN, 0.9, 0.9, NAN],
            "estimate": [1.5, 2.0, 0.3, 0.05],
            "low": [1.4, 1.9, NAN, 0.01],
            "high": [1.6, 2.1, NAN, 0.1],
            "n": [20, 20, 40, 100],
            "null_low": [1.0, 1.0, NAN, NAN],
            "null_high": [1.2, 1.2, NAN, NAN],
        }
    )
    for name, (row, value) in changes.items():
        table.loc[row, name] = value
    return table


def test_equal_tables_agree():
    assert compare_statistics(statistics_table(), statistics_table()) == []
    assert compare_statistics(statistics_table().iloc[::-1], statistics_table()) == []


@pytest.mark.parametrize("column", ["estimate", "low", "high", "null_low", "null_high"])
def test_rows_of_the_input_have_to_agree_to_the_last_digits(column):
    value = statistics_table().loc[0, column]
    assert compare_statistics(statistics_table(**{column: (0, value * (1 + 1e-7))}), statistics_table()) == []
    (problem,) = compare_statistics(statistics_table(**{column: (0, value * (1 + 1e-5))}), statistics_table())
    assert "run=main statistic=complexity_l2 degree=0 layer=0" in problem


def test_a_missing_value_of_the_input_is_found():
    assert len(compare_statistics(statistics_table(estimate=(0, NAN)), statistics_table())) == 1


def test_trained_rows_have_to_agree_by_their_intervals():
    near = statistics_table(low=(1, 2.05), high=(1, 2.3))
    assert compare_statistics(near, statistics_table()) == []
    far = statistics_table(estimate=(1, 9.0), low=(1, 8.9), high=(1, 9.1))
    (problem,) = compare_statistics(far, statistics_table())
    assert "layer=2.0 threshold=0.9" in problem
    assert "9 [8.9, 9.1], reference 2 [1.9, 2.1]" in problem


def test_rows_that_one_side_lacks_are_found():
    assert compare_statistics(statistics_table().drop(1), statistics_table()) == [
        "run=main statistic=complexity_l2 degree=all layer=2.0 threshold=0.9: only in the reference"
    ]
    (problem,) = compare_statistics(statistics_table(), statistics_table().drop(3))
    assert "half_tests_significant" in problem
    assert "only in the run" in problem


def latent_table(**changes):
    """As the latent flow writes it: layers by name, no degree, no threshold; tests and counts have no interval."""
    table = pd.DataFrame(
        {
            "run": "main",
            "statistic": ["accuracy", "complexity_l2", "complexity_l2", "average_distance", "average_distance", "iou"],
            "network": "A",
            "seed": [0, NAN, NAN, NAN, NAN, 1],
            "group": ["cat", "cat", "dog", "cat", "cat", NAN],
            "other": [NAN, NAN, NAN, "dog", "all", NAN],
            "layer": [NAN, "ReLU11", "ReLU11", "ReLU11", NAN, NAN],
            "estimate": [0.9, 2.0, 3.0, 0.3, 0.4, NAN],
            "low": [0.85, 1.9, 2.9, NAN, NAN, NAN],
            "high": [0.95, 2.1, 3.1, NAN, NAN, NAN],
            "n": [100, 32, 32, 64, 64, 0],
            "null_low": [NAN, 1.0, 1.0, 0.1, 0.1, NAN],
            "null_high": [NAN, 1.2, 1.2, 0.2, 0.2, NAN],
        }
    )
    for name, (row, value) in changes.items():
        table.loc[row, name] = value
    return table


def test_equal_latent_tables_agree_in_any_order():
    assert compare_statistics(latent_table(), latent_table()) == []
    assert compare_statistics(latent_table().iloc[::-1], latent_table()) == []


def test_latent_rows_are_told_apart_by_network_seed_group_and_what_they_are_compared_with():
    for row, name in ((0, "group=cat"), (2, "group=dog layer=ReLU11"), (3, "other=dog layer=ReLU11"), (5, "seed=1.0")):
        (problem,) = compare_statistics(latent_table().drop(row), latent_table())
        assert problem.endswith(f"{name}: only in the reference")
        assert "run=main" in problem
        assert "network=A" in problem


def test_latent_rows_have_to_agree_by_their_intervals():
    # Perceptrons are restored, yet another machine rounds their activations in another way.
    assert compare_statistics(latent_table(estimate=(1, 2.01), low=(1, 1.91)), latent_table()) == []
    (problem,) = compare_statistics(latent_table(estimate=(1, 9.0), low=(1, 8.9), high=(1, 9.1)), latent_table())
    assert problem == (
        "run=main statistic=complexity_l2 network=A group=cat layer=ReLU11: 9 [8.9, 9.1], reference 2 [1.9, 2.1]"
    )
    # Too few units, and no interval at all, tell nothing apart.
    few = {"n": (1, 2), "estimate": (1, 9.0), "low": (1, 8.9), "high": (1, 9.1)}
    assert compare_statistics(latent_table(**few), latent_table()) == []
    assert compare_statistics(latent_table(estimate=(3, 0.7)), latent_table()) == []


def test_tables_with_other_columns_are_not_compared_row_by_row():
    (problem,) = compare_statistics(latent_table(), latent_table().drop(columns="network"))
    assert problem.startswith("columns run, statistic, network, ")
    assert "reference run, statistic, seed, " in problem
    assert len(compare_statistics(latent_table(), statistics_table())) == 1


def claims_table(**changes):
    table = pd.DataFrame(
        {
            "id": ["W1", "W3"],
            "study": "disks",
            "verdict": ["reproduced", "undecided"],
            "estimate": [0.95, 0.5],
            "low": [0.9, 0.3],
            "high": [1.0, 0.7],
            "n": [60, 12],
            "scale": "quick",
            "data": "original",
        }
    )
    for name, (row, value) in changes.items():
        table.loc[row, name] = value
    return table


def test_claims_agree_by_verdict_and_interval():
    assert compare_claims(claims_table(), claims_table()) == []
    assert compare_claims(claims_table(estimate=(0, 0.92), low=(0, 0.85)), claims_table()) == []
    assert compare_claims(claims_table(verdict=(0, "undecided")), claims_table()) == [
        "claim W1 of disks: undecided, reference reproduced"
    ]
    (problem,) = compare_claims(claims_table(estimate=(1, 0.1), low=(1, 0.0), high=(1, 0.2)), claims_table())
    assert problem == "claim W3 of disks: 0.1 [0, 0.2], reference 0.5 [0.3, 0.7]"
    assert compare_claims(claims_table().drop(1), claims_table()) == ["claim W3 of disks: only in the reference"]


@pytest.mark.parametrize(("column", "other"), [("scale", "full"), ("data", "stand-in: generated")])
def test_claims_of_another_scale_or_data_source_are_not_compared(column, other):
    with pytest.raises(TopolensError, match=f"{column}.*{other}.*cannot be compared") as caught:
        compare_claims(claims_table().assign(**{column: other}), claims_table())
    assert claims_table()[column][0] in str(caught.value)


def verified(tmp_path, claims, statistics):
    for name, tables in (("results", (claims, statistics)), ("reference", (claims_table(), statistics_table()))):
        (tmp_path / name).mkdir(exist_ok=True)
        tables[0].to_csv(tmp_path / name / "claims.csv", index=False)
        tables[1].to_csv(tmp_path / name / "disks.csv", index=False)
        latent_table().to_csv(tmp_path / name / "crops.csv", index=False)
    verify(
        tmp_path / "report.csv",
        results_folder=tmp_path / "results",
        reference_folder=tmp_path / "reference",
        studies=["disks", "crops"],
    )


def test_verification_passes_equal_runs_and_fails_with_a_list_of_differences(tmp_path):
    verified(tmp_path, claims_table(), statistics_table())
    assert len(pd.read_csv(tmp_path / "report.csv")) == 0
    with pytest.raises(TopolensError, match=r"2 disagreements with .*reference"):
        verified(tmp_path, claims_table(verdict=(0, "undecided")), statistics_table(estimate=(0, 7.0)))
    report = pd.read_csv(tmp_path / "report.csv")["disagreement"].tolist()
    assert len(report) == 2
    assert report[1].startswith("disks: run=main")


def test_verification_without_a_reference_names_the_missing_file(tmp_path):
    with pytest.raises(TopolensError, match=r"claims\.csv: missing; there is nothing to compare with at this scale"):
        verify(tmp_path / "r.csv", results_folder=tmp_path, reference_folder=tmp_path, studies=[])
