"""The configuration of the betti flow: the study itself, derived names, and mistakes that are told apart."""

from pathlib import Path

import pytest

from topolens.config.artifacts import owner
from topolens.config.run import Run
from topolens.config.study import load_study
from topolens.config.validation import checked
from topolens.errors import TopolensError

STUDY = Path(__file__).parents[2] / "workflow" / "config" / "studies" / "naitzat.yaml"


def settings(**changes):
    sets = {name: {"generator": "holed_square", "neighbours": 14, "maximum_degree": 1} for name in ("first", "second")}
    one = {"learning_rate": 0.01, "batch_size": 8, "maximum_epochs": 2}
    base = {
        "data": {"name": "known_topology", "sets": sets},
        "families": [
            {"data": "first", "width": 5, "depth": 10, "activations": ["tanh", "relu"], "count": 2},
            {"data": "first", "width": 5, "depth": 3, "activations": ["leaky_relu"], "count": 2},
            {"data": "second", "width": 5, "depth": 10, "activations": ["tanh"], "count": 2},
        ],
        "training": {"first": one, "second": one},
        "norms": {"points": 10},
    }
    return base | changes


@pytest.mark.parametrize("scale", ["smoke", "quick", "full"])
def test_the_study_loads_at_every_scale(scale):
    study = load_study(STUDY, scale)
    run = study.runs["main"]
    assert [*run.data.sets] == ["D-I", "D-II", "D-III"]
    assert run.data.scale == 2.5
    assert run.activations[:2] == ["tanh", "relu"]
    assert [run.data.sets[name].maximum_degree for name in run.data.sets] == [1, 1, 2]
    assert owner(study, "main", "data.npz") == "main"


def test_the_full_scale_has_the_networks_that_the_claims_need():
    run = load_study(STUDY, "full").runs["main"]
    for name in run.data.sets:
        assert run.depths(name) == [4, 10]
    assert all(len(family.activations) == 3 for family in run.families)
    assert {family.count for family in run.families if family.depth == 10} == {30}
    assert all(one.accuracy == 1 for one in run.training.values())


def test_depths_increase_and_activations_keep_their_order():
    run = checked(Run, settings(), "x")
    assert run.depths("first") == [3, 10]
    assert run.depths("second") == [10]
    assert run.activations == ["tanh", "relu", "leaky_relu"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"training": {"first": settings()["training"]["first"]}}, "training: one for each of first, second"),
        ({"families": settings()["families"][:2]}, "families: one for each of first, second"),
        ({"families": [settings()["families"][0] | {"data": "third"}]}, "no data set 'third'; there are first, second"),
        ({"families": [settings()["families"][0]] * 2}, "more than one of data set and depth"),
        ({"norms": {"points": 1}}, "greater than 1"),
        ({"norms": {"point": 10}}, "unknown key 'norms.point'"),
        ({"families": [settings()["families"][0] | {"activations": ["rely"]}]}, "Did you mean 'relu'"),
        ({"data": settings()["data"] | {"scale": 0.5}}, "greater than or equal to 1"),
    ],
)
def test_mistakes_say_what_they_are(changes, told):
    with pytest.raises(TopolensError, match=told):
        checked(Run, settings(**changes), "x")
