"""Recording activations by hooks: exact numbers of a fixed network, clean-up, refused input; channel vectors."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from topolens import channel_vectors, record_activations
from topolens.data.vision import import_torchvision
from topolens.errors import TopolensError
from topolens.nets.layers import layers_of
from topolens.nets.taps import map_sizes, record_channel_vectors

models = import_torchvision().models


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


def test_A19_the_empty_name_is_the_model_itself():
    np.testing.assert_array_equal(record_activations(Small(), INPUTS, "")[""], LAST)
    assert record_activations(nn.Linear(2, 3), INPUTS, "")[""].shape == (2, 3)


def test_a_layer_that_did_not_run_is_named():
    model = Small()
    with pytest.raises(TopolensError, match=r"layer 'unused' did not run"):
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
    np.testing.assert_array_equal(pooled, np.concatenate([channel_vectors(one, "channels first") for one in maps]))
    np.testing.assert_array_equal(pooled[1 * 30 + 2 * 6 + 3], maps[1, :, 2, 3])


@pytest.mark.parametrize("shape", [(4,), (4, 5), (1, 2, 3, 4, 5)])
def test_anything_but_a_map_is_refused_with_its_shape(shape):
    with pytest.raises(TopolensError, match=r"3 or 4 dimensions") as caught:
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
    with pytest.raises(TopolensError, match=r"layer 'unused' did not run"):
        record_channel_vectors(TwoMaps(), IMAGES, {"unused": one})
    with pytest.raises(TopolensError, match=r"layer 'conv': NaN or infinite"):
        record_channel_vectors(TwoMaps(), IMAGES + torch.inf, {"conv": one})


def test_sizes_of_maps_are_channels_height_and_width_of_one_image():
    assert map_sizes(TwoMaps(), IMAGES, ["pool", "conv"]) == {"pool": (2, 1, 2), "conv": (2, 2, 4)}


# No trace is left


class Noisy(nn.Module):
    """BatchNorm and dropout, as built: in training mode."""

    def __init__(self):
        super().__init__()
        self.norm, self.drop, self.head = nn.BatchNorm1d(2), nn.Dropout(0.5), nn.Linear(2, 3)

    def forward(self, x):
        return self.head(self.drop(self.norm(x)))


@pytest.mark.parametrize("mode", ["eval", "as is"])
def test_A1_modes_buffers_and_generators_are_left_as_they_were(mode):
    model = Noisy()
    model.norm.eval()
    modes = [module.training for module in model.modules()]
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    state = torch.get_rng_state()
    record_activations(model, INPUTS, ["head"], mode=mode)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(buffer, buffers[name]) for name, buffer in model.named_buffers())
    assert torch.equal(torch.get_rng_state(), state)


def test_A1_recording_takes_evaluation_behaviour_unless_told():
    model = Noisy()
    found = record_activations(model, INPUTS, ["norm"])["norm"]
    np.testing.assert_allclose(found, INPUTS / np.sqrt(1 + 1e-5), rtol=1e-6)
    as_is = record_activations(model, INPUTS, ["norm"], mode="as is")["norm"]
    np.testing.assert_allclose(as_is.mean(axis=0), 0, atol=1e-6)
    with pytest.raises(TopolensError, match=r"unknown mode 'train'"):
        record_activations(model, INPUTS, ["norm"], mode="train")


def test_A1_a_resnet_as_built():
    model = models.resnet18(num_classes=2)
    mean = model.bn1.running_mean.clone()
    record_activations(model, torch.randn(2, 3, 32, 32), ["layer4"])
    assert torch.equal(model.bn1.running_mean, mean)
    assert model.training


# Several calls


class Siamese(nn.Module):
    """One encoder for two halves."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(2, 2, bias=False)
        with torch.no_grad():
            self.encoder.weight.copy_(torch.eye(2))

    def forward(self, x):
        return self.encoder(x[:, 0]) - self.encoder(x[:, 1])


def test_A2_of_several_calls_one_or_all_are_kept_and_nothing_is_lost_in_silence():
    pairs = torch.arange(12.0).reshape(3, 2, 2)
    with pytest.warns(UserWarning, match=r"'encoder' ran 2 times in one pass, the last call is kept"):
        last = record_activations(Siamese(), pairs, "encoder")["encoder"]
    np.testing.assert_array_equal(last, pairs[:, 1])
    for calls, expected in ((0, pairs[:, 0]), (-1, pairs[:, 1]), ("last", pairs[:, 1]), (-2, pairs[:, 0])):
        np.testing.assert_array_equal(record_activations(Siamese(), pairs, "encoder", calls=calls)["encoder"], expected)
    both = record_activations(Siamese(), pairs, "encoder", calls="all")["encoder"]
    np.testing.assert_array_equal(both, torch.cat([pairs[:, 0], pairs[:, 1]]))
    with pytest.raises(TopolensError, match=r"calls=2: expected a whole number, -2 to 1"):
        record_activations(Siamese(), pairs, "encoder", calls=2)


class Chunks(nn.Module):
    """Runs its layer on two samples at a time."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Identity()

    def forward(self, x):
        return torch.cat([self.layer(part) for part in x.split(2)])


def test_A2_chunks_of_a_batch_are_put_together():
    x = torch.arange(10.0).reshape(5, 2)
    with pytest.raises(TopolensError, match=r"expected 5 samples along the first axis, found .*calls='all'"):
        record_activations(Chunks(), x, "layer")
    np.testing.assert_array_equal(record_activations(Chunks(), x, "layer", calls="all")["layer"], x)


# Where channels and samples lie


def test_A3_A4_A5_maps_whose_channels_come_last():
    images = torch.randn(4, 3, 64, 64)
    swin = models.swin_t(num_classes=2).eval()
    maps = record_activations(swin, images, "features.1")["features.1"]
    assert maps.shape == (4, 16, 16, 96)
    with pytest.raises(TopolensError, match=r"shape \(4, 16, 16, 96\) may have its channels last.*layout="):
        channel_vectors(maps)
    assert channel_vectors(maps, "channels last").shape == (1024, 96)
    np.testing.assert_array_equal(channel_vectors(maps, "channels last")[17], maps[0, 1, 1])
    with pytest.raises(TopolensError, match=r"whose channels come last"):
        map_sizes(swin, images, ["features.1"])


def test_A5_tokens_are_no_map():
    tokens = np.arange(5 * 17 * 16.0).reshape(5, 17, 16)
    with pytest.raises(TopolensError, match=r"shape \(5, 17, 16\).*'tokens'"):
        channel_vectors(tokens)
    assert channel_vectors(tokens, "tokens").shape == (85, 16)
    np.testing.assert_array_equal(channel_vectors(tokens, "tokens")[18], tokens[1, 1])
    with pytest.raises(TopolensError, match=r"unknown layout 'token'. Did you mean 'tokens'"):
        channel_vectors(tokens, "token")


def test_A7_a_string_is_one_name():
    model = nn.Sequential(*(nn.Identity() for _ in range(13)))
    assert list(record_activations(model, INPUTS, "12")) == ["12"]


def test_A8_a_layer_that_takes_no_hook_is_refused_and_no_hook_stays():
    model = nn.Sequential(nn.Linear(2, 2), torch.jit.script(nn.Linear(2, 2)))
    with pytest.raises(TopolensError, match=r"layer '1': traced and scripted modules run no hooks"):
        record_activations(model, INPUTS, ["0", "1"])
    assert not hooks_of(model[0:1])


def test_A9_the_samples_axis_is_compared_with_the_batch():
    encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=False)
    model = nn.Sequential(encoder)
    x = torch.randn(6, 4, 8)  # six places, four samples

    def forward(model, batch):
        return model(batch.transpose(0, 1))

    with pytest.raises(
        TopolensError,
        match=r"expected 4 samples .*found shape \(6, 4, 8\).*movedim\(1, 0\)",
    ):
        record_activations(model, x.transpose(0, 1), "0", forward=forward)
    found = record_activations(
        model, x.transpose(0, 1), "0", forward=forward, pick=lambda output: output.movedim(1, 0)
    )["0"]
    assert found.shape == (4, 6, 8)
    as_it_is = record_activations(model, x.transpose(0, 1), "0", forward=forward, pick=lambda output: output)["0"]
    np.testing.assert_array_equal(found, as_it_is.swapaxes(0, 1))


# What goes in


def test_A10_kinds_of_numbers_that_numpy_lacks():
    model = Small().bfloat16()
    found = record_activations(model, INPUTS, ["first"])["first"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, FIRST)
    with torch.autocast("cpu", torch.bfloat16):
        np.testing.assert_array_equal(record_activations(Small(), INPUTS, ["first"])["first"], FIRST)

    class Odd(nn.Module):
        def __init__(self, change):
            super().__init__()
            self.layer, self.change = nn.Identity(), change

        def forward(self, x):
            return self.layer(self.change(x))

    np.testing.assert_array_equal(record_activations(Odd(torch.Tensor.to_sparse), INPUTS, "layer")["layer"], INPUTS)
    quantised = Odd(lambda x: torch.quantize_per_tensor(x, 0.5, 0, torch.qint8))
    np.testing.assert_array_equal(record_activations(quantised, INPUTS, "layer")["layer"], INPUTS)
    with pytest.raises(TopolensError, match=r"layer 'layer': on the meta device there are no values"):
        record_activations(Odd(lambda x: x.to("meta")), INPUTS, "layer")


@pytest.mark.parametrize(
    "inputs",
    [
        DataLoader(TensorDataset(INPUTS, torch.zeros(2)), batch_size=1),
        TensorDataset(INPUTS, torch.zeros(2)),
        iter([INPUTS[:1], INPUTS[1:]]),
        [INPUTS, torch.tensor([0, 1])],
        (INPUTS,),
        INPUTS.numpy(),
        INPUTS.numpy().astype(np.float64),
        INPUTS.to(torch.uint8),
        INPUTS.tolist(),
        {"x": INPUTS},
        {"x": INPUTS.numpy()},
    ],
    ids=[
        "loader",
        "dataset",
        "iterator",
        "labels",
        "tuple",
        "array",
        "float64",
        "uint8",
        "list",
        "dict",
        "dict of arrays",
    ],
)
def test_A11_A12_A13_what_users_have(inputs):
    np.testing.assert_array_equal(record_activations(Small(), inputs, "first")["first"], FIRST)


def test_A11_no_batch_is_refused():
    with pytest.raises(TopolensError, match=r"expected at least one batch, found none"):
        record_activations(Small(), iter([]), "first")


class Masked(nn.Module):
    """Takes two tensors and gives what language models give."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 3)

    def forward(self, ids, mask):
        return SimpleNamespace(logits=self.embedding(ids) * mask[..., None])


def test_A12_several_tensors_go_in_by_name_or_place():
    ids, mask = torch.tensor([[1, 2], [3, 4]]), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    model = Masked()
    expected = (model.embedding(ids) * mask[..., None]).detach().numpy()
    for inputs in ((ids, mask), [ids, mask], {"ids": ids, "mask": mask}, {"mask": mask, "ids": ids}):
        np.testing.assert_array_equal(record_activations(model, inputs, "")[""], expected)
    called = record_activations(
        model, {"a": ids, "b": mask}, "", forward=lambda model, batch: model(batch["a"], batch["b"])
    )
    np.testing.assert_array_equal(called[""], expected)
    with pytest.raises(TopolensError, match=r"a tuple of 3 for Masked.forward.*ids, mask.*forward=lambda"):
        record_activations(model, (ids, mask, mask), "")
    with pytest.raises(TopolensError, match=r"Masked does not take a dict.*forward=lambda"):
        record_activations(model, {"ids": ids, "labels": mask}, "")


def test_A13_numbers_that_do_not_fit_are_said():
    with pytest.raises(TopolensError, match=r"Masked does not take .*float32.*convert"):
        record_activations(Masked(), (INPUTS, INPUTS), "")
    with pytest.raises(TopolensError, match=r"inputs: expected numbers"):
        record_activations(Small(), [["a", "b"]], "first")


def test_A14_the_first_tensor_of_an_output_or_the_one_that_is_picked():
    lstm = nn.Sequential(nn.LSTM(2, 3, batch_first=True))
    x = torch.randn(4, 5, 2)
    assert record_activations(lstm, x, "0")["0"].shape == (4, 5, 3)
    states = record_activations(lstm, x, "0", pick=lambda output: output[1][0][-1])["0"]
    assert states.shape == (4, 3)
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    tokens = torch.randn(4, 5, 8)
    assert record_activations(attention, (tokens, tokens, tokens), "")[""].shape == (4, 5, 8)

    class Nothing(nn.Module):
        def forward(self, x):
            return "text"

    with pytest.raises(TopolensError, match=r"layer '': returns a str without a tensor; choose .* pick="):
        record_activations(Nothing(), INPUTS, "")


def test_A15_a_module_is_found_under_each_of_its_names():
    act = nn.ReLU()
    model = nn.Sequential(nn.Linear(2, 2), act, nn.Linear(2, 2), act)
    found = record_activations(model, INPUTS, ["1", "3"], calls=1)
    np.testing.assert_array_equal(found["1"], found["3"])


def test_A16_layers_of_a_fused_encoder_run_one_by_one():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2).eval()
    x, padding = torch.randn(3, 5, 8), torch.tensor([[False] * 5, [False] * 3 + [True] * 2, [False] * 5])

    def forward(model, batch):
        return model(batch, src_key_padding_mask=padding)

    fused = torch.backends.mha.get_fastpath_enabled()
    found = record_activations(encoder, x, "layers.0", forward=forward)["layers.0"]
    assert found.shape == (3, 5, 8)
    assert torch.backends.mha.get_fastpath_enabled() == fused


class Direct(nn.Module):
    """Calls a layer's forward itself, and parts of a list."""

    def __init__(self):
        super().__init__()
        self.layer, self.parts = nn.Linear(2, 2), nn.ModuleList([nn.Linear(2, 2)])

    def forward(self, x):
        return self.parts[0](self.layer.forward(x))


def test_A17_why_a_layer_did_not_run():
    with pytest.raises(TopolensError, match=r"'layer' did not run.*calls its forward\(\) directly"):
        record_activations(Direct(), INPUTS, "layer")
    with pytest.raises(TopolensError, match=r"'parts' did not run.*a ModuleList never runs itself; take one.*'0'"):
        record_activations(Direct(), INPUTS, "parts")
    traced = torch.jit.trace(Small(), INPUTS)
    with pytest.raises(TopolensError, match=r"traced and scripted modules run no hooks; record the original"):
        record_activations(traced, INPUTS, "first")


def test_A17_a_compiled_model_is_recorded_as_the_original():
    model = Small()
    model.compile(backend="eager")
    model(INPUTS)
    np.testing.assert_array_equal(record_activations(model, INPUTS, "first")["first"], FIRST)
    assert model._compiled_call_impl is not None
    wrapped = torch.compile(Small(), backend="eager")
    wrapped(INPUTS)
    np.testing.assert_array_equal(record_activations(wrapped, INPUTS, "first")["first"], FIRST)


def test_A18_what_is_not_finite_is_said_with_its_place():
    inputs = INPUTS.clone()
    inputs[1, 0] = torch.nan
    with pytest.raises(TopolensError, match=r"inputs: 1 of 2 samples hold NaN, the first is"):
        record_activations(Small(), inputs, "first")

    class Scores(nn.Module):
        def __init__(self):
            super().__init__()
            self.scores = nn.Identity()

        def forward(self, x):
            return self.scores(x.masked_fill(torch.eye(2, dtype=torch.bool), -torch.inf)).softmax(1)

    with pytest.raises(TopolensError, match=r"infinite activations, 50.00% of \(2, 2\), the first at \(0, 0\)"):
        record_activations(Scores(), INPUTS, "scores")
    assert np.isinf(record_activations(Scores(), INPUTS, "scores", allow_infinite=True)["scores"]).sum() == 2


def test_A20_a_typo_in_a_large_model_is_answered_in_a_few_words():
    with pytest.raises(TopolensError, match=r"Did you mean .*'layer4.1'.*layers_of\(model, sample\)") as caught:
        record_activations(models.resnet152(), torch.zeros(1, 3, 32, 32), "layer4.l")
    assert len(str(caught.value)) < 600


def test_A28_a_forward_that_differentiates():
    class Gradients(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, x):
            x = x.requires_grad_()
            return torch.autograd.grad(self.layer(x).sum(), x)[0]

    def differentiated(model, batch):
        return torch.enable_grad()(model)(batch)

    with pytest.raises(TopolensError, match=r"differentiates in its forward pass; allow it there, forward="):
        record_activations(Gradients(), INPUTS.clone(), "layer")
    assert record_activations(Gradients(), INPUTS.clone(), "layer", forward=differentiated)["layer"].shape == (2, 1)


# What there is


def test_layers_of_a_model_in_running_order():
    table = layers_of(Small(), INPUTS)
    assert table["layer"].tolist() == ["first", "act", "block.0", "block", ""]
    assert table["class"].tolist() == ["Linear", "ReLU", "Linear", "Sequential", "Small"]
    assert table["shape"].tolist() == [(2, 2), (2, 2), (2, 1), (2, 1), (2, 1)]
    assert (table["calls"] == 1).all()
    assert (table["axis"] == 0).all()


def test_layers_say_how_often_they_run_what_they_return_and_where_samples_lie():
    table = layers_of(Siamese(), torch.zeros(3, 2, 2)).set_index("layer")
    assert table.loc["encoder", "calls"] == 2
    table = layers_of(nn.Sequential(nn.LSTM(2, 3)), torch.zeros(7, 4, 2), forward=lambda model, batch: model(batch))
    assert table["output"].tolist() == ["tuple", "tuple"]
    assert table["shape"].tolist() == [(7, 4, 3)] * 2
    encoder = nn.Sequential(nn.TransformerEncoderLayer(8, 2, 16, batch_first=False))
    table = layers_of(encoder, torch.zeros(4, 6, 8), forward=lambda model, batch: model(batch.transpose(0, 1)))
    assert table.set_index("layer").loc["0", "axis"] == 1
    assert not hooks_of(encoder)
