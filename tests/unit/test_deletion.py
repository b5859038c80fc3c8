"""Deletion and insertion curves: by hand on a linear softmax, as written anew, invariants, controls, refused input."""

import numpy as np
import pytest
import torch
from torch import nn

from topolens.attribution.deletion import deletion_insertion, shifted_maps
from topolens.attribution.targets import ClassTarget, MaskTarget
from topolens.errors import TopolensError

WEIGHTS = torch.tensor([[3.0, -1], [0.5, 2]])


class TwoClasses(nn.Module):
    """Class 1 has the pixels' weighted sum as logit, class 0 has 0."""

    def forward(self, images):
        logit = (images[:, 0] * WEIGHTS).sum((1, 2))
        return torch.stack([torch.zeros_like(logit), logit], dim=1)


class PixelWise(nn.Module):
    """A segmenter whose object has the first band as logit, the background 0."""

    def forward(self, images):
        return torch.stack([torch.zeros_like(images[:, 0]), images[:, 0]], dim=1)


def sigmoid(logits):
    return 1 / (1 + np.exp(-np.asarray(logits)))


ONES = torch.ones(1, 1, 2, 2)
ZERO = torch.zeros(1)
CLASS = ClassTarget(np.array([1]))


def test_by_hand():
    """The hottest pixels are those of the largest weights: 3, 2, 0.5, -1."""
    found = deletion_insertion(TwoClasses().eval(), ONES, WEIGHTS[None].numpy(), CLASS, 4, ZERO)
    np.testing.assert_allclose(found.shares, [0, 0.25, 0.5, 0.75, 1])
    deletion = sigmoid([4.5, 1.5, -0.5, -1, 0])
    np.testing.assert_allclose(found.deletion[0], deletion, rtol=1e-6)
    insertion = sigmoid([0, 3, 5, 5.5, 4.5])
    np.testing.assert_allclose(found.insertion[0], insertion, rtol=1e-6)
    assert found.deletion_area == pytest.approx([(deletion[0] / 2 + deletion[1:4].sum() + deletion[4] / 2) / 4])
    assert found.insertion_area == pytest.approx([(insertion[0] / 2 + insertion[1:4].sum() + insertion[4] / 2) / 4])


def test_groups_of_unequal_size_and_a_baseline_of_its_own():
    """Four pixels in three steps: 1, 1 and 2 of them."""
    found = deletion_insertion(TwoClasses().eval(), ONES, WEIGHTS[None].numpy(), CLASS, 3, 2 * ONES)
    np.testing.assert_allclose(found.shares, [0, 0.25, 0.5, 1])
    np.testing.assert_allclose(found.deletion[0], sigmoid([4.5, 7.5, 9.5, 9]), rtol=1e-6)
    np.testing.assert_allclose(found.insertion[0], sigmoid([9, 6, 4, 4.5]), rtol=1e-6)


def test_equal_heat_goes_row_by_row():
    found = deletion_insertion(TwoClasses().eval(), ONES, np.zeros((1, 2, 2)), CLASS, 4, ZERO)
    np.testing.assert_allclose(found.deletion[0], sigmoid([4.5, 1.5, 2.5, 2, 0]), rtol=1e-6)


def test_the_object_inside_the_mask_by_hand():
    inputs = torch.tensor([[[[1.0, -2], [3, 9]]]])
    target = MaskTarget(np.array([[[True, True], [True, False]]]))
    found = deletion_insertion(PixelWise().eval(), inputs, inputs[:, 0].numpy(), target, 4, ZERO)
    # The hottest pixel is outside of the mask; then go 3, 1 and -2.
    shown = np.array([[1, -2, 3], [1, -2, 3], [1, -2, 0], [0, -2, 0], [0, 0, 0]])
    np.testing.assert_allclose(found.deletion[0], sigmoid(shown).mean(axis=1), rtol=1e-6)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 7, 3)).eval()


def drawn(count=3):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(count, 2, 8, 9, generator=generator), torch.rand(count, 8, 9, generator=generator).numpy()


def test_as_written_anew_pixel_after_pixel():
    model, (inputs, maps), labels = network(), drawn(), np.array([0, 2, 1])
    baseline = torch.tensor([0.3, 0.6])
    found = deletion_insertion(model, inputs, maps, ClassTarget(labels), 72, baseline)
    for row in range(3):
        fading, appearing = inputs[row].clone(), baseline[:, None, None].repeat(1, 8, 9)
        versions = [torch.stack([fading, appearing])]
        for _, i, j in sorted((-maps[row, i, j], i, j) for i in range(8) for j in range(9)):
            fading[:, i, j], appearing[:, i, j] = baseline, inputs[row, :, i, j]
            versions.append(torch.stack([fading, appearing]))
        with torch.no_grad():
            wanted = torch.softmax(model(torch.cat(versions)), 1)[:, labels[row]]
        np.testing.assert_allclose(found.deletion[row], wanted[::2], rtol=1e-4)
        np.testing.assert_allclose(found.insertion[row], wanted[1::2], rtol=1e-4)


def test_invariants():
    model, (inputs, maps), target = network(), drawn(), ClassTarget(np.array([0, 2, 1]))
    colour = torch.zeros(2)
    found = deletion_insertion(model, inputs, maps, target, 10, colour)
    np.testing.assert_allclose(found.deletion[:, 0], found.insertion[:, -1], rtol=1e-5)
    np.testing.assert_allclose(found.deletion[:, -1], found.insertion[:, 0], rtol=1e-5)
    # Only the order of heat counts, and signed maps have one.
    again = deletion_insertion(model, inputs, np.log(maps), target, 10, colour)
    np.testing.assert_array_equal(again.deletion, found.deletion)
    # What is deleted in one order is left to the last by the opposite one.
    opposite = deletion_insertion(model, inputs, -maps, target, 8, colour)
    found = deletion_insertion(model, inputs, maps, target, 8, colour)
    np.testing.assert_allclose(opposite.insertion, found.deletion[:, ::-1], rtol=1e-5)
    alone = deletion_insertion(model, inputs[1:2], maps[1:2], ClassTarget(np.array([2])), 8, colour)
    np.testing.assert_allclose(alone.deletion[0], found.deletion[1], rtol=1e-5)


def test_the_right_map_beats_its_control():
    inputs = torch.ones(1, 1, 2, 2).repeat(80, 1, 1, 1)
    maps = WEIGHTS.numpy()[None].repeat(80, 0)
    target = ClassTarget(np.ones(80, int))
    right, control = (
        deletion_insertion(TwoClasses().eval(), inputs, heat, target, 4, ZERO) for heat in (maps, shifted_maps(maps, 0))
    )
    assert right.deletion_area[0] < control.deletion_area.mean() - 0.1
    assert right.insertion_area[0] > control.insertion_area.mean() + 0.05


def test_the_control_keeps_the_heat():
    _, maps = drawn(4)
    found = shifted_maps(maps, 5)
    assert not np.array_equal(found, maps)
    np.testing.assert_array_equal(np.sort(found.reshape(4, -1)), np.sort(maps.reshape(4, -1)))
    np.testing.assert_array_equal(shifted_maps(maps, 5), found)
    np.testing.assert_array_equal(shifted_maps(maps[:2], 5), found[:2])  # the others do not matter
    assert not np.array_equal(shifted_maps(maps, 6), found)
    shifts = [np.roll(maps[0], (down, across), (0, 1)) for down in range(8) for across in range(9)]
    assert sum(np.array_equal(shift, shifted_maps(maps, 5)[0]) for shift in shifts) == 1


@pytest.mark.parametrize(("maps", "steps", "message"), [
    (np.zeros((1, 2, 3)), 2, r"maps: expected shape \(1, 2, 2\) as the inputs, found \(1, 2, 3\)"),
    (np.full((1, 2, 2), np.nan), 2, "map 0 holds NaN"),
    (np.zeros((1, 2, 2)), 0, "steps=0: expected 1 to the images' 4 pixels"),
    (np.zeros((1, 2, 2)), 5, "steps=5"),
])  # fmt: skip
def test_bad_input(maps, steps, message):
    with pytest.raises(TopolensError, match=message):
        deletion_insertion(TwoClasses().eval(), ONES, maps, CLASS, steps, ZERO)


def test_what_cannot_be_explained():
    maps = np.zeros((1, 2, 2))
    with pytest.raises(TopolensError, match="no Standardise layer"):
        deletion_insertion(TwoClasses().eval(), ONES, maps, CLASS, 2)
    with pytest.raises(TopolensError, match=r"call model.eval\(\) first"):
        deletion_insertion(TwoClasses(), ONES, maps, CLASS, 2, ZERO)
    with pytest.raises(TopolensError, match="image 0 holds NaN"):
        deletion_insertion(TwoClasses().eval(), ONES * torch.nan, maps, CLASS, 2, ZERO)
