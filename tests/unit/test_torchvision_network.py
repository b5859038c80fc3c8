import pytest
import torch

from topolens.config.networks import ImageNetwork
from topolens.config.validation import checked
from topolens.errors import TopolensError
from topolens.nets.images.build import build_network
from topolens.nets.images.inference import check_forward, forward
from topolens.nets.taps import record_activations

IMAGES = torch.rand((4, 3, 32, 32), generator=torch.Generator().manual_seed(2))
SMALL = {"image_size": 32, "patch_size": 4, "num_layers": 2, "num_heads": 3, "hidden_dim": 24, "mlp_dim": 48}


def network_settings(architecture, **changes):
    options = SMALL if architecture == "vision_transformer" else {}
    values = {"name": "A", "architecture": architecture, "bands": ["R", "G", "B"], "options": options}
    return checked(ImageNetwork, values | changes, "x")


def build(architecture, seed=0, **changes):
    return build_network(network_settings(architecture, **changes), 10, seed)


def shapes(network, *layers):
    return [found.shape[1:] for found in record_activations(network.eval(), IMAGES, layers).values()]


def test_a_small_stem_of_a_resnet_halves_the_sides_once():
    layers = ("maxpool", "layer1", "layer4")
    assert shapes(build("resnet18", small_stem=True), *layers) == [(64, 16, 16), (64, 16, 16), (512, 2, 2)]
    assert shapes(build("resnet18"), *layers) == [(64, 8, 8), (64, 8, 8), (512, 1, 1)]


@pytest.mark.parametrize("small_stem", [True, False])
def test_a_transformer_has_a_token_for_each_patch_and_one_for_the_class(small_stem):
    network = build("vision_transformer", small_stem=small_stem)
    layers = ("encoder.layers.encoder_layer_0", "encoder.layers.encoder_layer_1")
    assert shapes(network, *layers) == [(65, 24)] * 2
    assert network(IMAGES).shape == (4, 10)


def test_any_other_classifier_by_name():
    network = build("mobilenet_v3_small")
    assert shapes(network, "features.0", "features.12") == [(16, 16, 16), (576, 1, 1)]


def test_the_same_seed_gives_the_same_weights():
    first, again, other = (build("vision_transformer", seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert any(not torch.equal(value, other[name]) for name, value in first.items())


def test_images_are_standardised_before_the_first_layer():
    network = build("resnet18", small_stem=True).eval()
    with torch.no_grad():
        expected = network((IMAGES - 0.5) / 2)
        network.Standardise.set([0.5] * 3, [2.0] * 3)
        assert torch.allclose(network(IMAGES), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("architecture", "changes", "message"),
    [
        ("resnet5", {}, r"unknown architecture 'resnet5'.*resnet50"),
        ("resnet18", {"options": {"widthh": 1}}, "network A: options .*widthh"),
        ("vision_transformer", {"options": {"image_size": 32}}, "network A: options"),
        ("mobilenet_v3_small", {"small_stem": True}, "small_stem: mobilenet_v3_small has none"),
    ],
)
def test_what_torchvision_does_not_have(architecture, changes, message):
    with pytest.raises(TopolensError, match=message):
        build(architecture, **changes)


@pytest.mark.parametrize(
    ("architecture", "changes", "message"),
    [
        ("resnet18", {"bands": ["R", "G"]}, "bands: resnet18 takes 3"),
        ("resnet18", {"first_filters": 32}, "first_filters: resnet18 has a width of its own"),
        ("vgg16", {"options": {"a": 1}}, "options, small_stem: vgg16 has none"),
    ],
)
def test_settings_that_do_not_fit(architecture, changes, message):
    with pytest.raises(TopolensError, match=message):
        network_settings(architecture, **changes)


@pytest.mark.parametrize("architecture", ["vit_b_32", "alexnet", "inception_v3", "maxvit_t", "squeezenet1_1"])
def test_A26_images_that_a_network_cannot_take_are_refused_by_a_blank_one(architecture):
    network = build(architecture).eval()
    try:
        expected = network(torch.zeros(2, 3, 32, 32)).shape
    except (RuntimeError, AssertionError, ValueError):
        with pytest.raises(TopolensError, match=f"here: {architecture} does not take images of 32 x 32: .*resize"):
            check_forward(network, network_settings(architecture), 32, 32, "here")
    else:
        assert expected == (2, 10)
        check_forward(network, network_settings(architecture), 32, 32, "here")


def test_A27_auxiliary_outputs_beside_the_logits():
    network = build("googlenet").train()
    logits = forward(network, torch.rand(2, 3, 64, 64), "float32")
    assert logits.shape == (2, 10)
    logits.sum().backward()
