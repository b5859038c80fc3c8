"""Whether groups differ: beside scipy, by hand, and where nothing is to be found."""

import numpy as np
import pytest
from scipy import stats

from topolens.inference.groups import groups_differ


def test_the_p_value_is_about_that_of_the_analysis_of_variance():
    generator, kinds = np.random.default_rng(0), np.repeat(["a", "b", "c"], 8)
    for shift in (0.0, 0.5, 1.0):
        values = generator.normal(size=24) + shift * np.repeat([0, 0, 1], 8)
        expected = stats.f_oneway(values[:8], values[8:16], values[16:]).pvalue
        assert groups_differ(values, kinds, 9999, 0) == pytest.approx(expected, abs=0.02)


def test_of_all_relabellings_the_share_that_is_as_far_apart():
    # Of the 6 ways to choose two of four, the observed one and its mirror are the farthest.
    found = groups_differ(np.array([0.0, 1, 10, 11]), np.array([0, 0, 1, 1]), 20_000, 0)
    assert found == pytest.approx(1 / 3, abs=0.01)


def test_neither_shift_nor_factor_nor_names_matter_and_equal_values_say_nothing():
    values, kinds = np.random.default_rng(1).normal(size=12), np.arange(12) % 3
    found = groups_differ(values, kinds, 999, 0)
    assert groups_differ(1e-6 * values + 3, 2 - kinds, 999, 0) == found
    assert groups_differ(np.ones(12), kinds, 99, 0) == 1
    assert groups_differ(values, np.zeros(12), 99, 0) == 1


def test_where_groups_do_not_differ_p_values_are_uniform():
    generator, kinds = np.random.default_rng(0), np.repeat([0, 1, 2, 3], 8)
    found = [groups_differ(generator.exponential(size=32), kinds, 199, seed) for seed in range(400)]
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=0.025)
