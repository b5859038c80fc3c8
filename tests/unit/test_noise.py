import numpy as np
import pytest
import torch
from torch import nn

from topolens.errors import TopolensError
from topolens.nets.images.standardise import Standardise
from topolens.nets.noise import NOISES, add_noise, noisy

IMAGES = torch.randn((6, 3, 32, 32), generator=torch.Generator().manual_seed(1))
LEVELS = {"gaussian": 0.3, "salt_pepper": 0.2, "speckle": 0.5, "poisson": 40, "uniform": 0.6}


def difference(kind, strength):
    return (add_noise(IMAGES, kind, strength, 0) - IMAGES).numpy()


def test_moments_of_the_additive_noises():
    assert difference("gaussian", 0.3).std() == pytest.approx(0.3, rel=0.02)
    assert difference("uniform", 0.6).std() == pytest.approx(0.6 / np.sqrt(3), rel=0.02)
    assert np.abs(difference("uniform", 0.6)).max() <= 0.6
    assert (difference("speckle", 0.5) / IMAGES.numpy()).std() == pytest.approx(0.5, rel=0.02)
    for kind in ("gaussian", "uniform"):
        assert difference(kind, LEVELS[kind]).mean() == pytest.approx(0, abs=0.01)


def test_salt_and_pepper_by_counting():
    noise = add_noise(IMAGES, "salt_pepper", 0.2, 0)
    for before, after in zip(IMAGES, noise, strict=True):
        changed = (before != after).any(dim=0)
        assert changed.float().mean().item() == pytest.approx(0.2, abs=0.05)
        bright = (after == before.max()).all(dim=0)
        dark = (after == before.min()).all(dim=0)
        assert ((bright | dark) | ~changed).all()
        assert abs(bright.sum() - dark.sum()) < 60
    everything = add_noise(IMAGES[:1], "salt_pepper", 1.0, 0)
    assert len(everything.unique()) == 2


def test_shot_noise_keeps_the_mean_and_its_variance_is_the_mean():
    image = torch.linspace(0, 1, 4)[:, None, None].expand(4, 100, 100).contiguous()[None]
    counts = add_noise(image, "poisson", 30, 0)[0] * 30
    for level, pixels in zip((0, 10, 20, 30), counts, strict=True):
        assert pixels.mean().item() == pytest.approx(level, rel=0.02)
        assert pixels.var().item() == pytest.approx(level, rel=0.1)


def test_a_constant_image_has_no_shot_noise():
    assert torch.equal(add_noise(torch.ones(1, 3, 4, 4), "poisson", 5, 0), torch.ones(1, 3, 4, 4))


@pytest.mark.parametrize("kind", NOISES)
def test_the_same_seed_and_image_number_give_the_same_noise(kind):
    level = LEVELS[kind]
    whole = add_noise(IMAGES, kind, level, 7)
    parts = [add_noise(IMAGES[:2], kind, level, 7), add_noise(IMAGES[2:], kind, level, 7, first=2)]
    assert torch.equal(whole, torch.cat(parts))
    assert not torch.equal(whole, add_noise(IMAGES, kind, level, 8))
    assert torch.isfinite(whole).all()


@pytest.mark.parametrize("kind", sorted({*NOISES} - {"poisson"}))
def test_strength_zero_changes_nothing(kind):
    assert torch.equal(add_noise(IMAGES, kind, 0.0, 0), IMAGES)


def network():
    return nn.Sequential(Standardise(3), nn.Flatten())


def test_the_network_adds_noise_after_standardising_and_only_within_the_context():
    own = network()
    own[0].set([1.0, 1, 1], [2.0, 2, 2])
    with noisy(own, "gaussian", 0.3, 5):
        found = torch.cat([own(IMAGES[:4]), own(IMAGES[4:])])
    expected = add_noise((IMAGES - 1) / 2, "gaussian", 0.3, 5).flatten(1)
    assert torch.equal(found, expected)
    assert torch.equal(own(IMAGES), ((IMAGES - 1) / 2).flatten(1))


def test_noise_ends_with_an_error_too():
    own = network()
    with pytest.raises(RuntimeError), noisy(own, "gaussian", 0.3, 5):
        raise RuntimeError
    assert torch.equal(own(IMAGES), IMAGES.flatten(1))


@pytest.mark.parametrize(
    ("kind", "strength", "message"),
    [
        ("gaussian", -0.1, "noise gaussian: expected a number from 0 up, found -0.1"),
        ("uniform", float("nan"), "found nan"),
        ("speckle", float("inf"), "found inf"),
        ("salt_pepper", 1.1, "a share from 0 to 1, found 1.1"),
        ("poisson", 0, "photons above 0, found 0"),
        ("gausian", 0.1, "unknown noise 'gausian'.*Did you mean 'gaussian'"),
    ],
)
def test_what_is_no_noise(kind, strength, message):
    with pytest.raises(TopolensError, match=message):
        add_noise(IMAGES, kind, strength, 0)
    with pytest.raises(TopolensError, match=message), noisy(network(), kind, strength, 0):
        pass


def test_a_network_that_does_not_standardise():
    with pytest.raises(TopolensError, match="one Standardise layer, found 0"), noisy(nn.Flatten(), "gaussian", 0.1, 0):
        pass
