"""Scores of each test image, by networks whose weights are set by hand."""

import numpy as np
import pandas as pd
import pytest
import torch

from topolens.config.data import DataSet
from topolens.config.networks import ImageNetwork
from topolens.config.training import ImageTraining
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.checkpoint import Card, save_checkpoint
from topolens.nets.images.build import build_network
from topolens.stages.performance import COLUMNS, evaluate_networks

UNET = ImageNetwork(name="RGB", architecture="unet", bands=["R"], first_filters=1)
VGG = ImageNetwork(name="VGG", architecture="vgg16", bands=["R", "G", "B"], first_filters=1)
CLASSES = {"unet": ["soil", "row"], "vgg16": ["cat", "dog", "ship"]}


@pytest.fixture(autouse=True)
def _one_thread():
    """Tiny maps are quicker by one thread than by two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def save(folder, network, settings, seed=0):
    card = Card(
        network=settings,
        classes=CLASSES[settings.architecture],
        training=ImageTraining(epochs=1, batch_size=2, learning_rate=0.1),
        data=DataSet(name="cifar10" if settings.architecture == "vgg16" else "crbd"),
        source="stand-in",
        seed=seed,
        curve=[],
        hardware="",
        minutes=0,
        versions={},
        code="",
        scores={},
    )
    file = folder / f"{settings.name}-{seed}.safetensors"
    save_checkpoint(file, file.with_suffix(".json"), network, card)
    return file


def silent(settings):
    """A network whose convolutions and matrices are all zero."""
    network = build_network(settings, len(CLASSES[settings.architecture]), 0)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear, torch.nn.ConvTranspose2d)):
                for parameter in module.parameters():
                    parameter.zero_()
    return network


def red_is_row():
    """Says `row` where red exceeds one half, which it learns of through the uppermost skip connection alone."""
    network = silent(UNET)
    with torch.no_grad():
        for layer in ("E1-Conv1", "E1-Conv2", "D3-Conv1", "D3-Conv2"):
            network.get_submodule(layer).weight[0, 0, 1, 1] = 1
        logits = network.get_submodule("Logits")
        logits.weight[1, 0, 0, 0] = 1
        logits.bias[1] = -0.5
    return network


def always_dog():
    network = silent(VGG)
    with torch.no_grad():
        network.Logits.bias[1] = 1
    return network


def masks(path):
    """Three test images of one red pixel pair, none and one; masks of one pixel, none and one elsewhere."""
    images, targets = np.zeros((4, 8, 8, 3), np.uint8), np.zeros((4, 8, 8), np.uint8)
    images[1, 2, 3:5, 0] = 255
    targets[1, 2, 3:5] = [1, 0]
    targets[1, 7, 7] = 1
    images[3, 0, 0, 0] = 255
    split = np.array([0, 2, 2, 2], np.uint8)
    ImageSet(images, targets, split, CLASSES["unet"], np.arange(4).astype(str), "stand-in").write(path)
    return path


def labels(path, count=70):
    targets = (np.arange(count) % 3).astype(np.uint8)
    images = np.zeros((count, 32, 32, 3), np.uint8)
    split = np.where(np.arange(count) < 4, 0, 2).astype(np.uint8)
    ImageSet(images, targets, split, CLASSES["vgg16"], np.arange(count).astype(str), "stand-in").write(path)
    return path


def table(folder, images_file, checkpoints, images=None, threads=1):
    evaluate_networks(
        images_file, folder / "performance.csv", checkpoints=checkpoints, images=images, seed=0, threads=threads
    )
    return pd.read_csv(folder / "performance.csv")


def test_masks_are_scored_image_by_image_with_and_without_skips(tmp_path):
    found = table(tmp_path, masks(tmp_path / "data.npz"), [save(tmp_path, red_is_row(), UNET, seed=7)])
    assert found.columns.tolist() == COLUMNS
    assert found["image"].tolist() == [1, 2, 3] * 2
    assert found["skips"].tolist() == [True] * 3 + [False] * 3
    assert set(found["network"]) == {"RGB"}
    assert set(found["seed"]) == {7}
    # Image 1: two found, two sought, one of both. Image 2: nothing and nothing. Image 3: one found, none sought.
    np.testing.assert_allclose(found["iou"], [1 / 3, 1, 0, 0, 1, 1])
    np.testing.assert_allclose(found["precision"], [1 / 2, np.nan, 0, np.nan, np.nan, np.nan])
    np.testing.assert_allclose(found["recall"], [1 / 2, np.nan, np.nan, 0, np.nan, np.nan])
    assert found[["label", "predicted", "correct"]].isna().all(axis=None)


def test_labels_are_scored_image_by_image(tmp_path):
    found = table(tmp_path, labels(tmp_path / "data.npz"), [save(tmp_path, always_dog(), VGG)])
    assert found.columns.tolist() == COLUMNS
    assert found["image"].tolist() == list(range(4, 70))
    assert found["label"].tolist() == [CLASSES["vgg16"][row % 3] for row in range(4, 70)]
    assert set(found["predicted"]) == {"dog"}
    assert found["correct"].tolist() == [int(row % 3 == 1) for row in range(4, 70)]
    assert found[["skips", "iou", "precision", "recall"]].isna().all(axis=None)


def test_some_images_are_the_same_for_all_networks(tmp_path):
    file = labels(tmp_path / "data.npz")
    checkpoints = [save(tmp_path, always_dog(), VGG, seed) for seed in (0, 1)]
    found = table(tmp_path, file, checkpoints, images=9)
    chosen = [rows["image"].tolist() for _, rows in found.groupby("seed")]
    assert chosen[0] == chosen[1] == sorted(set(chosen[0]))
    assert len(chosen[0]) == 9
    assert chosen[0] != list(range(4, 13))
    more = table(tmp_path, file, checkpoints[:1], images=20)
    assert set(chosen[0]) < set(more["image"])
    assert len(table(tmp_path, file, checkpoints[:1], images=1000)) == 66


def test_no_checkpoints_leave_a_bare_header(tmp_path):
    found = table(tmp_path, labels(tmp_path / "data.npz"), [])
    assert found.columns.tolist() == COLUMNS
    assert found.empty


def test_a_network_for_other_classes_is_refused(tmp_path):
    message = r"VGG-0.safetensors: expected the classes of .*data.npz, soil, row, found cat, dog, ship; evaluate it on"
    with pytest.raises(TopolensError, match=message):
        table(tmp_path, masks(tmp_path / "data.npz"), [save(tmp_path, always_dog(), VGG)])
