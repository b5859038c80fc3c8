"""VGG-16: its ReLUs, the shapes of their maps, its size, its random weights."""

import pytest
import torch
from torch import nn

from topolens.config.architectures import TAPPED_LAYERS
from topolens.config.networks import ImageNetwork
from topolens.nets.images.build import build_network
from topolens.nets.images.vgg import vgg16
from topolens.nets.taps import record_activations

SETTINGS = ImageNetwork(name="tiny", architecture="vgg16", bands=["R", "G", "B"], first_filters=2)
NUMBERS = (11, 12, 21, 22, 31, 32, 33, 41, 42, 43, 51, 52, 53)
RELUS = [f"ReLU{number}" for number in NUMBERS]
INPUTS = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_thirteen_relus_follow_the_convolutions():
    assert TAPPED_LAYERS["vgg16"] == RELUS
    modules = [(name, type(module)) for name, module in build_network(SETTINGS, 10, 0).named_children()]
    relus = [name for name, kind in modules if kind is nn.ReLU]
    assert relus == [*RELUS, "ReLUHidden"]
    kinds = [kind for _, kind in modules]
    for place, (name, _) in enumerate(modules):
        if name in RELUS:
            assert kinds[place - 2 : place] == [nn.Conv2d, nn.BatchNorm2d]


def test_maps_halve_after_each_block_and_widths_double():
    found = record_activations(build_network(SETTINGS, 10, 0).eval(), INPUTS, RELUS)
    sides = [32] * 2 + [16] * 2 + [8] * 3 + [4] * 3 + [2] * 3
    widths = [2] * 2 + [4] * 2 + [8] * 3 + [16] * 6
    assert [maps.shape for maps in found.values()] == [(3, w, s, s) for w, s in zip(widths, sides, strict=True)]


def test_the_published_width_has_14_7_million_weights_in_its_convolutions():
    with torch.device("meta"):
        network = vgg16(3, 10)
    convolutions = [module for module in network if isinstance(module, nn.Conv2d)]
    assert [module.out_channels for module in convolutions] == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    assert sum(module.weight.numel() for module in convolutions) == 14_710_464
    assert network.Hidden.weight.shape == (512, 512)


@pytest.mark.parametrize(("bands", "classes"), [(["R", "G", "B"], 10), (["ExG"], 3)])
def test_logits_are_one_row_an_image(bands, classes):
    network = build_network(SETTINGS.model_copy(update={"bands": bands}), classes, 0).eval()
    assert network(INPUTS[:, : len(bands)]).shape == (3, classes)


def test_random_weights_have_a_seed_and_a_name_and_leave_the_global_generator_alone():
    before = torch.get_rng_state()
    first, again, other_seed, other_name = (
        torch.cat([parameter.flatten() for parameter in build_network(settings, 10, seed).parameters()])
        for settings, seed in (
            (SETTINGS, 0),
            (SETTINGS, 0),
            (SETTINGS, 1),
            (SETTINGS.model_copy(update={"name": "other"}), 0),
        )
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other_seed)
    assert not torch.equal(first, other_name)


def test_convolutions_start_as_he_et_al_and_in_channels_last():
    weight = build_network(SETTINGS.model_copy(update={"first_filters": 32}), 10, 0).Conv53.weight
    assert weight.std().item() == pytest.approx((2 / (256 * 9)) ** 0.5, rel=0.01)
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_the_first_layer_standardises_bands():
    network = build_network(SETTINGS, 10, 0).eval()
    plain = network(INPUTS)
    mean, deviation = torch.tensor([1.0, -2.0, 5.0]), torch.tensor([0.5, 4.0, 1.0])
    network.Standardise.set(mean.tolist(), deviation.tolist())
    raw = INPUTS * deviation[:, None, None] + mean[:, None, None]
    torch.testing.assert_close(network(raw), plain, rtol=1e-3, atol=1e-4)
