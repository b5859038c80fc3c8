"""U-Net: its ReLUs, the shapes of their maps, and what the skip connections carry."""

import pytest
import torch
from torch import nn

from topolens.config.architectures import TAPPED_LAYERS
from topolens.config.networks import ImageNetwork
from topolens.nets.images.build import build_network
from topolens.nets.taps import record_activations

SETTINGS = ImageNetwork(name="tiny", architecture="unet", bands=["R", "ExG"], first_filters=2)
RELUS = [
    *("E1-ReLU1", "E1-ReLU2", "E2-ReLU1", "E2-ReLU2", "E3-ReLU1", "E3-ReLU2", "B-ReLU1", "B-ReLU2"),
    *("D1-UpReLU", "D1-ReLU1", "D1-ReLU2"),
    *("D2-UpReLU", "D2-ReLU1", "D2-ReLU2"),
    *("D3-UpReLU", "D3-ReLU1", "D3-ReLU2"),
]
INPUTS = torch.rand(3, 2, 16, 24, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def network():
    return build_network(SETTINGS, 2, 0).eval()


def test_seventeen_relus_in_the_order_in_which_they_run(network):
    assert TAPPED_LAYERS["unet"] == RELUS
    ran = []
    for name, module in network.named_modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_hook(lambda *_, name=name: ran.append(name))
    network(INPUTS)
    assert ran == RELUS


def test_maps_halve_three_times_and_grow_back(network):
    found = record_activations(network, INPUTS, RELUS)
    widths = [2] * 2 + [4] * 2 + [8] * 2 + [16] * 2 + [8] * 3 + [4] * 3 + [2] * 3
    factors = [1] * 2 + [2] * 2 + [4] * 2 + [8] * 2 + [4] * 3 + [2] * 3 + [1] * 3
    expected = [(3, width, 16 // factor, 24 // factor) for width, factor in zip(widths, factors, strict=True)]
    assert [maps.shape for maps in found.values()] == expected


@pytest.mark.parametrize("sides", [(8, 8), (16, 40), (240, 320)])
def test_logits_have_the_sides_of_the_image(network, sides):
    with torch.no_grad():
        assert network(torch.zeros(1, 2, *sides)).shape == (1, 2, *sides)


def test_without_skips_the_decoder_sees_zeros_in_their_place(network):
    with torch.no_grad():
        whole = network(INPUTS)
        network.skips = False
        without = network(INPUTS)
        network.skips = True

        def zeroed(module, inputs):
            maps = inputs[0].clone()
            maps[:, : maps.shape[1] // 2] = 0  # the skip comes first
            return (maps,)

        handles = [network.get_submodule(f"D{level}-Conv1").register_forward_pre_hook(zeroed) for level in (1, 2, 3)]
        by_hand = network(INPUTS)
        for handle in handles:
            handle.remove()
    assert not torch.allclose(whole, without)
    assert torch.equal(without, by_hand)
    assert torch.equal(network(INPUTS), whole)


def test_each_decoder_level_is_given_the_encoder_level_of_its_size(network):
    encoder = record_activations(network, INPUTS, ["E3-ReLU2", "E2-ReLU2", "E1-ReLU2"])
    upward = record_activations(network, INPUTS, ["D1-UpReLU", "D2-UpReLU", "D3-UpReLU"])
    seen = []
    for level in (1, 2, 3):
        module = network.get_submodule(f"D{level}-Conv1")
        module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    network(INPUTS)
    for maps, skip, up in zip(seen, encoder.values(), upward.values(), strict=True):
        assert torch.equal(maps, torch.cat([torch.from_numpy(skip), torch.from_numpy(up)], dim=1))


def test_up_relus_and_the_encoder_do_not_depend_on_the_skips_of_their_own_level(network):
    whole = record_activations(network, INPUTS, RELUS)
    network.skips = False
    without = record_activations(network, INPUTS, RELUS)
    same = [name for name in RELUS if (whole[name] == without[name]).all()]
    assert same == RELUS[: RELUS.index("D1-UpReLU") + 1]
