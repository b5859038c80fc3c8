"""The statistics behind the claims on distances: small evidence with a known answer, its sign, and its lack."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from topolens.config.metric import STACKED, Condition
from topolens.config.study import load_study
from topolens.errors import TopolensError
from topolens.inference.claims import load_claims
from topolens.inference.metric_claims import METRIC_STATISTICS, MetricEvidence
from topolens.inference.registry import claim_statistic

CONFIG = Path(__file__).parents[2] / "workflow" / "config"
METRICS = ("euclidean", "cosine")


def clouds(rise=0.1, stacked=0.5):
    """Two networks, three layers, six clean clouds; the score rises by `rise` a layer; euclidean is the better one."""
    generator = np.random.default_rng(0)
    rows = []
    for network in ("A", "B"):
        for depth, layer in enumerate(("x", "y", "z")):
            for resample in range(6):
                noise = generator.normal(scale=0.001)
                scores = {"euclidean": 0.4 + rise * depth + noise, "cosine": 0.3 + rise * depth + noise}
                scores[STACKED] = stacked
                rows += [(network, layer, "clean", resample, metric, True, score) for metric, score in scores.items()]
    table = pd.DataFrame(rows, columns=["network", "layer", "condition", "resample", "metric", "is_main", "ari"])
    return table.assign(neighbours=table["ari"])


def distances(between=3.0, int8=0.5):
    rows = []
    for network in ("A", "B"):
        for layer in ("x", "y", "z"):
            rows.append(("between", network, layer, "euclidean", "cosine", "clean", between))
            for metric in METRICS:
                rows += [("within", network, layer, metric, "", "clean", 1.0) for _ in range(3)]
                rows.append(("condition", network, layer, metric, "", "int8", int8))
                for strength in (1, 2, 3, 4):
                    name = f"gaussian {strength / 10:g}"
                    rows.append(("condition", network, layer, metric, "", name, 1.0 + strength))
    columns = ["kind", "network", "layer", "metric", "other", "condition", "bottleneck"]
    return pd.DataFrame(rows, columns=columns).assign(degree=1)


def performance(lost=0.1, quantised=0.7):
    """50 images; A loses `lost` times the strength's number, B twice that; INT8 costs nothing."""
    rows = []
    noises = [(f"gaussian {strength / 10:g}", "gaussian", strength) for strength in (1, 2, 3, 4)]
    for factor, network in enumerate(("A", "B"), 1):
        for condition, kind, strength in (("clean", "clean", 0), ("int8", "int8", 0), *noises):
            wrong = round(50 * lost * factor * strength)
            share = quantised if kind == "int8" else 0.0
            rows += [(network, condition, kind, image, int(image >= wrong), share) for image in range(50)]
    return pd.DataFrame(rows, columns=["network", "condition", "kind", "image", "correct", "quantised"])


def evidence(**changes):
    published = [Condition(kind="clean"), Condition(kind="gaussian", strength=0.1), Condition(kind="int8")]
    layers = dict.fromkeys(("x", "y", "z"), "")
    config = SimpleNamespace(
        networks=[SimpleNamespace(name="A"), SimpleNamespace(name="B")],
        layers={"A": layers, "B": layers},
        conditions=published,
    )
    parts = {"clouds": clouds(), "distances": distances(), "performance": performance()} | changes
    other = changes.get("other")
    run = SimpleNamespace(
        config=config,
        diagrams=SimpleNamespace(clouds=parts["clouds"]),
        distances=parts["distances"],
        performance=parts["performance"],
        other=lambda name: other,
    )
    return MetricEvidence(run, bootstrap=200, confidence=0.95, seed=0)


def decide(statistic, options, own=None):
    return METRIC_STATISTICS[statistic](own or evidence(), **options)


def test_between_over_within_by_hand():
    estimate = decide("between_over_within", {"measure": "bottleneck", "degree": 1})
    assert (estimate.value, estimate.n) == (pytest.approx((3 - 1) / (3 + 1)), 6)
    less = decide("between_over_within", {"measure": "bottleneck", "degree": 1}, evidence(distances=distances(0.5)))
    assert less.high < 0


def test_stacked_gain_chooses_the_best_metric_on_other_clouds():
    estimate = decide("stacked_gain", {"score": "ari"})
    # At the last layer euclidean has 0.6 and is chosen each time; the stacked metrics have 0.5.
    assert (estimate.value, estimate.n) == (pytest.approx(-0.1, abs=0.002), 6)
    assert decide("stacked_gain", {"score": "ari"}, evidence(clouds=clouds(stacked=0.9))).low > 0


def test_choosing_costs_where_metrics_are_equally_good():
    """Of two metrics that win in turns the best of the other clouds is always the loser of the cloud itself."""
    table = clouds(stacked=0.5)
    even = table["resample"] % 2 == 0
    for metric, winning in (("euclidean", even), ("cosine", ~even)):
        table.loc[table["metric"] == metric, "ari"] = winning[table["metric"] == metric].astype(float)
    assert decide("stacked_gain", {"score": "ari"}, evidence(clouds=table)).value == pytest.approx(0.5)


@pytest.mark.parametrize(("rise", "expected"), [(0.1, 1), (-0.1, -1)])
def test_depth_trend_by_hand(rise, expected):
    for network in (None, "A"):
        estimate = decide("depth_trend", {"score": "ari", "network": network}, evidence(clouds=clouds(rise)))
        assert (estimate.value, estimate.n) == (pytest.approx(expected), 6)


def test_score_over_another_run():
    other = evidence(clouds=clouds(rise=0.05)).run
    estimate = decide("score_over_run", {"against": "random", "score": "ari"}, evidence(other=other))
    assert estimate.value == pytest.approx(0.1)


def test_sturdier_compares_kept_shares():
    own = evidence()
    # At the published strength A keeps 45 of 50 images and B 40.
    estimate = decide("sturdier", {"network": "A", "than": "B"}, own)
    assert (estimate.value, estimate.n) == (pytest.approx(0.1), 50)
    assert estimate.low > 0
    assert decide("sturdier", {"network": "B", "than": "A"}, own).high < 0


def test_topology_follows_accuracy():
    estimate = decide("topology_follows_accuracy", {"measure": "bottleneck", "degree": 1})
    assert (estimate.value, estimate.n) == (pytest.approx(1), 5)
    against = distances(int8=9.0)
    rows = against["condition"].str.startswith("gaussian")
    against.loc[rows, "bottleneck"] = 8 - against.loc[rows, "bottleneck"]
    options = {"measure": "bottleneck", "degree": 1}
    assert decide("topology_follows_accuracy", options, evidence(distances=against)).value == pytest.approx(-1)


def test_quantisation_by_hand():
    assert decide("quantised_loss", {"network": "A"}).value == 0
    shift = decide("quantised_shift", {"network": "A", "measure": "bottleneck", "degree": 1})
    assert (shift.value, shift.n) == (0.5, 2)


@pytest.mark.parametrize(
    ("statistic", "options"),
    [
        ("quantised_loss", {"network": "A"}),
        ("quantised_shift", {"network": "A", "measure": "bottleneck", "degree": 1}),
    ],
)
def test_too_few_quantised_weights_decide_nothing(statistic, options):
    estimate = decide(statistic, options, evidence(performance=performance(quantised=0.4)))
    assert math.isnan(estimate.value)
    assert estimate.n == 0


@pytest.mark.parametrize(
    ("statistic", "options"),
    [
        ("sturdier", {"network": "ViT", "than": "A"}),
        ("quantised_loss", {"network": "ViT"}),
        ("depth_trend", {"network": "ViT", "score": "ari"}),
    ],
)
def test_a_network_that_the_run_has_not(statistic, options):
    assert math.isnan(decide(statistic, options).value)


def test_every_claim_of_the_study_names_a_statistic_with_its_options():
    studies = {file.stem: load_study(file, "full") for file in (CONFIG / "studies").glob("*.yaml")}
    claims = [claim for claim in load_claims(CONFIG / "claims.yaml", studies) if claim.studies == ["metrics"]]
    assert {claim.id.split(".")[0] for claim in claims} == {"P1", "P2", "H1", "H2", "H3", "H4"}
    assert {claim.statistic for claim in claims} == set(METRIC_STATISTICS)


def test_statistics_of_other_flows_are_unknown():
    with pytest.raises(TopolensError, match=r"unknown statistic of the metric flow 'nearest_pair_margin'"):
        claim_statistic("nearest_pair_margin", {}, "metric")
