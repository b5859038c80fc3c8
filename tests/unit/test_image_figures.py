"""Figures of image networks and their images, on a few made-up images, networks of one filter and handfuls of rows."""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from drawn_figure import drawn

from topolens.config.architectures import TAPPED_LAYERS
from topolens.config.clouds import PositionClouds
from topolens.config.data import DataSet
from topolens.config.homology import Landscapes
from topolens.config.networks import ImageNetwork
from topolens.config.run import Run
from topolens.config.study import Study
from topolens.config.training import ImageTraining
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.figures import (
    architecture,
    confusion,
    contact_sheet,
    image_training,
    mask_planes,
    scores,
    segmentation,
)
from topolens.figures.style import network_colours, use_style
from topolens.nets.checkpoint import Card, save_checkpoint
from topolens.nets.images.build import build_network
from topolens.results import Results

CLASSES = {"vgg16": ["cat", "dog", "ship"], "unet": ["soil", "row"]}
TEST_IOU = {("RGB", 0): 0.5, ("RGB", 1): 0.7, ("M1", 0): 0.25, ("M1", 1): 0.25}


@pytest.fixture(autouse=True)
def _style():
    threads = torch.get_num_threads()
    use_style()
    yield
    plt.close("all")
    torch.set_num_threads(threads)


def make_run(folder: Path, model: str, **changes) -> Results:
    """A run with no artifacts yet: one classifier from one seed, or two U-Nets from two seeds."""
    names = ["VGG-16"] if model == "vgg16" else ["RGB", "M1"]
    run = Run(
        data=DataSet(name="cifar10") if model == "vgg16" else DataSet(name="crbd", validation=0.1, test=0.3),
        networks=[ImageNetwork(name=name, architecture=model, bands=["R", "G"], first_filters=1) for name in names],
        seeds=[0] if model == "vgg16" else [0, 1],
        weights="train",
        training=ImageTraining(epochs=2, batch_size=2, learning_rate=0.1),
        clouds=PositionClouds(of="positions", points=10, repeats=1, groups=["all"]),
        landscapes=Landscapes(degree=1),
    ).model_copy(update=changes)
    study = Study(name="toy", title="", scale="smoke", runs={"main": run}, variants={}, figures={})
    (folder / "main" / "checkpoints").mkdir(parents=True)
    return Results(folder, study, "main")


@pytest.fixture
def vgg(tmp_path):
    return make_run(tmp_path, "vgg16")


@pytest.fixture
def unets(tmp_path):
    return make_run(tmp_path, "unet")


def write_images(run: Results) -> None:
    """Four grey images, all of them for tests, three classes or a row in the left half."""
    model = run.config.networks[0].architecture
    size = (32, 32) if model == "vgg16" else (16, 24)
    images = np.broadcast_to(np.array([10, 20, 30, 40], np.uint8)[:, None, None, None], (4, *size, 3)).copy()
    masks = np.zeros((4, *size), np.uint8)
    masks[:, :, : size[1] // 2] = 1
    targets = np.array([0, 1, 2, 0], np.uint8) if model == "vgg16" else masks
    names = np.array([f"photo {number}" for number in range(4)])
    image_set = ImageSet(images, targets, np.full(4, 2, np.uint8), CLASSES[model], names, "made up")
    image_set.write(run.folder / "main" / "data.npz")


def write_networks(run: Results, finds_row: bool = True) -> None:
    """Networks that answer one class everywhere, with a curve of two epochs, the first of which has no score."""
    for settings in run.config.networks:
        classes = CLASSES[settings.architecture]
        for seed in run.config.seeds:
            network = build_network(settings, len(classes), seed)
            with torch.no_grad():
                logits = network.get_submodule("Logits")
                logits.weight.zero_()
                logits.bias.copy_(torch.tensor([0.0, 1.0 if finds_row else -1.0, -2.0][: len(classes)]))
            curve = [
                {"epoch": 1, "learning_rate": 0.1, "loss": 1.5, "training_score": None, "validation_score": 0.1},
                {"epoch": 2, "learning_rate": 0.0, "loss": 1.0, "training_score": 0.3, "validation_score": 0.2},
            ]
            result = {"test_iou": TEST_IOU[settings.name, seed]} if len(classes) == 2 else {"test_accuracy": 0.9}
            card = Card(
                network=settings, classes=classes, training=run.config.training, data=run.config.data_set,
                source="made up", seed=seed, curve=curve, hardware="", minutes=0, versions={}, code="", scores=result,
            )  # fmt: skip
            file = run.checkpoint(settings.name, seed)
            save_checkpoint(file, file.with_suffix(".json"), network, card)


def write_table(run: Results, name: str, rows: list[dict]) -> None:
    pd.DataFrame(rows).to_csv(run.folder / "main" / name, index=False)


def texts(artist):
    return [text.get_text() for text in artist.findobj(plt.Text) if text.get_text()]


# --- images --------------------------------------------------------------------------------------


def test_the_contact_sheet_of_a_run_has_its_classes(vgg):
    write_images(vgg)
    (axes,) = drawn(contact_sheet.draw(vgg, columns=2, seed=0)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "ship"]


def test_images_from_hard_to_easy():
    ious = {1: 0.1, 2: 0.9, 3: 0.5, 4: 0.7, 5: 0.3, 6: 0.8}
    rows = [{"image": image, "iou": iou + shift} for image, iou in ious.items() for shift in (-0.05, 0.05)]
    assert segmentation.chosen_rows(pd.DataFrame(rows), 3) == [5, 4, 2]
    assert segmentation.chosen_rows(pd.DataFrame(rows), 1) == [4]
    for count in (0, 7):
        with pytest.raises(TopolensError, match="1 to 6"):
            segmentation.chosen_rows(pd.DataFrame(rows), count)


def test_colours_of_right_too_much_and_missed():
    predicted, truth = np.array([[True, True, False, False]]), np.array([[True, False, True, False]])
    colours = segmentation.overlay(np.zeros((1, 4, 3), np.uint8), predicted, truth)
    expected = [*(segmentation.OPACITY * np.array(c) for c in _agreement_colours()), np.zeros(3)]
    np.testing.assert_allclose(colours[0], expected)


def _agreement_colours():
    return segmentation.FOUND, segmentation.TOO_MUCH, segmentation.MISSED


def write_performance(run):
    """A lower IoU for images of a higher number, as the table says, and nothing without skips."""
    cells = [(network.name, seed) for network in run.config.networks for seed in run.config.seeds]
    write_table(run, "performance.csv", [
        {"network": name, "seed": seed, "skips": skips, "image": row, "iou": (0.9 - 0.1 * row) * skips}
        for name, seed in cells for skips in (True, False) for row in range(4)
    ])  # fmt: skip


@pytest.mark.parametrize("finds_row", [True, False])
def test_segmentation_shows_each_network_beside_the_truth(unets, finds_row):
    write_images(unets)
    write_networks(unets, finds_row)
    write_performance(unets)
    figure = drawn(segmentation.draw(unets, images=2))
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["photograph", "truth", "RGB\nIoU 0.70", "M1\nIoU 0.70", "", "", "IoU 0.90", "IoU 0.90"]
    assert [figure.axes[place].get_ylabel() for place in (0, 4)] == ["photo 2", "photo 0"]
    predicted = figure.axes[2].images[0].get_array()
    row, soil = predicted[0, 0], predicted[0, -1]
    grey = (1 - segmentation.OPACITY) * 30 / 255
    right, too_much, missed = (grey + segmentation.OPACITY * np.array(colour) for colour in _agreement_colours())
    np.testing.assert_allclose(row, right if finds_row else missed)
    np.testing.assert_allclose(soil, too_much if finds_row else np.full(3, 30 / 255))
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 3


def test_segmentation_needs_masks(vgg):
    write_images(vgg)
    with pytest.raises(TopolensError, match="labels, not masks"):
        segmentation.draw(vgg)


# --- networks ------------------------------------------------------------------------------------


def test_a_trace_knows_the_shapes_of_all_layers():
    settings = ImageNetwork(name="VGG", architecture="vgg16", bands=["R"], first_filters=2)
    layers = {layer.name: layer for layer in architecture.trace(settings, 10, 32, 32)}
    assert layers["ReLU31"] == architecture.Layer("ReLU31", "ReLU", 8, 8, 8)
    assert layers["Pool5"] == architecture.Layer("Pool5", "MaxPool2d", 16, 1, 1)
    assert layers["Logits"] == architecture.Layer("Logits", "Linear", 10, 1, 1)


def test_boxes_fill_the_room_in_proportion():
    layers = [architecture.Layer("", "ReLU", channels, 8, 8) for channels in (1, 100, 200)]
    channel = architecture.fitted_channel(layers, 3.03)
    thin, middle, thick = (architecture.boxed(layer, 0.1, channel, 0) for layer in layers)
    assert (thin.width, middle.width, thick.width) == pytest.approx((architecture.THINNEST, 1, 2))
    assert middle.height == pytest.approx(0.8)


@pytest.mark.parametrize("model", TAPPED_LAYERS)
@pytest.mark.parametrize("filters", [1, 64])
def test_the_architecture_names_all_tapped_layers(tmp_path, model, filters):
    settings = ImageNetwork(name="first", architecture=model, bands=["R", "G"], first_filters=filters)
    run = make_run(tmp_path, model, networks=[settings])
    write_images(run)
    found = texts(drawn(architecture.draw(run)))
    for layer in TAPPED_LAYERS[model]:
        assert found.count(layer) == 1
    assert "logits" in found
    assert "2 bands" in found
    assert "not recorded" not in found


def test_unrecorded_layers_are_grey(vgg):
    chosen = ["ReLU11", "ReLU32"]
    run = make_run(vgg.folder / "few", "vgg16", clouds=vgg.config.clouds.model_copy(update={"layers": chosen}))
    write_images(run)
    figure = drawn(architecture.draw(run))
    black = {text.get_text() for text in figure.axes[0].texts if text.get_color() == "black"}
    assert black == set(chosen)
    assert "not recorded" in texts(figure)


def test_the_unet_has_an_arrow_for_each_step_and_skip(unets):
    write_images(unets)
    (axes,) = drawn(architecture.draw(unets)).axes
    arrows = [patch for patch in axes.patches if isinstance(patch, mpl.patches.FancyArrowPatch)]
    assert len(arrows) == 3 + 3 + 3
    numbers = texts(axes)
    assert [numbers.count(text) for text in ("16 × 24", "1", "2", "8")] == [
        1,
        4,
        6,
        3,
    ]  # skips double what they are joined to


def test_positions_are_inside_where_most_of_their_pixels_are():
    mask = np.zeros((1, 4, 4), bool)
    mask[0, :2, :3] = True
    np.testing.assert_array_equal(mask_planes.mostly_inside(mask, (2, 2)), [[[True, False], [False, False]]])


def test_channel_vectors_stand_in_their_plane_inside_masks_and_outside(unets):
    write_images(unets)
    write_networks(unets)
    figure = drawn(mask_planes.draw(unets, seed=0, layers=["D2-ReLU2", "B-ReLU1", "none"], points=30, images=3))
    grid = np.array(figure.axes).reshape(2, 2)
    assert [axes.get_title() for axes in grid[0]] == ["B-ReLU1", "D2-ReLU2"]
    assert [axes.get_ylabel() for axes in grid[:, 0]] == ["RGB", "M1"]
    counts = [[len(points.get_offsets()) for points in axes.collections] for axes in grid.T.flat]
    assert [outside + inside for outside, inside in counts] == [18, 18, 30, 30]  # no more than the maps have
    assert counts[0] == counts[1]  # positions are the same for all networks
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["inside the crop rows", "outside"]


def test_planes_of_masks_need_masks(vgg):
    write_images(vgg)
    with pytest.raises(TopolensError, match="labels, not masks"):
        mask_planes.draw(vgg, seed=0, layers=["ReLU11"])


# --- training and scores -------------------------------------------------------------------------


def test_training_shows_every_card(unets):
    write_networks(unets)
    figure = drawn(image_training.draw(unets))
    loss, training, others = figure.axes
    curves = [line for line in loss.lines if len(line.get_xdata()) == 2]
    assert len(curves) == 4
    assert {tuple(line.get_ydata()) for line in curves} == {(1.5, 1.0)}
    colours = network_colours(["RGB", "M1"])
    assert [line.get_color() for line in curves] == [colours[name] for name in ("RGB", "RGB", "M1", "M1")]
    assert np.isnan(training.lines[0].get_ydata()[0])
    marks = [line.get_ydata()[0] for line in others.lines if line.get_marker() == "D"]
    assert marks == list(TEST_IOU.values())
    assert others.get_title() == "validation images"
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["RGB: 0.500–0.700", "M1: 0.250"]


def test_training_without_validation_images(vgg):
    write_networks(vgg)
    figure = drawn(image_training.draw(vgg))
    assert figure.axes[1].get_ylabel() == "accuracy"
    assert figure.axes[2].get_title() == "test images"
    assert "VGG-16: 0.900" in texts(figure)


def test_confusions_in_percent(vgg):
    cell = {"network": "VGG-16", "seed": 0}
    shares = {("cat", "cat"): 0.75, ("cat", "dog"): 0.25, ("dog", "dog"): 1.0, ("dog", "cat"): 0.0}
    rows = [{"statistic": "accuracy", "estimate": 0.875, "low": 0.8, "high": 0.95, "n": 1000}]
    rows += [
        {"statistic": "predicted_share", "classes": a, "against": b, "estimate": x} for (a, b), x in shares.items()
    ]
    write_table(vgg, "statistics.csv", [cell | row for row in rows])
    (axes,) = drawn(confusion.draw(vgg)).axes
    np.testing.assert_array_equal(axes.images[0].get_array(), [[0.75, 0.25], [0, 1]])
    assert [text.get_text() for text in axes.texts] == ["75.0", "25.0", "100.0"]
    assert axes.get_title() == "VGG-16: 87.5% of 1,000 test images right (95% interval 80.0% to 95.0%)"


def test_confusions_of_untrained_networks(vgg):
    row = {
        "statistic": "complexity_l2",
        "network": "VGG-16",
        "seed": 0,
        "classes": "all",
        "against": None,
        "estimate": 1,
    }
    write_table(vgg, "statistics.csv", [row])
    with pytest.raises(TopolensError, match="predicted_share"):
        confusion.draw(vgg)


def write_scores(run):
    """Every score 0.5 on the mean over seeds; precision of M1 has no value."""
    rows = []
    for statistic in scores.PANELS:
        for network in ("RGB", "M1"):
            for seed, estimate in ((0, 0.4), (1, 0.6), (None, 0.5)):
                value = np.nan if (statistic, network) == ("precision", "M1") else estimate
                cell = {"statistic": statistic, "network": network, "seed": seed}
                rows.append(cell | {"estimate": value, "low": value - 0.1, "high": value + 0.1})
    write_table(run, "statistics.csv", rows)


def test_scores_show_means_intervals_and_seeds(unets):
    write_scores(unets)
    figure = drawn(scores.draw(unets))
    assert [axes.get_title() for axes in figure.axes] == list(scores.PANELS.values())
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["RGB", "M1"]
    mean, seeds, *_ = figure.axes[0].lines
    assert list(mean.get_xdata()) == [0.5]
    assert list(seeds.get_xdata()) == [0.4, 0.6]
    assert mean.get_color() == network_colours(["RGB", "M1"])["RGB"]
    np.testing.assert_allclose(figure.axes[0].collections[0].get_segments()[0][:, 0], [0.4, 0.6])
    assert [texts(axes).count("undefined") for axes in figure.axes] == [0, 0, 1, 0]


def test_scores_need_masks(vgg):
    write_table(vgg, "statistics.csv", [{"statistic": "accuracy", "network": "VGG-16", "seed": 0}])
    with pytest.raises(TopolensError, match="no IoU"):
        scores.draw(vgg)
