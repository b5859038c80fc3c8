"""Statistics behind the claims on attributions."""

import numpy as np
import pandas as pd
import pytest
from explain_tables import LAYERS, complexity_of, estimate, run_of, table_of, undecided
from scipy import stats

from topolens.claims.model import GAUSSIAN, REPRODUCED, SCALE_FREE, Rule
from topolens.config.analyses import GRAD_CAM, INPUT, OCCLUSION
from topolens.inference.intervals import CORRELATIONS, mean_of_units

NAN = np.nan


# Grad-CAM, layer by layer


def explained(scores, logs, networks=("A",), seeds=(0,), layers=LAYERS, **options):
    """From scores[network][seed][image][layer] and log complexities logs[network][seed][repeat][layer]."""
    tables = [
        table_of(own, GRAD_CAM, layers, networks, seed=seed)
        for seed, own in zip(seeds, np.swapaxes(np.asarray(scores, float), 0, 1), strict=True)
    ]
    complexity = complexity_of(np.exp(logs), networks, seeds, layers, **options)
    return run_of(layers, complexity=complexity, attributions=pd.concat(tables))


def test_complexity_that_follows_a_score_over_layers():
    run = explained([[[[0.1, 0.2, 0.3]] * 4]], [[[[1, 5, 6]] * 2]], factor=np.array([3, 2, 1.0]) ** 20)
    assert estimate("complexity_agreement", run, score="inside").value == pytest.approx(1)
    assert estimate("complexity_agreement", run, score="inside", twin=SCALE_FREE).value == pytest.approx(-1)


def test_networks_from_all_seeds_are_the_units():
    generator = np.random.default_rng(0)
    scores, logs = generator.random((2, 4, 6, 3)), generator.random((2, 4, 5, 3))
    run = explained(scores, logs, ("A", "B"), (3, 1, 4, 9))
    expected = [stats.spearmanr(scores[k].mean(axis=0), logs[k].mean(axis=0)).statistic for k in np.ndindex(2, 4)]
    found = estimate("complexity_agreement", run, score="inside")
    interval = mean_of_units(np.array(expected), 200, 0, within=CORRELATIONS)
    assert (found.value, found.low, found.high, found.n) == pytest.approx(
        (interval.value, interval.low, interval.high, 8)
    )
    # Networks that are not explained do not count.
    run.attributions = run.attributions[run.attributions["network"] == "B"]
    assert estimate("complexity_agreement", run, score="inside").value == pytest.approx(np.mean(expected[4:]))


def test_the_twin_beside_gaussian_clouds_has_an_order_of_layers_of_its_own():
    run = explained([[[[0.1, 0.2, 0.3]] * 4]], [[[[1, 2, 3]] * 2]], null=np.exp([0, 3, 6]))
    assert estimate("complexity_agreement", run, score="inside", twin=GAUSSIAN).value == pytest.approx(-1)


def test_two_layers_have_no_order_to_follow():
    run = explained([[[[0.1, 0.2]] * 4]], [[[[1, 5]]]], layers=LAYERS[:2])
    assert undecided(estimate("complexity_agreement", run, score="inside"))
    assert undecided(estimate("complexity_agreement_of_images", run, score="inside"))


def test_without_agreement_networks_are_seldom_told_to_agree():
    generator, verdicts = np.random.default_rng(0), []
    for _ in range(150):
        run = explained(generator.random((1, 8, 2, 3)), generator.random((1, 8, 2, 3)), seeds=range(8))
        verdicts.append(Rule(above=0).verdict(estimate("complexity_agreement", run, score="inside"), 5))
    assert np.mean([verdict == REPRODUCED for verdict in verdicts]) < 0.06


def test_images_of_the_first_network_alone():
    scores = [[[[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.1, NAN, 0.2], [0.2, 0.1, 0.3]], np.ones((4, 3))]]
    run = explained(scores, [[[[1, 2, 3]] * 2, [[9, 2, 3]] * 2]], seeds=(5, 1))
    found = estimate("complexity_agreement_of_images", run, score="inside")
    expected = mean_of_units(np.array([1, -1, 0.5]), 200, 0, within=CORRELATIONS)  # a map that points nowhere is none
    assert (found.value, found.low, found.high, found.n) == pytest.approx(
        (expected.value, expected.low, expected.high, 3)
    )


# Occlusion, image by image


def occluded(scores, logs, networks=("A",), **options):
    """From scores[network][image] and log complexities logs[network][seed][repeat][layer]."""
    table = table_of(np.asarray(scores)[..., None], OCCLUSION, [INPUT], networks)
    other = table_of(-np.asarray(scores)[..., None], GRAD_CAM, ["L1"], networks)  # of another method: never counts
    complexity = complexity_of(np.exp(logs), networks, **options)
    return run_of(complexity=complexity, attributions=pd.concat([table, other]))


RISING = [[[[1, 2, 9], [2, 3, 9.5], [3, 4, 10], [4, 5, 10.5]]]]


def test_images_whose_clouds_are_richer_in_the_order_of_their_score():
    run = occluded([[0.1, 0.2, 0.3, 0.4]], RISING)
    found = estimate("occlusion_agreement", run, score="inside")
    assert (found.value, found.n) == (pytest.approx(1), 1)
    reverse = occluded([[0.4, 0.3, 0.2, 0.1]], RISING)
    assert estimate("occlusion_agreement", reverse, score="inside").value == pytest.approx(-1)


def test_gaussian_clouds_shift_all_images_of_a_network_alike():
    generator = np.random.default_rng(0)
    run = occluded(generator.random((5, 9)), generator.normal(size=(5, 1, 9, 3)), tuple("ABCDE"), null=[1, 7, 9])
    raw, gaussian = (estimate("occlusion_agreement", run, score="inside", twin=twin) for twin in ("raw", "gaussian"))
    assert gaussian.value == pytest.approx(raw.value)


def test_correlations_within_networks_are_averaged_and_only_the_first_seed_was_occluded():
    generator = np.random.default_rng(0)
    scores, logs = generator.random((5, 8)), generator.random((5, 2, 8, 3))
    run = occluded(scores, logs, tuple("ABCDE"), seeds=(0, 1))
    expected = [stats.spearmanr(scores[k], logs[k, 0].mean(axis=-1)).statistic for k in range(5)]
    found = estimate("occlusion_agreement", run, score="inside")
    assert (found.value, found.n) == (pytest.approx(np.mean(expected)), 5)
    assert found.low < found.value < found.high


def test_too_few_images_or_none_with_a_cloud_have_no_agreement():
    logs = [[[[1, 2, 3], [2, 3, 4], [3, 4, 5]]]]
    assert undecided(estimate("occlusion_agreement", occluded([[0.1, 0.2]], logs), score="inside"))
    # A map that points nowhere has no score.
    assert undecided(estimate("occlusion_agreement", occluded([[0.1, NAN, 0.2]], logs), score="inside"))
    labels = occluded([[0.1, 0.2, 0.3]], logs)
    labels.attributions["repeat"] = -1
    assert undecided(estimate("occlusion_agreement", labels, score="inside"))


# Faithfulness


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
