"""Recording activations by hooks: exact numbers of a fixed network, clean-up, refused input; channel vectors."""

import numpy as np
import pytest
import torch
from torch import nn

from topolens import channel_vectors, record_activations
from topolens.errors import TopolensError
from topolens.nets.taps import map_sizes, record_channel_vectors


class Small(nn.Module):
    """Two linear layers with fixed weights, and a branch that never runs."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.act = nn.ReLU()
        self.block = nn.Sequential(nn.Linear(2, 1))
        self.unused = nn.Linear(2, 2)
        with torch.no_grad():
            self.first.weight.copy_(torch.tensor([[1.0, -1.0], [2.0, 0.5]]))
            self.first.bias.copy_(torch.tensor([0.0, -1.0]))
            self.block[0].weight.copy_(torch.tensor([[10.0, 1.0]]))
            self.block[0].bias.copy_(torch.tensor([0.25]))

    def forward(self, x):
        return self.block(self.act(self.first(x)))


INPUTS = torch.tensor([[1.0, 2.0], [3.0, 1.0]])
FIRST = [[-1.0, 2.0], [2.0, 5.5]]
ACTED = [[0.0, 2.0], [2.0, 5.5]]
LAST = [[2.25], [25.75]]


def hooks_of(model):
    return [hook for module in model.modules() for hook in module._forward_hooks.values()]


def test_activations_of_a_fixed_network_by_hand():
    found = record_activations(Small(), INPUTS, ["first", "act", "block.0"])
    np.testing.assert_array_equal(found["first"], FIRST)
    np.testing.assert_array_equal(found["act"], ACTED)
    np.testing.assert_array_equal(found["block.0"], LAST)


def test_layers_come_in_the_order_asked_for():
    assert list(record_activations(Small(), INPUTS, ["block", "first"])) == ["block", "first"]
    assert record_activations(Small(), INPUTS, []) == {}


def test_a_later_in_place_operation_does_not_change_what_was_recorded():
    model = Small()
    model.act = nn.ReLU(inplace=True)
    found = record_activations(model, INPUTS, ["first", "act"])
    np.testing.assert_array_equal(found["first"], FIRST)
    np.testing.assert_array_equal(found["act"], ACTED)


def test_recorded_arrays_are_copies_of_their_own():
    inputs = INPUTS.clone()
    found = record_activations(nn.Sequential(nn.Identity()), inputs, ["0"])
    inputs += 100
    np.testing.assert_array_equal(found["0"], INPUTS)


def test_the_model_is_left_as_it_was():
    model = Small().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    record_activations(model, INPUTS, ["first"])
    assert hooks_of(model) == []
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())


def test_hooks_are_removed_when_the_model_fails():
    model = Small()
    with pytest.raises(RuntimeError):
        record_activations(model, torch.zeros(2, 7), ["first", "act"])
    assert hooks_of(model) == []


def test_hooks_of_others_stay():
    model = Small()
    seen = []
    model.act.register_forward_hook(lambda *_: seen.append(1))
    record_activations(model, INPUTS, ["act"])
    assert seen == [1]
    assert len(hooks_of(model)) == 1


@pytest.mark.parametrize(("name", "near"), [("frist", "first"), ("block.1", "block.0"), ("ac", "act")])
def test_an_unknown_layer_is_answered_with_the_nearest_and_all_names(name, near):
    model = Small()
    with pytest.raises(TopolensError, match=f"Small: unknown layer '{name}'.*Did you mean.*'{near}'") as caught:
        record_activations(model, INPUTS, ["first", name])
    assert "Valid: act, block, block.0, first, unused." in str(caught.value)
    assert hooks_of(model) == []


def test_the_empty_name_is_no_layer():
    with pytest.raises(TopolensError, match="unknown layer ''"):
        record_activations(Small(), INPUTS, [""])


def test_a_layer_that_did_not_run_is_named():
    model = Small()
    with pytest.raises(TopolensError, match="layer 'unused' did not run"):
        record_activations(model, INPUTS, ["first", "unused"])
    assert hooks_of(model) == []


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_activations_of_a_diverged_network_are_named(bad):
    model = Small()
    with torch.no_grad():
        model.block[0].bias.fill_(bad)
    with pytest.raises(TopolensError, match=r"layer 'block\.0': NaN or infinite"):
        record_activations(model, INPUTS, ["first", "block.0"])


def test_convolutions_keep_their_shape_with_samples_first():
    model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
    assert record_activations(model, torch.zeros(5, 3, 6, 7), ["1"])["1"].shape == (5, 4, 6, 7)


# Channel vectors


def test_channel_vectors_by_hand():
    # Two channels on a 2 x 2 map: one vector for each position, row by row.
    activation_map = np.array([[[1, 2], [3, 4]], [[10, 20], [30, 40]]])
    np.testing.assert_array_equal(channel_vectors(activation_map), [[1, 10], [2, 20], [3, 30], [4, 40]])


def test_pooled_images_follow_each_other():
    maps = np.random.default_rng(0).normal(size=(3, 4, 5, 6))
    pooled = channel_vectors(maps)
    assert pooled.shape == (3 * 5 * 6, 4)
    np.testing.assert_array_equal(pooled, np.concatenate([channel_vectors(one) for one in maps]))
    np.testing.assert_array_equal(pooled[1 * 30 + 2 * 6 + 3], maps[1, :, 2, 3])


@pytest.mark.parametrize("shape", [(4,), (4, 5), (1, 2, 3, 4, 5)])
def test_anything_but_a_map_is_refused_with_its_shape(shape):
    with pytest.raises(TopolensError, match="3 or 4 dimensions") as caught:
        channel_vectors(np.zeros(shape))
    assert str(shape) in str(caught.value)


# Channel vectors at chosen positions


class TwoMaps(nn.Module):
    """From one band x: channels (x, 10 x) in `conv`, then their 2 x 2 maxima in `pool`, then the mean of all."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 1, bias=False)
        self.act = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.unused = nn.ReLU()
        with torch.no_grad():
            self.conv.weight.copy_(torch.tensor([1.0, 10.0]).reshape(2, 1, 1, 1))

    def forward(self, x):
        return self.flatten(self.pool(self.act(self.conv(x)))).mean(1)


# Two images of 2 rows and 4 columns; the second is negative, so that the ReLU silences it.
IMAGES = torch.stack([torch.arange(8.0).reshape(1, 2, 4), -torch.arange(8.0).reshape(1, 2, 4)])
POSITIONS = np.array([[0, 0, 3], [1, 1, 2], [0, 1, 0], [0, 0, 3]])


def test_channel_vectors_at_positions_by_hand():
    found = record_channel_vectors(TwoMaps(), IMAGES, {"pool": np.array([[0, 0, 1], [1, 0, 0]]), "conv": POSITIONS})
    assert list(found) == ["pool", "conv"]
    np.testing.assert_array_equal(found["pool"], [[7, 70], [0, 0]])
    # The in-place ReLU behind it changes nothing of what was taken.
    np.testing.assert_array_equal(found["conv"], [[3, 30], [-6, -60], [4, 40], [3, 30]])


def test_channel_vectors_are_rows_of_the_whole_map():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU()).to(memory_format=torch.channels_last)
    inputs = torch.rand(4, 3, 6, 7).contiguous(memory_format=torch.channels_last)
    flat = np.random.default_rng(0).choice(4 * 6 * 7, 50, replace=False)
    positions = np.stack(np.unravel_index(flat, (4, 6, 7)), axis=1)
    for layer in ("0", "1"):
        whole = channel_vectors(record_activations(model, inputs, [layer])[layer])
        found = record_channel_vectors(model, inputs, {layer: positions})[layer]
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, whole[flat])


def test_no_position_gives_no_vector():
    found = record_channel_vectors(TwoMaps(), IMAGES, {"act": np.empty((0, 3), np.int64)})["act"]
    assert found.shape == (0, 2)
    assert record_channel_vectors(TwoMaps(), IMAGES, {}) == {}


@pytest.mark.parametrize("outside", [[2, 0, 0], [0, 2, 0], [0, 0, 4], [-1, 0, 0], [0, -1, 0]])
def test_positions_outside_of_the_map_are_refused_with_its_size(outside):
    model = TwoMaps()
    with pytest.raises(
        TopolensError, match=r"layer 'act': positions must lie in \[2, 2, 4\] \(images, rows, columns\)"
    ):
        record_channel_vectors(model, IMAGES, {"act": np.array([[0, 0, 0], outside])})
    assert hooks_of(model) == []


def test_layers_without_a_map_are_refused_with_their_shape():
    with pytest.raises(TopolensError, match=r"layer 'flatten': expected maps .*found \(2, 4\)"):
        record_channel_vectors(TwoMaps(), IMAGES, {"flatten": np.array([[0, 0, 0]])})
    with pytest.raises(TopolensError, match=r"layer 'flatten': expected an activation map .*found \(4,\)"):
        map_sizes(TwoMaps(), IMAGES, ["act", "flatten"])


def test_unknown_silent_and_diverged_layers_are_refused_for_channel_vectors_too():
    one = np.array([[0, 0, 0]])
    with pytest.raises(TopolensError, match=r"TwoMaps: unknown layer 'cnov'.*'conv'"):
        record_channel_vectors(TwoMaps(), IMAGES, {"cnov": one})
    with pytest.raises(TopolensError, match="layer 'unused' did not run"):
        record_channel_vectors(TwoMaps(), IMAGES, {"unused": one})
    with pytest.raises(TopolensError, match="layer 'conv': NaN or infinite"):
        record_channel_vectors(TwoMaps(), IMAGES * torch.inf, {"conv": one})


def test_sizes_of_maps_are_channels_height_and_width_of_one_image():
    assert map_sizes(TwoMaps(), IMAGES, ["pool", "conv"]) == {"pool": (2, 1, 2), "conv": (2, 2, 4)}
