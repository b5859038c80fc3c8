"""Statistics behind the claims on Betti numbers: their known answer, sign and lack."""

from pathlib import Path

import numpy as np
import pytest
from betti_tables import CELLS, FALLING, FAST, SLOW, evidence, table
from scipy.stats import spearmanr

from topolens.claims.model import load_claims
from topolens.claims.registry import STATISTICS, claim_statistic
from topolens.config.study import load_study
from topolens.inference.intervals import Estimate

CONFIG = Path(__file__).parents[2] / "workflow" / "config"


def test_each_statistic_has_its_known_answer_and_sign():
    known = evidence(table(CELLS))
    assert STATISTICS["trivial_share"](known, data="D").value == 1
    assert STATISTICS["final_ratio"](known, data="D") == Estimate(0.1, 0.1, 0.1, 12)
    expected = np.mean([spearmanr(range(6), one).statistic for one in (FAST, SLOW)])
    assert STATISTICS["omega_correlation"](known, data="D").value == pytest.approx(expected)
    faster = {"data": "D", "activation": "relu", "than": "tanh"}
    half = STATISTICS["faster_than"](known, **faster, measure="half_layer")
    assert half == Estimate(-3, -3, -3, 6)
    area = STATISTICS["faster_than"](known, **faster, measure="area")
    assert area.value == pytest.approx(0.18 - 0.58)
    swapped = STATISTICS["faster_than"](known, data="D", activation="tanh", than="relu", measure="area")
    assert swapped.value == -area.value


def test_shallow_networks_are_later_by_activation():
    known = evidence(table(CELLS))
    # Of the shallow fall of 18 all lies in the last two layers; of the deep ones nothing and two thirds.
    late = STATISTICS["later_when_shallow"](known, data="D")
    assert late.value == pytest.approx(np.mean([1 - 0, 1 - 2 / 3]))
    assert late.n == 6
    even = STATISTICS["later_when_shallow"](known, data="D", beyond_even=True)
    assert even.value == pytest.approx(late.value - (2 / 3 - 2 / 5))
    # An activation without shallow networks is left out.
    only = STATISTICS["later_when_shallow"](evidence(table([*CELLS[:2], CELLS[3]])), data="D")
    assert only.value == pytest.approx(1 / 3)


def test_both_hold_needs_a_fall_and_a_rise_beyond_noise():
    share = STATISTICS["both_hold"]
    assert share(evidence(table(CELLS)), data="D").value == 1
    assert share(evidence(table(CELLS)), data="D", scale_free=True).value == 1
    assert share(evidence(table(CELLS, norms=FALLING)), data="D").value == 0
    assert share(evidence(table(CELLS, error=5.0)), data="D").value == 0
    kept = [("relu", 4, [20, 20, 18, 16, 14, 12]), ("tanh", 4, SLOW)]
    assert share(evidence(table(kept)), data="D").value == 0.5


def test_the_gap_of_trends_is_two_when_one_rises_and_the_other_falls():
    falling = [("tanh", 4, [20, 19, 18, 14, 8, 2])]
    assert STATISTICS["trend_gap"](evidence(table(falling)), data="D").value == pytest.approx(2)
    gone = STATISTICS["trend_gap"](evidence(table(falling, norms=FALLING)), data="D", scale_free=True)
    assert gone.value == pytest.approx(0)


def test_without_networks_nothing_is_decided():
    nobody = evidence(table([]))
    for claim in claims():
        estimate = claim_statistic(claim.statistic, claim.options | {"data": "D"})(nobody)
        assert estimate.n == 0
        assert claim.holds.verdict(estimate, claim.fewest) == "undecided"


def claims():
    studies = {file.stem: load_study(file, "quick") for file in (CONFIG / "studies").glob("*.yaml")}
    return [claim for claim in load_claims(CONFIG / "claims.yaml", studies) if claim.studies == ["naitzat"]]


def test_every_claim_is_there_for_every_set_and_names_what_exists():
    found = claims()
    sets = load_study(CONFIG / "studies" / "naitzat.yaml", "quick").runs["main"].betti.counted
    assert {claim.options["data"] for claim in found} == set(sets)
    assert {claim.id.partition(".")[0] for claim in found} == {"N1", "N2", "N3", "N4", "N5"}
    assert sum(claim.twin for claim in found) == 2 * len(sets)
    for claim in found:
        for options in claim.twins().values():
            estimate = claim_statistic(claim.statistic, options | {"data": "D"})(evidence(table(CELLS)))
            assert estimate.n in (0, 6, 12)
