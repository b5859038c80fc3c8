"""Feature pictures: what simple layers must ask for, the ascent as written anew, independence, refused input."""

import numpy as np
import pytest
import torch
from torch import nn

from topolens.attribution import feature_picture as module
from topolens.attribution.feature_picture import feature_pictures
from topolens.attribution.picture_spectrum import COLOURS, START
from topolens.errors import TopolensError
from topolens.nets.images.vgg import vgg16
from topolens.seeding import child_generator

SIZE = (16, 20)


def colours():
    """Channels are the three bands."""
    network = nn.Sequential(nn.Conv2d(3, 3, 1, bias=False), nn.ReLU()).eval()
    with torch.no_grad():
        network[0].weight.copy_(torch.eye(3).reshape(3, 3, 1, 1))
    return network


def stripes(bias=0.0):
    """Channel 0 answers to horizontal edges, channel 1 to vertical ones."""
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2)).eval()
    edge = torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]]).expand(3, 3, 3)
    with torch.no_grad():
        network[0].weight.copy_(torch.stack([edge, edge.transpose(1, 2)]))
        network[0].bias.fill_(bias)
    network(torch.zeros(1, 3, *SIZE))
    return network


def random_vgg():
    torch.manual_seed(0)
    network = vgg16(3, 5, first_filters=4)
    with torch.no_grad():
        network.train()(torch.rand(16, 3, 32, 32))
    return network.eval()


def answers(network, pictures):
    """(k, channels) mean map of each picture."""
    with torch.no_grad():
        return network[:2](torch.from_numpy(pictures / 255).float().permute(0, 3, 1, 2)).mean((2, 3)).numpy()


def test_a_channel_that_is_a_colour_gets_that_colour():
    pictures = feature_pictures(colours(), "1", np.eye(3), SIZE, 24, 0)
    assert (pictures.shape, pictures.dtype) == ((3, *SIZE, 3), np.uint8)
    found = pictures.mean(axis=(1, 2))
    assert (found.argmax(axis=1) == [0, 1, 2]).all()
    for channel, mean in enumerate(found):
        assert mean[channel] > np.delete(mean, channel).max() + 10


def test_channels_get_edges_of_their_direction():
    """More of them than in the other's picture, and with every step more; a mean asks for both."""
    network = stripes()
    directions = np.array([[1.0, 0], [0, 1], [1, 1]])
    across, down, both = answers(network, feature_pictures(network, "1", directions, SIZE, 16, 0))
    assert across[0] > 1.5 * down[0]
    assert down[1] > 1.5 * across[1]
    assert down[0] < both[0] < across[0]
    assert across[1] < both[1] < down[1]
    grown = [
        answers(network, feature_pictures(network, "1", np.eye(2)[:1], SIZE, steps, 0))[0, 0] for steps in (1, 4, 16)
    ]
    assert grown == sorted(grown)
    assert grown[2] > 1.5 * grown[0]


def test_a_silent_channel_is_woken():
    """So large a threshold lets nothing through at the start, and its ReLU has no slope there."""
    network = stripes(bias=-6.0)
    first = feature_pictures(network, "1", np.eye(2), SIZE, 1, 0)
    assert (answers(network, first) == 0).all()
    assert (np.diag(answers(network, feature_pictures(network, "1", np.eye(2), SIZE, 40, 0))) > 0).all()


def test_the_ascent_as_written_anew():
    network, layer, name, seed, steps = random_vgg(), "ReLU21", "red", 5, 6
    direction = torch.linspace(-0.2, 1, 8)
    unit = direction / direction.norm()
    noise = child_generator(seed, "picture", name).normal(0, START, (3, 32, 17, 2)).astype(np.float32)
    spectrum = torch.nn.Parameter(torch.from_numpy(noise))
    rows, columns = np.minimum(np.arange(32), 32 - np.arange(32)) / 32, np.arange(17) / 32
    weights = 1 / np.maximum(np.sqrt(rows[:, None] ** 2 + columns**2), 1 / 32)
    weights = torch.from_numpy(weights / np.sqrt((weights**2).mean())).float()
    adam = torch.optim.Adam([spectrum], lr=module.LEARNING_RATE)

    def picture():
        planes = torch.fft.irfftn(torch.complex(spectrum[..., 0], spectrum[..., 1]) * weights, s=(32, 32), dim=(1, 2))
        return torch.sigmoid((COLOURS @ (planes * 32).reshape(3, -1)).reshape(3, 32, 32))

    below = network[: [child for child, _ in network.named_children()].index(layer) + 1]
    shifts = child_generator(seed, "jitter").integers(-module.JITTER, module.JITTER + 1, size=(steps, 2))
    for down, across in shifts.tolist():
        shown = picture()
        vectors = below(torch.roll(shown, (down, across), (1, 2))[None])[0].reshape(8, -1).T
        dots = vectors @ unit
        cosines = torch.clamp(dots / (vectors.norm(dim=1) + 1e-9), min=0.1)
        rough = (shown[:, 1:] - shown[:, :-1]).abs().mean() + (shown[:, :, 1:] - shown[:, :, :-1]).abs().mean()
        adam.zero_grad()
        (module.TOTAL_VARIATION * rough - torch.asinh((dots * cosines).mean())).backward()
        adam.step()
    wanted = 255 * picture().detach().permute(1, 2, 0).numpy()
    found = feature_pictures(network, layer, direction.numpy()[None], (32, 32), steps, seed, [name])[0]
    assert np.abs(found - wanted).max() < 2
    unmoved = feature_pictures(network, layer, direction.numpy()[None], (32, 32), 1, seed, [name])[0]
    assert np.abs(unmoved - wanted).max() > 10


def test_pictures_do_not_depend_on_their_company():
    network, directions = random_vgg(), np.random.default_rng(1).random((5, 16))
    together = feature_pictures(network, "ReLU33", directions, (32, 32), 4, 0).astype(int)
    assert np.abs(together[0] - together[1]).max() > 20
    alone = feature_pictures(network, "ReLU33", directions[3:4], (32, 32), 4, 0)[0]
    assert np.abs(together[3] - alone).max() <= 1
    turned = feature_pictures(network, "ReLU33", directions[::-1], (32, 32), 4, 0)
    assert np.abs(together - turned[::-1]).max() <= 1


def test_seed_name_and_direction_fix_a_picture_and_its_length_does_not():
    network = colours()
    one = np.array([[1.0, 0, 0]])
    first = feature_pictures(network, "1", one, SIZE, 2, 0)
    np.testing.assert_array_equal(feature_pictures(network, "1", 4 * one, SIZE, 2, 0), first)
    assert (feature_pictures(network, "1", one, SIZE, 2, 1) != first).any()
    named = feature_pictures(network, "1", np.repeat(one, 3, 0), SIZE, 2, 0, ["a", "b", "a"])
    np.testing.assert_array_equal(named[0], named[2])
    assert (named[0] != named[1]).any()


def test_more_pictures_than_go_through_together(monkeypatch):
    directions = np.random.default_rng(2).random((5, 3))
    whole = feature_pictures(colours(), "1", directions, SIZE, 3, 0).astype(int)
    monkeypatch.setattr(module, "FORWARD_PIXELS", 2 * SIZE[0] * SIZE[1])
    assert np.abs(feature_pictures(colours(), "1", directions, SIZE, 3, 0) - whole).max() <= 1


def test_the_model_is_left_as_it_was_and_may_be_frozen():
    network, one = random_vgg(), np.eye(16)[:1]
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    found = feature_pictures(network, "ReLU31", one, (32, 32), 2, 0)
    assert not any(module._forward_hooks for module in network.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())
    with torch.no_grad():
        frozen = feature_pictures(network.requires_grad_(False), "ReLU31", one, (32, 32), 2, 0)
    np.testing.assert_array_equal(frozen, found)


def test_an_in_place_relu_will_do():
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(inplace=True)).eval()
    plain = nn.Sequential(network[0], nn.ReLU()).eval()
    found, wanted = (feature_pictures(model, "1", np.ones((1, 2)), SIZE, 3, 0) for model in (network, plain))
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(("changes", "message"), [
    ({"directions": np.eye(4)}, "directions: expected 3 channels as layer '1', found 4"),
    ({"directions": np.ones(3)}, r"expected \(k, channels\) with at least one, found shape \(3,\)"),
    ({"directions": np.ones((0, 3))}, "with at least one"),
    ({"directions": np.array([[1, 0, 0], [0, 0, 0]])}, "direction 1 is 0, NaN or infinite"),
    ({"directions": np.array([[np.nan, 0, 0]])}, "direction 0 is 0, NaN or infinite"),
    ({"layer": "2"}, "unknown layer '2'"),
    ({"steps": 0}, "steps=0: expected at least 1"),
    ({"names": ["a"]}, "names: expected one for each of 3 directions, found 1"),
])  # fmt: skip
def test_bad_input(changes, message):
    given = {"layer": "1", "directions": np.eye(3), "size": SIZE, "steps": 1, "seed": 0} | changes
    with pytest.raises(TopolensError, match=message):
        feature_pictures(colours(), **given)


def test_unfit_models():
    with pytest.raises(TopolensError, match=r"call model.eval\(\) first"):
        feature_pictures(colours().train(), "1", np.eye(3), SIZE, 1, 0)
    with pytest.raises(TopolensError, match="expected the three bands R, G, B, found 4"):
        feature_pictures(vgg16(4, 2, 1).eval(), "ReLU11", np.ones((1, 1)), (32, 32), 1, 0)
    with pytest.raises(TopolensError, match="layer 'Hidden': expected an activation map"):
        feature_pictures(vgg16(3, 2, 1).eval(), "Hidden", np.ones((1, 8)), (32, 32), 1, 0)
