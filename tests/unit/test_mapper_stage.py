"""The stage of Mapper graphs: they are those of the vectors of every image, and all of them are in the table."""

import numpy as np
import pandas as pd
import pytest
from mapper_run import CLASSES, LAYERS, MAPPER, MODULES, SEED, V, image_set, make, one_thread

from topolens.artifacts import read_arrays, read_json
from topolens.clouds.image_vectors import image_vectors
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.mapper.findings import graph_findings
from topolens.mapper.graph import Fork, Loop
from topolens.mapper.graph_arrays import graph_from_arrays
from topolens.mapper.layer_graphs import layer_arrays, layer_graphs
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
            min_points=2,
            permutations=19,
            significance=0.05,
            seed=child_seed(SEED, "mapper", layer),
        )
        assert [Fork(**fork) for fork in structures[layer]["forks"]] == found.forks
        assert [Loop(**loop) for loop in structures[layer]["loops"]] == found.loops
        assert arrays[f"{layer}.plane"].shape == (60, 2)


def test_the_table_has_the_graphs_of_every_layer(mapper_folder):
    table = pd.read_csv(mapper_folder / "one-mapper.csv")
    assert table["layer"].unique().tolist() == LAYERS
    assert not table.duplicated(["layer", "kind", "repeat"]).any()
    kinds = {"repeat": 2, "pair": 2, "directions": 1, "covariance": 1, "parameters": 2, "agreement": 1}
    for _, rows in table.groupby("layer"):
        assert rows.groupby("kind").size().to_dict() == kinds


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
    assert part.stem == LAYERS[0]
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
    (own,) = graphs.findings.projections
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
