"""Networks of images run on any device: everything goes to where their weights lie, and says so."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mapper_run import CLASSES, TAPPED, V, image_set, make, one_thread, paint

from topolens.artifacts import read_arrays, read_json
from topolens.config.data import DataSet
from topolens.config.training import ImageTraining
from topolens.errors import TopolensError
from topolens.nets.device import described, find_device, has_bfloat16
from topolens.nets.images.build import build_network
from topolens.nets.images.inference import as_inputs, forward, predict
from topolens.nets.images.training import loss_of, precision_of
from topolens.nets.noise import noisy
from topolens.nets.quantise import quantise
from topolens.processor import hardware
from topolens.stages.image_network import train_image_network

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
DEVICES = ["cpu", pytest.param("cuda", marks=GPU)]
SETTINGS = ImageTraining(epochs=1, batch_size=4, learning_rate=0.01, precision="float32")
TOLERANCE = 1e-3  # relative, of tables of restored weights between devices


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    monkeypatch.setattr("topolens.nets.images.training.THREADS", 1)
    with one_thread():
        yield


@pytest.fixture
def a_gpu(monkeypatch):
    """A machine on which torch finds a GPU, as far as one can be made up; its flags are put back."""
    places = [(torch.backends.cuda.matmul, "allow_tf32"), (torch.backends.cudnn, "allow_tf32"),
              (torch.backends.cudnn, "deterministic")]  # fmt: skip
    before = [getattr(*place) for place in places]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "G")
    monkeypatch.setattr(torch, "zeros", lambda *_, **options: SimpleNamespace(device=options["device"]))
    yield
    for (flags, name), value in zip(places, before, strict=True):
        setattr(flags, name, value)


def test_auto_is_the_processor_where_there_is_no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert find_device("auto") == torch.device("cpu")
    assert described(find_device("auto")) == hardware()


@pytest.mark.parametrize(("name", "index"), [("auto", None), ("cuda", None), ("cuda:1", 1)])
def test_a_gpu_computes_in_real_float32_and_repeats_itself(a_gpu, name, index):
    device = find_device(name)
    assert (device.type, device.index) == ("cuda", index)
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.deterministic
    assert described(device) == f"G in {hardware()}"


@pytest.mark.parametrize("own", [True, False])
def test_bfloat16_is_asked_of_the_device_and_not_of_the_processor(a_gpu, monkeypatch, own):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: own)
    monkeypatch.setattr("topolens.processor.has_bfloat16", lambda: not own)
    automatic = SETTINGS.model_copy(update={"precision": "auto"})
    assert precision_of(automatic, find_device("cuda")) == ("bfloat16" if own else "float32")
    assert precision_of(automatic, find_device("cpu")) == ("float32" if own else "bfloat16")
    assert not has_bfloat16(torch.device("mps"))


@pytest.mark.parametrize("name", ["gpu", "", "cuda:99", "0x"])
def test_a_device_that_is_not_there_is_named_with_what_is_expected(name):
    with pytest.raises(
        TopolensError, match=rf"device: expected auto or a device .* cpu or cuda, found '{name}' \(.+\)"
    ):
        find_device(name)


def test_images_and_labels_follow_the_weights():
    """torch's `meta` device has shapes but no values: what stayed on the processor would be refused."""
    network = build_network(V, 3, 0).to("meta").eval()
    inputs = as_inputs(image_set(12).images[:2], V.bands)
    logits = network(inputs)
    assert logits.device.type == "meta"
    assert loss_of(logits, torch.zeros(2, dtype=torch.int64), SETTINGS).device.type == "meta"


def test_a_quantised_network_is_a_copy_on_the_processor():
    network = build_network(V, 3, 0).to("meta").eval()
    with pytest.raises(NotImplementedError, match="meta"):  # it has no values to copy, but would be copied
        quantise(network)
    assert next(network.parameters()).device.type == "meta"


@pytest.mark.parametrize("device", DEVICES)
def test_training_says_on_what_and_its_weights_answer_alike_everywhere(device, tmp_path):
    images = image_set(60)
    images.write(tmp_path / "data.npz")
    files = [tmp_path / "V-0.safetensors", tmp_path / "V-0.json"]
    train_image_network(
        tmp_path / "data.npz", *files, network=V, data=DataSet(name="cifar10"), training=SETTINGS, seed=0, device=device
    )
    assert read_json(files[1])["hardware"] == described(torch.device(device))
    networks = TAPPED.model_copy(update={"checkpoints": files[:1]})
    found = {}
    for where in ("cpu", device):
        folder = tmp_path / where
        folder.mkdir(exist_ok=True)
        images.write(folder / "data.npz")
        graphs, _, _ = make(folder, networks=networks.model_copy(update={"device": where}))
        found[where] = read_arrays(graphs)
    for name in ("ReLU22.lens", "ReLU53.lens"):
        np.testing.assert_allclose(found[device][name], found["cpu"][name], rtol=TOLERANCE)


@pytest.mark.parametrize("device", DEVICES)
def test_pictures_answers_and_noise_are_those_of_the_processor(device, tmp_path):
    images = image_set(12)
    places = ("cpu", device)
    networks = [build_network(V, len(CLASSES), 0).eval().to(place) for place in places]
    inputs = as_inputs(images.images, V.bands)
    logits = []
    for network in networks:
        with torch.no_grad(), noisy(network, "gaussian", 0.5, 3):
            logits.append(forward(network, inputs, "float32").cpu().numpy())
    np.testing.assert_allclose(*logits, rtol=TOLERANCE, atol=1e-4)
    answers = [predict(network, images.images, V.bands, threads=2) for network in networks]
    np.testing.assert_array_equal(*answers)
    make(tmp_path)
    painted = [paint(tmp_path, tmp_path / "one-graphs.npz", tmp_path / f"{place}.npz", place) for place in places]
    for name, pictures in painted[0].items():
        np.testing.assert_allclose(painted[1][name].astype(int), pictures.astype(int), atol=2)
