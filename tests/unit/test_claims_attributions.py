"""Statistics behind the claims on attributions."""

import numpy as np
import pandas as pd
import pytest
from explain_tables import LAYERS, complexity_of, estimate, run_of, table_of, undecided
from scipy import stats

from topolens.config.analyses import GRAD_CAM, INPUT, OCCLUSION, Intervals
from topolens.inference.intervals import mean_of_units
from topolens.statistics.explanations import agreement_rows
from topolens.statistics.rows import tidy_table

NAN = np.nan


def test_complexity_that_follows_a_score_over_layers():
    scores = [[[0.1, 0.2, 0.3]] * 4]
    complexity, maps = complexity_of([[[[1, 5, 6]] * 2]], factor=-1), table_of(scores, GRAD_CAM)
    rows = agreement_rows(maps, complexity, Intervals(bootstrap=200), 0)
    run = run_of(statistics=tidy_table(rows, ()))
    found = estimate("complexity_agreement", run, score="inside")
    assert (found.value, found.low, found.high, found.n) == pytest.approx((1, 1, 1, 4))
    assert estimate("complexity_agreement", run, score="inside", scale_free=True).value == pytest.approx(-1)


def test_two_layers_have_no_order_to_follow():
    scores = [[[0.1, 0.2]] * 4]
    complexity, maps = complexity_of([[[[1, 5]]]], layers=LAYERS[:2]), table_of(scores, GRAD_CAM, LAYERS[:2])
    rows = agreement_rows(maps, complexity, Intervals(bootstrap=200), 0)
    run = run_of(LAYERS[:2], statistics=tidy_table(rows, ()))
    assert undecided(estimate("complexity_agreement", run, score="inside"))


def occluded(scores, norms, networks=("A",), **options):
    table = table_of(np.asarray(scores)[..., None], OCCLUSION, [INPUT], networks)
    other = table_of(-np.asarray(scores)[..., None], GRAD_CAM, ["L1"], networks)  # of another method: never counts
    return run_of(complexity=complexity_of(norms, networks, **options), attributions=pd.concat([table, other]))


def test_images_whose_clouds_are_richer_in_the_order_of_their_score():
    # One layer has a hundred times the norms of the others, and does not decide alone.
    norms = [[[[1, 2, 300], [2, 3, 400], [3, 4, 500], [4, 5, 600]]]]
    found = estimate("occlusion_agreement", occluded([[0.1, 0.2, 0.3, 0.4]], norms), score="inside")
    assert (found.value, found.n) == (pytest.approx(1), 4)
    assert found.high == pytest.approx(1)
    reverse = occluded([[0.4, 0.3, 0.2, 0.1]], norms)
    assert estimate("occlusion_agreement", reverse, score="inside").value == pytest.approx(-1)
    twin = occluded([[0.1, 0.2, 0.3, 0.4]], norms, factor=2)
    assert estimate("occlusion_agreement", twin, score="inside", scale_free=True).value == pytest.approx(1)


def test_every_layer_weighs_the_same():
    norms = np.array([[[[1, 1, 900], [2, 2, 400], [3, 3, 200]]]])
    # Over their means: 0.5 + 0.5 + 1.8, 1 + 1 + 0.8, 1.5 + 1.5 + 0.4 thirds.
    expected = stats.spearmanr([0.1, 0.3, 0.2], [2.8, 2.8, 3.4]).statistic
    found = estimate("occlusion_agreement", occluded([[0.1, 0.3, 0.2]], norms), score="inside")
    assert found.value == pytest.approx(expected)


def test_networks_are_averaged_and_only_the_first_seed_was_explained():
    generator = np.random.default_rng(0)
    scores, norms = generator.random((2, 8)), generator.random((2, 2, 8, 3))
    run = occluded(scores, norms, ("A", "B"), seeds=(5, 1))
    own = norms[:, 0] / norms[:, 0].mean(axis=1, keepdims=True)
    expected = [stats.spearmanr(scores[k], own[k].mean(axis=-1)).statistic for k in range(2)]
    found = estimate("occlusion_agreement", run, score="inside")
    assert (found.value, found.n) == (pytest.approx(np.mean(expected)), 8)
    assert found.low < found.value < found.high


def test_too_few_images_or_none_with_a_cloud_have_no_agreement():
    norms = [[[[1, 2, 3], [2, 3, 4], [3, 4, 5]]]]
    assert undecided(estimate("occlusion_agreement", occluded([[0.1, 0.2]], norms), score="inside"))
    # A map that points nowhere has no score.
    assert undecided(estimate("occlusion_agreement", occluded([[0.1, NAN, 0.2]], norms), score="inside"))
    labels = occluded([[0.1, 0.2, 0.3]], norms)
    labels.attributions["repeat"] = -1
    assert undecided(estimate("occlusion_agreement", labels, score="inside"))


def test_faithful_is_the_gain_over_shifted_maps_per_image():
    rows = [("A", 1, 0.6, 0.5), ("B", 1, 0.8, 0.5), ("A", 2, 0.4, 0.5), ("B", 2, NAN, 0.1)]
    table = pd.DataFrame(rows, columns=["network", "image", "insertion", "insertion_shifted"])
    run = run_of(attributions=pd.concat([table.assign(method=OCCLUSION), table.assign(method=GRAD_CAM, insertion=0)]))
    found = estimate("faithful", run, method=OCCLUSION)
    assert (found.value, found.n) == (pytest.approx((0.2 - 0.1) / 2), 2)
    expected = mean_of_units(np.array([0.2, -0.1]), 200, 0)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert estimate("faithful", run, method=GRAD_CAM).value < 0


def test_no_map_was_held_against_shifted_ones():
    table = table_of([[[0.1, 0.2, 0.3]]], GRAD_CAM)
    assert undecided(estimate("faithful", run_of(attributions=table), method=GRAD_CAM))
