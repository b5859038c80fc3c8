"""Runs that count Betti numbers: the study itself, derived names, and mistakes that are told apart."""

from pathlib import Path

import pytest

from topolens.config.artifacts import owner
from topolens.config.run import Run
from topolens.config.study import load_study
from topolens.config.validation import checked
from topolens.errors import TopolensError

STUDY = Path(__file__).parents[2] / "workflow" / "config" / "studies" / "naitzat.yaml"


def settings(**changes):
    one = {"learning_rate": 0.01, "batch_size": 8, "max_epochs": 2, "snapshot_accuracies": [1.0]}
    networks = [
        {"name": "a", "data": "first", "hidden": [5] * 10, "activations": ["tanh", "relu"], "count": 2},
        {"name": "b", "data": "first", "hidden": [5] * 3, "activations": ["leaky_relu"], "count": 2},
        {"name": "c", "data": "second", "hidden": [5] * 10, "activations": ["tanh"], "count": 2},
    ]
    counted = {"neighbours": 14, "max_degree": 1}
    base = {
        "data": [{"label": name, "name": "holed_square"} for name in ("first", "second")],
        "networks": [network | {"architecture": "perceptrons"} for network in networks],
        "training": {"first": one, "second": one},
        "betti": {"counted": {"first": counted, "second": counted}, "norms": {"points": 10}},
    }
    return base | changes


@pytest.mark.parametrize("scale", ["smoke", "quick", "full"])
def test_the_study_loads_at_every_scale(scale):
    study = load_study(STUDY, scale)
    run = study.runs["main"]
    assert [one.called for one in run.data] == ["D-I", "D-II", "D-III"]
    assert run.betti.scale == 2.5
    assert run.kind == "layers"
    assert run.activations[:2] == ["tanh", "relu"]
    assert [run.betti.counted[one.called].max_degree for one in run.data] == [1, 1, 2]
    assert owner(study, "main", "data.npz") == "main"


def test_the_full_scale_has_the_networks_that_the_claims_need():
    run = load_study(STUDY, "full").runs["main"]
    for one in run.data:
        assert run.depths(one.called) == [4, 10]
    assert all(len(family.activations) == 3 for family in run.families)
    assert {family.count for family in run.families if family.depth == 10} == {30}
    assert all(one.snapshot_accuracies == [1] for one in run.training.values())


def test_depths_increase_and_activations_keep_their_order():
    run = checked(Run, settings(), "x")
    assert run.depths("first") == [3, 10]
    assert run.depths("second") == [10]
    assert run.activations == ["tanh", "relu", "leaky_relu"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"training": {"first": settings()["training"]["first"]}},
            "training: expected one for each of first, second, found first",
        ),
        ({"networks": settings()["networks"][:2]}, "networks: one for each of first, second"),
        ({"networks": [settings()["networks"][0] | {"data": "third"}]}, "no data set 'third'; there are first, second"),
        (
            {"networks": [settings()["networks"][0], settings()["networks"][0] | {"name": "z"}]},
            "more than one of data set and depth",
        ),
        ({"betti": settings()["betti"] | {"norms": {"points": 1}}}, "greater than 1"),
        ({"betti": settings()["betti"] | {"norms": {"point": 10}}}, "unknown key 'betti.norms.point'"),
        ({"networks": [settings()["networks"][0] | {"activations": ["rely"]}]}, "Did you mean 'relu'"),
        ({"betti": settings()["betti"] | {"scale": 0.5}}, "greater than or equal to 1"),
        ({"betti": settings()["betti"] | {"counted": {}}}, "betti.counted: one for each of first, second"),
        ({"betti": None}, "betti: expected a section"),
        ({"data": settings()["data"][:1] * 2}, "data: the labels must differ"),
    ],
)
def test_mistakes_say_what_they_are(changes, told):
    with pytest.raises(TopolensError, match=told):
        checked(Run, settings(**changes), "x")
