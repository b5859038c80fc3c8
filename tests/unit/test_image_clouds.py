"""Which images make clouds of images, and that vectors and predictions are those of each network and condition."""

import numpy as np
import pandas as pd
import pytest
import torch

from topolens.artifacts import read_arrays
from topolens.clouds import image_recording as module
from topolens.clouds.image_recording import balanced_rows, read_under
from topolens.config.clouds import ImageClouds
from topolens.config.conditions import CLEAN, INT8, Condition, ConditionSet
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.images.inference import as_inputs
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.nets.noise import noisy
from topolens.nets.quantise import quantise
from topolens.nets.readout import read_out
from topolens.seeding import child_seed
from topolens.stages.image_clouds import PERFORMANCE, record_image_clouds

SEED = 3
CLASSES = ["cat", "dog", "ship"]
A = ImageNetwork(name="A", architecture="vgg16", bands=["R", "G", "B"], first_filters=2)
B = ImageNetwork(name="B", architecture="vgg16", bands=["R", "G", "B"], first_filters=1)
LAYERS = {"first": "ReLU11", "last": "ReLU53"}
CONDITIONS = [
    Condition(kind=CLEAN),
    Condition(kind="gaussian", strength=0.5),
    Condition(kind="gaussian", strength=2.0, published=False),
    Condition(kind=INT8),
]
CLOUDS = ImageClouds(of="images", images_per_class=2, repeats=2)
EVALUATED = 4  # of each class, more than the 2 of the first cloud


def image_set(per_class=12):
    """Random images of three classes, one class after another; all but the first nine are for tests."""
    generator = np.random.default_rng(0)
    count = 3 * per_class
    return ImageSet(
        images=generator.integers(0, 256, (count, 32, 32, 3)).astype(np.uint8),
        targets=np.repeat(np.arange(3, dtype=np.uint8), per_class),
        split=np.where(np.arange(count) % per_class < 3, 0, 2).astype(np.uint8),
        classes=CLASSES,
        names=np.arange(count).astype(str),
        source="here",
    )


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Tiny maps are quicker by one thread than by two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def observed(conditions, images_per_class=EVALUATED):
    return ConditionSet(conditions=conditions, images_per_class=images_per_class)


def record(folder, **changes):
    image_set().write(folder / "data.npz")
    tapped = TappedNetworks(networks=[A, B], seeds=[0, 1], layers={name: [*LAYERS.items()] for name in "AB"})
    settings = {
        "networks": tapped, "conditions": observed(CONDITIONS), "clouds": CLOUDS, "seed": SEED,
        "threads": 1,
    } | changes  # fmt: skip
    files = folder / "clouds.npz", folder / "performance.csv"
    record_image_clouds(folder / "data.npz", *files, **settings)
    return files


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    clouds, performance = record(tmp_path_factory.mktemp("clouds"))
    return read_arrays(clouds), pd.read_csv(performance)


# Rows


def test_balanced_rows_have_every_class_in_turn_and_no_image_twice():
    rows = balanced_rows(image_set(23), 20, 3)
    assert (image_set(23).targets[rows] == np.tile(np.arange(3), 20)).all()
    assert (image_set(23).split[rows] == 2).all()
    assert len(set(rows)) == 60
    assert np.array_equal(rows[:15], balanced_rows(image_set(23), 5, 3))


def test_a_class_with_too_few_images():
    with pytest.raises(TopolensError, match=r"class 'cat' has 9 test images, the clouds need 10; lower"):
        balanced_rows(image_set(), 10, 0)


# The stage


def test_clouds_share_no_image_and_have_every_class_in_turn(recorded):
    arrays, _ = recorded
    assert arrays["size"] == 6
    assert arrays["labels"].tolist() == [0, 1, 2] * 6
    assert len({*arrays["images"].tolist()}) == 18
    assert (image_set().targets[arrays["images"]] == arrays["labels"]).all()


def test_unpublished_strengths_are_seen_at_the_last_layer_alone_and_disturbed_clouds_are_the_first(recorded):
    arrays, _ = recorded
    sizes = {name: len(points) for name, points in arrays.items() if "/" in name}
    every = {"clean": 18, "gaussian 0.5": 6, "int8": 6}
    expected = {f"{network}/{layer}/{name}": n for network in "AB" for layer in LAYERS for name, n in every.items()}
    assert sizes == expected | {f"{network}/last/gaussian 2": 6 for network in "AB"}


def test_vectors_are_those_of_the_network_under_each_condition(recorded):
    arrays, images = recorded[0], image_set()
    inputs = as_inputs(images.images[arrays["images"]], list("RGB"))
    for network in (A, B):
        model = prepared_network(network, 0, None, images)
        with noisy(model, "gaussian", 0.5, child_seed(SEED, "noise")):
            disturbed = read_out(model, inputs[:6], LAYERS).vectors
        clean, small = read_out(model, inputs, LAYERS).vectors, read_out(quantise(model).network, inputs[:6], LAYERS)
        for layer in LAYERS:
            for condition, expected in (("clean", clean), ("gaussian 0.5", disturbed), ("int8", small.vectors)):
                found = arrays[f"{network.name}/{layer}/{condition}"]
                np.testing.assert_allclose(found, expected[layer], rtol=1e-4, atol=1e-6)
        assert not np.allclose(arrays[f"{network.name}/last/gaussian 0.5"], clean["last"][:6], rtol=1e-2)


def test_every_evaluated_image_has_a_row_under_each_condition(recorded):
    arrays, table = recorded
    assert table.columns.tolist() == PERFORMANCE
    assert table.groupby(["network", "condition"]).size().tolist() == [3 * EVALUATED] * 8
    for _, own in table.groupby(["network", "condition"]):
        assert own["image"][:12].tolist() == arrays["images"][:12].tolist()
    images, clean = image_set(), table.query("network == 'A' and condition == 'clean'")
    model = prepared_network(A, 0, None, images)
    told = read_out(model, as_inputs(images.images[clean["image"]], list("RGB")), LAYERS).logits.argmax(axis=1)
    assert clean["predicted"].tolist() == [CLASSES[number] for number in told]
    assert clean["label"].tolist() == [CLASSES[number] for number in images.targets[clean["image"]]]
    assert (clean["correct"] == (clean["predicted"] == clean["label"])).all()


def test_strengths_and_the_share_of_int8_stand_beside_them(recorded):
    table, model = recorded[1], prepared_network(B, 0, None, image_set())
    own = table[table["network"] == "B"].groupby("condition")[["strength", "quantised"]].first()
    share = quantise(model).share
    assert 0 < share < 1
    assert own["quantised"].to_dict() == pytest.approx({"clean": 0, "gaussian 0.5": 0, "gaussian 2": 0, "int8": share})
    assert own["strength"].dropna().to_dict() == {"gaussian 0.5": 0.5, "gaussian 2": 2}


def test_the_size_of_blocks_changes_no_noise(monkeypatch):
    images, model = image_set(), prepared_network(A, 0, None, image_set())
    pictures = images.images[:7]
    whole, _ = read_under(CONDITIONS[1], model, A, pictures, LAYERS, "class", SEED)
    monkeypatch.setattr(module, "BLOCK", 3)
    parts, _ = read_under(CONDITIONS[1], model, A, pictures, LAYERS, "class", SEED)
    for layer in LAYERS:
        np.testing.assert_allclose(parts.vectors[layer], whole.vectors[layer], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(parts.logits, whole.logits, rtol=1e-4, atol=1e-6)


def test_the_network_is_as_it_was_behind_each_condition():
    images, model = image_set(), prepared_network(A, 0, None, image_set())
    before = read_out(model, as_inputs(images.images[:3], list("RGB")), LAYERS).logits
    for condition in CONDITIONS:
        read_under(condition, model, A, images.images[:3], LAYERS, "class", SEED)
    assert np.array_equal(read_out(model, as_inputs(images.images[:3], list("RGB")), LAYERS).logits, before)


def test_more_images_may_be_evaluated_than_clouds_have(tmp_path):
    alone = TappedNetworks(networks=[A], seeds=[0], layers={"A": [*LAYERS.items()]})
    clouds, performance = record(tmp_path, networks=alone, conditions=observed(CONDITIONS[:2], 8))
    assert len(read_arrays(clouds)["images"]) == 18
    assert pd.read_csv(performance).groupby("condition").size().tolist() == [24, 24]
