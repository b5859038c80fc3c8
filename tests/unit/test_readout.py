import numpy as np
import pytest
import torch
from torch import nn

from topolens.errors import TopolensError
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
    with pytest.raises(TopolensError, match=r"layer 'x': expected maps, tokens or vectors, found shape \(\)"):
        read_out(Tokens(), IMAGES, {"x": "odd"})


def test_an_unknown_layer_names_the_near_ones():
    with pytest.raises(TopolensError, match=r"unknown layer 'sequense'.*Did you mean 'sequence'"):
        read_out(Tokens(), IMAGES, {"x": "sequense"})


def test_no_hook_stays():
    model = Tokens()
    read_out(model, IMAGES, LAYERS)
    assert not any(module._forward_hooks for module in model.modules())
