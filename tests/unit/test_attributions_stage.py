"""Which images are explained, and the table and maps of Grad-CAM and occlusion, on untrained networks."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from topolens.artifacts import read_arrays
from topolens.attribution import explained_images
from topolens.attribution.concentration import inside_gain, inside_share, spatial_concentration
from topolens.attribution.deletion import deletion_insertion
from topolens.attribution.explained_images import images_with_labels, images_with_masks
from topolens.attribution.maps import ClassTarget, grad_cam, occlusion
from topolens.attribution.targets import MaskTarget
from topolens.clouds import positions
from topolens.clouds.positions import Unit, channel_vectors_of
from topolens.config.analyses import GRAD_CAM, INPUT, OCCLUSION, Attributions
from topolens.config.clouds import PositionClouds
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.images.inference import as_inputs, predict
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.stages.attributions import COLUMNS, compute_attributions

SEED = 5
CLASSES = ["cat", "dog", "ship"]
A = ImageNetwork(name="A", architecture="vgg16", bands=["R", "G", "B"], first_filters=4)
B = ImageNetwork(name="B", architecture="vgg16", bands=["G"], first_filters=4)
U = ImageNetwork(name="U", architecture="unet", bands=["R", "G", "B"], first_filters=2)
LAYERS = ["ReLU11", "ReLU33"]
SETTINGS = Attributions(images=1, window=16, stride=16, steps=2, pictured=2)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Tiny maps are quicker by one thread than by two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def labelled(side=32, count=24):
    """Random images of three classes in turn; the first six are for training."""
    generator = np.random.default_rng(0)
    return ImageSet(
        images=generator.integers(0, 256, (count, side, side, 3)).astype(np.uint8),
        targets=(np.arange(count) % 3).astype(np.uint8),
        split=np.where(np.arange(count) < 6, 0, 2).astype(np.uint8),
        classes=CLASSES,
        names=np.arange(count).astype(str),
        source="here",
    )


def masked(side=16, count=12):
    """Random images of which every third has an empty mask; the first four are for training."""
    generator = np.random.default_rng(0)
    masks = np.zeros((count, side, side), np.uint8)
    for number, mask in enumerate(masks):
        mask[: side // 2, number % 3 :] = number % 3 > 0
    return ImageSet(
        images=generator.integers(0, 256, (count, side, side, 3)).astype(np.uint8),
        targets=masks,
        split=np.where(np.arange(count) < 4, 0, 2).astype(np.uint8),
        classes=["soil", "row"],
        names=np.arange(count).astype(str),
        source="here",
    )


# Images with labels


class Painted(nn.Module):
    """Says the class whose number is that of the brightest band."""

    def forward(self, bands):
        return bands.mean(dim=(2, 3))


def painted(told, true):
    """Images of one bright band each, which tells what the network says, and what is true."""
    images = np.zeros((len(told), 2, 2, 3), np.uint8)
    images[np.arange(len(told)), :, :, told] = 200
    split = np.full(len(told), 2, np.uint8)
    return ImageSet(images, np.array(true, np.uint8), split, CLASSES, np.arange(len(told)).astype(str), "here")


# Cats are always told right, dogs now and then, ships never.
TRUE = np.repeat([0, 1, 2], 20)
TOLD = np.concatenate([np.zeros(20, int), np.tile([1, 1, 2, 0], 5), np.tile([0, 1], 10)])


def chosen_of(count, seed=SEED, told=TOLD):
    return images_with_labels(painted(told, TRUE), Painted(), A, count, seed)


def test_right_and_wrong_images_of_each_class_one_of_each_first():
    found = chosen_of(2)
    kinds = [(CLASSES[TRUE[row]], bool(TOLD[row] == TRUE[row])) for row in found.rows]
    once = [("cat", True), ("dog", True), ("dog", False), ("ship", False)]
    assert kinds == once * 2
    assert len(set(found.rows.tolist())) == 8
    assert found.repeats.tolist() == [-1] * 8


def test_a_class_gives_all_its_mistakes_where_they_are_few():
    told = TRUE.copy()
    told[[3, 25]] = 2
    found = chosen_of(4, told=told)
    assert {3, 25} <= set(found.rows.tolist())
    assert len(found.rows) == 3 * 4 + 2


def test_more_images_begin_with_fewer_and_the_choice_is_random():
    one, three = chosen_of(1), chosen_of(3)
    np.testing.assert_array_equal(three.rows[: len(one.rows)], one.rows)
    assert len({tuple(chosen_of(2, seed).rows.tolist()) for seed in range(4)}) > 1


def test_the_search_for_mistakes_does_not_depend_on_its_steps(monkeypatch):
    expected = chosen_of(2).rows
    monkeypatch.setattr(explained_images, "BLOCK", 3)
    np.testing.assert_array_equal(chosen_of(2).rows, expected)


def test_only_test_images_are_explained():
    images = painted(TOLD, TRUE)
    images.split[::2] = 0
    found = images_with_labels(images, Painted(), A, 50, SEED)
    assert sorted(found.rows) == list(range(1, 60, 2))


# Images with masks


class Seen(nn.Module):
    """Channel vectors of `Wide` are the colours of the pixels."""

    def __init__(self):
        super().__init__()
        self.Wide = nn.Identity()

    def forward(self, bands):
        return self.Wide(bands)


def test_images_with_masks_are_those_of_the_clouds(monkeypatch):
    monkeypatch.setattr(positions, "prepared_network", lambda *_: Seen())
    images = masked(side=4)
    found = images_with_masks(images, 6, SEED)
    clouds = PositionClouds(of="positions", points=16, repeats=6, groups=["all"])
    repeats = list(channel_vectors_of(Unit(U, 0, "all", None), images, {"Wide": "Wide"}, clouds, SEED))
    filled = (images.targets == 1).any(axis=(1, 2))
    assert filled[found.rows].all()
    assert 0 < len(found.rows) < 6
    for row, repeat in zip(found.rows, found.repeats, strict=True):
        cloud, pixels = repeats[repeat]["Wide"], images.images[row].reshape(16, 3) / 255
        np.testing.assert_allclose(sorted(map(tuple, cloud)), sorted(map(tuple, pixels)), rtol=1e-6)
    # What is left out are the clouds of images without an object.
    sums = {np.round(images.images[row].sum() / 255, 2) for row in images.rows("test") if not filled[row]}
    for repeat in set(range(6)) - set(found.repeats.tolist()):
        assert np.round(repeats[repeat]["Wide"].sum(dtype=np.float64), 2) in sums


def test_all_images_with_masks():
    images = masked()
    found = images_with_masks(images, 8, SEED)
    assert sorted(found.rows) == [row for row in range(4, 12) if row % 3]


def test_images_with_masks_that_cannot_be_had():
    images = masked()
    with pytest.raises(TopolensError, match=r"attributions\.images 9: there are 8 test images; ask for fewer"):
        images_with_masks(images, 9, SEED)
    images.targets[:] = 0
    with pytest.raises(TopolensError, match="none of the images has anything inside its mask"):
        images_with_masks(images, 8, SEED)


# The table


def tapped(networks=(A,), layers=LAYERS, seeds=(0,)):
    pairs = [(layer, layer) for layer in layers]
    return TappedNetworks(networks=[*networks], seeds=[*seeds], layers={one.name: pairs for one in networks})


def attribute(folder, images, name="one", **changes):
    images.write(folder / "data.npz")
    settings = {"networks": tapped(), "attributions": SETTINGS, "seed": SEED, "threads": 1} | changes
    files = folder / f"{name}.npz", folder / f"{name}.csv"
    compute_attributions(folder / "data.npz", *files, **settings)
    return files


@pytest.fixture(scope="module")
def classified(tmp_path_factory):
    maps, table = attribute(tmp_path_factory.mktemp("labels"), labelled())
    return read_arrays(maps), pd.read_csv(table)


def test_a_row_for_each_layer_and_image(classified):
    arrays, table = classified
    assert table.columns.tolist() == COLUMNS
    images = len(table) // 3
    assert table["layer"].tolist() == [layer for layer in [*LAYERS, INPUT] for _ in range(images)]
    assert (table["method"] == np.where(table["layer"] == INPUT, OCCLUSION, GRAD_CAM)).all()
    assert not table.duplicated(["network", "layer", "image"]).any()
    assert table["concentration"].dropna().between(0, 1).all()
    assert table[["inside", "gain"]].isna().all(axis=None)
    areas = ["deletion", "insertion", "deletion_shifted", "insertion_shifted"]
    first = table["layer"] == LAYERS[0]
    assert table.loc[first, areas].isna().all(axis=None)
    assert table.loc[~first, areas].apply(lambda column: column.between(0, 1)).all(axis=None)
    assert arrays["layers"].tolist() == LAYERS
    assert sorted(arrays) == sorted(["images", "layers", *(f"A.{layer}" for layer in [*LAYERS, INPUT])])


def test_labels_and_mistakes_are_those_of_the_network(classified):
    _, table = classified
    images = labelled()
    told = predict(prepared_network(A, 0, None, images), images.images, list("RGB"))
    true = images.targets[table["image"]]
    assert table["label"].tolist() == [CLASSES[label] for label in true]
    assert table["correct"].tolist() == (told[table["image"]] == true).astype(int).tolist()
    assert (table["repeat"] == -1).all()


def pictured_of(images, rows):
    """Places of the first two images of each class."""
    labels = images.targets[rows].tolist()
    return [place for place, label in enumerate(labels) if labels[:place].count(label) < 2]


def test_values_are_those_of_the_methods_one_by_one(classified):
    arrays, table = classified
    images = labelled()
    rows = table.loc[table["layer"] == INPUT, "image"].to_numpy()
    model = prepared_network(A, 0, None, images)
    inputs, target = as_inputs(images.images[rows], list("RGB")), ClassTarget(images.targets[rows])
    kept = pictured_of(images, rows)
    assert arrays["images"].tolist() == rows[kept].tolist()
    for layer in [*LAYERS, INPUT]:
        maps = occlusion(model, inputs, target, 16, 16) if layer == INPUT else grad_cam(model, inputs, layer, target)
        np.testing.assert_allclose(arrays[f"A.{layer}"], maps[kept], rtol=1e-3, atol=1e-5 * np.abs(maps).max())
        own = table[table["layer"] == layer]
        np.testing.assert_allclose(own["concentration"], spatial_concentration(np.maximum(maps, 0)), rtol=1e-3)
        if layer != LAYERS[0]:
            curves = deletion_insertion(model, inputs, maps, target, 2)
            np.testing.assert_allclose(own["insertion"], curves.insertion_area, rtol=1e-4)
            np.testing.assert_allclose(own["deletion"], curves.deletion_area, rtol=1e-4)


def test_only_the_wanted_networks_are_explained_all_on_the_same_images(tmp_path):
    both = {"networks": tapped((A, B), ["ReLU53"], (0, 1))}
    _, file = attribute(tmp_path, labelled(), "both", **both)
    table = pd.read_csv(file)
    assert table["network"].unique().tolist() == ["A", "B"]
    for _, own in table.groupby(["network", "seed", "layer"]):
        assert own["image"].tolist() == table["image"][: len(own)].tolist()
    wanted = SETTINGS.model_copy(update={"networks": ["B"]})
    maps, file = attribute(tmp_path, labelled(), "second", **both, attributions=wanted)
    alone = pd.read_csv(file)
    assert alone["network"].unique().tolist() == ["B"]
    # It is its own mistakes that are looked for.
    model = prepared_network(B, 0, None, labelled())
    rows = images_with_labels(labelled(), model, B, 1, SEED).rows
    assert alone["image"].unique().tolist() == rows.tolist()
    assert {"B.ReLU53", "B.input"} <= set(read_arrays(maps))
    assert "A.ReLU53" not in read_arrays(maps)


def test_every_seed_has_grad_cam_and_the_first_ones_occlusion_too(tmp_path):
    images, networks = labelled(count=15), tapped((A,), LAYERS, (0, 4, 2))
    several = SETTINGS.model_copy(update={"occluded_seeds": 2})
    maps, file = attribute(tmp_path, images, networks=networks, attributions=several)
    table, arrays = pd.read_csv(file), read_arrays(maps)
    rows = table.groupby(["seed", "method"], sort=False).size() / table["image"].nunique()
    kinds = [(0, GRAD_CAM, 2), (0, OCCLUSION, 1), (4, GRAD_CAM, 2), (4, OCCLUSION, 1), (2, GRAD_CAM, 2)]
    assert [(*key, count) for key, count in rows.items()] == kinds
    areas = ["deletion", "insertion", "deletion_shifted", "insertion_shifted"]
    assert table.loc[table["seed"] == 2, areas].isna().all(axis=None)
    # What is kept of pictures is that of the first seed.
    rows = table.loc[(table["seed"] == 0) & (table["layer"] == INPUT), "image"].to_numpy()
    inputs, target = as_inputs(images.images[rows], list("RGB")), ClassTarget(images.targets[rows])
    for seed in (0, 2):
        model = prepared_network(A, seed, None, images)
        heat = grad_cam(model, inputs, "ReLU33", target)
        own = table[(table["seed"] == seed) & (table["layer"] == "ReLU33")]
        np.testing.assert_allclose(own["concentration"], spatial_concentration(heat), rtol=1e-3)
        if seed == 0:
            np.testing.assert_allclose(
                arrays["A.ReLU33"], heat[pictured_of(images, rows)], rtol=1e-3, atol=1e-5 * heat.max()
            )


def test_layers_are_called_by_their_labels(tmp_path):
    networks = TappedNetworks(networks=[A], seeds=[0], layers={"A": [("first", "ReLU11"), ("last", "ReLU33")]})
    maps, file = attribute(tmp_path, labelled(count=12), "labels", networks=networks)
    plain, _ = attribute(tmp_path, labelled(count=12), "plain")
    assert pd.read_csv(file)["layer"].unique().tolist() == ["first", "last", INPUT]
    np.testing.assert_array_equal(read_arrays(maps)["A.last"], read_arrays(plain)["A.ReLU33"])


def test_the_same_bytes_again(tmp_path):
    first, second = (attribute(tmp_path, labelled(count=12), name) for name in ("a", "b"))
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_a_segmenter_is_asked_for_what_is_inside_the_mask(tmp_path):
    images = masked()
    settings = Attributions(images=4, window=8, stride=8, steps=2, pictured=1)
    networks = tapped((U,), ["E1-ReLU1", "D3-ReLU2"])
    maps, file = attribute(tmp_path, images, networks=networks, attributions=settings)
    table, arrays = pd.read_csv(file), read_arrays(maps)
    chosen = images_with_masks(images, 4, SEED)
    assert table["image"].tolist() == chosen.rows.tolist() * 3
    assert table["repeat"].tolist() == chosen.repeats.tolist() * 3
    assert table[["label", "correct"]].isna().all(axis=None)
    assert arrays["U.input"].shape == (1, 16, 16)
    model, masks = prepared_network(U, 0, None, images), images.targets[chosen.rows] == 1
    inputs = as_inputs(images.images[chosen.rows], list("RGB"))
    heat = grad_cam(model, inputs, "D3-ReLU2", MaskTarget(masks))
    own = table[table["layer"] == "D3-ReLU2"]
    np.testing.assert_allclose(own["inside"], inside_share(heat, masks), rtol=1e-3)
    np.testing.assert_allclose(own["gain"], inside_gain(heat, masks), rtol=1e-3)
    hidden = np.maximum(occlusion(model, inputs, MaskTarget(masks), 8, 8), 0)
    own = table[table["layer"] == INPUT]
    np.testing.assert_allclose(own["inside"], inside_share(hidden, masks), rtol=1e-3)
    assert own["insertion"].between(0, 1).all()
