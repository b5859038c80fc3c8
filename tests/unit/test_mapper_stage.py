"""The stages around Mapper graphs: vectors of every image, graphs, feature pictures, and the page that shows them."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import torch

from topolens.artifacts import read_arrays, read_json, write_arrays
from topolens.attribution.feature_picture import feature_pictures
from topolens.clouds import image_vectors as vectors_module
from topolens.clouds.image_vectors import image_vectors, random_positions
from topolens.config.analyses import FeaturePictures, Mapper
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.mapper.findings import graph_findings
from topolens.mapper.graph import Fork, Loop
from topolens.mapper.graph_arrays import graph_from_arrays
from topolens.mapper.layer_graphs import layer_arrays, layer_graphs
from topolens.mapper.mapper_graph import mapper_graph
from topolens.nets.images.inference import as_inputs
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.nets.taps import record_activations
from topolens.seeding import child_generator, child_seed
from topolens.stages import feature_pictures as pictures_stage
from topolens.stages import mapper as stage
from topolens.stages.explorer import NOTE, write_explorer
from topolens.stages.feature_pictures import largest, paint_nodes
from topolens.stages.mapper import make_mapper_graphs

SEED = 7
CLASSES = ["cat", "dog", "ship"]
V = ImageNetwork(name="V", architecture="vgg16", bands=["R", "G", "B"], first_filters=4)
LAYERS = ["ReLU22", "ReLU53"]
MAPPER = Mapper(
    layers=LAYERS, images=60, repeats=2, intervals=3, overlap=0.3, other_intervals=[2], min_samples=2, min_points=2,
    noise_clouds=1, permutations=19, pair=("cat", "ship"), pair_intervals=2,
)  # fmt: skip
MODULES = {layer: layer for layer in LAYERS}
TAPPED = TappedNetworks(networks=[V], seeds=[0], layers={"V": [*MODULES.items()]})


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Tiny maps are quicker by one thread than by two."""
    before = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        for module in (stage, pictures_stage):
            patch.setattr(module, "THREADS", 1)
        torch.set_num_threads(1)
        yield
    torch.set_num_threads(before)


def image_set(count=90):
    """Images of three classes in turn, each of its own colour and brightness; the first nine are for training."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 3
    images = generator.integers(0, 120, (count, 32, 32, 3))
    images[np.arange(count), :, :, labels] += generator.integers(20, 130, count)[:, None, None]
    split = np.where(np.arange(count) < 9, 0, 2).astype(np.uint8)
    names = np.arange(count).astype(str)
    return ImageSet(images.astype(np.uint8), labels.astype(np.uint8), split, CLASSES, names, "made up")


# Positions


@pytest.mark.parametrize(
    ("size", "margin", "rows", "columns"),
    [
        ((8, 6), 1, range(1, 7), range(1, 5)),
        ((8, 6), 2, range(2, 6), range(2, 4)),
        ((8, 6), 0, range(8), range(6)),
        ((2, 2), 1, range(2), range(2)),
        ((3, 2), 1, range(1, 2), range(2)),
        ((1, 1), 1, range(1), range(1)),
    ],
)
def test_positions_stay_off_the_edges_where_any_remain(size, margin, rows, columns):
    found = random_positions((40, 20), size, margin, np.random.default_rng(0))
    assert found.shape == (40, 20, 2)
    assert set(found[..., 0].ravel()) == set(rows)
    assert set(found[..., 1].ravel()) == set(columns)


def test_positions_are_uniform():
    found = random_positions((100, 100), (5, 4), 1, np.random.default_rng(0))
    counts = np.zeros((5, 4))
    np.add.at(counts, tuple(found.reshape(-1, 2).T), 1)
    assert counts[[0, -1]].sum() == counts[:, [0, -1]].sum() == 0
    np.testing.assert_allclose(counts[1:4, 1:3] / 10_000, 1 / 6, atol=0.015)


# Vectors


def test_vectors_are_those_of_a_direct_forward_pass(monkeypatch):
    images, rows = image_set(), np.array([9, 20, 31, 42, 53])
    model = prepared_network(V, 0, None, images)
    whole = image_vectors(model, V, images, rows, MODULES, MAPPER, SEED)
    maps = record_activations(model, as_inputs(images.images[rows], list("RGB")), LAYERS)
    for layer, vectors in whole.items():
        channels, *size = maps[layer].shape[1:]
        assert vectors.shape == (2, 5, channels)
        positions = random_positions((2, 5), size, 1, child_generator(SEED, "mapper", layer))
        for position in range(2):
            for image in range(5):
                row, column = positions[position, image]
                np.testing.assert_allclose(vectors[position, image], maps[layer][image, :, row, column], rtol=1e-5)
    # Images that go through in several blocks have the same positions.
    monkeypatch.setattr(vectors_module, "BLOCK", 2)
    parts = image_vectors(model, V, images, rows, MODULES, MAPPER, SEED)
    for layer in LAYERS:
        np.testing.assert_allclose(parts[layer], whole[layer], rtol=1e-4, atol=1e-6)


# Graphs


def make(folder, name="one", **changes):
    file = folder / "data.npz"
    if not file.exists():
        image_set().write(file)
    files = [folder / f"{name}-{artifact}" for artifact in ("graphs.npz", "structures.json", "mapper.csv")]
    settings = {"networks": TAPPED, "mapper": MAPPER, "seed": SEED, "threads": 1}
    make_mapper_graphs(file, *files, **(settings | changes))
    return files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mapper")
    make(folder)
    return folder


def test_graphs_are_those_of_the_vectors(folder):
    arrays, images = read_arrays(folder / "one-graphs.npz"), image_set()
    rows = arrays["images"]
    assert len(rows) == 60
    assert (np.diff(rows) > 0).all()
    assert set(rows) <= set(images.rows("test"))
    assert arrays["labels"].tolist() == images.targets[rows].tolist()
    clouds = image_vectors(prepared_network(V, 0, None, images), V, images, rows, MODULES, MAPPER, SEED)
    structures = read_json(folder / "one-structures.json")
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


def test_the_table_has_the_graphs_of_every_layer(folder):
    table = pd.read_csv(folder / "one-mapper.csv")
    assert table["layer"].unique().tolist() == LAYERS
    assert not table.duplicated(["layer", "kind", "number"]).any()
    kinds = {"position": 2, "pair": 2, "directions": 1, "covariance": 1, "parameters": 2, "agreement": 1}
    for _, rows in table.groupby("layer"):
        assert rows.groupby("kind").size().to_dict() == kinds


def test_threads_change_no_byte(folder):
    make(folder, "two", threads=2)
    for artifact in ("graphs.npz", "structures.json", "mapper.csv"):
        assert (folder / f"two-{artifact}").read_bytes() == (folder / f"one-{artifact}").read_bytes()


def test_all_test_images_without_a_number(folder):
    settings = MAPPER.model_copy(update={"images": None, "pair": None})
    networks = TappedNetworks(networks=[V], seeds=[0], layers={"V": [("last", "ReLU53")]})
    graphs, _, table = make(folder, "all", networks=networks, mapper=settings)
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


# Feature pictures


def test_the_largest_nodes_that_have_a_direction():
    sizes, means = np.array([5, 9, 7, 9, 2]), np.ones((5, 3))
    means[1] = 0
    means[2, :2] = 0
    assert largest(sizes, means, 2).tolist() == [2, 3]
    assert largest(sizes, means, 9).tolist() == [0, 2, 3, 4]
    assert largest(np.full(4, 3), np.ones((4, 2)), 2).tolist() == [0, 1]  # of equals the first
    assert largest(sizes, np.zeros((5, 3)), 2).tolist() == []
    assert largest(np.zeros(0, int), np.zeros((0, 3)), 2).tolist() == []


def paint(folder, graphs, name="pictures.npz"):
    paint_nodes(
        folder / "data.npz", graphs, folder / name, networks=TAPPED,
        feature_pictures=FeaturePictures(nodes=2, steps=1), seed=SEED,
    )  # fmt: skip
    return read_arrays(folder / name)


@pytest.fixture(scope="module")
def pictures(folder):
    return paint(folder, folder / "one-graphs.npz")


def test_pictures_are_of_the_mean_vectors_of_the_largest_nodes(folder, pictures):
    graphs, model = read_arrays(folder / "one-graphs.npz"), prepared_network(V, 0, None, image_set())
    for layer in LAYERS:
        nodes = pictures[f"{layer}.nodes"]
        sizes = graphs[f"{layer}.sizes"]
        assert len(nodes) == 2
        assert sorted(sizes[nodes]) == sorted(sizes)[-2:]
        assert pictures[f"{layer}.pictures"].shape == (2, 32, 32, 3)
        expected = feature_pictures(
            model,
            layer,
            graphs[f"{layer}.means"][nodes],
            (32, 32),
            1,
            child_seed(SEED, "feature pictures", layer),
            [str(node) for node in nodes],
        )
        np.testing.assert_array_equal(pictures[f"{layer}.pictures"], expected)


def test_a_layer_without_nodes_has_no_pictures(folder, tmp_path):
    arrays = read_arrays(folder / "one-graphs.npz")
    arrays |= {"ReLU53.sizes": np.zeros(0, np.int64), "ReLU53.means": np.zeros((0, 64), np.float32)}
    write_arrays(tmp_path / "graphs.npz", arrays)
    found = paint(folder, tmp_path / "graphs.npz", "fewer.npz")
    assert found["ReLU53.nodes"].tolist() == []
    assert found["ReLU53.pictures"].shape == (0, 32, 32, 3)
    assert len(found["ReLU22.pictures"]) == 2


# The page


def test_the_page_shows_the_graphs(folder, pictures):
    files = [folder / name for name in ("data.npz", "one-graphs.npz", "one-structures.json", "pictures.npz")]
    page = folder / "page.html"
    write_explorer(*files, page, layers=LAYERS, title="Graphs", seed=0)
    text = page.read_text(encoding="utf-8")
    data = re.search('<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1]
    shown = json.loads(data)
    graphs = read_arrays(folder / "one-graphs.npz")
    assert shown["notes"] == [NOTE, "Images: made up."]
    assert [layer["name"] for layer in shown["layers"]] == LAYERS
    for layer in shown["layers"]:
        nodes = layer["nodes"]
        assert [node["size"] for node in nodes] == graphs[f"{layer['name']}.sizes"].tolist()
        with_picture = [number for number, node in enumerate(nodes) if node["feature"] is not None]
        assert with_picture == pictures[f"{layer['name']}.nodes"].tolist()
        assert [nodes[number]["feature"] for number in with_picture] == [0, 1]
    assert not re.search(r"(src|href)=\"https?://", text)
