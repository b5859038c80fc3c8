"""Betti numbers through the layers: made-up layers with a known answer."""

import math

import numpy as np
import pandas as pd
import pytest
from betti_tables import CELLS, FAST, RISING, SLOW, table
from scipy.stats import spearmanr

from topolens.config.analyses import Intervals
from topolens.statistics.betti import (
    areas,
    by_layer,
    correlations,
    half_layers,
    late_shares,
    log_relative,
    network_rows,
    trivial,
    trivial_otherwise,
)


def test_layers_of_both_classes_stand_side_by_side():
    omega = by_layer(table(CELLS), "D", 4, "omega")
    assert omega.columns.tolist() == [0, 1, 2, 3, 4, 5]
    assert len(omega) == 12
    assert omega.loc[("relu", 3)].tolist() == FAST
    assert by_layer(table(CELLS), "D", 4, "omega", 1).loc[("tanh", 0)].tolist() == [10, *[n / 2 for n in SLOW[1:]]]
    norms = by_layer(table(CELLS), "D", 4, "l2")
    # The input's two classes have norm 3 each.
    assert norms.loc[("relu", 0)].tolist() == pytest.approx([math.sqrt(18), *RISING[1:]])
    nobody = by_layer(table([]), "D", 4, "omega")
    assert nobody.shape == (0, 6)


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


def test_other_neighbours_and_scales_have_their_own_answer_for_the_logits_alone():
    layers = table(CELLS)
    assert trivial_otherwise(layers, "D", 4) == {}
    logits = layers["depth"] == layers["hidden"] + 1
    layers["omega, 3 neighbours, scale 2.5"] = np.where(logits, 1.0, np.nan)
    layers["omega, 3 neighbours, scale 1.5"] = np.nan  # of another data set
    layers.loc[logits & (layers["network"] == 2) & (layers["group"] == 1), "omega, 3 neighbours, scale 2.5"] = 4
    ((name, found),) = trivial_otherwise(layers, "D", 4).items()
    assert name == "3 neighbours, scale 2.5"
    assert (found.sum(), len(found)) == (10, 12)
    rows = [row for row in network_rows(layers, Intervals(bootstrap=10), 0) if row["statistic"] == "trivial"]
    shares = {(row["network"], row["method"]): row["estimate"] for row in rows}
    assert shares["relu 4", None] == 1
    assert shares["relu 4", "3 neighbours, scale 2.5"] == pytest.approx(5 / 6)


def test_logarithms_of_shares_of_the_input():
    omega = pd.DataFrame([[20.0, 10.0, 0.0]])
    assert log_relative(omega).to_numpy().tolist() == [[0, pytest.approx(-np.log(2)), -math.inf]]
