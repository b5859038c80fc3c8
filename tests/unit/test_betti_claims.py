"""The statistics behind the claims on Betti numbers: made-up layers with a known answer, its sign, and its lack."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from topolens.config.study import load_study
from topolens.inference.betti_claims import BETTI_STATISTICS, BettiEvidence
from topolens.inference.betti_statistics import (
    areas,
    by_layer,
    correlations,
    half_layers,
    late_shares,
    trivial,
)
from topolens.inference.claims import load_claims
from topolens.inference.intervals import Estimate
from topolens.inference.registry import claim_statistic
from topolens.stages.numbers import betti_networks_table, trained_counts

CONFIG = Path(__file__).parents[2] / "workflow" / "config"
# Sums of Betti numbers of both classes together by layer, 0 = input.
FAST, SLOW = [20, 8, 4, 2, 2, 2], [20, 18, 16, 14, 8, 2]
SHALLOW = [20, 20, 12, 2]
RISING, FALLING = [5.0, 1.0, 2.0, 3.0, 4.0, 5.0], [9.0, 5.0, 4.0, 3.0, 2.0, 1.0]


def rows(activation, depth, network, omegas, norms, error=0.01):
    """Half of the Betti numbers in each class, one of them components; the norm all in class 0."""
    for layer, (omega, size) in enumerate(zip(omegas, norms, strict=True)):
        if layer == 0:
            continue
        for label in (0, 1):
            size_here = size if label == 0 else 0.0
            yield {
                "set": "D", "activation": activation, "depth": depth, "network": network, "layer": layer,
                "class": label, "betti_0": 1.0, "omega": omega / 2, "l2": size_here, "l2_error": error * size_here,
                "l2_scale_free": 2 * size_here, "l2_error_scale_free": 0.0,
            }  # fmt: skip


def table(cells, norms=RISING, error=0.01):
    """Cells: (activation, depth, omegas) with six networks each, behind the input."""
    found = [
        {"set": "D", "activation": np.nan, "depth": 0, "network": -1, "layer": 0, "class": label, "betti_0": 9.0,
         "omega": 10, "l2": 3.0, "l2_error": 0.1, "l2_scale_free": 1.0, "l2_error_scale_free": 0.1}
        for label in (0, 1)
    ]  # fmt: skip
    for activation, depth, omegas in cells:
        for network in range(6):
            found += rows(activation, depth, network, omegas, norms[: depth + 2], error)
    return pd.DataFrame(found)


CELLS = [("relu", 4, FAST), ("tanh", 4, SLOW), ("relu", 2, SHALLOW), ("tanh", 2, SHALLOW)]


def evidence(layers):
    config = SimpleNamespace(depths=lambda name: [2, 4], activations=["relu", "tanh"])
    return BettiEvidence(SimpleNamespace(layers=layers, config=config), 200, 0.95, 0)


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
    found.loc[found["class"] == 1, ["l2", "l2_error"]] = [4.0, 0.2]
    found.loc[found["class"] == 0, ["l2", "l2_error"]] = [3.0, 0.1]
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
    layers.loc[(layers["network"] == 2) & (layers["layer"] == 5) & (layers["class"] == 1), "omega"] = 2
    assert trivial(layers, "D", 4).sum() == 10
    assert trivial(layers, "D", 4).loc[("relu", 2)] == False  # noqa: E712
    # Two components without holes are not trivial either, nor is an empty class' hole.
    layers.loc[layers["layer"] == 5, "betti_0"] = 0
    assert not trivial(layers, "D", 4).any()


def test_each_statistic_has_its_known_answer_and_sign():
    known = evidence(table(CELLS))
    assert BETTI_STATISTICS["trivial_share"](known, data="D").value == 1
    assert BETTI_STATISTICS["final_ratio"](known, data="D") == Estimate(0.1, 0.1, 0.1, 12)
    expected = np.mean([spearmanr(range(6), one).statistic for one in (FAST, SLOW)])
    assert BETTI_STATISTICS["omega_correlation"](known, data="D").value == pytest.approx(expected)
    faster = {"data": "D", "activation": "relu", "than": "tanh"}
    half = BETTI_STATISTICS["faster_than"](known, **faster, measure="half_layer")
    assert half == Estimate(-3, -3, -3, 6)
    area = BETTI_STATISTICS["faster_than"](known, **faster, measure="area")
    assert area.value == pytest.approx(0.18 - 0.58)
    swapped = BETTI_STATISTICS["faster_than"](known, data="D", activation="tanh", than="relu", measure="area")
    assert swapped.value == -area.value


def test_shallow_networks_are_later_by_activation():
    known = evidence(table(CELLS))
    # Of the shallow fall of 18 all lies in the last two layers; of the deep ones nothing and two thirds.
    late = BETTI_STATISTICS["later_when_shallow"](known, data="D")
    assert late.value == pytest.approx(np.mean([1 - 0, 1 - 2 / 3]))
    assert late.n == 6
    even = BETTI_STATISTICS["later_when_shallow"](known, data="D", beyond_even=True)
    assert even.value == pytest.approx(late.value - (2 / 3 - 2 / 5))
    # An activation without shallow networks is left out.
    only = BETTI_STATISTICS["later_when_shallow"](evidence(table([*CELLS[:2], CELLS[3]])), data="D")
    assert only.value == pytest.approx(1 / 3)


def test_both_hold_needs_a_fall_and_a_rise_beyond_noise():
    share = BETTI_STATISTICS["both_hold"]
    assert share(evidence(table(CELLS)), data="D").value == 1
    assert share(evidence(table(CELLS)), data="D", scale_free=True).value == 1
    assert share(evidence(table(CELLS, norms=FALLING)), data="D").value == 0
    assert share(evidence(table(CELLS, error=5.0)), data="D").value == 0
    kept = [("relu", 4, [20, 20, 18, 16, 14, 12]), ("tanh", 4, SLOW)]
    assert share(evidence(table(kept)), data="D").value == 0.5


def test_the_gap_of_trends_is_two_when_one_rises_and_the_other_falls():
    falling = [("tanh", 4, [20, 19, 18, 14, 8, 2])]
    assert BETTI_STATISTICS["trend_gap"](evidence(table(falling)), data="D").value == pytest.approx(2)
    gone = BETTI_STATISTICS["trend_gap"](evidence(table(falling, norms=FALLING)), data="D", scale_free=True)
    assert gone.value == pytest.approx(0)


def test_without_networks_nothing_is_decided():
    nobody = evidence(table([]))
    for claim in claims():
        estimate = claim_statistic(claim.statistic, claim.options | {"data": "D"}, "betti")(nobody)
        assert estimate.n == 0
        assert claim.holds.verdict(estimate, claim.fewest) == "undecided"


def claims():
    studies = {file.stem: load_study(file, "quick") for file in (CONFIG / "studies").glob("*.yaml")}
    return [claim for claim in load_claims(CONFIG / "claims.yaml", studies) if claim.studies == ["naitzat"]]


def test_every_claim_is_there_for_every_set_and_names_what_exists():
    found = claims()
    sets = load_study(CONFIG / "studies" / "naitzat.yaml", "quick").runs["main"].data.sets
    assert {claim.options["data"] for claim in found} == set(sets)
    assert {claim.id.partition(".")[0] for claim in found} == {"N1", "N2", "N3", "N4", "N5"}
    assert sum(claim.id.endswith("scale-free") for claim in found) == 2 * len(sets)
    for claim in found:
        estimate = claim_statistic(claim.statistic, claim.options | {"data": "D"}, "betti")(evidence(table(CELLS)))
        assert estimate.n in (0, 6, 12)


def test_the_table_of_networks_says_how_many_count():
    cells = {
        "D-I/leaky_relu/10": {"set": "D-I", "activation": "leaky_relu", "depth": 10, "widths": [2, 15, 2],
                              "seeds": [1, 2, 3], "accuracy": [1.0, None, 0.999], "reached_epoch": [10, None, 400]},
        "D-I/tanh/4": {"set": "D-I", "activation": "tanh", "depth": 4, "widths": [2, 15, 2],
                       "seeds": [1], "accuracy": [None], "reached_epoch": [None]},
    }  # fmt: skip
    config = SimpleNamespace(training={"D-I": SimpleNamespace(accuracy=1.0)})
    main = SimpleNamespace(card={"cells": cells}, config=config, study=SimpleNamespace(name="naitzat"))
    assert trained_counts(main) == [1, 0]
    lines = betti_networks_table([main]).splitlines()
    assert lines[4] == r"D-I & leaky relu & $10 \times 15$ & 1 of 3 & 10 \\"
    assert lines[5] == r"D-I & tanh & $4 \times 15$ & 0 of 1 & n/a \\"
