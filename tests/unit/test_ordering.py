"""The order of neighbouring groups, told by the other networks."""

from itertools import pairwise

import numpy as np
import pytest

from topolens.inference.intervals import SHARES, mean_of_units
from topolens.inference.ordering import ordered_rightly

NAN = np.nan


def gram_of(rows):
    """(groups, networks, features) to the Gram matrix."""
    flat = np.asarray(rows, float).reshape(-1, np.shape(rows)[-1])
    return flat @ flat.T


def slowly(rows):
    """The definition, word by word."""
    rows = np.asarray(rows, float)
    shares = []
    for left_out in range(rows.shape[1]):
        right = []
        for earlier, later in pairwise(rows):
            others = [
                np.delete(group, left_out, axis=0)[~np.isnan(np.delete(group, left_out, axis=0)).any(axis=1)]
                for group in (earlier, later)
            ]
            own = later[left_out] - earlier[left_out]
            if np.isnan(own).any() or not len(others[0]) or not len(others[1]):
                continue
            along = own @ (others[1].mean(axis=0) - others[0].mean(axis=0))
            right.append(0.5 if along == 0 else float(along > 0))
        shares.append(np.mean(right) if right else NAN)
    return np.array(shares)


def test_shares_by_hand():
    # First by 2, 1, -1: to the first network the others say nothing, to the last the wrong; then by 0, 2, 2.
    rows = np.array([[0, 0, 0], [2, 1, -1], [2, 3, 1]], float)[..., None]
    assert ordered_rightly(gram_of(rows), 3).tolist() == [(0.5 + 0.5) / 2, 1, (0 + 1) / 2]


def test_shares_are_those_of_the_definition_also_with_missing_rows():
    rows = np.random.default_rng(0).integers(-3, 4, size=(5, 6, 3)).astype(float)
    np.testing.assert_allclose(ordered_rightly(gram_of(rows), 6), slowly(rows))
    rows[2, 1] = rows[4, 5] = NAN
    np.testing.assert_allclose(ordered_rightly(gram_of(rows), 6), slowly(rows))


def test_neither_the_order_of_networks_nor_a_common_factor_nor_a_common_shift_matters():
    rows = np.random.default_rng(1).normal(size=(3, 7, 4))
    shares, order = ordered_rightly(gram_of(rows), 7), np.random.default_rng(2).permutation(7)
    np.testing.assert_array_equal(ordered_rightly(gram_of(rows[:, order]), 7), shares[order])
    np.testing.assert_array_equal(ordered_rightly(gram_of(1e9 * rows), 7), shares)
    np.testing.assert_array_equal(ordered_rightly(gram_of(rows + 5), 7), shares)


def test_a_common_direction_is_told_always_and_none_counts_as_half():
    step = np.array([0.0, 1.0, 2.0])[:, None, None] * np.array([3.0, 4.0])
    rows = 0.1 * np.random.default_rng(0).normal(size=(3, 6, 2)) + step
    assert ordered_rightly(gram_of(rows), 6).tolist() == [1] * 6
    same = np.ones((3, 6, 1)) * np.random.default_rng(0).normal(size=(6, 2))
    assert ordered_rightly(gram_of(same), 6).tolist() == [0.5] * 6


def test_one_network_one_group_or_nothing_at_all_say_nothing():
    rows = np.random.default_rng(0).normal(size=(3, 4, 2))
    assert np.isnan(ordered_rightly(gram_of(rows[:, :1]), 1)).all()
    assert np.isnan(ordered_rightly(gram_of(rows[:1]), 4)).all()
    assert np.isnan(ordered_rightly(np.full((12, 12), NAN), 4)).all()


@pytest.mark.parametrize("networks", [5, 8])
def test_without_any_order_the_share_is_a_half_and_its_interval_seldom_misses_that(networks):
    generator = np.random.default_rng(0)
    shares = np.array([ordered_rightly(gram_of(generator.normal(size=(5, networks, 3))), networks) for _ in range(400)])
    assert shares.mean() == pytest.approx(0.5, abs=0.02)
    above = [mean_of_units(own, 100, 0, within=SHARES).low > 0.5 for own in shares]
    assert np.mean(above) < 0.05
