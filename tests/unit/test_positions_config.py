"""Runs of positions: layers by name, runs that share artifacts, the shipped studies."""

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from topolens.config.architectures import TAPPED_LAYERS
from topolens.config.artifacts import CHECKPOINTS, checkpoint_path, first_alike, owner
from topolens.config.networks import ImageNetwork
from topolens.config.run import Run
from topolens.config.study import load_study
from topolens.errors import TopolensError
from topolens.nets.images.build import build_network
from topolens.results import Results

STUDIES = Path(__file__).parents[2] / "workflow" / "config" / "studies"
CHECKPOINTS_OF = STUDIES.parents[2] / "results" / "checkpoints"
WANTED = 8  # networks of a kind, for claims on all of that kind
SCALES = ["smoke", "quick", "full"]
SHIPPED = ["cifar10", "crops"]

STUDY = """
title: A study
main:
  data: {name: cifar10}
  networks:
    - {name: V, architecture: vgg16, bands: [R, G, B], first_filters: 4}
  seeds: [0, 1]
  weights: restore
  training: {epochs: 3, batch_size: 8, learning_rate: 0.1}
  clouds: {of: positions, points: 50, repeats: 4, groups: [cat, all]}
  landscapes: {degree: 1}
  clusters: {layers: [ReLU53]}
controls:
  random: {weights: random}
  as_coded: {landscapes: {grid: refitted}}
  few: {evaluated: 5}
  constant: {clouds: {content: constant}}
variants:
  geodesic: {distances: [{metric: geodesic, neighbours: 4}]}
  retrained: {weights: train}
  longer: {weights: train, training: {epochs: 9}}
  again: {weights: train, landscapes: {degree: 0}}
  one_seed: {weights: train, seeds: [0]}
scales:
  smoke:
    all: {clouds: {points: 9, layers: [ReLU53, ReLU11]}}
"""


def study_of(tmp_path, *changes, scale="full"):
    text = STUDY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "some_study.yaml"
    file.write_text(text, encoding="utf-8")
    return load_study(file, scale)


def shipped(name, scale):
    return load_study(STUDIES / f"{name}.yaml", scale)


# Layers


@pytest.mark.parametrize(("architecture", "inputs"), [("vgg16", (2, 3, 32, 32)), ("unet", (2, 3, 16, 8))])
def test_the_tapped_layers_are_the_relus_behind_convolutions_in_the_order_in_which_they_run(architecture, inputs):
    network = build_network(
        ImageNetwork(name="n", architecture=architecture, bands=["R", "G", "B"], first_filters=1), 2, 0
    ).eval()
    ran = []
    for name, module in network.named_modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_hook(lambda *_, name=name: ran.append((name, _[2].ndim)))
    with torch.no_grad():
        network(torch.zeros(inputs))
    assert TAPPED_LAYERS[architecture] == [name for name, dimensions in ran if dimensions == 4]


def test_layers_default_to_all_and_chosen_ones_keep_the_order_of_depth(tmp_path):
    assert study_of(tmp_path).runs["main"].layers == TAPPED_LAYERS["vgg16"]
    assert study_of(tmp_path, scale="smoke").runs["main"].layers == ["ReLU11", "ReLU53"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("groups: [cat, all]", "groups: [cat], layers: [ReLU11, ReLU14]", r"layers \['ReLU14'\]: valid are ReLU11, Re"),
        ("{layers: [ReLU53]}", "{layers: [D1-UpReLU]}", r"clusters\.layers: .*ReLU11, ReLU12.*found D1-UpReLU"),
        (
            "groups: [cat, all]",
            "groups: [cat], layers: [ReLU11, ReLU12]",
            r"clusters\.layers: expected some of ReLU11, ReLU12, found ReLU53",
        ),
        ("degree: 1", "degree: 2", r"landscapes\.degree: expected 0 to homology\.max_degree 1, found 2"),
        ("degree: 1", "degree: 3", r"landscapes\.degree: .*Found: 3"),
        ("groups: [cat, all]", "groups: [cat, all, cat]", r"clouds\.groups must differ, found \['cat', 'all', 'cat'\]"),
        ("seeds: [0, 1]", "seeds: [0, 1, 0]", r"seeds must differ, found \[0, 1, 0\]"),
        ("seeds: [0, 1]", "seeds: []", r"main\.seeds"),
        ("points: 50", "points: 1", r"main\.clouds\.points"),
        ("[R, G, B]", "[R, G, X]", r"main\.networks\.0\.bands\.2: 'X'.*ExG"),
        ("[R, G, B]", "[R, G, R]", r"bands must differ, found \['R', 'G', 'R'\]"),
        ("name: V,", "name: V.1,", r"main\.networks\.0\.name"),  # a dot parts the names of arrays
        ("architecture: vgg16", "architecture: vgg19", r"main\.networks\.0: .*vgg19 has a width of its own"),
        ("name: cifar10", "name: disks", r"data: disks has samples: not for positions"),
        ("weights: restore", "weights: trained", r"main\.weights: 'trained'.*restore"),
        ("grid: refitted", "grid: fitted", r"run 'as_coded'.*landscapes\.grid: 'fitted'"),
    ],
)
def test_settings_that_do_not_fit_are_answered_with_file_key_and_finding(old, new, message, tmp_path):
    with pytest.raises(TopolensError, match=message) as caught:
        study_of(tmp_path, (old, new))
    assert "some_study.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("{name: V, architecture: vgg16, bands: [R]}", r"names must differ, found \['V', 'V'\]"),
        ("{name: U, architecture: unet, bands: [R]}", "must have one architecture"),
        ("{name: U, architecture: resnet50, bands: [R, G, B]}", "must have one architecture"),
    ],
)
def test_networks_that_cannot_be_told_apart_or_compared_are_refused(second, message, tmp_path):
    line = "    - {name: V, architecture: vgg16, bands: [R, G, B], first_filters: 4}\n"
    with pytest.raises(TopolensError, match=message):
        study_of(tmp_path, (line, f"{line}    - {second}\n"))


def test_settings_cannot_be_changed_once_loaded(tmp_path):
    run = study_of(tmp_path).runs["main"]
    with pytest.raises(ValidationError, match="frozen"):
        run.clouds.points = 7


def test_a_network_of_torchvision_takes_layers_by_module(tmp_path):
    own = "[cat, all], layers: {first: layer1, second: layer2.0}"
    changes = [
        ("architecture: vgg16, bands: [R, G, B], first_filters: 4", "architecture: resnet18, bands: [R, G, B]"),
        ("[cat, all]", own), ("{layers: [ReLU53]}", "{layers: [second]}"),
        (", layers: [ReLU53, ReLU11]", ""),
    ]  # fmt: skip
    run = study_of(tmp_path, *changes).runs["main"]
    assert run.layers == ["first", "second"]
    assert run.modules == {"first": "layer1", "second": "layer2.0"}
    with pytest.raises(TopolensError, match=r"clouds\.layers: expected label to module name for resnet18, found none"):
        study_of(tmp_path, *(change for change in changes if change[1] != own))


# Runs that share artifacts


def test_runs_share_what_their_own_settings_do_not_touch(tmp_path):
    study = study_of(tmp_path)

    def owners(artifact):
        return {run: owner(study, run, artifact) for run in study.all_runs}

    same = dict.fromkeys(study.all_runs, "main")
    assert owners("data.npz") == same
    trained = {
        "random": "random",
        "retrained": "retrained",
        "longer": "longer",
        "again": "retrained",
        "one_seed": "one_seed",
    }
    assert {run: first_alike(study, run, CHECKPOINTS) for run in study.all_runs} == same | trained
    assert owners("performance.csv") == same | trained | {"few": "few"}
    assert owners("diagrams.npz") == same | trained | {"constant": "constant", "geodesic": "geodesic"}


def test_checkpoints_lie_where_they_are_committed_or_trained(tmp_path):
    study = study_of(tmp_path)
    folder = tmp_path / "results" / "full" / "some_study"

    def place(run):
        return checkpoint_path(folder, study, run, "V", 1).relative_to(tmp_path / "results").as_posix()

    assert place("main") == place("as_coded") == "checkpoints/some_study/V-1.safetensors"
    assert place("retrained") == place("again") == "full/some_study/retrained/checkpoints/V-1.safetensors"
    assert place("longer") == "full/some_study/longer/checkpoints/V-1.safetensors"
    with pytest.raises(TopolensError, match=r"some_study: run 'random' has untrained networks"):
        place("random")


def test_a_run_with_other_landscapes_alone_finds_the_diagrams_of_the_headline_run(tmp_path):
    study = study_of(tmp_path)
    asked = {}
    for run in ("as_coded", "constant"):
        with pytest.raises(TopolensError, match="not made yet") as caught:
            _ = Results(tmp_path, study, run).diagrams
        asked[run] = str(caught.value).split(":")[0]
    assert asked == {
        run: str(tmp_path / own / "diagrams.npz") for run, own in (("as_coded", "main"), ("constant",) * 2)
    }


# The project's studies


def test_cifar10_has_the_published_sizes():
    # Lopez-Gonzalez et al. (2024) and their code.
    run = shipped("cifar10", "full").runs["main"]
    (network,) = run.networks
    assert (network.architecture, network.first_filters, network.bands) == ("vgg16", 64, ["R", "G", "B"])
    assert (run.clouds.points, run.clouds.repeats) == (500, 32)
    assert run.clouds.groups == ["cat", "dog", "airplane", "all"]
    assert run.layers == TAPPED_LAYERS["vgg16"]
    assert (run.homology.max_degree, run.homology.longest_edge) == (1, 70)
    assert (run.landscapes.degree, run.landscapes.levels, run.landscapes.samples) == (1, 10, 700)
    assert (run.tests.permutations, run.tests.network_permutations) == (9999, 2000)
    assert (run.clusters.layers, run.clusters.variance) == (["ReLU32", "ReLU53"], 0.9)


def test_crops_has_five_models_of_seventeen_layers():
    run = shipped("crops", "full").runs["main"]
    assert [network.name for network in run.networks] == ["RGB", "M1", "M2", "M3", "M4"]
    assert [len(network.bands) for network in run.networks] == [3, 4, 3, 4, 9]
    assert {(network.architecture, network.first_filters) for network in run.networks} == {("unet", 16)}
    assert len(run.layers) == 17
    assert (run.clouds.points, run.clouds.groups) == (500, ["all"])
    # Other networks than those that shaped the rules of the claims, and as many images over all of them.
    assert run.seeds == shipped("crops", "full").all_runs["retrained"].seeds == [*range(3, 11)]
    assert len(run.seeds) * run.clouds.repeats >= 3 * 32


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", SHIPPED)
def test_controls_keep_their_meaning_at_every_scale(name, scale):
    study = shipped(name, scale)
    assert all(isinstance(run, Run) for run in study.all_runs.values())
    families = ["family", "family_untrained"] if name == "cifar10" else []
    assert list(study.runs) == ["main", *families, "random", "as_coded"]
    main = study.runs["main"]
    assert main.weights == ("train" if scale == "smoke" else "restore")
    assert study.runs["random"].weights == "random"
    assert study.runs["as_coded"].landscapes.grid == "refitted"
    assert main.landscapes.grid == "width"
    for run in study.all_runs.values():
        assert run.layers == main.layers
    for run in ("random", "as_coded", "h0", "retrained"):
        assert study.all_runs[run].networks == main.networks
    if scale != "smoke":
        # Every layer, group and kind has as many Gaussian clouds as an interval needs.
        assert all(run.clouds.nulls * len(run.seeds) >= 19 for run in study.runs.values())


@pytest.mark.parametrize("scale", SCALES)
def test_claims_on_all_networks_of_a_kind_have_as_many_trained_as_untrained_ones(scale):
    cifar10, crops = shipped("cifar10", scale), shipped("crops", scale)
    for trained, untrained in (
        (cifar10.runs["family"], cifar10.runs["family_untrained"]),
        (cifar10.all_runs["retrained_family"], cifar10.runs["family_untrained"]),
        (crops.runs["main"], crops.runs["random"]),
    ):
        assert (trained.networks, trained.seeds) == (untrained.networks, untrained.seeds)
        assert (trained.clouds.points, trained.clouds.groups) == (untrained.clouds.points, untrained.clouds.groups)
        assert trained.weights != untrained.weights == "random"
    if scale != "smoke":
        assert len(cifar10.runs["random"].seeds) >= 19
        assert len(cifar10.runs["family"].seeds) == len(crops.runs["main"].seeds) == WANTED
        for study in (cifar10, crops):
            kept = {file.stem for file in (CHECKPOINTS_OF / study.name).glob("*.safetensors")}
            restored = [run for run in study.runs.values() if run.weights == "restore"]
            assert kept == {f"{one.name}-{seed}" for run in restored for one in run.networks for seed in run.seeds}
    family, main = cifar10.runs["family"], cifar10.runs["main"]
    assert family.image_networks[0].first_filters < main.image_networks[0].first_filters
    assert family.training == main.training
    assert {"clusters", "attributions", "planes"} <= {*family.sections()}
    assert first_alike(cifar10, "retrained_family", CHECKPOINTS) == (
        "family" if scale == "smoke" else "retrained_family"
    )


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", SHIPPED)
def test_controls_of_landscapes_alone_share_networks_and_diagrams(name, scale):
    study = shipped(name, scale)
    for run in ("as_coded", "h0"):
        assert first_alike(study, run, CHECKPOINTS) == "main"
        for artifact in ("performance.csv", "diagrams.npz"):
            assert owner(study, run, artifact) == "main"
    assert {owner(study, run, "data.npz") for run in study.all_runs} == {"main"}
    assert owner(study, "random", "diagrams.npz") == "random"
    # At the smoke scale every network is trained anyway.
    assert first_alike(study, "retrained", CHECKPOINTS) == ("main" if scale == "smoke" else "retrained")
