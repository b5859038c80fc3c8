"""Shares of heat inside masks and the concentration of maps: by hand, invariants, as written anew, refused input."""

import numpy as np
import pytest
from scipy.stats import entropy

from topolens.attribution.concentration import inside_gain, inside_share, spatial_concentration
from topolens.errors import TopolensError


def drawn(seed=0, maps=4):
    generator = np.random.default_rng(seed)
    return generator.exponential(size=(maps, 5, 7)), generator.random((maps, 5, 7)) < 0.4


def test_by_hand():
    heat = np.array([[[1.0, 2], [3, 4]]])
    mask = np.array([[[False, False], [False, True]]])
    assert inside_share(heat, mask) == pytest.approx([0.4])
    assert inside_gain(heat, mask) == pytest.approx([1.6])
    assert inside_gain(heat, ~mask) == pytest.approx([0.8])
    # Half of the heat at each of two of four pixels: log 2 of log 4.
    assert spatial_concentration(np.array([[[1.0, 1], [0, 0]]])) == pytest.approx([0.5])


def test_the_ends():
    one = np.zeros((1, 3, 3))
    one[0, 1, 2] = 5
    assert spatial_concentration(np.concatenate([one, np.full((1, 3, 3), 0.1)])) == pytest.approx([1, 0], abs=1e-12)
    assert inside_share(one, one > 0).tolist() == [1]
    assert inside_gain(one, one > 0) == pytest.approx([9])
    assert inside_share(one, one == 0).tolist() == [0]
    assert inside_gain(*drawn()[:1], np.ones((4, 5, 7), bool)) == pytest.approx(np.ones(4))


def test_an_even_map_has_the_share_of_the_mask():
    _, masks = drawn()
    assert inside_gain(np.full(masks.shape, 3.0), masks) == pytest.approx(np.ones(4))


def test_shuffled_heat_is_at_chance_on_average():
    maps, masks = drawn(1)
    generator = np.random.default_rng(2)
    shuffled = np.stack([generator.permutation(maps[0].ravel()).reshape(5, 7) for _ in range(2000)])
    assert inside_gain(shuffled, np.repeat(masks[:1], 2000, 0)).mean() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("scale", [1e-300, 7.0, 1e300])
def test_the_unit_of_heat_does_not_matter(scale):
    maps, masks = drawn()
    for score in (inside_share, inside_gain, lambda heat, _: spatial_concentration(heat)):
        np.testing.assert_allclose(score(scale * maps, masks), score(maps, masks), rtol=1e-9)


def test_as_written_anew():
    maps, masks = drawn(3)
    for row in range(4):
        share = maps[row][masks[row]].sum() / maps[row].sum()
        assert inside_share(maps, masks)[row] == pytest.approx(share)
        assert inside_gain(maps, masks)[row] == pytest.approx(share * 35 / masks[row].sum())
        assert spatial_concentration(maps)[row] == pytest.approx(1 - entropy(maps[row].ravel()) / np.log(35))
    outside = inside_share(maps, ~masks)
    np.testing.assert_allclose(inside_share(maps, masks) + outside, 1)


def test_nothing_points_nowhere():
    maps, masks = drawn()
    maps[1] = 0
    masks[2] = False
    assert np.isnan(inside_share(maps, masks)).tolist() == [False, True, False, False]
    assert inside_share(maps, masks)[2] == 0
    assert np.isnan(inside_gain(maps, masks)).tolist() == [False, True, True, False]
    assert np.isnan(spatial_concentration(maps)).tolist() == [False, True, False, False]


@pytest.mark.parametrize(("bad", "message"), [
    (-1, "map 2 holds negative, NaN or infinite values; take the positive part"),
    (np.nan, "map 2 holds"),
    (np.inf, "map 2 holds"),
])  # fmt: skip
def test_bad_heat(bad, message):
    maps, masks = drawn()
    maps[2, 0, 0] = bad
    for score in (inside_share, inside_gain, lambda heat, _: spatial_concentration(heat)):
        with pytest.raises(TopolensError, match=message):
            score(maps, masks)


def test_bad_shapes():
    maps, masks = drawn()
    with pytest.raises(TopolensError, match=r"found shape \(5, 7\)"):
        inside_share(maps[0], masks[0])
    with pytest.raises(TopolensError, match="at least one map"):
        spatial_concentration(maps[:0])
    with pytest.raises(TopolensError, match=r"expected \(4, 5, 7\) bool as the maps, found bool of shape \(3, 5, 7\)"):
        inside_share(maps, masks[:3])
    with pytest.raises(TopolensError, match="found uint8"):
        inside_gain(maps, masks.astype(np.uint8))
    with pytest.raises(TopolensError, match="at least two pixels"):
        spatial_concentration(np.ones((2, 1, 1)))
