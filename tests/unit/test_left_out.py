"""Networks left out whole: the order of two groups and the variance between groups, by hand and without any effect."""

import numpy as np
import pytest

from topolens.inference.intervals import jackknifed, mean_of_units
from topolens.inference.left_out import difference_products, rightly_ordered, share_between

NAN = np.nan
AS_THEY_ARE = np.ones((1, 1))


def products_of(a, b):
    """From two groups of rows, (n, features) each."""
    rows = np.concatenate([a, b])
    return difference_products(rows @ rows.T)


def order_of(*pairs):
    size = len(pairs[0])
    return rightly_ordered(np.stack(pairs), np.ones((1, size)))[0]


def test_products_are_those_of_the_differences():
    a, b = np.random.default_rng(0).normal(size=(2, 5, 3))
    np.testing.assert_allclose(products_of(a, b), (b - a) @ (b - a).T)
    a[2] = NAN
    found = products_of(a, b)
    assert np.isnan(found[2]).all()
    assert np.isnan(found[:, 2]).all()
    assert not np.isnan(np.delete(np.delete(found, 2, 0), 2, 1)).any()
    same = 1e3 * np.random.default_rng(1).normal(size=(5, 3))
    assert (products_of(same, same) == 0).all()


def test_the_order_is_judged_by_the_others_alone():
    # Differences 1, 1 and -5: the others of the first two point to -4, those of the third to 2.
    a, b = np.zeros((3, 1)), np.array([[1.0], [1.0], [-5.0]])
    assert order_of(products_of(a, b)).tolist() == [0, 0, 0]
    assert order_of(products_of(a, np.array([[1.0], [1.0], [-0.5]]))).tolist() == [1, 1, 0]
    assert order_of(products_of(a, a)).tolist() == [0.5, 0.5, 0.5]
    # Mean over pairs; a network without a row takes part where it has both.
    far = products_of(a, a + 3)
    missing = products_of(np.array([[NAN], [0.0], [0.0]]), a + 3)
    assert order_of(far, products_of(a, b)).tolist() == [0.5, 0.5, 0.5]
    assert order_of(missing, products_of(a, b)).tolist() == [0, 0.5, 0.5]
    assert np.isnan(order_of(missing)[0])
    assert np.isnan(order_of(products_of(a[:1], b[:1]))).all()


def test_reversals_are_those_of_swapped_rows_and_factors_do_not_matter():
    a, b = np.random.default_rng(3).normal(size=(2, 7, 4))
    signs = np.random.default_rng(4).choice([-1.0, 1.0], size=(20, 7))
    found = rightly_ordered(products_of(a, b)[None], signs)
    for sign, row in zip(signs, found, strict=True):
        swapped = np.where(sign[:, None] > 0, a, b), np.where(sign[:, None] > 0, b, a)
        assert row.tolist() == order_of(products_of(*swapped)).tolist()
    assert order_of(products_of(7 * a, 7 * b)).tolist() == order_of(products_of(a, b)).tolist()
    assert order_of(products_of(b, a)).tolist() == order_of(products_of(a, b)).tolist()


@pytest.mark.parametrize("networks", [2, 3, 5, 12])
def test_groups_that_do_not_differ_are_ordered_rightly_in_half_of_all_cases(networks):
    generator = np.random.default_rng(networks)
    shares = [order_of(products_of(*generator.normal(size=(2, networks, 3)))).mean() for _ in range(3000)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.03)


def four(vectors):
    """(groups, n, features) to inner products."""
    rows = vectors.reshape(-1, vectors.shape[-1])
    return (rows @ rows.T).reshape(*vectors.shape[:2], *vectors.shape[:2])


def by_hand(vectors):
    """One-way analysis of variance, coordinates added."""
    groups, units = vectors.shape[:2]
    means = vectors.mean(axis=1)
    within = ((vectors - means[:, None]) ** 2).sum() / (groups * (units - 1))
    between = units * ((means - means.mean(axis=0)) ** 2).sum() / (groups - 1)
    variance = (between - within) / units
    return variance / (variance + within)


def test_the_share_between_groups_is_that_of_an_analysis_of_variance():
    vectors = np.random.default_rng(0).normal(size=(4, 6, 3)) + np.arange(4)[:, None, None]
    value, left_out = share_between(four(vectors))
    assert value == pytest.approx(by_hand(vectors))
    np.testing.assert_allclose(left_out, [by_hand(np.delete(vectors, unit, axis=1)) for unit in range(6)])
    order = [3, 1, 0, 5, 4, 2]
    assert share_between(four(7 * vectors[:, order]))[0] == pytest.approx(value)


def test_the_share_is_one_without_spread_and_about_zero_without_an_effect():
    apart = np.tile(np.arange(3.0)[:, None, None], (1, 4, 2))
    assert share_between(four(apart))[0] == pytest.approx(1)
    assert np.isnan(share_between(four(np.ones((3, 4, 2))))[0])
    assert np.isnan(share_between(four(np.zeros((3, 1, 2))))[0])
    generator = np.random.default_rng(1)
    assert np.mean([share_between(four(generator.normal(size=(4, 6, 5))))[0] for _ in range(500)]) == pytest.approx(
        0, abs=0.02
    )


def test_the_share_hardly_depends_on_the_number_of_networks():
    generator = np.random.default_rng(2)
    means = generator.normal(size=(5, 1, 4))
    few, many = (
        np.mean([share_between(four(means + generator.normal(size=(5, n, 4))))[0] for _ in range(200)]) for n in (5, 50)
    )
    assert few == pytest.approx(many, abs=0.05)


def test_its_jackknifed_interval_covers_it():
    generator = np.random.default_rng(3)
    means = generator.normal(size=(6, 1, 4))
    true = np.sum((means - means.mean(axis=0)) ** 2) / 5
    true /= true + 4
    covered = 0
    for seed in range(200):
        value, left_out = share_between(four(means + generator.normal(size=(6, 8, 4))))
        found = jackknifed(value, left_out, 200, seed)
        covered += found.low <= true <= found.high
    assert covered >= 0.93 * 200


def test_the_jackknife_of_a_mean_is_its_interval():
    values = np.array([1.0, 2.0, 4.0, 9.0, 3.0])
    left_out = (values.sum() - values) / 4
    found, expected = jackknifed(values.mean(), left_out, 300, 7), mean_of_units(values, 300, 7)
    assert (found.value, found.low, found.high, found.n) == pytest.approx(
        (expected.value, expected.low, expected.high, 5)
    )
    assert np.isnan(jackknifed(1.0, np.array([NAN, 1.0]), 10, 0).low)
    assert np.isnan(jackknifed(1.0, np.array([1.0]), 10, 0).low)
