"""Training of image networks: schedule, augmentation, losses, scores and bands by hand; restarts; learning."""

import math

import numpy as np
import pytest
import torch

from topolens.config.networks import ImageNetwork
from topolens.config.training import ImageTraining
from topolens.data.bands import compute_bands
from topolens.errors import TopolensError
from topolens.nets.images.build import build_network
from topolens.nets.images.inference import (
    Hits,
    Pictures,
    check_images,
    check_sides,
    evaluate,
    predict,
    set_standardisation,
)
from topolens.nets.images.training import (
    Fitting,
    augment,
    epochs_of,
    fit,
    learning_rate,
    loss_of,
    precision_of,
    steps_of,
)

VGG = ImageNetwork(name="vgg", architecture="vgg16", bands=["R", "G", "B"], first_filters=2)
CPU = torch.device("cpu")
UNET = ImageNetwork(name="unet", architecture="unet", bands=["R", "ExG"], first_filters=2)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    """Tiny maps are quicker by one thread than by two."""
    before = torch.get_num_threads()
    monkeypatch.setattr("topolens.nets.images.training.THREADS", 1)
    yield
    torch.set_num_threads(before)


def test_automatic_precision_is_bfloat16_only_where_the_processor_has_it(monkeypatch):
    for own, precision in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr("topolens.processor.has_bfloat16", lambda own=own: own)
        assert precision_of(settings(), CPU) == precision
        assert precision_of(settings(precision="float32"), CPU) == "float32"
        assert precision_of(settings(precision="bfloat16"), CPU) == "bfloat16"


def settings(**changes):
    return ImageTraining(**{"epochs": 3, "batch_size": 8, "learning_rate": 0.05} | changes)


def red_or_blue(count, seed=0):
    """Noisy images that are redder (class 0) or bluer (class 1)."""
    generator = np.random.default_rng(seed)
    labels = (np.arange(count) % 2).astype(np.uint8)
    images = generator.integers(0, 200, (count, 32, 32, 3), dtype=np.uint8)
    images[np.arange(count), :, :, 2 * labels] += 40
    return Pictures(images, labels, VGG.bands)


def squares(count, seed=0):
    """Grey noise with a green rectangle, which is the mask."""
    generator = np.random.default_rng(seed)
    images = generator.integers(90, 160, (count, 16, 24, 3), dtype=np.uint8)
    masks = np.zeros((count, 16, 24), np.uint8)
    for mask, (top, left) in zip(masks, generator.integers(0, 8, (count, 2)), strict=True):
        mask[top : top + 7, left : left + 9] = 1
    images[..., 1][masks == 1] += 90
    return Pictures(images, masks, UNET.bands)


class Killed(Exception):
    pass


# The schedule


def test_the_learning_rate_rises_from_a_25th_to_its_peak_and_falls_to_zero():
    cycle = settings(learning_rate=0.5, warm_up=0.25)
    hand = {0: 0.02, 0.125: 0.26, 0.25: 0.5, 0.625: 0.25}  # halves of a cosine reach the middle half-way
    for progress, expected in hand.items():
        assert learning_rate(cycle, progress) == pytest.approx(expected)
    assert 0 < learning_rate(cycle, 1 - 1e-6) < 1e-9
    rates = [learning_rate(cycle, step / 100) for step in range(100)]
    assert rates[:26] == sorted(rates[:26])
    assert rates[25:] == sorted(rates[25:], reverse=True)


def test_the_optimiser_is_given_the_schedule_step_by_step():
    chosen = settings(epochs=4, stop_after=2, learning_rate=0.01)
    curve = fit(build_network(VGG, 2, 0), red_or_blue(20), red_or_blue(4), chosen, 0)
    # Two steps an epoch, eight in the whole cycle: the second epoch ends with the fourth.
    assert [row["learning_rate"] for row in curve] == [learning_rate(chosen, 1 / 8), learning_rate(chosen, 3 / 8)]


def test_epochs_and_steps():
    assert [epochs_of(settings(stop_after=stop)) for stop in (None, 2, 3, 9)] == [3, 2, 3, 3]
    assert [steps_of(images, settings()) for images in (5, 8, 15, 16)] == [1, 1, 1, 2]


# Augmentation


class Draws:
    """A generator whose draws are written down."""

    def __init__(self, tops, lefts, flips):
        self.queue, self.flips = [np.array(tops), np.array(lefts)], np.where(flips, 0.0, 0.9)

    def integers(self, high, size):
        drawn = self.queue.pop(0)
        assert drawn.shape == (size,)
        assert (drawn < high).all()
        return drawn

    def random(self, size):
        return self.flips


def test_crops_flips_and_mirrored_edges_by_hand():
    masks = np.stack([np.arange(6, dtype=np.uint8).reshape(2, 3)] * 3)
    images = np.repeat(masks[..., None], 3, axis=3)
    # Mirrored by one pixel each image is 4 3 4 5 4 / 1 0 1 2 1 / 4 3 4 5 4 / 1 0 1 2 1.
    expected = [[[4, 3], [1, 0]], [[5, 4], [2, 1]], [[1, 0], [4, 3]]]
    draws = Draws(tops=[0, 0, 1], lefts=[0, 3, 1], flips=[False, False, True])
    cropped, moved = augment(images, masks, settings(pad=1, crop=(2, 2)), draws)
    np.testing.assert_array_equal(moved, expected)
    np.testing.assert_array_equal(cropped, np.repeat(np.array(expected)[..., None], 3, axis=3))


def test_masks_move_with_their_images_and_every_window_is_met():
    rows, columns = np.mgrid[:6, :8]
    images = np.stack([np.stack([rows, columns, rows * 8 + columns], axis=2).astype(np.uint8)] * 400)
    masks = images[..., 2]
    cropped, moved = augment(images, masks, settings(crop=(4, 5)), np.random.default_rng(0))
    np.testing.assert_array_equal(cropped[..., 2], moved)
    np.testing.assert_array_equal(cropped[..., 0] * 8 + cropped[..., 1], moved)
    corners = cropped[:, 0, 0, :2].tolist()
    flipped = cropped[:, 0, 0, 1] > cropped[:, 0, 4, 1]
    assert {tuple(corner) for corner, flip in zip(corners, flipped, strict=True) if not flip} == {
        (top, left) for top in range(3) for left in range(4)
    }
    assert 0.4 < flipped.mean() < 0.6


def test_labels_stay_and_without_settings_nothing_changes():
    pictures = red_or_blue(5)
    images, labels = augment(pictures.images, pictures.targets, settings(flip=False), np.random.default_rng(0))
    np.testing.assert_array_equal(images, pictures.images)
    np.testing.assert_array_equal(labels, pictures.targets)
    assert augment(pictures.images, pictures.targets, settings(pad=4, crop=(40, 40)), np.random.default_rng(0))[
        0
    ].shape == (5, 40, 40, 3)


# Losses and scores


def test_the_cross_entropy_with_smoothed_labels_by_hand():
    logits, labels = torch.tensor([[0.8, 0.2]]).log(), torch.tensor([0])
    assert loss_of(logits, labels, settings()).item() == pytest.approx(-math.log(0.8))
    smoothed = -(0.95 * math.log(0.8) + 0.05 * math.log(0.2))
    assert loss_of(logits, labels, settings(label_smoothing=0.1)).item() == pytest.approx(smoothed)


def test_the_dice_loss_by_hand():
    probability = torch.tensor([[[[0.8, 0.4]]]])  # of the last class in two pixels, of which the first is of it
    logits = torch.cat([1 - probability, probability], dim=1).log()
    labels = torch.tensor([[[1, 0]]])
    entropy = -(math.log(0.8) + math.log(0.6)) / 2
    dice = (2 * 0.8 + 1) / (0.8 + 0.4 + 1 + 1)
    assert loss_of(logits, labels, settings(dice=True)).item() == pytest.approx(entropy + 1 - dice)
    assert loss_of(logits, labels, settings()).item() == pytest.approx(entropy)


def one_hot(classes, count):
    return torch.nn.functional.one_hot(torch.tensor(classes), count).movedim(-1, 1).float()


def test_accuracy_and_intersection_over_union_by_hand():
    accuracy = Hits()
    assert math.isnan(accuracy.score)
    accuracy.add(one_hot([0, 1, 2], 3), torch.tensor([0, 2, 2]))
    accuracy.add(one_hot([1], 3), torch.tensor([0]))
    assert accuracy.score == 2 / 4
    union = Hits()
    union.add(one_hot([[[1, 1, 0, 0]]], 2), torch.tensor([[[1, 0, 1, 0]]]))
    union.add(one_hot([[[1, 0, 0, 0]]], 2), torch.tensor([[[1, 0, 0, 0]]]))
    assert union.score == 2 / 4
    last = Hits()  # of three classes, the last one only
    last.add(one_hot([[[1, 2, 2, 0]]], 3), torch.tensor([[[1, 2, 1, 1]]]))
    assert last.score == 1 / 2


def test_evaluation_and_prediction_agree_and_change_nothing():
    pictures = red_or_blue(70)  # more than one block
    network = build_network(VGG, 2, 0)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    labels = predict(network, pictures.images, VGG.bands)
    assert labels.dtype == np.uint8
    assert evaluate(network, pictures, "float32").score == (labels == pictures.targets).mean()
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    masks = squares(3)
    assert predict(build_network(UNET, 2, 0), masks.images, UNET.bands).shape == (3, 16, 24)


# Standardisation


def test_bands_are_standardised_by_all_pixels_of_the_training_images():
    pictures = squares(70)
    network = build_network(UNET, 2, 0)
    set_standardisation(network, pictures)
    bands = compute_bands(pictures.images, UNET.bands).astype(np.float64)
    np.testing.assert_allclose(network.Standardise.mean, bands.mean(axis=(0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(network.Standardise.deviation, bands.std(axis=(0, 2, 3)), rtol=1e-5)
    standardised = network.Standardise(pictures.inputs()).double()
    np.testing.assert_allclose(standardised.mean(dim=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(standardised.std(dim=(0, 2, 3)), 1, rtol=1e-4)


@pytest.mark.parametrize("value", [0, 15, 225, 255])
def test_a_constant_band_keeps_deviation_one_whatever_rounding_leaves(value):
    network = build_network(UNET, 2, 0)
    set_standardisation(network, Pictures(np.full((281, 24, 24, 3), value, np.uint8), np.zeros(281), ["R", "CIVE"]))
    assert network.Standardise.deviation.tolist() == [1, 1]


# Restarts


@pytest.mark.parametrize(
    ("network", "pictures", "changes"),
    [
        (VGG, red_or_blue(20), {"pad": 4, "crop": (32, 32), "label_smoothing": 0.1}),
        (UNET, squares(12), {"crop": (8, 16), "dice": True, "precision": "float32"}),
    ],
)
def test_a_restart_changes_no_bit(network, pictures, changes, tmp_path):
    chosen, seed, file = settings(**changes), 4, tmp_path / "epoch.pt"
    whole = build_network(network, 2, seed)
    curve = fit(whole, pictures, pictures, chosen, seed)

    def save_and_die(fitting):
        torch.save(vars(fitting), file)
        raise Killed

    with pytest.raises(Killed):
        fit(build_network(network, 2, seed), pictures, pictures, chosen, seed, after_epoch=save_and_die)
    resume = Fitting(**torch.load(file, weights_only=True))
    resumed = build_network(network, 2, seed + 1)
    assert fit(resumed, pictures, pictures, chosen, seed, resume=resume) == curve
    for (name, one), other in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(one, other), name


def test_what_is_kept_after_an_epoch_does_not_change_with_the_next_and_serves_twice():
    pictures, chosen, kept = red_or_blue(16), settings(), []
    whole = build_network(VGG, 2, 0)
    fit(whole, pictures, pictures, chosen, 0, after_epoch=kept.append)
    for _ in range(2):
        resumed = build_network(VGG, 2, 0)
        fit(resumed, pictures, pictures, chosen, 0, resume=kept[0])
        assert torch.equal(resumed.Logits.weight, whole.Logits.weight)
    assert [len(fitting.curve) for fitting in kept] == [1, 2, 3]


def test_the_number_of_threads_is_fixed_whatever_it_was(monkeypatch):
    monkeypatch.setattr("topolens.nets.images.training.THREADS", 2)
    ends = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        network = build_network(UNET, 2, 0)
        fit(network, squares(8), squares(2), settings(epochs=1), 0)
        assert torch.get_num_threads() == 2
        ends.append(network.get_submodule("Logits").weight)
    assert torch.equal(*ends)


def test_another_seed_gives_another_order():
    pictures, ends = red_or_blue(16), []
    for seed in (0, 1):
        network = build_network(VGG, 2, 0)
        fit(network, pictures, pictures, settings(epochs=1), seed)
        ends.append(network.Logits.weight)
    assert not torch.equal(*ends)


# Learning


def test_an_easy_task_is_learnt_by_a_tiny_classifier():
    network = build_network(VGG.model_copy(update={"first_filters": 4}), 2, 0)
    steps = []
    curve = fit(network, red_or_blue(96), red_or_blue(40, 1), settings(epochs=4), 0, after_step=lambda: steps.append(1))
    assert len(steps) == 4 * 12
    assert curve[-1]["validation_score"] > 0.9
    assert curve[-1]["loss"] < curve[0]["loss"]
    assert not network.training


def test_an_easy_mask_is_learnt_by_a_tiny_u_net():
    network = build_network(UNET.model_copy(update={"first_filters": 4}), 2, 0)
    chosen = settings(epochs=6, batch_size=4, learning_rate=0.1, dice=True, precision="float32")
    assert fit(network, squares(48), squares(16, 1), chosen, 0)[-1]["validation_score"] > 0.9


def test_a_loss_that_is_not_finite_says_what_to_lower():
    with pytest.raises(TopolensError, match=r"epoch 1: the loss is .*; lower training.learning_rate"):
        fit(
            build_network(UNET, 2, 0),
            squares(24),
            squares(4),
            settings(learning_rate=1e30, precision="float32"),
            0,
        )


def test_no_momentum_is_plain_descent():
    curve = fit(build_network(VGG, 2, 0), red_or_blue(8), red_or_blue(4), settings(epochs=1, momentum=0), 0)
    assert math.isfinite(curve[0]["loss"])


# Refused images


def test_images_that_a_network_cannot_take_are_refused():
    check_images(VGG, red_or_blue(2), "images.npz")
    check_images(UNET, squares(2), "images.npz")
    with pytest.raises(TopolensError, match=r"images.npz: unet learns images with masks, found labels"):
        check_images(UNET, red_or_blue(2), "images.npz")
    with pytest.raises(TopolensError, match=r"images.npz: vgg16 learns images with labels, found masks"):
        check_images(VGG, squares(2), "images.npz")
    with pytest.raises(TopolensError, match=r"crop: vgg16 expects 32 x 32 pixels, found 32 x 24"):
        check_sides(VGG, 32, 24, "crop")
    with pytest.raises(TopolensError, match=r"crop: unet expects sides divisible by 8, found 16 x 20"):
        check_sides(UNET, 16, 20, "crop")
