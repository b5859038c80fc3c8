"""The stage of Mapper graphs: they are those of the vectors of every image, and all of them are in the table."""

import numpy as np
import pandas as pd
import pytest
from mapper_run import CLASSES, LAYERS, MAPPER, MODULES, SEED, TAPPED, V, image_set, make, one_thread

from topolens.artifacts import read_arrays, read_json
from topolens.clouds.image_vectors import image_vectors
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.mapper.findings import graph_findings
from topolens.mapper.graph import Fork, Loop
from topolens.mapper.graph_arrays import graph_from_arrays
from topolens.mapper.layer_graphs import graph_name, layer_arrays, layer_graphs
from topolens.mapper.mapper_graph import mapper_graph
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.seeding import child_seed
from topolens.stages import mapper as stage


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


def test_graphs_are_those_of_the_vectors(mapper_folder):
    arrays, images = read_arrays(mapper_folder / "one-graphs.npz"), image_set()
    rows = arrays["images"]
    assert len(rows) == 60
    assert (np.diff(rows) > 0).all()
    assert set(rows) <= set(images.rows("test"))
    assert arrays["labels"].tolist() == images.targets[rows].tolist()
    clouds = image_vectors(prepared_network(V, 0, None, images), V, images, rows, MODULES, MAPPER, SEED)
    structures = read_json(mapper_folder / "one-structures.json")
    for layer in LAYERS:
        graph = mapper_graph(clouds[layer][0], intervals=3, overlap=0.3, min_samples=2)
        stored = graph_from_arrays(arrays, layer)
        assert len(graph.members) > 1
        assert [rows.tolist() for rows in stored.members] == [rows.tolist() for rows in graph.members]
        for mean, rows in zip(arrays[f"{layer}.means"], graph.members, strict=True):
            np.testing.assert_allclose(mean, clouds[layer][0][rows].mean(axis=0), rtol=1e-4, atol=1e-6)
        found = graph_findings(
            clouds[layer][0],
            graph,
            arrays["labels"],
            settings=MAPPER,
            seed=child_seed(SEED, "mapper", "V", 0, layer, 0),
        )
        assert [Fork(**fork) for fork in structures[layer]["forks"]] == found.forks
        assert [Loop(**loop) for loop in structures[layer]["loops"]] == found.loops
        assert arrays[f"{layer}.plane"].shape == (60, 2)
        other = mapper_graph(clouds[layer][1], intervals=3, overlap=0.3, min_samples=2)
        stored = graph_from_arrays(arrays, graph_name(layer, 1))
        assert [rows.tolist() for rows in stored.members] == [rows.tolist() for rows in other.members]
        assert len(structures[layer]["other_positions"]) == 1


def test_the_table_has_the_graphs_of_every_layer(mapper_folder):
    table = pd.read_csv(mapper_folder / "one-mapper.csv")
    assert table["layer"].unique().tolist() == LAYERS
    assert not table.duplicated(["layer", "kind", "repeat"]).any()
    kinds = {"repeat": 2, "pair": 2, "covariance": 1, "parameters": 2, "agreement": 1}
    for _, rows in table.groupby("layer"):
        assert rows.groupby("kind").size().to_dict() == kinds


def test_every_network_and_half_has_its_graphs_and_the_first_ones_are_kept(mapper_folder, tmp_path):
    networks = TAPPED.model_copy(update={"seeds": [0, 4]})
    settings = MAPPER.model_copy(update={"halves": 2})
    graphs, structures, file = make(tmp_path, networks=networks, mapper=settings, threads=2)
    table = pd.read_csv(file)
    assert not table.duplicated(["network", "seed", "half", "layer", "kind", "repeat"]).any()
    kinds = {"repeat": 2, "pair": 2, "covariance": 1, "parameters": 2, "agreement": 1}
    for _, rows in table.groupby(["network", "seed", "half", "layer"]):
        assert rows.groupby("kind").size().to_dict() == kinds
    assert table.groupby(["seed", "half", "layer"]).ngroups == 2 * 2 * 2
    arrays, whole = read_arrays(graphs), read_arrays(mapper_folder / "one-graphs.npz")
    assert len(arrays["images"]) == 30
    assert (np.diff(arrays["images"]) > 0).all()
    assert set(arrays["images"]) < set(whole["images"])
    assert {*arrays} >= {f"{layer}.members" for layer in LAYERS}
    assert all(len(arrays[f"{layer}.plane"]) == 30 for layer in LAYERS)
    assert [*read_json(structures)] == LAYERS
    # Networks are looked at one by one: another beside it changes nothing of the first.
    alone = pd.read_csv(make(tmp_path, "alone", mapper=settings)[2])
    first = table[table["seed"] == 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, first, check_dtype=False)
    assert not table[table["seed"] == 4]["nodes"].reset_index(drop=True).equals(first["nodes"])


def test_halves_part_the_images():
    for count in (60, 61):
        halves = stage._halves(count, MAPPER.model_copy(update={"halves": 2}), SEED)
        assert sorted(np.concatenate(halves).tolist()) == [*range(count)]
        assert {len(half) for half in halves} <= {30, 31}
        assert all((np.diff(half) > 0).all() for half in halves)
    assert [half.tolist() for half in stage._halves(4, MAPPER, SEED)] == [[0, 1, 2, 3]]


def test_threads_change_no_byte(mapper_folder, tmp_path):
    make(tmp_path, threads=2)
    for artifact in ("graphs.npz", "structures.json", "mapper.csv"):
        assert (tmp_path / f"one-{artifact}").read_bytes() == (mapper_folder / f"one-{artifact}").read_bytes()


def test_a_killed_stage_keeps_whole_layers_and_gives_the_same_bytes(mapper_folder, tmp_path, monkeypatch):
    def killed(cloud, *_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        done = iter(LAYERS[:1])
        patched.setattr(stage, "layer_graphs", lambda *all_: layer_graphs(*all_) if next(done, None) else killed(*all_))
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path)
    (part,) = (tmp_path / ".one-graphs.parts").glob("*/*.npz")
    assert part.stem == f"V-0-{LAYERS[0]}"
    made = []
    monkeypatch.setattr(stage, "layer_graphs", lambda *all_: made.append(all_) or layer_graphs(*all_))
    files = make(tmp_path)
    assert len(made) == len(LAYERS) - 1
    for file in files:
        assert file.read_bytes() == (mapper_folder / file.name).read_bytes()
    assert not (tmp_path / ".one-graphs.parts").exists()


def test_all_test_images_without_a_number(tmp_path):
    settings = MAPPER.model_copy(update={"images": None, "pair": None})
    networks = TappedNetworks(networks=[V], seeds=[0], layers={"V": [("last", "ReLU53")]})
    graphs, _, table = make(tmp_path, networks=networks, mapper=settings)
    assert pd.read_csv(table)["layer"].unique().tolist() == ["last"]
    assert read_arrays(graphs)["images"].tolist() == list(range(9, 90))
    assert "pair" not in set(pd.read_csv(table)["kind"])


def test_forks_are_stored_in_both_planes():
    generator = np.random.default_rng(0)
    part, along = np.repeat([0, 1, 2], 60), np.tile(np.linspace(0, 4, 60), 3)[:, None]
    directions, starts = np.array([[1, 0], [0.8, 0.6], [0.8, -0.6]]), np.array([[1.0, 0], [5, 0], [5, 0]])
    cloud = starts[part] + along * directions[part] + 0.05 * generator.normal(size=(180, 2))
    settings = MAPPER.model_copy(update={"intervals": 8, "min_samples": 5, "min_points": 5})
    graphs = layer_graphs(np.stack([cloud, cloud]), part, settings, None, 0)
    arrays = layer_arrays("Y", cloud.astype(np.float32), graphs)
    (own,) = graphs.findings[0].projections
    np.testing.assert_array_equal(arrays["Y.position2.members"], arrays["Y.members"])  # since their clouds are equal
    assert {name for name in arrays if "fork" in name} == {
        f"Y.fork0.{field}" for field in ("rows", "arm", "local", "overall")
    }
    np.testing.assert_array_equal(arrays["Y.fork0.rows"], own.rows)
    np.testing.assert_array_equal(arrays["Y.fork0.arm"], own.arm)
    # The fork's points in the plane of all points are rows of that plane.
    np.testing.assert_allclose(arrays["Y.fork0.overall"], arrays["Y.plane"][own.rows], atol=1e-4)


@pytest.mark.parametrize(
    ("masks", "pair", "message"),
    [
        (True, None, r"mapper: expected images with labels, found masks; set mapper: null"),
        (False, ("cat", "dogs"), r"mapper\.pair: unknown class 'dogs'. Did you mean 'dog'\?.*Valid: cat, dog, ship"),
    ],
)
def test_images_without_the_classes(masks, pair, message, tmp_path):
    images = image_set(12)
    if masks:
        targets = np.zeros((12, 32, 32), np.uint8)
        images = ImageSet(images.images, targets, images.split, CLASSES, images.names, "made up")
    images.write(tmp_path / "data.npz")
    with pytest.raises(TopolensError, match=message):
        make(tmp_path, mapper=MAPPER.model_copy(update={"pair": pair}))
