"""Statistics behind the claims on Betti numbers: their known answer, sign and lack."""

from pathlib import Path

import numpy as np
import pytest
from betti_tables import CELLS, FALLING, SLOW, evidence, table

from topolens.claims.evidence import Finding
from topolens.claims.model import TWINS, Claim, Rule
from topolens.claims.registry import STATISTICS, claim_statistic
from topolens.config.study import load_study
from topolens.config.yaml_file import read_yaml
from topolens.inference.intervals import Estimate

CONFIG = Path(__file__).parents[2] / "workflow" / "config"


def test_each_statistic_has_its_known_answer_and_sign():
    known = evidence(table(CELLS))
    assert STATISTICS["trivial_share"](known, data="D").value == 1
    fallen = STATISTICS["final_log_ratio"](known, data="D")
    assert (fallen.value, fallen.low, fallen.n) == (pytest.approx(np.log(0.1)), pytest.approx(np.log(0.1)), 12)
    faster = {"data": "D", "activation": "relu", "than": "tanh"}
    half = STATISTICS["faster_than"](known, **faster, measure="half_layer")
    assert half == Estimate(-3, -3, -3, 6)
    area = STATISTICS["faster_than"](known, **faster, measure="area")
    assert area.value == pytest.approx(0.18 - 0.58)
    swapped = STATISTICS["faster_than"](known, data="D", activation="tanh", than="relu", measure="area")
    assert swapped.value == -area.value


def test_a_fall_with_a_sure_rise_in_between_is_refuted():
    """All networks lose four fifths of their Betti numbers in all and double them in one step."""
    cells = [("relu", 4, [20, 4, 8, 6, 5, 4]), ("tanh", 4, [20, 5, 10, 6, 5, 4])]
    found = STATISTICS["final_log_ratio"](evidence(table(cells)), data="D")
    assert (found.value, found.low) == (pytest.approx(np.log(2)), pytest.approx(np.log(2)))
    assert Rule(below=0).verdict(found, 5) == "not reproduced"
    # Where half of the networks rise in a step and the others fall, nothing surely rises.
    unsure = [("relu", 4, [20, 4, 8, 6, 5, 4]), ("tanh", 4, [20, 10, 5, 5, 5, 4])]
    found = STATISTICS["final_log_ratio"](evidence(table(unsure)), data="D")
    assert found.value == pytest.approx(np.log(0.2))
    assert Rule(below=0).verdict(found, 5) == "reproduced"


def test_shallow_networks_are_later_by_activation():
    known = evidence(table(CELLS))
    # Of the shallow fall of 18 all lies in the last two of three layers; of the deep ones nothing and two thirds.
    late = STATISTICS["later_when_shallow"](known, data="D")
    even = 2 / 3 - 2 / 5
    assert late.value == pytest.approx(np.mean([1 - 0, 1 - 2 / 3]) - even)
    assert late.n == 6
    # An activation without shallow networks is left out.
    only = STATISTICS["later_when_shallow"](evidence(table([*CELLS[:2], CELLS[3]])), data="D")
    assert only.value == pytest.approx(1 / 3 - even)


def test_networks_that_lose_the_same_in_every_layer_are_not_late_for_being_shallow():
    even = [("tanh", 4, [20, 16.4, 12.8, 9.2, 5.6, 2]), ("tanh", 2, [20, 14, 8, 2])]
    assert STATISTICS["later_when_shallow"](evidence(table(even)), data="D").value == pytest.approx(0)


def test_both_hold_needs_a_fall_and_a_rise_beyond_the_noise_of_draws():
    def share(layers, **options):
        return STATISTICS["both_hold"](evidence(layers), data="D", **options).estimate.value

    assert share(table(CELLS)) == 1
    assert share(table(CELLS), twin="scale-free") == 1
    assert share(table(CELLS), twin="gaussian") == 1
    assert share(table(CELLS, norms=FALLING)) == 0
    assert share(table(CELLS, noise=0.5)) < 0.5
    kept = [("relu", 4, [20, 20, 18, 16, 14, 12]), ("tanh", 4, SLOW)]
    assert share(table(kept)) == 0.5
    one_draw = table(CELLS).drop(columns=["l2_1"])
    assert STATISTICS["both_hold"](evidence(one_draw), data="D").estimate.n == 0


def test_rises_that_gaussian_clouds_have_too_are_none_of_the_gaussian_twin():
    layers = table(CELLS)
    layers["l2_gaussian"] = layers["l2"] ** 2
    found = {twin: STATISTICS["both_hold"](evidence(layers), data="D", twin=twin) for twin in TWINS}
    assert found["raw"].estimate.value == 1
    assert found["gaussian"].estimate.value == 0
    # Norms 1 to 5 in both activations, Gaussian ones 1 to 25.
    assert found["raw"].band == found["gaussian"].band == "above 0, inside 2, below 8"
    assert found["scale-free"].band == ""
    assert STATISTICS["trend_gap"](evidence(layers), data="D", twin="gaussian").estimate.value < 0


def test_the_gap_of_trends_is_two_when_one_rises_and_the_other_falls():
    falling = [("tanh", 4, [20, 19, 18, 14, 8, 2])]
    assert STATISTICS["trend_gap"](evidence(table(falling)), data="D").estimate.value == pytest.approx(2)
    gone = STATISTICS["trend_gap"](evidence(table(falling, norms=FALLING)), data="D", twin="scale-free")
    assert gone.estimate.value == pytest.approx(0)


def known(found):
    """The estimate of a statistic, however it returns it."""
    return found.estimate if isinstance(found, Finding) else found


def test_without_networks_nothing_is_decided():
    nobody = evidence(table([]))
    for claim in claims():
        estimate = known(claim_statistic(claim.statistic, claim.options | {"data": "D"})(nobody))
        assert estimate.n == 0
        assert claim.holds.verdict(estimate, claim.fewest) == "undecided"


def claims():
    """Those of the study, as the project's file has them."""
    found = [entry for entry in read_yaml(CONFIG / "claims.yaml", list) if entry["studies"] == ["naitzat"]]
    return [Claim.model_validate(entry) for entry in found]


def test_every_claim_is_there_for_every_set_and_names_what_exists():
    found = claims()
    sets = load_study(CONFIG / "studies" / "naitzat.yaml", "quick").runs["main"].betti.counted
    assert {claim.options["data"] for claim in found} == set(sets)
    assert {claim.id.partition(".")[0] for claim in found} == {"N1", "N2", "N3", "N4", "N5"}
    assert sum(claim.twin for claim in found) == 2 * len(sets)
    assert sorted(claim.id for claim in found if claim.headline) == ["N1.d-i", "N2.d-i", "N3.d-i", "N4.even.d-i"]
    for claim in found:
        for options in claim.twins().values():
            estimate = known(claim_statistic(claim.statistic, options | {"data": "D"})(evidence(table(CELLS))))
            assert estimate.n in (0, 6, 12)
