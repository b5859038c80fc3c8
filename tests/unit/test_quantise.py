import pytest
import torch
from torch import nn

from topolens.config.networks import ImageNetwork
from topolens.nets.images.build import build_network
from topolens.nets.quantise import quantise
from topolens.nets.readout import read_out

SMALL = {"image_size": 32, "patch_size": 4, "num_layers": 2, "num_heads": 3, "hidden_dim": 24, "mlp_dim": 48}


def build(architecture, options):
    settings = ImageNetwork(name="A", architecture=architecture, bands=["R", "G", "B"], options=options)
    return build_network(settings, 10, 0).eval()


def test_share_by_hand_and_the_original_untouched():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.Flatten(), nn.Linear(8, 3)).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = quantise(network)
    assert found.share == pytest.approx((8 * 3 + 3) / (18 + 8 * 3 + 3))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    inputs = torch.randn(5, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        exact, rounded = network(inputs), found.network(inputs)
    assert not torch.equal(exact, rounded)
    assert (exact - rounded).abs().max() < 0.05 * exact.abs().max()
    with torch.no_grad():
        assert torch.equal(rounded, quantise(network).network(inputs))


def test_attention_and_convolutions_stay_as_they_are():
    """Of a transformer's weights its multilayer perceptrons and the head are quantised, of a ResNet the head alone."""
    transformer = build("vision_transformer", SMALL)
    inside = [module for module in transformer.modules() if type(module) is nn.Linear]
    weights = sum(value.numel() for module in inside for value in module.parameters())
    found = quantise(transformer)
    assert found.share == pytest.approx(weights / sum(value.numel() for value in transformer.parameters()))
    assert 0.2 < found.share < 0.7
    layers = {"1": "encoder.layers.encoder_layer_0"}
    assert read_out(found.network, torch.zeros(4, 3, 32, 32), layers).vectors["1"].shape == (4, 24)
    assert quantise(build("resnet18", {})).share < 0.01
