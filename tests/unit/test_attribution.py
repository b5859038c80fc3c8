"""Grad-CAM and occlusion: known by hand on tiny networks, as written anew on the project's, and refused input."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from topolens.attribution.deletion import deletion_insertion
from topolens.attribution.maps import ClassTarget, MaskTarget, grad_cam, grad_cams, occlusion
from topolens.data.vision import import_torchvision
from topolens.errors import TopolensError
from topolens.nets.images.unet import UNet
from topolens.nets.images.vgg import vgg16


def signs(inplace=False):
    """Positive and negative part of one band; class 0 has 4 and 8 times their means, class 1 has 4 and -8 times."""
    network = nn.Sequential()
    network.add_module("Conv", nn.Conv2d(1, 2, 1, bias=False))
    network.add_module("Act", nn.ReLU(inplace=inplace))
    network.add_module("Mean", nn.AdaptiveAvgPool2d(1))
    network.add_module("Flatten", nn.Flatten())
    network.add_module("Logits", nn.Linear(2, 2))
    with torch.no_grad():
        network.Conv.weight.copy_(torch.tensor([1.0, -1]).reshape(2, 1, 1, 1))
        network.Logits.weight.copy_(torch.tensor([[4.0, 8], [4, -8]]))
        network.Logits.bias.copy_(torch.tensor([5.0, -7]))
    return network.eval()


class Weighted(nn.Module):
    """One logit: the sum of the pixels, each with its weight."""

    def __init__(self, weights):
        super().__init__()
        self.weights = torch.tensor(weights)

    def forward(self, images):
        return (images * self.weights).sum((1, 2, 3))[:, None]


GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
DEVICES = ["cpu", pytest.param("cuda", marks=GPU)]
IMAGE = torch.tensor([[[[1.0, 2], [3, -4]]]])
ZERO = torch.zeros(1)


def hooks_of(model):
    return [hook for module in model.modules() for hook in module._forward_hooks.values()]


def settled(network):
    """In evaluation mode, with the statistics of some images in its BatchNorms, so that no signal dies away."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        network.train()(images(16))
    return network.eval()


def random_vgg(seed=0):
    torch.manual_seed(seed)
    return settled(vgg16(3, 5, first_filters=4))


def random_unet(seed=0):
    torch.manual_seed(seed)
    return settled(UNet(3, 2, first_filters=2))


def images(count, height=32, width=32, seed=1):
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed))


def masks(count, height, width, seed=2):
    return np.random.default_rng(seed).random((count, height, width)) < 0.3


@pytest.mark.parametrize("inplace", [False, True])
def test_grad_cam_by_hand(inplace):
    """At Act the weights of both channels are a quarter of the logit's: 1 and 2, or 1 and -2."""
    two = IMAGE.repeat(2, 1, 1, 1)
    found = grad_cam(signs(inplace), two, "Act", ClassTarget(np.array([0, 1])))
    np.testing.assert_allclose(found, [[[1, 2], [3, 8]], [[1, 2], [3, 0]]])
    assert found.dtype == np.float64
    # At Conv the values are plus and minus the pixel; 1 or 0 of its derivative passes the ReLU, so that three of four
    # positions let channel 0 pass and one lets channel 1: weights 3/4 and 2/4, or 3/4 and -2/4.
    found = grad_cam(signs(inplace), two, "Conv", ClassTarget(np.array([0, 1])))
    np.testing.assert_allclose(found, [[[0.25, 0.5], [0.75, 0]], [[1.25, 2.5], [3.75, 0]]])


def test_grad_cam_of_a_mask_by_hand():
    """The object's logit is 3 x - y + 1; its mean over two of four pixels has mean derivatives 3/4 and -1/4."""
    network = nn.Sequential(nn.Identity(), nn.Conv2d(2, 2, 1)).eval()
    with torch.no_grad():
        network[1].weight.copy_(torch.tensor([[9.0, 9], [3, -1]]).reshape(2, 2, 1, 1))
        network[1].bias.copy_(torch.tensor([9.0, 1]))
    inputs = torch.tensor([[[[1.0, 0], [0, 2]], [[0, 1], [1, 2.0]]]])
    mask = np.array([[[True, True], [False, False]]])
    found = grad_cam(network, inputs, "0", MaskTarget(mask))
    np.testing.assert_allclose(found, [[[0.75, 0], [0, 1]]])


def test_coarse_maps_are_interpolated():
    network = nn.Sequential(nn.AvgPool2d(2), *signs()).eval()
    coarse = torch.tensor([[[[4.0, 8], [0, 0]]]])
    inputs = functional.interpolate(coarse, scale_factor=2, mode="nearest")
    found = grad_cam(network, inputs, "2", ClassTarget(np.array([1])))
    row = np.array([4, 5, 7, 8])
    np.testing.assert_allclose(found[0], [row, 0.75 * row, 0.25 * row, 0 * row])


@pytest.mark.parametrize("layer", ["ReLU11", "Norm22", "Pool2", "ReLU33", "ReLU53"])
def test_grad_cam_as_written_anew_for_a_cut_network(layer):
    network, inputs, labels = random_vgg(), images(5), np.array([0, 4, 2, 2, 1])
    names = [name for name, _ in network.named_children()]
    below, above = network[: names.index(layer) + 1], network[names.index(layer) + 1 :]
    activations = below(inputs).detach().requires_grad_()
    above(activations)[torch.arange(5), torch.from_numpy(labels)].sum().backward()
    coarse = torch.einsum("nc,nchw->nhw", activations.grad.mean((2, 3)), activations.detach()).clamp(min=0)
    wanted = functional.interpolate(coarse[:, None], (32, 32), mode="bilinear")[:, 0].numpy()
    assert (wanted > 0).any(axis=(1, 2)).sum() >= 2
    found = grad_cam(network, inputs, layer, ClassTarget(labels))
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5 * wanted.max())


def test_grad_cam_of_masks_as_written_anew():
    network, inputs, truth = random_unet(), images(2, 16, 24), masks(2, 16, 24)
    kept = []
    handle = network.get_submodule("E2-ReLU2").register_forward_hook(lambda *call: kept.append(call[2]))
    logits = network(inputs)
    handle.remove()
    mean = sum(logits[row, 1][torch.from_numpy(truth[row])].mean() for row in range(2))
    weights = torch.autograd.grad(mean, kept[0])[0].mean((2, 3), keepdim=True)
    coarse = (weights * kept[0].detach()).sum(1, keepdim=True).relu()
    wanted = functional.interpolate(coarse, (16, 24), mode="bilinear")[:, 0].numpy()
    assert (wanted > 0).any()
    found = grad_cam(network, inputs, "E2-ReLU2", MaskTarget(truth))
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5 * wanted.max())


def test_many_layers_in_one_pass_are_as_one_after_the_other():
    """67 images are more than go through together."""
    network, inputs, target = random_vgg(), images(67), ClassTarget(np.arange(67) % 5)
    layers = ["ReLU42", "ReLU11", "Norm31"]
    found = grad_cams(network, inputs, layers, target)
    assert list(found) == layers
    for layer in layers:
        np.testing.assert_allclose(found[layer], grad_cam(network, inputs, layer, target), rtol=1e-5, atol=1e-9)
    unet, truth = random_unet(), MaskTarget(masks(3, 16, 16))
    for layer, maps in grad_cams(unet, images(3, 16, 16), ["E1-ReLU1", "B-ReLU2", "D2-UpReLU"], truth).items():
        np.testing.assert_allclose(maps, grad_cam(unet, images(3, 16, 16), layer, truth), rtol=1e-5, atol=1e-9)


class Shared(nn.Module):
    """One in-place ReLU that runs twice."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 2, 1), nn.Conv2d(2, 2, 1)
        self.act = nn.ReLU(inplace=True)

    def forward(self, images):
        return self.act(self.second(self.act(self.first(images)))).sum((2, 3))


def test_of_a_shared_module_the_last_run_counts():
    torch.manual_seed(3)
    model = Shared().eval()
    target = ClassTarget(np.array([1]))
    with torch.no_grad():
        last = model.second(functional.relu(model.first(IMAGE))).relu()[0, 1]
    assert last.max() > 0
    for maps in (grad_cam(model, IMAGE, "act", target), grad_cams(model, IMAGE, ["act"], target)["act"]):
        np.testing.assert_allclose(maps[0], last, rtol=1e-6)  # the derivative by its own channel is 1, by the other 0


@pytest.mark.parametrize("explain", [
    lambda *given: grad_cam(given[0], given[1], "ReLU22", given[2]),
    lambda *given: grad_cams(given[0], given[1], ["ReLU22"], given[2])["ReLU22"],
    lambda *given: occlusion(*given, 16, 16),
])  # fmt: skip
def test_the_model_is_left_as_it_was_and_may_be_frozen(explain):
    network, inputs, target = random_vgg(), images(2), ClassTarget(np.array([0, 1]))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    found = explain(network, inputs, target)
    assert hooks_of(network) == []
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())
    assert inputs.grad is None
    assert not inputs.requires_grad
    with torch.no_grad():
        np.testing.assert_array_equal(explain(network.requires_grad_(False), inputs, target), found)
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_hooks_are_removed_when_the_target_does_not_fit():
    network = random_vgg()
    with pytest.raises(TopolensError, match="labels up to 5"):
        grad_cams(network, images(1), ["ReLU22"], ClassTarget(np.array([5])))
    assert hooks_of(network) == []


def test_images_do_not_change_each_other_and_logits_scale():
    network, inputs, labels = random_vgg(), images(3), np.array([3, 1, 1])
    together = grad_cam(network, inputs, "ReLU31", ClassTarget(labels))
    alone = np.concatenate([grad_cam(network, inputs[[i]], "ReLU31", ClassTarget(labels[[i]])) for i in range(3)])
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5 * alone.max())
    hidden = occlusion(network, inputs, ClassTarget(labels), 8, 8)
    with torch.no_grad():
        network.Logits.weight.mul_(2)
        network.Logits.bias.mul_(2).add_(3)
    np.testing.assert_allclose(grad_cam(network, inputs, "ReLU31", ClassTarget(labels)), 2 * together, rtol=1e-5)
    twice = occlusion(network, inputs, ClassTarget(labels), 8, 8)
    np.testing.assert_allclose(twice, 2 * hidden, rtol=1e-3, atol=1e-4 * np.abs(hidden).max())


def test_a_constant_network_gives_nothing():
    network = signs()
    with torch.no_grad():
        network.Logits.weight.zero_()
    target = ClassTarget(np.array([0]))
    assert (grad_cam(network, IMAGE, "Act", target) == 0).all()
    assert (occlusion(network, IMAGE, target, 1, 1, ZERO) == 0).all()


def test_occlusion_by_hand():
    """Linear: hiding a pixel by the colour c loses weight * (pixel - c); windows lose the sum of theirs."""
    network = Weighted([[[1.0, 2, 3], [4, -5, 6]]]).eval()
    inputs = torch.tensor([[[[1.0, 1, 2], [1, 1, 0]]]])
    target = ClassTarget(np.array([0]))
    single = occlusion(network, inputs, target, 1, 1, ZERO)
    np.testing.assert_allclose(single, [[[1, 2, 6], [4, -5, 0]]])
    np.testing.assert_allclose(occlusion(network, inputs, target, 1, 1, torch.ones(1)), [[[0, 0, 3], [0, 0, -6]]])
    # Two windows of 2 x 2, side by side: columns 0 and 1, 1 and 2; the middle has the mean.
    np.testing.assert_allclose(occlusion(network, inputs, target, 2, 1, ZERO)[0, 0], [2, 2.5, 3])
    # With stride 2 the second window is cut off at the edge.
    np.testing.assert_allclose(occlusion(network, inputs, target, 2, 2, ZERO)[0, 1], [2, 2, 6])


def test_occlusion_as_written_anew_by_the_models_mean_colour():
    network, inputs, truth = random_unet(), images(2, 16, 24), masks(2, 16, 24)
    network.get_submodule("Standardise").set([0.2, 0.5, 0.7], [0.3, 0.3, 0.2])
    total, cover = np.zeros((2, 16, 24)), np.zeros((16, 24))

    def score(row, picture):
        with torch.no_grad():
            return float(network(picture[None])[0, 1][torch.from_numpy(truth[row])].mean())

    for top in range(0, 11, 5):  # 0, 5, 10: the last reaches beyond the edge
        for left in range(0, 21, 5):
            window = (slice(top, top + 7), slice(left, left + 7))
            cover[window] += 1
            for row in range(2):
                picture = inputs[row].clone()
                picture[:, window[0], window[1]] = torch.tensor([0.2, 0.5, 0.7])[:, None, None]
                total[(row, *window)] += score(row, inputs[row]) - score(row, picture)
    found = occlusion(network, inputs, MaskTarget(truth), 7, 5)
    np.testing.assert_allclose(found, total / cover, rtol=1e-3, atol=1e-6)


def test_nothing_is_lost_where_the_image_has_the_baseline():
    network, target = random_vgg(), ClassTarget(np.array([2]))
    inputs = images(1)
    blue = torch.tensor([0.1, 0.2, 0.9])
    inputs[0, :, :, 16:] = blue[:, None, None]
    found = occlusion(network, inputs, target, 8, 8, blue)
    assert np.abs(found[0, :, 16:]).max() < 1e-5 * np.abs(found[0, :, :16]).max()


@pytest.mark.parametrize(("layer", "message"), [
    ("ReLU5", "unknown layer 'ReLU5'. Did you mean 'ReLU5"),
    ("", "expected an activation map"),
    ("ReLUHidden", "layer 'ReLUHidden': expected an activation map"),
])  # fmt: skip
def test_layers_without_a_map_are_refused(layer, message):
    for explain in (grad_cam, lambda *given: grad_cams(given[0], given[1], ["ReLU11", given[2]], given[3])):
        with pytest.raises(TopolensError, match=message):
            explain(random_vgg(), images(1), layer, ClassTarget(np.array([0])))


class Forked(nn.Module):
    """A branch that runs for nothing."""

    def __init__(self):
        super().__init__()
        self.used, self.idle = signs(), nn.Conv2d(1, 1, 1)

    def forward(self, images):
        self.idle(images)
        return self.used(images)


def test_layers_beside_the_way_to_the_output_are_refused():
    model, target = Forked().eval(), ClassTarget(np.array([0]))
    for explain in (grad_cam, lambda *given: grad_cams(given[0], given[1], ["used.Act", given[2]], given[3])):
        with pytest.raises(TopolensError, match="layer 'idle': the target does not depend on it"):
            explain(model, IMAGE, "idle", target)
    assert hooks_of(model) == []


@pytest.mark.parametrize(("inputs", "labels", "message"), [
    (images(2), [0], r"expected \(1, bands, height, width\)"),
    (images(0), [], "at least one image"),
    (images(1)[0], [0, 1, 2], "found (3, 32, 32)".replace("(", r"\(").replace(")", r"\)")),
    (torch.stack([images(1)[0], images(1)[0] * np.nan]), [0, 1], "image 1 holds NaN"),
])  # fmt: skip
def test_bad_inputs(inputs, labels, message):
    target = ClassTarget(np.array(labels, int))
    for explain in (lambda *given: grad_cam(*given[:2], "ReLU11", given[2]), lambda *given: occlusion(*given, 4, 4)):
        with pytest.raises(TopolensError, match=message):
            explain(random_vgg(), inputs, target)


def test_training_mode_is_refused():
    network = random_vgg()
    network.Norm11.train()
    with pytest.raises(TopolensError, match=r"call model.eval\(\) first"):
        grad_cam(network, images(1), "ReLU11", ClassTarget(np.array([0])))


@pytest.mark.parametrize(("window", "stride", "message"), [
    (0, 1, "window=0: expected 1 to 16 pixels for 16 x 24"),
    (17, 1, "window=17"),
    (4, 0, "stride=0: expected 1 to the window's 4"),
    (4, 5, "stride=5"),
])  # fmt: skip
def test_bad_windows(window, stride, message):
    with pytest.raises(TopolensError, match=message):
        occlusion(random_unet(), images(1, 16, 24), MaskTarget(masks(1, 16, 24)), window, stride)


def test_bad_baselines():
    target = ClassTarget(np.array([0]))
    with pytest.raises(TopolensError, match="no Standardise layer that holds a mean colour"):
        occlusion(signs(), IMAGE, target, 1, 1)
    with pytest.raises(TopolensError, match=r"expected shape \(1,\) or \(1, 1, 2, 2\), found \(2,\)"):
        occlusion(signs(), IMAGE, target, 1, 1, torch.zeros(2))
    with pytest.raises(TopolensError, match="baseline: holds NaN"):
        occlusion(signs(), IMAGE, target, 1, 1, torch.tensor([np.nan]))


def test_bad_targets():
    with pytest.raises(TopolensError, match="masks: image 1 has an empty mask"):
        MaskTarget(np.stack([np.eye(3) > 0, np.zeros((3, 3), bool)]))
    with pytest.raises(TopolensError, match=r"expected \(n, height, width\) bool, found uint8"):
        MaskTarget(np.ones((1, 3, 3), np.uint8))
    for labels in ([[0]], [0.5], [-1]):
        with pytest.raises(TopolensError, match=r"labels: expected \(n,\) integers >= 0"):
            ClassTarget(np.array(labels))
    with pytest.raises(TopolensError, match="give a segmenter and masks of its images"):
        grad_cam(random_vgg(), images(1), "ReLU11", MaskTarget(masks(1, 32, 32)))
    with pytest.raises(TopolensError, match="give a classifier and its own classes"):
        grad_cam(random_unet(), images(1), "B-ReLU1", ClassTarget(np.array([0])))


class Wrapped(nn.Module):
    """A classifier whose logits come in something."""

    def __init__(self, wrap):
        super().__init__()
        self.network, self.wrap = signs(), wrap

    def forward(self, images):
        return self.wrap(self.network(images))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda logits: {"out": logits, "aux": logits[:, :1]},
        lambda logits: {"logits": logits},
        lambda logits: (logits, None),
        lambda logits: SimpleNamespace(hidden=logits * 2, logits=logits),
    ],
    ids=["out", "logits", "tuple", "object"],
)
def test_A23_logits_in_a_mapping_a_tuple_or_an_object(wrap):
    model, plain, target = Wrapped(wrap).eval(), signs(), ClassTarget(np.array([1]))
    np.testing.assert_array_equal(grad_cam(model, IMAGE, "network.Act", target), grad_cam(plain, IMAGE, "Act", target))
    np.testing.assert_array_equal(
        grad_cams(model, IMAGE, ["network.Act"], target)["network.Act"], grad_cams(plain, IMAGE, ["Act"], target)["Act"]
    )
    np.testing.assert_array_equal(
        occlusion(model, IMAGE, target, 1, 1, ZERO), occlusion(plain, IMAGE, target, 1, 1, ZERO)
    )
    curves = deletion_insertion(model, IMAGE, IMAGE[:, 0].numpy(), target, 2, ZERO)
    np.testing.assert_array_equal(
        curves.deletion, deletion_insertion(plain, IMAGE, IMAGE[:, 0].numpy(), target, 2, ZERO).deletion
    )


@pytest.mark.parametrize("labels", [[1], (1,), torch.tensor([1]), np.array([1], np.uint8)])
def test_A23_labels_of_any_kind(labels):
    expected = grad_cam(signs(), IMAGE, "Act", ClassTarget(np.array([1])))
    np.testing.assert_array_equal(grad_cam(signs(), IMAGE, "Act", ClassTarget(labels)), expected)


@pytest.mark.parametrize("device", DEVICES)
def test_A24_the_models_device_is_followed(device):
    model, target = signs().to(device), ClassTarget(np.array([1]))
    np.testing.assert_allclose(grad_cam(model, IMAGE, "Act", target), grad_cam(signs(), IMAGE, "Act", target))
    np.testing.assert_allclose(
        occlusion(model, IMAGE, target, 1, 1, ZERO), occlusion(signs(), IMAGE, target, 1, 1, ZERO), rtol=1e-5
    )
    assert deletion_insertion(model, IMAGE, IMAGE[:, 0].numpy(), target, 2, ZERO).deletion.shape == (1, 3)


def test_A4_a_layer_whose_channels_come_last_is_refused():
    swin = import_torchvision().models.swin_t(num_classes=2).eval()
    with pytest.raises(TopolensError, match=r"'features.1'.*whose channels come last"):
        grad_cam(swin, torch.zeros(1, 3, 64, 64), "features.1", ClassTarget([0]))
