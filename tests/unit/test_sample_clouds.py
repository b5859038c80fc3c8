"""Clouds of samples: which points are drawn, what layers make of them by hand, and the units they come in."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sample_run import CLOUDS, FAMILY, NETWORKS, SEED, record, trained_of

from topolens.artifacts import read_arrays, read_json, write_arrays
from topolens.clouds.sample_recording import draw_rows, snapshot_index
from topolens.clouds.samples import SampleSource
from topolens.config.clouds import SampleClouds
from topolens.data.dataset import Dataset, read_datasets
from topolens.errors import TopolensError
from topolens.seeding import child_seed
from topolens.stages.sample_clouds import record_sample_clouds


def clouds(**settings):
    return SampleClouds(of="samples", **settings)


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
    rows = draw_rows(dataset, clouds(points=7, label=1, split="test", shared=True, repeats=5), 9, SEED)
    assert rows.shape == (5, 7)
    assert all(len(set(draw)) == 7 for draw in rows.tolist())
    assert (dataset.labels[rows] == 1).all()
    assert dataset.is_test[rows].all()
    assert len({tuple(sorted(draw)) for draw in rows.tolist()}) > 1


def test_each_network_has_its_own_draws_unless_they_are_shared():
    dataset = labelled([0] * 50)
    own = draw_rows(dataset, clouds(points=10, shared=False, repeats=2), 3, SEED)
    shared = draw_rows(dataset, clouds(points=10, shared=True, repeats=2), 3, SEED)
    assert own.shape == (6, 10)
    assert shared.shape == (2, 10)
    np.testing.assert_array_equal(own[:2], shared)


def test_draws_do_not_depend_on_how_many_others_there_are():
    dataset = labelled([0] * 50)
    few, many = (draw_rows(dataset, clouds(points=10, shared=True, repeats=draws), 1, SEED) for draws in (2, 9))
    np.testing.assert_array_equal(few, many[:2])
    assert (draw_rows(dataset, clouds(points=10, shared=True), 1, SEED + 1) != few[0]).any()


def test_first_rows_are_the_first_of_their_class_in_the_file():
    dataset = labelled([0, 1, 1, 0, 1, 1, 0])
    rows = draw_rows(dataset, clouds(points=3, label=1, rows="first", shared=True, repeats=4), 5, SEED)
    np.testing.assert_array_equal(rows, [[1, 2, 4]])


def test_a_cloud_as_large_as_its_class_is_the_class_and_a_larger_one_is_refused():
    dataset = labelled([0] * 5 + [1] * 3)
    rows = draw_rows(dataset, clouds(points=3, label=1, shared=True), 1, SEED)
    assert sorted(rows[0]) == [5, 6, 7]
    with pytest.raises(TopolensError, match=r"clouds\.points: 4 asked, but split 'all' of class 1 has 3 samples"):
        draw_rows(dataset, clouds(points=4, label=1, shared=True), 1, SEED)
    with pytest.raises(TopolensError, match="of class all has 8 samples"):
        draw_rows(dataset, clouds(points=9, shared=True), 1, SEED)
    with pytest.raises(TopolensError, match="has 3 samples"):
        draw_rows(dataset, clouds(points=4, label=1, rows="first", shared=True), 1, SEED)


REACHED = SimpleNamespace(reached=torch.tensor([[1.0, 2.0], [3.0, torch.nan]]))


def test_snapshots_are_listed_by_network_snapshot_and_draw_where_reached():
    index = snapshot_index(REACHED, clouds(points=2, shared=True, repeats=2))
    assert index.tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1]]


def test_networks_with_own_draws_count_on_through_them():
    index = snapshot_index(REACHED, clouds(points=2, shared=False, repeats=2))
    assert index.tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 2], [1, 0, 3]]


def test_the_last_snapshot_alone_and_first_rows():
    last = clouds(points=2, shared=True, snapshots="last")
    assert snapshot_index(REACHED, last).tolist() == [[0, 1, 0]]
    first = clouds(points=2, shared=False, rows="first", repeats=3)
    assert snapshot_index(REACHED, first).tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 0]]


def test_no_snapshot_at_all_keeps_its_three_columns():
    nothing = SimpleNamespace(reached=torch.full((2, 3), torch.nan))
    assert snapshot_index(nothing, clouds(points=2, shared=True)).shape == (0, 3)


# The stage


def test_recorded_clouds_are_what_the_layers_make_of_the_inputs_by_hand(samples_folder):
    arrays, trained = read_arrays(samples_folder / "clouds.npz"), trained_of(samples_folder)
    dataset = read_datasets(samples_folder / "data.npz")["disks"]
    np.testing.assert_array_equal(arrays["rows"], draw_rows(dataset, CLOUDS, 3, SEED))
    np.testing.assert_array_equal(arrays["index"], snapshot_index(trained, CLOUDS))
    np.testing.assert_array_equal(arrays["owner"], [0, 1, 2])
    np.testing.assert_array_equal(arrays["layer_0"], dataset.points[arrays["rows"]])
    assert (arrays["labels"] == 1).all()
    for place, (network, snapshot, draw) in enumerate(arrays["index"]):
        weights = [p[snapshot, network].numpy() for p in trained.snapshots]
        values = arrays["layer_0"][draw]
        for layer in (1, 2, 3):
            values = values @ weights[2 * layer - 2].T + weights[2 * layer - 1].ravel()
            values = np.tanh(values) if layer < 3 else values
            assert arrays[f"layer_{layer}"].dtype == np.float32
            np.testing.assert_allclose(arrays[f"layer_{layer}"][place], values, atol=2e-6)


def test_snapshots_that_a_network_never_reached_are_absent_and_recorded(samples_folder):
    arrays, reached = read_arrays(samples_folder / "clouds.npz"), ~trained_of(samples_folder).reached.isnan().numpy()
    card = read_json(samples_folder / "networks.json")["families"][FAMILY]
    assert 0 < reached.sum() < reached.size
    assert len(arrays["index"]) == reached.sum()
    np.testing.assert_array_equal([[epoch is not None for epoch in row] for row in card["reached_epoch"]], reached.T)
    assert card["seeds"] == [child_seed(SEED, "network", number) for number in range(3)]
    assert card["widths"] == [2, 6, 5, 2]


def test_inputs_alone_need_no_networks(samples_folder, tmp_path):
    shared = clouds(points=40, shared=True, repeats=2)
    file = tmp_path / "clouds.npz"
    record_sample_clouds(samples_folder / "data.npz", file, clouds=shared, networks=NETWORKS, layers=[0], seed=SEED)
    arrays = read_arrays(file)
    assert arrays["layer_0"].shape == (2, 40, 2)
    np.testing.assert_array_equal(arrays["owner"], [-1, -1])
    assert arrays["index"].shape == (0, 3)
    assert SampleSource(file, [0], 1, SEED).units() == ["0--1"]


def test_chosen_layers_alone_are_recorded(samples_folder, tmp_path):
    some, every = read_arrays(record(samples_folder, tmp_path, layers=[2])), read_arrays(samples_folder / "clouds.npz")
    assert {name for name in some if name.startswith("layer_")} == {"layer_2"}
    np.testing.assert_array_equal(some["layer_2"], every["layer_2"])


def test_no_reached_snapshot_is_an_error_that_says_what_to_change(samples_folder, tmp_path):
    last = CLOUDS.model_copy(update={"snapshots": "last"})
    assert trained_of(samples_folder).reached[-1].isnan().all()
    with pytest.raises(TopolensError, match=r"no network reached.*max_epochs or lower training\.snapshot_accuracies"):
        record(samples_folder, tmp_path, clouds=last)


def test_activations_that_are_no_numbers_are_named_with_their_network_and_snapshot(
    samples_folder, tmp_path, monkeypatch
):
    trained = trained_of(samples_folder)
    trained.snapshots[0][:, 1] = torch.inf
    monkeypatch.setattr("topolens.stages.sample_clouds.read_families", lambda _: {FAMILY: trained})
    with pytest.raises(TopolensError, match=r"network 1, snapshot number 0: layer 'layer_\d': NaN or infinite"):
        record(samples_folder, tmp_path)


# Units of clouds


def source_of(folder, index, owner, layers, nulls):
    """Clouds of four points, all of which are ten times the layer's number and the place in the recorded array."""
    arrays = {"rows": np.zeros((len(owner), 4), np.int64), "index": np.array(index), "owner": np.array(owner)}
    for layer in layers:
        count = len(owner) if layer == 0 else len(index)
        arrays[f"layer_{layer}"] = np.tile(10.0 * layer + np.arange(count)[:, None, None], (1, 4, 2))
    write_arrays(folder / "clouds.npz", arrays)
    return SampleSource(folder / "clouds.npz", layers, nulls, SEED)


def all_clouds(source):
    return [cloud for unit in source.units() for batch in source.clouds(unit) for cloud in batch]


def test_inputs_come_once_for_each_draw_and_layers_for_each_snapshot(tmp_path):
    source = source_of(tmp_path, [[0, 0, 0], [0, 1, 0], [1, 0, 1]], [0, 1], [0, 2], 0)
    assert (source.points, source.seed) == (4, SEED)
    assert source.units() == ["0--1", "2-0", "2-1"]
    assert [source.size(unit) for unit in source.units()] == [2, 2, 1]
    found = all_clouds(source)
    assert [(*cloud.key.values(), cloud.points[0, 0]) for cloud in found] == [
        (0, -1, 0, 0, False, 0),
        (1, -1, 0, 1, False, 1),
        (0, 0, 2, 0, False, 20),
        (1, 0, 2, 1, False, 22),
        (0, 1, 2, 0, False, 21),
    ]
    assert [*found[0].key] == ["network", "snapshot", "depth", "repeat", "null"]
    assert all(cloud.model is None for cloud in found)


def test_each_layer_and_snapshot_has_its_nulls_modelled_on_its_clouds_in_turn(tmp_path):
    source = source_of(tmp_path, [[0, 0, 0], [1, 0, 1]], [-1], [0, 1], 3)
    assert [source.size(unit) for unit in source.units()] == [4, 5]
    nulls = [cloud for cloud in all_clouds(source) if cloud.key["null"]]
    assert [(cloud.model, cloud.points[0, 0]) for cloud in nulls] == [
        (("gaussian", 0, -1, 0), 0),
        (("gaussian", 0, -1, 1), 0),
        (("gaussian", 0, -1, 2), 0),
        (("gaussian", 1, 0, 0), 10),
        (("gaussian", 1, 0, 1), 11),
        (("gaussian", 1, 0, 2), 10),
    ]
    assert [cloud.key["network"] for cloud in nulls[3:]] == [0, 1, 0]


def test_nulls_follow_the_clouds_of_their_unit(tmp_path):
    source = source_of(tmp_path, [[0, 0, 0], [1, 0, 1]], [-1], [0, 1], 2)
    kinds = [[cloud.key["null"] for cloud in batch] for unit in source.units() for batch in source.clouds(unit)]
    assert kinds == [[False, True, True], [False, False, True, True]]
