"""Betti numbers through the layers: made-up layers with a known answer."""

import math

import numpy as np
import pandas as pd
import pytest
from betti_tables import CELLS, FAST, RISING, SLOW, table
from scipy.stats import spearmanr

from topolens.statistics.betti import areas, by_layer, correlations, half_layers, late_shares, trivial


def test_layers_of_both_classes_stand_side_by_side():
    omega = by_layer(table(CELLS), "D", 4, "omega")
    assert omega.columns.tolist() == [0, 1, 2, 3, 4, 5]
    assert len(omega) == 12
    assert omega.loc[("relu", 3)].tolist() == FAST
    assert by_layer(table(CELLS), "D", 4, "omega", 1).loc[("tanh", 0)].tolist() == [10, *[n / 2 for n in SLOW[1:]]]
    norms = by_layer(table(CELLS), "D", 4, "l2")
    # The input's two classes have norm 3 each.
    assert norms.loc[("relu", 0)].tolist() == pytest.approx([math.sqrt(18), *RISING[1:]])
    errors = by_layer(table(CELLS), "D", 4, "l2_error")
    assert errors.loc[("relu", 0)].tolist() == pytest.approx([0.1, *(0.01 * size for size in RISING[1:])])
    nobody = by_layer(table([]), "D", 4, "omega")
    assert nobody.shape == (0, 6)


def test_errors_of_two_classes_add_by_the_delta_method():
    found = table([("relu", 4, FAST)])
    found.loc[found["group"] == 1, ["l2", "l2_error"]] = [4.0, 0.2]
    found.loc[found["group"] == 0, ["l2", "l2_error"]] = [3.0, 0.1]
    error = by_layer(found, "D", 4, "l2_error").iloc[0, 1]
    draws = np.random.default_rng(0).normal([3, 4], [0.1, 0.2], size=(200_000, 2))
    assert error == pytest.approx(np.hypot(*draws.T).std(), rel=0.01)


def test_what_one_number_says_of_a_network():
    omega = pd.DataFrame([FAST, SLOW, [20, 20, 20, 20, 20, 20]], dtype=float)
    assert half_layers(omega).tolist() == [1, 4, 6]
    assert areas(omega).tolist() == pytest.approx([(8 + 4 + 2 + 2 + 2) / 100, 58 / 100, 1])
    shares = late_shares(omega)
    assert shares[:2].tolist() == pytest.approx([0, 12 / 18])
    assert math.isnan(shares[2])
    even = pd.DataFrame([[20, 16, 12, 8, 4, 0]], dtype=float)
    assert late_shares(even).item() == pytest.approx(0.4)
    assert late_shares(even, beyond_even=True).item() == pytest.approx(0)
    found = correlations(omega)
    assert found[1] == pytest.approx(-1)
    assert found[0] == pytest.approx(spearmanr(range(6), FAST).statistic)
    assert math.isnan(found[2])


def test_trivial_means_one_component_and_nothing_else_in_both_classes():
    layers = table(CELLS)
    assert trivial(layers, "D", 4).tolist() == [True] * 12
    layers.loc[(layers["network"] == 2) & (layers["depth"] == 5) & (layers["group"] == 1), "omega"] = 2
    assert trivial(layers, "D", 4).sum() == 10
    assert trivial(layers, "D", 4).loc[("relu", 2)] == False  # noqa: E712
    # Two components without holes are not trivial either, nor is an empty class' hole.
    layers.loc[layers["depth"] == 5, "betti_0"] = 0
    assert not trivial(layers, "D", 4).any()
