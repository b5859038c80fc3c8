"""The training stage of image networks: restarts, bytes, cards, and what is refused before training."""

from unittest.mock import Mock

import numpy as np
import pytest
import torch

from topolens.artifacts import read_json
from topolens.config.data import DataSet
from topolens.config.networks import ImageNetwork
from topolens.config.training import ImageTraining
from topolens.data.image_set import SPLITS, ImageSet
from topolens.errors import TopolensError
from topolens.nets.checkpoint import load_checkpoint
from topolens.nets.images.inference import predict
from topolens.nets.images.training import loss_of
from topolens.stages.image_network import train_image_network, training_rows

VGG = ImageNetwork(name="VGG", architecture="vgg16", bands=["R", "G", "B"], first_filters=2)
UNET = ImageNetwork(name="RGB", architecture="unet", bands=["R", "ExG"], first_filters=2)
TRAINING = ImageTraining(epochs=3, batch_size=8, learning_rate=0.05, pad=4, crop=(32, 32))
MASK_TRAINING = ImageTraining(epochs=2, batch_size=4, learning_rate=0.05, crop=(8, 16), dice=True, precision="float32")


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    """Tiny maps are quicker by one thread than by two."""
    before = torch.get_num_threads()
    monkeypatch.setattr("topolens.nets.images.training.THREADS", 1)
    yield
    torch.set_num_threads(before)


def image_set(masks=False, train=24, validation=0, test=12):
    generator = np.random.default_rng(0)
    count = train + validation + test
    images = generator.integers(0, 256, (count, *((16, 24) if masks else (32, 32)), 3), dtype=np.uint8)
    return ImageSet(
        images=images,
        targets=(images[..., 1] > 127).astype(np.uint8) if masks else (np.arange(count) % 3).astype(np.uint8),
        split=np.repeat(np.arange(3, dtype=np.uint8), [train, validation, test]),
        classes=["soil", "row"] if masks else ["cat", "dog", "ship"],
        names=np.array([f"image {number}" for number in range(count)]),
        source="stand-in: noise",
    )


def run(folder, images, name="net", **changes):
    """Train; returns the files of weights and card."""
    images.write(folder / "data.npz")
    settings = {"data": DataSet(name="crbd" if images.are_masks else "cifar10"), "seed": 4}
    if images.are_masks:
        settings |= {"network": UNET, "training": MASK_TRAINING}
    else:
        settings |= {"network": VGG, "training": TRAINING}
    files = folder / f"{name}.safetensors", folder / f"{name}.json"
    train_image_network(folder / "data.npz", *files, **(settings | changes))
    return files


class Killed(BaseException):
    pass


def run_until_step(number, monkeypatch, folder, images):
    """Train, and be killed at this step."""
    steps = []

    def killing_loss(*arguments):
        steps.append(1)
        if len(steps) == number:
            raise Killed
        return loss_of(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr("topolens.nets.images.training.loss_of", killing_loss)
        with pytest.raises(Killed):
            run(folder, images)


@pytest.mark.parametrize("masks", [False, True])
def test_the_card_says_what_the_weights_are_and_how_well_just_these_do(masks, tmp_path):
    images = image_set(masks)
    files = run(tmp_path, images)
    network, card = load_checkpoint(*files)
    test = images.rows("test")
    predicted, truth = predict(network, images.images[test], card.network.bands), images.targets[test]
    if masks:
        iou = (predicted & truth).sum() / (predicted | truth).sum()
        assert card.scores == {"test_iou": pytest.approx(iou, abs=1e-12)}
    else:
        assert card.scores == {"test_accuracy": pytest.approx((predicted == truth).mean(), abs=1e-12)}
    assert card.network == (UNET if masks else VGG)
    assert card.training == (MASK_TRAINING if masks else TRAINING)
    assert (card.data.name, card.source, card.seed) == ("crbd" if masks else "cifar10", "stand-in: noise", 4)
    assert card.classes == images.classes
    assert [row.epoch for row in card.curve] == list(range(1, card.training.epochs + 1))
    assert set(card.versions) == {"python", "torch", "topolens"}
    assert len(card.code) == 16
    assert card.precision == "float32"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.npz", "net.json", "net.safetensors"]


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_threads_before(tmp_path):
    written = []
    for number, threads in enumerate((1, 2)):
        torch.set_num_threads(threads)
        files = run(tmp_path, image_set(), f"net{number}")
        written.append((files[0].read_bytes(), read_json(files[1]) | {"minutes": 0, "card_sha256": ""}))
    assert written[0] == written[1]
    assert run(tmp_path, image_set(), "other", seed=5)[0].read_bytes() != written[0][0]


@pytest.mark.parametrize(("masks", "step"), [(False, 3), (False, 5), (False, 9), (True, 8)])
def test_a_killed_training_goes_on_and_ends_with_the_same_bytes(masks, step, tmp_path, monkeypatch):
    whole = run(tmp_path, image_set(masks), "whole")
    run_until_step(step, monkeypatch, tmp_path, image_set(masks))
    parts = tmp_path / ".net.parts"
    finished = (step - 1) // (6 if masks else 3)  # whole epochs
    kept_epochs = [*parts.rglob("epoch.pt")]
    assert len(kept_epochs) == (finished > 0)
    for part in kept_epochs:
        kept = torch.load(part, weights_only=True)
        assert len(kept["fitting"]["curve"]) == finished
        torch.save(kept | {"seconds": 6000.0}, part)
    resumed = run(tmp_path, image_set(masks))
    assert resumed[0].read_bytes() == whole[0].read_bytes()
    cards = [read_json(files[1]) for files in (whole, resumed)]
    assert cards[0] | {"minutes": 0, "card_sha256": ""} == cards[1] | {"minutes": 0, "card_sha256": ""}
    assert (cards[1]["minutes"] >= 100) == (finished > 0)
    assert not parts.exists()


def test_a_stage_killed_after_its_last_epoch_trains_no_further(tmp_path, monkeypatch):
    whole = run(tmp_path, image_set(), "whole")[0].read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr("topolens.stages.image_network.save_checkpoint", Mock(side_effect=Killed))
        with pytest.raises(Killed):
            run(tmp_path, image_set())
    monkeypatch.setattr("topolens.nets.images.training.loss_of", None)
    assert run(tmp_path, image_set())[0].read_bytes() == whole


def test_what_was_kept_under_other_settings_is_not_used(tmp_path, monkeypatch):
    expected = run(tmp_path, image_set(), "whole", seed=5)[0].read_bytes()
    run_until_step(8, monkeypatch, tmp_path, image_set())
    assert run(tmp_path, image_set(), seed=5)[0].read_bytes() == expected


def test_the_curve_is_scored_on_the_validation_split_where_there_is_one(tmp_path):
    images = image_set(validation=5)
    swapped = {SPLITS.index("validation"): SPLITS.index("test"), SPLITS.index("test"): SPLITS.index("validation")}
    other = np.array([swapped.get(value, value) for value in images.split], np.uint8)
    first, second = (
        read_json(run(tmp_path, ImageSet(**(vars(images) | {"split": split})))[1]) for split in (images.split, other)
    )
    assert all(
        row["validation_score"] * 5 == pytest.approx(round(row["validation_score"] * 5)) for row in first["curve"]
    )
    assert all(
        row["validation_score"] * 12 == pytest.approx(round(row["validation_score"] * 12)) for row in second["curve"]
    )
    assert first["sha256"] == second["sha256"]  # nothing was learnt from it


def test_training_images_are_chosen_by_the_seed_from_the_training_split():
    images = image_set(train=20, validation=5)
    some = TRAINING.model_copy(update={"images": 10})
    first, again, other = (training_rows(images, some, seed) for seed in (0, 0, 1))
    assert len(set(first.tolist())) == 10
    assert set(first) <= set(range(20))
    assert (first == again).all()
    assert set(first) != set(other)
    assert training_rows(images, TRAINING, 0).tolist() == list(range(20))


@pytest.mark.parametrize(
    ("masks", "changes", "message"),
    [
        (False, {"batch_size": 30}, r"training.batch_size: 30, but there are 24 training images; lower it"),
        (False, {"images": 30}, r"training.images: 30, but the training split has 24; lower it"),
        (False, {"images": 4}, r"training.batch_size: 8, but there are 4"),
        (False, {"crop": (24, 24)}, r"training.crop: vgg16 expects 32 x 32 pixels, found 24 x 24"),
        (False, {"dice": True}, r"training.dice: the Dice loss is for masks, found labels"),
        (True, {"crop": (8, 12)}, r"training.crop: unet expects sides divisible by 8, found 8 x 12"),
        (True, {"crop": (24, 24)}, r"training.crop: expected at most 16 x 24, .* found 24 x 24"),
    ],
)
def test_settings_that_do_not_fit_the_images_are_refused_before_training(masks, changes, message, tmp_path):
    settings = (MASK_TRAINING if masks else TRAINING).model_copy(update=changes)
    with pytest.raises(TopolensError, match=message):
        run(tmp_path, image_set(masks), training=settings)
    assert [path.name for path in tmp_path.iterdir()] == ["data.npz"]


def test_images_that_do_not_fit_the_network_are_refused(tmp_path):
    with pytest.raises(TopolensError, match=r"data.npz: unet learns images with masks, found labels"):
        run(tmp_path, image_set(), network=UNET)
    with pytest.raises(TopolensError, match=r"targets: expected 0 to 1, one number per class, found 2"):
        run(tmp_path, ImageSet(**(vars(image_set()) | {"classes": ["cat", "dog"]})))
    with pytest.raises(TopolensError, match="no images in split 'test'"):
        run(tmp_path, image_set(test=0))


def test_A26_a_network_for_larger_images_is_refused_before_training(tmp_path):
    network = ImageNetwork(name="A", architecture="alexnet", bands=["R", "G", "B"])
    with pytest.raises(TopolensError, match="alexnet does not take images of 32 x 32"):
        run(tmp_path, image_set(), network=network)
    assert not (tmp_path / "net.json").exists()
