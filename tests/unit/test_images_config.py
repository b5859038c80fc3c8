from pathlib import Path

import pytest

from topolens.config.run import Run
from topolens.config.study import load_study
from topolens.config.validation import checked
from topolens.errors import TopolensError

STUDY = Path(__file__).parents[2] / "workflow" / "config" / "studies" / "metrics.yaml"


def settings(**changes):
    training = {"epochs": 1, "batch_size": 8, "learning_rate": 0.1}
    network = {"name": "A", "architecture": "resnet50", "bands": ["R", "G", "B"]}
    return {
        "data": {"name": "cifar10"},
        "networks": [network],
        "seeds": [0],
        "weights": "random",
        "training": {"A": training},
        "clouds": {"of": "images", "images_per_class": 5, "repeats": 2},
        "distances": [{"metric": ["euclidean", "cosine"], "normalise": [None, "relative-max"], "k": 3}],
        "conditions": {"noises": {"gaussian": [0.1, 0.2]}, "images_per_class": 5},
    } | changes


def test_nine_metrics_in_the_order_of_the_figures():
    distances = load_study(STUDY, "full").runs["main"].all_distances
    assert [*distances] == [
        *("euclidean", "mahalanobis", "cosine"),
        *("euclidean relative-max", "mahalanobis relative-max", "cosine relative-max"),
        *("euclidean relative-geometric", "mahalanobis relative-geometric", "cosine relative-geometric"),
    ]
    assert distances["euclidean"].k is None
    assert distances["cosine relative-max"].model_dump(include={"metric", "normalise", "k"}) == {
        "metric": "cosine",
        "normalise": "relative-max",
        "k": 10,
    }


def test_a_run_without_conditions_looks_at_clean_images_alone():
    run = checked(Run, settings(conditions=None), "x")
    assert [one.name for one in run.all_conditions] == ["clean"]
    assert run.evaluated_per_class == 5


def test_conditions_of_the_published_size():
    conditions = load_study(STUDY, "full").runs["main"].all_conditions
    assert len(conditions) == 1 + 5 * 5 + 1
    published = [condition.name for condition in conditions if condition.published]
    noises = ["gaussian 0.1", "salt_pepper 0.1", "speckle 0.1", "poisson 100", "uniform 0.1"]
    assert published == ["clean", *noises, "int8"]


def test_a_control_without_noise():
    names = [condition.name for condition in load_study(STUDY, "quick").runs["random"].all_conditions]
    assert names == ["clean"]


def test_layers_of_a_known_architecture_and_of_any_other():
    run = checked(Run, settings(), "x")
    assert [*run.layers_by_network["A"].items()][:2] == [("stem", "maxpool"), ("stage 1", "layer1")]
    own = settings(networks=[{"name": "A", "architecture": "mobilenet_v3_small", "bands": ["R", "G", "B"]}])
    own["clouds"]["layers"] = {"A": {"first": "features.0", "last": "features.12"}}
    assert checked(Run, own, "x").layers_by_network == {"A": {"first": "features.0", "last": "features.12"}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training": {}}, "training: expected one for each of A, found none"),
        (
            {"training": {"A": settings()["training"]["A"], "B": settings()["training"]["A"]}},
            "training: expected one for each of A, found A, B",
        ),
        ({"networks": settings()["networks"] * 2}, "names must differ"),
        ({"seeds": [0, 1]}, "seeds"),
        ({"conditions": {"images_per_class": 4}}, "must not be below clouds.images_per_class"),
        ({"conditions": {"noises": {"gaussian": [-0.1]}, "images_per_class": 5}}, "greater than 0"),
        ({"conditions": {"noises": {"gausian": [0.1]}, "images_per_class": 5}}, "gausian"),
        ({"distances": [{"metric": ["euclidian"]}]}, "Did you mean 'euclidean'"),
        ({"distances": [{"metric": "euclidian"}]}, "Did you mean 'euclidean'"),
        ({"distances": [{"normalise": ["relative-mx"], "k": 3}]}, "Did you mean 'relative-max'"),
        ({"distances": [{"metric": "cosine"}, {"metric": "cosine"}]}, "distances must differ"),
        ({"distances": [{"layers": "output"}]}, "layers: all, found output"),
        ({"distances": [{"k": 0}]}, "greater than 0"),
        ({"homology": {"max_degree": 2, "clean_degree": 1}}, "clean_degree 1 is below"),
        (
            {"networks": [{"name": "A", "architecture": "alexnet", "bands": ["R", "G", "B"]}]},
            "clouds.layers: none for network A; only resnet50",
        ),
        ({"clouds": settings()["clouds"] | {"layers": {"B": {"x": "y"}}}}, "clouds.layers: B: the networks are A"),
        ({"untrained": {"networks": 2}}, "untrained: expected a section separation, .* found none"),
        (
            {"separation": {"neighbours": 2}, "untrained": {"networks": 2, "clouds": 4}},
            "untrained.clouds: expected 1 to 3, found 4",
        ),
        ({"landscapes": {}}, "landscapes: expected clouds of samples or positions, found of: images"),
        ({"data": {"name": "mnist"}}, "data: mnist has samples: not for images"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(TopolensError, match=message):
        checked(Run, settings(**changes), "x")
