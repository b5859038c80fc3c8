"""Checkpoints: what comes back is what was rounded and saved, and whatever was changed since is refused."""

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from topolens.artifacts import read_json, write_json
from topolens.config.data import DataSet
from topolens.config.networks import ImageNetwork
from topolens.config.training import ImageTraining
from topolens.errors import TopolensError
from topolens.nets.checkpoint import Card, load_checkpoint, round_parameters, save_checkpoint, sealed
from topolens.nets.images.build import build_network

SETTINGS = {
    "vgg16": ImageNetwork(name="VGG", architecture="vgg16", bands=["R", "G", "B"], first_filters=2),
    "unet": ImageNetwork(name="M2", architecture="unet", bands=["ExG", "NGRDI"], first_filters=2),
}

EPOCH = {"epoch": 1, "learning_rate": 0.05, "loss": 0.1 + 0.2, "training_score": 0.5, "validation_score": 0.5}


def card_of(architecture="vgg16", **changes):
    values = {
        "network": SETTINGS[architecture],
        "classes": ["cat", "dog", "ship"],
        "training": ImageTraining(epochs=2, batch_size=8, learning_rate=0.05, crop=(32, 32)),
        "data": DataSet(name="cifar10"),
        "source": "stand-in",
        "seed": 5,
        "curve": [EPOCH | {"validation_score": float("nan")}],
        "hardware": "a processor, 2 cores, Linux",
        "minutes": 1.5,
        "versions": {"torch": "2"},
        "code": "0123",
        "scores": {"test_accuracy": 1 / 3},
    }
    return Card(**(values | changes))


def used_network(architecture="vgg16"):
    """Random weights, and buffers as a training leaves them."""
    network = build_network(SETTINGS[architecture], 3, 0).train()
    images = torch.rand(4, len(SETTINGS[architecture].bands), 32, 32, generator=torch.Generator().manual_seed(0))
    network.get_submodule("Standardise").set([1 / 3] * images.shape[1], [1 / 7] * images.shape[1])
    network(images)
    return network.eval(), images


@pytest.fixture
def files(tmp_path):
    paths = tmp_path / "VGG-5.safetensors", tmp_path / "VGG-5.json"
    save_checkpoint(*paths, used_network()[0], card_of())
    return paths


def change_tensors(files, change):
    """Rewrite the weights, with a card that vouches for them."""
    tensors = load_file(files[0])
    change(tensors)
    save_file(tensors, files[0])
    write_json(files[1], sealed(read_json(files[1]) | {"sha256": hashlib.sha256(files[0].read_bytes()).hexdigest()}))


@pytest.mark.parametrize("architecture", ["vgg16", "unet"])
def test_a_network_comes_back_with_rounded_weights_and_exact_buffers(architecture, tmp_path):
    files = tmp_path / "net.safetensors", tmp_path / "net.json"
    network, images = used_network(architecture)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    save_checkpoint(*files, network, card_of(architecture))
    loaded, card = load_checkpoint(*files)
    assert not loaded.training
    parameters = dict(loaded.named_parameters())
    for name, tensor in loaded.state_dict().items():
        assert tensor.dtype == before[name].dtype
        assert torch.equal(tensor, before[name].half().float() if name in parameters else before[name]), name
    assert all(p.is_contiguous(memory_format=torch.channels_last) for p in parameters.values() if p.ndim == 4)
    with torch.no_grad():
        assert torch.equal(loaded(images), network(images))  # saving has rounded it, too
    assert card.model_copy(update={"card_sha256": ""}) == card_of(
        architecture,
        curve=[EPOCH | {"validation_score": None}],
        sha256=hashlib.sha256(files[0].read_bytes()).hexdigest(),
    )


def test_the_file_holds_float16_weights_and_float32_buffers_and_is_the_same_each_time(files, tmp_path):
    tensors = load_file(files[0])
    assert tensors["Conv11.weight"].dtype == torch.float16
    assert tensors["Norm11.bias"].dtype == torch.float16
    assert tensors["Norm11.running_var"].dtype == torch.float32
    assert tensors["Standardise.mean"].dtype == torch.float32
    assert tensors["Norm11.num_batches_tracked"].dtype == torch.int64
    save_checkpoint(tmp_path / "again.safetensors", tmp_path / "again.json", used_network()[0], card_of())
    assert (tmp_path / "again.safetensors").read_bytes() == files[0].read_bytes()
    assert (tmp_path / "again.json").read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 70_000.0])
def test_a_weight_that_float16_cannot_hold_is_not_saved(value, tmp_path):
    network, _ = used_network()
    with torch.no_grad():
        network.Conv31.weight[0, 0, 0, 0] = value
    with pytest.raises(
        TopolensError, match=r"layer 'Conv31', weight: expected finite weights within .*, found .*; lower training"
    ):
        round_parameters(network)
    with pytest.raises(TopolensError, match="Conv31"):
        save_checkpoint(tmp_path / "net.safetensors", tmp_path / "net.json", network, card_of())
    assert list(tmp_path.iterdir()) == []


def test_a_buffer_that_is_not_finite_is_not_saved(tmp_path):
    network, _ = used_network()
    network.Norm12.running_var[1] = float("nan")
    with pytest.raises(TopolensError, match=r"layer 'Norm12', running_var: expected finite values"):
        save_checkpoint(tmp_path / "net.safetensors", tmp_path / "net.json", network, card_of())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", [0, 1])
def test_both_files_are_needed(files, missing):
    files[missing].unlink()
    with pytest.raises(TopolensError, match=rf"{files[missing].name}: no such file; .* card beside it"):
        load_checkpoint(*files)


def test_a_changed_byte_is_found_by_the_checksum(files):
    content = bytearray(files[0].read_bytes())
    content[-1] ^= 1
    files[0].write_bytes(content)
    with pytest.raises(TopolensError, match=r"VGG-5.safetensors: expected sha256 \w{64}, as VGG-5.json says, found \w"):
        load_checkpoint(*files)


def test_something_else_under_the_right_checksum_is_refused(files):
    files[0].write_bytes(b"weights")
    write_json(files[1], sealed(read_json(files[1]) | {"sha256": hashlib.sha256(b"weights").hexdigest()}))
    with pytest.raises(TopolensError, match=r"VGG-5.safetensors: not a readable .safetensors file"):
        load_checkpoint(*files)


def test_a_card_is_checked_key_by_key(files):
    write_json(files[1], read_json(files[1]) | {"seeds": 5})
    with pytest.raises(TopolensError, match=r"VGG-5.json: unknown key 'seeds'. Did you mean 'seed'"):
        load_checkpoint(*files)


def test_a_layer_of_another_shape_is_named_with_both_shapes(files):
    def widen(tensors):
        tensors["Conv22.weight"] = torch.zeros(5, 4, 3, 3, dtype=torch.float16)

    change_tensors(files, widen)
    expected = r"layer 'Conv22', weight: expected shape \(4, 4, 3, 3\), found \(5, 4, 3, 3\)"
    with pytest.raises(TopolensError, match=expected):
        load_checkpoint(*files)


def test_missing_and_unknown_layers_are_named(files):
    change_tensors(files, lambda tensors: tensors.pop("Norm33.running_mean"))
    with pytest.raises(TopolensError, match=r"layer 'Norm33', running_mean: expected shape \(8,\), found none"):
        load_checkpoint(*files)

    def rename(tensors):
        tensors["Norm33.running_mean"] = torch.zeros(8)
        tensors["Conv99.weight"] = torch.zeros(1)

    change_tensors(files, rename)
    with pytest.raises(TopolensError, match=r"layer 'Conv99', weight: expected shape none, found \(1,\)"):
        load_checkpoint(*files)


def test_a_card_of_another_network_is_refused(files):
    card = read_json(files[1])
    write_json(files[1], sealed(card | {"classes": ["cat", "dog"]}))
    with pytest.raises(TopolensError, match=r"layer 'Logits', weight: expected shape \(2, 16\), found \(3, 16\)"):
        load_checkpoint(*files)


@pytest.mark.parametrize("name", ["Hidden.weight", "Norm11.running_var"])
def test_weights_that_are_not_finite_are_refused(files, name):
    change_tensors(files, lambda tensors: tensors[name].flatten()[:1].fill_(torch.inf))
    layer, _, tensor = name.partition(".")
    with pytest.raises(TopolensError, match=rf"layer '{layer}', {tensor}: expected finite values, found NaN or inf"):
        load_checkpoint(*files)


def test_A25_versions_that_modules_note_beside_their_tensors_are_kept(tmp_path):
    settings = ImageNetwork(name="M", architecture="mnasnet0_5", bands=["R", "G", "B"])
    network = build_network(settings, 3, 0)
    files = tmp_path / "M-5.safetensors", tmp_path / "M-5.json"
    save_checkpoint(*files, network, card_of(network=settings))
    restored, _ = load_checkpoint(*files)
    images = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(restored(images), network.eval()(images))


def test_R21_every_changed_byte_of_a_card_is_noticed(files):
    content = files[1].read_bytes()
    generator = np.random.default_rng(0)
    for place in generator.choice(len(content), 150, replace=False):
        changed = bytearray(content)
        changed[place] ^= 1 << int(generator.integers(7))
        files[1].write_bytes(changed)
        try:
            load_checkpoint(*files)
        except TopolensError:
            continue
        assert json.loads(changed) == json.loads(content)  # white space alone


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"minutes": -1.0}, "minutes: Input should be greater than or equal to 0"),
        ({"minutes": None}, "minutes"),
        ({"scores": {"test_accuracy": 7.0}}, "scores.test_accuracy: Input should be less than or equal to 1"),
        ({"scores": {"accuracy": 0.7}}, "scores"),
        ({"seed": -1}, "seed: Input should be greater than or equal to 0"),
        ({"curve": [{"epoch": 1, "lots": 0.3}]}, "curve"),
        ({"curve": [EPOCH | {"training_score": 1.5}]}, "training_score: Input should be less than or equal to 1"),
    ],
)
def test_R21_a_card_is_checked_with_bounds(files, changes, message):
    write_json(files[1], sealed(read_json(files[1]) | changes))
    with pytest.raises(TopolensError, match=message):
        load_checkpoint(*files)


def test_R21_a_network_of_absurd_size_is_refused_before_it_is_built(files):
    card = read_json(files[1])
    write_json(files[1], sealed(card | {"network": card["network"] | {"first_filters": 10**9}}))
    with pytest.raises(TopolensError, match="first_filters: Input should be less than or equal to 1024"):
        load_checkpoint(*files)
