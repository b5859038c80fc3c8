import numpy as np
import pytest
import torch
from torch import nn

from topolens import record_activations
from topolens.data.vision import import_torchvision
from topolens.errors import TopolensError
from topolens.nets.outputs import is_channels_last
from topolens.nets.readout import read_out


class Tokens(nn.Module):
    """A map, then its positions as a sequence behind a token of ones, then the first token."""

    def __init__(self):
        super().__init__()
        self.map = nn.Identity()
        self.sequence = nn.Identity()
        self.first = nn.Identity()
        self.odd = nn.Identity()

    def forward(self, images):
        maps = self.map(images)
        tokens = maps.flatten(2).transpose(1, 2)
        tokens = self.sequence(torch.cat([torch.ones_like(tokens[:, :1]), tokens], dim=1))
        self.odd(tokens.sum())
        return self.first(tokens[:, 0])


IMAGES = torch.arange(24.0).reshape(2, 3, 2, 2)
LAYERS = {"a": "map", "b": "sequence", "c": "first"}


def test_maps_tokens_and_vectors_by_hand():
    found = read_out(Tokens(), IMAGES, LAYERS)
    means = [[1.5, 5.5, 9.5], [13.5, 17.5, 21.5]]
    assert [*found.vectors] == ["a", "b", "c"]
    assert found.vectors["a"].tolist() == means
    assert (
        found.vectors["b"].tolist() == found.vectors["c"].tolist() == found.logits.tolist() == np.ones((2, 3)).tolist()
    )
    assert read_out(Tokens(), IMAGES, LAYERS, "patches").vectors["b"].tolist() == means


def test_a_layer_that_is_no_map():
    with pytest.raises(TopolensError, match=r"layer 'odd': expected 2 samples along the first axis, found shape \(\)"):
        read_out(Tokens(), IMAGES, {"x": "odd"})


def test_an_unknown_layer_names_the_near_ones():
    with pytest.raises(TopolensError, match=r"unknown layer 'sequense'.*Did you mean 'sequence'"):
        read_out(Tokens(), IMAGES, {"x": "sequense"})


def test_no_hook_stays():
    model = Tokens()
    read_out(model, IMAGES, LAYERS)
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize(("module", "width"), [("features.1", 96), ("features.7", 768)])
def test_A3_channels_that_come_last_are_channels(module, width):
    swin = import_torchvision().models.swin_t(num_classes=2).eval()
    images = torch.randn(4, 3, 64, 64)
    found = read_out(swin, images, {"x": module}).vectors["x"]
    assert found.shape == (4, width)
    maps = record_activations(swin, images, module)[module]
    np.testing.assert_allclose(found, maps.mean(axis=(1, 2)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "height", "width", "last"),
    [
        ((4, 96, 16, 16), 64, 64, False),
        ((4, 16, 16, 96), 64, 64, True),
        ((4, 2, 2, 768), 64, 64, True),
        ((4, 16, 16, 16), 64, 64, False),  # both readings fit
        ((4, 8, 15, 20), 60, 80, False),
        ((4, 15, 20, 64), 60, 80, True),
        ((4, 64, 13, 20), 53, 80, False),  # sides rounded up when they are halved
        ((4, 10, 1, 1), 32, 32, False),
    ],
)
def test_A3_the_sides_of_the_image_tell_where_channels_lie(shape, height, width, last):
    assert is_channels_last(shape, height, width) == last


def test_A24_logits_that_numpy_lacks_or_that_come_in_a_mapping():
    class Half(nn.Module):
        def forward(self, images):
            return {"out": images.mean((2, 3)).bfloat16()}

    assert read_out(Half(), IMAGES, {}).logits.dtype == np.float32
