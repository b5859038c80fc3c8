"""The statistics behind the claims on other explanations: small evidence, its sign, and its lack."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from topolens.config.explain import GRAD_CAM, INPUT, OCCLUSION, ExplainStatistics
from topolens.config.study import load_study
from topolens.errors import TopolensError
from topolens.inference.claims import NOT_REPRODUCED, REPRODUCED, UNDECIDED, Claim, Rule, load_claims
from topolens.inference.explain_claims import EXPLAIN_STATISTICS, ExplainEvidence
from topolens.inference.explain_statistics import NOISE
from topolens.inference.intervals import wilson
from topolens.inference.registry import claim_statistic
from topolens.results import ExplainResults
from topolens.stages.attributions import COLUMNS as ATTRIBUTIONS
from topolens.stages.claims import decide, evidence_of

CONFIG = Path(__file__).parents[2] / "workflow" / "config"
NAN = np.nan
LAYERS = ["L1", "L2", "L3"]


def run_of(layers=LAYERS, subject=None, **tables):
    """What the statistics ask a run for."""
    settings = SimpleNamespace(statistics=ExplainStatistics(bootstrap=50))
    return SimpleNamespace(config=settings, layers=layers, mapper_layers=layers, subject=subject, **tables)


def estimate(name, run, **options):
    return claim_statistic(name, options, "explain")(ExplainEvidence(run, 200, 0.95, 0))


def undecided(found, rule=None):
    return math.isnan(found.value) and (rule or Rule(above=0)).verdict(found, 1) == UNDECIDED


def mapper_of(kind="position", layers=LAYERS, **values):
    """Rows of one kind from values by column: [layer][number]."""
    rows = [
        {"layer": layer, "kind": kind, "number": number, **{name: own[place][number] for name, own in values.items()}}
        for place, layer in enumerate(layers)
        for number in range(len(next(iter(values.values()))[place]))
    ]
    return pd.DataFrame(rows)


def table_of(values, method, layers=LAYERS, networks=("A",), score="inside", **columns):
    """Attributions from values[network][image][layer]; image i is that of cloud i."""
    rows = [
        {
            "network": networks[network], "method": method, "layer": layers[layer], "image": 10 + image,
            "repeat": image, score: value, **columns,
        }
        for (network, image, layer), value in np.ndenumerate(np.asarray(values, float))
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=ATTRIBUTIONS)


def subject_of(values, networks=("A",), seeds=(0,), layers=LAYERS, factor=1.0):
    """From values[network][seed][repeat][layer] of the L2 norm; the scale-free one is `factor` times it."""
    rows = [
        {
            "network": networks[network], "seed": seeds[seed], "group": "all", "repeat": repeat,
            "layer": layers[layer], "gaussian": False, "l2": value, "l2_scale_free": factor * value,
        }
        for (network, seed, repeat, layer), value in np.ndenumerate(np.asarray(values, float))
    ]  # fmt: skip
    # Gaussian clouds never count.
    table = pd.DataFrame([*rows, *(row | {"gaussian": True, "l2": 1e9} for row in rows[::2])])
    config = SimpleNamespace(seeds=list(seeds), networks=[SimpleNamespace(name=name) for name in networks])
    return SimpleNamespace(complexity=table, config=config)


# Complexity and attributions


def test_complexity_that_follows_a_score_over_layers():
    scores = [[[0.1, 0.2, 0.3]] * 4]
    run = run_of(subject=subject_of([[[[1, 5, 6]] * 2]], factor=-1), attributions=table_of(scores, GRAD_CAM))
    found = estimate("complexity_agreement", run, score="inside")
    assert (found.value, found.low, found.high, found.n) == pytest.approx((1, 1, 1, 4))
    assert estimate("complexity_agreement", run, score="inside", scale_free=True).value == pytest.approx(-1)


def test_two_layers_have_no_order_to_follow():
    scores = [[[0.1, 0.2]] * 4]
    run = run_of(LAYERS[:2], subject_of([[[[1, 5]]]], layers=LAYERS[:2]), attributions=table_of(scores, GRAD_CAM))
    assert undecided(estimate("complexity_agreement", run, score="inside"))


def occluded(scores, norms, networks=("A",), **options):
    table = table_of(np.asarray(scores)[..., None], OCCLUSION, [INPUT], networks)
    other = table_of(-np.asarray(scores)[..., None], GRAD_CAM, ["L1"], networks)  # of another method: never counts
    return run_of(subject=subject_of(norms, networks, **options), attributions=pd.concat([table, other]))


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
    assert (found.low, found.high) == pytest.approx((-0.1, 0.2))
    assert estimate("faithful", run, method=GRAD_CAM).value < 0


def test_no_map_was_held_against_shifted_ones():
    table = table_of([[[0.1, 0.2, 0.3]]], GRAD_CAM)
    assert undecided(estimate("faithful", run_of(attributions=table), method=GRAD_CAM))


# Planes


def test_landscapes_over_the_plane_layer_by_layer():
    accuracies = {"plane": [0.5, 0.4, 0.9], "landscape": [0.7, 0.5, 0.6]}
    rows = [(layer, method, own[k]) for method, own in accuracies.items() for k, layer in enumerate(LAYERS)]
    run = run_of(planes=pd.DataFrame(rows, columns=["layer", "method", "estimate"]))
    found = estimate("landscape_over_plane", run, plane="plane")
    assert (found.value, found.n) == (pytest.approx(0), 3)
    assert found.low == pytest.approx(-0.3)
    run.planes["estimate"] = np.where(run.planes["method"] == "plane", 0.9, 0.1)
    assert Rule(above=0).verdict(estimate("landscape_over_plane", run, plane="plane"), 3) == NOT_REPRODUCED


# Forks and loops


@pytest.mark.parametrize(
    ("name", "column"), [("fork_share", "separating"), ("fork_gain", "fork_gain"), ("loop_share", "loop_separating")]
)
def test_shares_are_means_over_layers_and_units_are_positions(name, column):
    # Positions: (0 + 1) / 2 and (1 + 1) / 2; the third layer has nothing to share.
    run = run_of(mapper=mapper_of(**{column: [[0, 1], [1, 1], [NAN, NAN]]}))
    found = estimate(name, run)
    assert (found.value, found.low, found.high, found.n) == pytest.approx((0.75, 0.5, 1, 2))


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("fork_share", ["separating"]), ("fork_gain", ["fork_gain"]), ("loop_share", ["loop_separating"]),
        ("hidden_forks", ["local", "overall"]),
    ],
)  # fmt: skip
def test_where_nothing_forks_or_loops_nothing_is_decided(name, columns):
    found = estimate(name, run_of(mapper=mapper_of(**{column: [[NAN] * 2] * 3 for column in columns})))
    assert undecided(found)
    assert found.n == 0


def test_loops_beyond_noise_of_the_same_layer():
    noise = mapper_of(NOISE, loops=[[1, 3], [10, 10], [0, 0]])
    other = mapper_of("directions", loops=[[500], [500], [500]])
    run = run_of(mapper=pd.concat([mapper_of(loops=[[4, 2], [10, 13], [1, 0]]), noise, other]))
    found = estimate("loop_excess", run)
    # First position: 2, 0 and 1 more; second: 0, 3 and 0.
    assert (found.value, found.low, found.high, found.n) == pytest.approx((1, 1, 1, 2))


def test_forks_that_the_plane_of_all_points_hides():
    local, overall = [[0.8, 0.6], [0.5, NAN], [NAN, NAN]], [[0.2, 0.1], [0.4, 0.9], [0.3, 0.3]]
    found = estimate("hidden_forks", run_of(mapper=mapper_of(local=local, overall=overall)))
    assert (found.value, found.n) == (pytest.approx((0.35 + 0.5) / 2), 2)


# The pair


def pair_of(purity, null, forks):
    return run_of(mapper=mapper_of("pair", node_purity=purity, null_purity=null, forks=forks))


def test_a_pair_that_parts_late():
    run = pair_of([[0.6, 0.6], [0.7, 0.6], [0.9, 0.7]], [[0.5, 0.5], [0.5, 0.5], [0.5, 0.6]], [[0, 0], [0, 1], [2, 1]])
    # Above chance: 0.4 less the best earlier 0.2; 0.1 less 0.1.
    found = estimate("late_pair", run)
    assert (found.value, found.low, found.high, found.n) == pytest.approx((0.1, 0, 0.2, 2))
    assert estimate("late_fork", run) == wilson(1, 2)


@pytest.mark.parametrize(
    ("forks", "late"),
    [
        ([[0, 0], [0, 0], [1, 3]], 2),
        ([[1, 1], [0, 0], [1, 3]], 0),
        ([[0, 0], [0, 0], [0, 0]], 0),  # of no fork anywhere there is none in the last layer
    ],
)
def test_positions_at_which_only_the_last_layer_forks(forks, late):
    flat = [[0.5, 0.5]] * 3
    assert estimate("late_fork", pair_of(flat, flat, forks)) == wilson(late, 2)


def test_a_run_without_a_pair_decides_nothing_about_it():
    run = run_of(mapper=mapper_of(loops=[[1], [1], [1]]))
    for name in ("late_pair", "late_fork"):
        assert undecided(estimate(name, run), Rule(above=0.5))


def test_nodes_without_the_pair_have_no_purity():
    nothing = [[NAN, NAN]] * 3
    assert undecided(estimate("late_pair", pair_of(nothing, nothing, [[0, 0]] * 3)))


# Stability and accuracy


def test_agreement_of_positions_is_0_by_chance_and_1_for_equal_graphs():
    def found(match, chance):
        return estimate("stable_graphs", run_of(mapper=mapper_of("agreement", match=match, chance_match=chance)))

    assert found([[0.3]] * 3, [[0.3]] * 3).value == 0
    assert found([[1.0]] * 3, [[0.3]] * 3).value == 1
    # Pairs: (0.5 + 0 + 1) / 3 and (0.5 + 0.5 + 0.5) / 3.
    some = found([[0.6, 0.6], [0.2, 0.6], [1, 0.6]], [[0.2, 0.2], [0.2, 0.2], [0.5, 0.2]])
    assert (some.value, some.n) == (pytest.approx(0.5), 2)
    # Graphs of all points, or of none, agree by chance as well as they can.
    assert undecided(found([[1.0]] * 3, [[1.0]] * 3), Rule(above=0.5))


def test_accuracy_of_the_first_network_from_its_first_seed():
    rows = [("A", 3, 1)] * 93 + [("A", 3, 0)] * 7 + [("A", 1, 0)] * 50 + [("B", 3, 0)] * 50
    subject = SimpleNamespace(
        performance=pd.DataFrame(rows, columns=["network", "seed", "correct"]),
        config=SimpleNamespace(networks=[SimpleNamespace(name="A"), SimpleNamespace(name="B")], seeds=[3, 1]),
    )
    assert estimate("test_accuracy", run_of(subject=subject)) == wilson(93, 100)
    subject.performance = subject.performance[:0]
    assert undecided(estimate("test_accuracy", run_of(subject=subject)))


# From the catalogue to the verdict


@pytest.mark.parametrize("scale", ["smoke", "quick", "full"])
def test_the_projects_claims_on_other_explanations_all_resolve(scale):
    studies = {file.stem: load_study(file, scale) for file in (CONFIG / "studies").glob("*.yaml")}
    claims = [
        claim for claim in load_claims(CONFIG / "claims.yaml", studies) if studies[claim.studies[0]].flow == "explain"
    ]
    families = {claim.id.split(".")[0] for claim in claims}
    assert families == {"L10", "L11", "T1", "T2", "T3", "T4", "T5", "T6"}
    assert {claim.statistic for claim in claims} == set(EXPLAIN_STATISTICS)
    attribution = {"complexity_agreement", "occlusion_agreement", "faithful", "test_accuracy"}
    for claim in claims:
        run = studies["explain"].runs[claim.run]
        assert claim.options.get("score", "inside") in ATTRIBUTIONS
        # Only images with masks have an inside, and a cloud of their own.
        masks = run.subject.study == "crops"
        assert masks == (claim.options.get("score") == "inside")
        assert claim.statistic in attribution or run.mapper
        assert claim.statistic != "landscape_over_plane" or run.planes


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("faithful", {"methods": "occlusion"}, r"option of faithful 'methods'.*Did you mean 'method'"),
        ("fork_shares", {}, r"statistic of the explain flow 'fork_shares'.*Did you mean 'fork_share'"),
        ("boundary_share", {}, r"statistic of the explain flow 'boundary_share'"),
    ],
)
def test_unknown_statistics_and_options_are_answered_with_the_near_ones(name, options, message):
    with pytest.raises(TopolensError, match=message):
        claim_statistic(name, options, "explain")


@pytest.mark.parametrize(
    ("source", "shares", "verdict"),
    [
        ("the photographs", [0.8] * 6, REPRODUCED),
        ("the photographs", [0.2] * 6, NOT_REPRODUCED),
        ("the photographs", [0.1, 0.9] * 3, UNDECIDED),
        ("the photographs", [0.8] * 4, UNDECIDED),  # too few positions
        ("the photographs", [NAN] * 6, UNDECIDED),
        ("stand-in: generated", [0.8] * 6, UNDECIDED),
    ],
)
def test_verdicts_on_a_run(source, shares, verdict, tmp_path):
    results = ExplainResults(tmp_path / "explain", load_study(CONFIG / "studies" / "explain.yaml", "smoke"), "main")
    vars(results).update(mapper=mapper_of(separating=[shares], layers=["ReLU12"]))  # as if it had been read
    images = tmp_path / "cifar10" / "main" / "images.npz"
    images.parent.mkdir(parents=True)
    np.savez(images, source=np.array(source))
    assert evidence_of(results, 0).bootstrap == 20
    claim = Claim(
        id="T1", studies=["explain"], source="s", wording="w", statistic="fork_share", holds=Rule(above=0.5),
        expected="e",
    )  # fmt: skip
    found = decide(claim, "explain", results, 0)
    assert (found["verdict"], found["data"], found["rule"]) == (verdict, source, "≥ 0.5")
