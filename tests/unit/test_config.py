"""Configuration, seeds, artifacts and code hashes: what the workflow stands on."""

import ast
import hashlib
import json
import os
import stat
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import topolens
from topolens import closure
from topolens.artifacts import (
    read_arrays,
    read_json,
    write_arrays,
    write_json,
    write_table,
    write_text,
    written_whole,
)
from topolens.config.artifacts import ARTIFACTS, artifacts_of, owner
from topolens.config.run import Run
from topolens.config.study import load_study, overlay
from topolens.errors import TopolensError, unknown_name
from topolens.seeding import child_generator, child_seed
from topolens.topology.distances import METRICS
from topolens.topology.persistence import ENGINES

STUDIES = sorted((Path(__file__).parents[2] / "workflow" / "config" / "studies").glob("*.yaml"))
SCALES = ["smoke", "quick", "full"]
STAGES = closure.PACKAGE / "stages"

STUDY = """
title: A study
main:
  data: {name: disks}
  networks: [{name: MLP, architecture: perceptrons, hidden: [4, 4], activations: [tanh], count: 3}]
  training:
    learning_rate: 0.01
    batch_size: 16
    max_epochs: 100
    snapshot_accuracies: [0.5, 0.9]
    held_out: 0.2
  clouds: {of: samples, points: 50, shared: true}
  landscapes:
    grid: {stop: 5.0, step: 0.01}
controls:
  early: {training: {snapshot_accuracies: [0.3]}}
  input: {clouds: {layers: [0]}}
variants:
  geodesic: {distances: [{metric: geodesic}]}
  relu: {networks: [{name: MLP, activations: [relu]}]}
  relu_geodesic: {networks: [{name: MLP, activations: [relu]}], distances: [{metric: geodesic}]}
scales:
  smoke:
    all: {networks: [{name: MLP, count: 2, hidden: [3]}], clouds: {points: 20}}
    early: {clouds: {points: 10}}
figures:
  training: {draw: training, caption: c}
"""


def study_file(tmp_path, text=STUDY):
    file = tmp_path / "some_study.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def study_of(tmp_path, scale="full", text=STUDY):
    return load_study(study_file(tmp_path, text), scale)


# The project's studies


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_every_study_loads_at_every_scale(file, scale):
    study = load_study(file, scale)
    assert (study.name, study.scale) == (file.stem, scale)
    assert "main" in study.runs
    assert not set(study.runs) & set(study.variants)
    for run in study.all_runs.values():
        assert isinstance(run, Run)
        assert {"samples": run.families, "layers": run.families}.get(run.kind, run.image_networks) == run.networks
        json.dumps(run.model_dump(mode="json"))
    assert all(figure.run in study.runs for figure in study.figures.values())


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_the_full_scale_is_the_file_as_written_and_smaller_scales_are_no_larger(file):
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    full, quick, smoke = (load_study(file, scale).runs["main"] for scale in ("full", "quick", "smoke"))
    assert full == Run.model_validate(content["main"])
    for larger, smaller in ((full, quick), (quick, smoke)):
        if full.kind == "layers":
            assert smaller.betti.norms.points <= larger.betti.norms.points
            counts = [sum(len(f.activations) * f.count for f in run.families) for run in (smaller, larger)]
            assert counts[0] < counts[1]
            continue
        assert smaller.points <= larger.points
        assert smaller.clouds.repeats <= larger.clouds.repeats
        if full.kind == "samples":
            assert len(smaller.numbered_layers) <= len(larger.numbered_layers)
            assert smaller.perceptrons.count <= larger.perceptrons.count
            assert smaller.training.max_epochs <= larger.training.max_epochs
        elif full.kind == "images":
            assert smaller.conditions.images_per_class <= larger.conditions.images_per_class
        else:
            assert len(smaller.layers) <= len(larger.layers)
            assert smaller.training.epochs <= larger.training.epochs
            assert smaller.attributions.images <= larger.attributions.images
            if full.mapper:
                assert smaller.mapper.repeats <= larger.mapper.repeats
                assert smaller.mapper.images < (larger.mapper.images or 10_000)


@pytest.mark.parametrize("name", ["cifar10", "crops", "metrics"])
def test_smoke_runs_train_in_float32_and_larger_ones_as_the_processor_has_it(name):
    for scale, precision in (("smoke", "float32"), ("quick", "auto"), ("full", "auto")):
        study = load_study(next(file for file in STUDIES if file.stem == name), scale)
        for run in study.all_runs.values():
            assert {run.image_training(network.name).precision for network in run.networks} == {precision}


def test_the_disks_study_has_the_published_sizes():
    # Wheeler, Bouza, Bubenik (2021) and their code.
    main = load_study(next(file for file in STUDIES if file.stem == "disks"), "full").runs["main"]
    assert (main.perceptrons.count, main.perceptrons.hidden, main.perceptrons.activations) == (100, [15] * 10, ["tanh"])
    assert (main.training.learning_rate, main.training.batch_size, main.training.held_out) == (0.001, 512, 0.2)
    assert main.training.snapshot_accuracies == [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert (main.clouds.points, main.clouds.label, main.clouds.rows) == (1000, 1, "random")
    assert (main.landscapes.grid.start, main.landscapes.grid.stop, main.landscapes.grid.step) == (0, 5, 0.001)
    assert (main.distance().metric, main.homology.max_degree) == ("euclidean", 1)


def test_the_mnist_study_has_the_published_sizes():
    main = load_study(next(file for file in STUDIES if file.stem == "mnist"), "full").runs["main"]
    assert main.perceptrons.count >= 10  # as published, and more
    assert main.perceptrons.hidden == [128, 64, 64, 64, 64, 64]
    assert main.activations == ["relu"]
    assert (main.training.batch_size, main.clouds.points) == (16, 1500)
    assert main.training.snapshot_accuracies == [0.7, 0.8, 0.9, 0.95]
    assert (main.distance(output=True).metric, main.distance(output=True).softmax) == ("sphere", True)
    assert (main.distance().metric, main.distance().softmax) == ("euclidean", False)
    assert main.landscapes.output_grid.stop == pytest.approx(np.pi / 2)


# Runs from overlays


def test_controls_and_variants_change_only_what_they_name(tmp_path):
    study = study_of(tmp_path)
    assert list(study.runs) == ["main", "early", "input"]
    assert list(study.variants) == ["geodesic", "relu", "relu_geodesic"]
    main, early = study.runs["main"], study.runs["early"]
    assert early.training.snapshot_accuracies == [0.3]
    assert early.training.learning_rate == main.training.learning_rate
    assert early.model_copy(update={"training": main.training}) == main
    assert study.all_runs.keys() == {"main", "early", "input", "geodesic", "relu", "relu_geodesic"}


def test_a_scale_is_laid_over_every_run_before_its_own_changes_and_a_runs_scale_after_them(tmp_path):
    smoke = study_of(tmp_path, "smoke")
    assert {run.perceptrons.count for run in smoke.all_runs.values()} == {2}
    assert smoke.runs["main"].clouds.points == 20
    assert smoke.runs["early"].clouds.points == 10
    assert smoke.variants["relu"].perceptrons.hidden == [3]
    assert smoke.variants["relu"].activations == ["relu"]
    # A scale that the file does not name changes nothing.
    assert study_of(tmp_path, "quick").runs == study_of(tmp_path, "full").runs


def test_what_a_run_names_itself_stands_over_the_scale(tmp_path):
    text = STUDY.replace("layers: [0]", "layers: [0], points: 33")
    assert study_of(tmp_path, "smoke", text).runs["input"].clouds.points == 33
    assert study_of(tmp_path, "smoke", text).runs["main"].clouds.points == 20


def test_overlays_merge_mappings_and_replace_everything_else():
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 4, "e": None, "f": {"g": 1}}
    copy = json.loads(json.dumps(base))
    merged = overlay(base, {"a": {"c": [9], "x": 0}, "d": {"y": 1}, "e": {"z": 2}, "f": None})
    assert merged == {"a": {"b": 1, "c": [9], "x": 0}, "d": {"y": 1}, "e": {"z": 2}, "f": None}
    assert base == copy
    assert overlay(base, {}) == base


def test_overlays_of_named_mappings_choose_among_them_and_change_them_by_name():
    base = {"networks": [{"name": "a", "count": 1, "hidden": [2]}, {"name": "b", "count": 3}], "rest": 0}
    changed = overlay(base, {"networks": [{"name": "b", "count": 4}, {"name": "a"}, {"name": "c", "count": 5}]})
    assert changed["networks"] == [
        {"name": "b", "count": 4}, {"name": "a", "count": 1, "hidden": [2]}, {"name": "c", "count": 5},
    ]  # fmt: skip
    assert overlay({"seeds": [0, 1]}, {"seeds": [2]}) == {"seeds": [2]}


@pytest.mark.parametrize("key", ["of", "architecture"])
def test_a_mapping_that_becomes_another_kind_of_thing_is_replaced(key):
    base = {"clouds": {key: "positions", "points": 3}}
    assert overlay(base, {"clouds": {key: "images", "repeats": 2}}) == {"clouds": {key: "images", "repeats": 2}}
    same = overlay(base, {"clouds": {key: "positions", "repeats": 2}})
    assert same == {"clouds": {key: "positions", "points": 3, "repeats": 2}}
    assert overlay(base, {"clouds": {"repeats": 2}})["clouds"][key] == "positions"


def test_layers_default_to_all_from_the_input_to_the_logits(tmp_path):
    study = study_of(tmp_path)
    assert study.runs["main"].numbered_layers == [0, 1, 2, 3]
    assert study.runs["main"].needs_networks
    assert study.runs["input"].numbered_layers == [0]
    assert not study.runs["input"].needs_networks


def test_chosen_layers_are_sorted(tmp_path):
    study = study_of(tmp_path, text=STUDY.replace("layers: [0]", "layers: [3, 0, 2]"))
    assert study.runs["input"].numbered_layers == [0, 2, 3]


def test_runs_with_equal_sections_share_the_first_ones_artifact(tmp_path):
    study = study_of(tmp_path)
    assert {run: owner(study, run, "networks.json") for run in study.all_runs} == {
        "main": "main",
        "early": "early",
        "input": "main",
        "geodesic": "main",
        "relu": "relu",
        "relu_geodesic": "relu",
    }
    assert {owner(study, run, "data.npz") for run in study.all_runs} == {"main"}


def test_clouds_are_shared_by_metrics_and_statistics_by_nobody(tmp_path):
    study = study_of(tmp_path)
    assert owner(study, "geodesic", "clouds.npz") == "main"
    assert owner(study, "geodesic", "diagrams.npz") == "geodesic"
    assert owner(study, "relu_geodesic", "clouds.npz") == "relu"
    assert {run: owner(study, run, "statistics.csv") for run in study.all_runs} == {run: run for run in study.all_runs}


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_every_run_makes_statistics_and_says_where_its_data_came_from(file):
    study = load_study(file, "quick")
    for run in study.all_runs.values():
        assert {"statistics.csv", "data.npz"} <= artifacts_of(run) <= set(ARTIFACTS)


@pytest.mark.parametrize("scale", SCALES)
def test_metric_variants_of_the_disks_share_their_networks(scale):
    study = load_study(next(file for file in STUDIES if file.stem == "disks"), scale)
    owners = {run: owner(study, run, "networks.safetensors") for run in study.all_runs}
    assert {owners[run] for run in study.runs} == {"main"} if scale == "full" else True
    assert len({owners[run] for run in ("geodesic", "mean_distance", "max_distance", "percentile")}) == 1
    assert owners["relu"] == "relu"
    assert owners["held_out_stop"] == "held_out_stop"


def test_settings_cannot_be_changed_once_loaded(tmp_path):
    run = study_of(tmp_path).runs["main"]
    with pytest.raises(ValueError, match="frozen"):
        run.clouds.points = 7


# Errors in study files


@pytest.mark.parametrize(
    ("old", "new", "key", "near"),
    [
        ("learning_rate:", "learning_rte:", "main.training.learning_rte", "main.training.learning_rate"),
        ("title: A study", "titel: A study", "titel", "title"),
        ("stop: 5.0, step", "stop: 5.0, stepp", "main.landscapes.grid.stepp", "main.landscapes.grid.step"),
        ("{draw: training, cap", "{drawn: x, draw: y, cap", "figures.training.drawn", "figures.training.draw"),
        ("{snapshot_accuracies: [0.3]}", "{snapshots: [0.3]}", "training.snapshots", "training.snapshot_accuracies"),
        (
            "[{metric: geodesic}]}\n  relu:",
            "[{metrik: geodesic}]}\n  relu:",
            "distances.0.metrik",
            "distances.0.metric",
        ),
        ("controls:", "control:", "control", "controls"),
        ("figures:", "figure:", "figure", "figures"),
    ],
)
def test_an_unknown_key_is_answered_with_file_path_and_nearest_keys(old, new, key, near, tmp_path):
    assert old in STUDY
    with pytest.raises(TopolensError) as caught:
        study_of(tmp_path, text=STUDY.replace(old, new))
    message = str(caught.value)
    assert "some_study.yaml: " in message
    assert f"unknown key {key!r}. Did you mean " in message
    assert f"{near!r}" in message


def test_an_unknown_key_of_an_override_names_the_run_and_scale(tmp_path):
    text = STUDY.replace("{snapshot_accuracies: [0.3]}", "{treshold: [0.3]}")
    with pytest.raises(TopolensError, match=r"some_study\.yaml: run 'early' at scale 'quick': unknown key"):
        study_of(tmp_path, "quick", text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("accuracies: [0.5, 0.9]", "accuracies: [0.9, 0.5]", r"main\.training: .*strictly, found \[0\.9, 0\.5\]"),
        ("accuracies: [0.5, 0.9]", "accuracies: [0.5, 0.5]", "snapshot_accuracies must increase strictly"),
        ("accuracies: [0.5, 0.9]", "accuracies: []", r"main\.training\.snapshot_accuracies: .*Found: \[\]"),
        ("accuracies: [0.5, 0.9]", "accuracies: [0.5, 1.9]", r"training\.snapshot_accuracies\.1: .*Found: 1\.9"),
        ("layers: [0]", "layers: [4]", r"run 'input'.*clouds\.layers \[4\]: the networks have layers 0 to 3"),
        ("layers: [0]", "layers: [-1]", r"clouds\.layers\.0: .*Found: -1"),
        ("stop: 5.0", "stop: -1", r"main\.landscapes\.grid: .*stop -1\.0 must lie above start 0\.0"),
        ("[tanh]", "[sigmoid]", r"main\.networks\.0\.activations\.0: 'sigmoid'.*relu, tanh"),
        ("count: 3", "count: none", r"main\.networks\.0\.count: .*Found: 'none'"),
        ("count: 3", "count: 0", r"main\.networks\.0\.count: .*greater than 0.*Found: 0"),
        ("    batch_size: 16\n", "", r"main\.training\.batch_size: Field required\."),
        ("held_out: 0.2", "held_out: 1.0", r"main\.training\.held_out: .*less than 1"),
    ],
)  # fmt: skip
def test_a_bad_value_is_answered_with_file_path_expectation_and_finding(old, new, message, tmp_path):
    assert old in STUDY
    with pytest.raises(TopolensError, match=message) as caught:
        study_of(tmp_path, text=STUDY.replace(old, new))
    assert "some_study.yaml" in str(caught.value)


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path):
    with pytest.raises(TopolensError) as caught:
        study_of(tmp_path, text=STUDY.replace("count: 3", "count: 0").replace("batch_size", "batch"))
    assert all(
        part in str(caught.value)
        for part in ("main.networks.0.count", "main.training.batch", "main.training.batch_size")
    )


def test_a_layer_that_only_a_scale_lacks_is_found_at_that_scale(tmp_path):
    text = STUDY.replace("layers: [0]", "layers: [3]")
    assert study_of(tmp_path, text=text).runs["input"].numbered_layers == [3]
    with pytest.raises(TopolensError, match=r"run 'input' at scale 'smoke'.*layers 0 to 2"):
        study_of(tmp_path, "smoke", text)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        (
            "metric: geodesic",
            "metric: geodesics",
            ["distances.0.metric", "'geodesics'", "geodesic", "euclidean", "sphere"],
        ),
        (
            "  landscapes:",
            "  homology: {engine: redzet}\n  landscapes:",
            ["homology.engine", "'redzet'", "redzed", "gudhi", "auto"],
        ),
    ],
)
def test_unknown_names_of_registries_are_refused_before_any_job(old, new, parts, tmp_path):
    # A wrong name has to fail in seconds, with the valid ones, not in a job behind the training.
    with pytest.raises(TopolensError) as caught:
        study_of(tmp_path, text=STUDY.replace(old, new))
    assert all(part in str(caught.value) for part in ["some_study.yaml", *parts])


def test_every_name_that_a_study_may_give_exists(tmp_path):
    for metric in METRICS:
        study_of(tmp_path, text=STUDY.replace("metric: geodesic", f"metric: {metric}"))
    for engine in [*ENGINES, "auto"]:
        study_of(tmp_path, text=STUDY.replace("  landscapes:", f"  homology: {{engine: {engine}}}\n  landscapes:"))


def test_an_unknown_run_in_a_scale_or_figure_is_answered_with_the_runs_there_are(tmp_path):
    with pytest.raises(
        TopolensError, match=r"scales\.smoke: unknown run 'erly'.*Did you mean 'early'.*Valid: all, early"
    ):
        study_of(tmp_path, "smoke", STUDY.replace("    early: {clouds", "    erly: {clouds"))
    with pytest.raises(
        TopolensError, match=r"figures\.training\.run: unknown run 'geodesic'.*Valid: early, input, main"
    ):
        study_of(tmp_path, text=STUDY.replace("draw: training,", "draw: training, run: geodesic,"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("of: samples", "of: sample", r"main\.clouds\.of: 'sample'\. Did you mean 'samples'\?.*images, positions"),
        ("of: samples, ", "", r"main\.clouds: .*discriminator"),
        ("of: samples", "of: positions", r"main\.clouds\.(shared|repeats|groups)"),
        ("  clouds: {of", "  tests: {permutation: 9}\n  clouds: {of", r"main\.tests\.permutation'.*permutations"),
        ("  clouds: {of", "  flow: activation\n  clouds: {of", r"unknown key 'main\.flow'"),
    ],
)
def test_clouds_say_what_they_are_of(old, new, message, tmp_path):
    with pytest.raises(TopolensError, match=message):
        study_of(tmp_path, text=STUDY.replace(old, new))


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("clusters: {layers: [x]}", "clusters: expected clouds of positions, found of: samples; set clusters: null"),
        ("separation: {}", "separation: expected clouds of images, found of: samples"),
        ("conditions: {images_per_class: 3}", "conditions: expected clouds of images"),
        ("planes: {}", "planes: expected clouds of positions"),
        (
            "mapper: {layers: [a, b], repeats: 2, intervals: 3, overlap: 0.2, min_points: 1, noise_clouds: 1}",
            "mapper: ",
        ),
        (
            "betti: {counted: {disks: {neighbours: 3, max_degree: 1}}, norms: {points: 9}}",
            "betti: expected clouds of l",
        ),
        ("weights: random", "weights: perceptrons are always trained, found random"),
        (
            "distances: [{metric: euclidean}, {metric: cosine}]",
            "distances: expected one for layers: all, or one for hi",
        ),
        ("distances: [{metric: [euclidean, cosine]}]", "distances: expected one for layers: all"),
        ("distances: [{layers: output}]", "distances: expected one for layers: all"),
    ],
)
def test_sections_that_the_clouds_do_not_fit_are_refused(section, message, tmp_path):
    with pytest.raises(TopolensError, match=message):
        study_of(tmp_path, text=STUDY.replace("  clouds: {of", f"  {section}\n  clouds: {{of"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  landscapes:\n    grid: {stop: 5.0, step: 0.01}\n", "", "landscapes: expected a section"),
        ("    grid: {stop: 5.0, step: 0.01}", "    grid: width", "landscapes.grid: expected stop and step"),
        ("    grid: {", "    degree: 1\n    grid: {", "landscapes.degree: clouds of samples have all"),
        ("name: disks", "name: cifar10", "data: cifar10 has images: not for samples"),
        ("[tanh]", "[tanh, relu]", "networks: expected one family with one activation"),
        ("{name: disks}", "[{name: disks}, {name: mnist}]", "data: expected one data set for clouds"),
        ("architecture: perceptrons, hidden: [4, 4], activations: [tanh], count: 3", "architecture: vgg16, bands: [R]",
         "networks: MLP: expected architecture: perceptrons for clouds of samples, found vgg16"),
    ],
)  # fmt: skip
def test_what_a_section_needs_beside_it_is_told(old, new, message, tmp_path):
    assert old in STUDY
    text = STUDY.replace(old, new)
    text = text[: text.index("controls:")] + "figures: {}\n"
    with pytest.raises(TopolensError, match=message):
        study_of(tmp_path, text=text)


def test_an_unknown_scale_is_refused(tmp_path):
    with pytest.raises(TopolensError, match=r"unknown scale 'tiny'.*full, quick, smoke"):
        study_of(tmp_path, "tiny")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "expected a mapping of keys, found list"),
        ("a: [1", "not valid YAML"),
        ("", "expected a mapping of keys, found NoneType"),
    ],
)
def test_a_file_that_is_no_mapping_is_named(text, message, tmp_path):
    with pytest.raises(TopolensError, match=rf"some_study\.yaml: {message}"):
        study_of(tmp_path, text=text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TopolensError, match=r"nowhere\.yaml: no such file"):
        load_study(tmp_path / "nowhere.yaml", "quick")


# Names


def test_unknown_names_are_answered_with_near_ones_first_then_all():
    error = unknown_name("colour", "yelow", ["violet", "yellow", "blue"], "paint.yaml")
    assert str(error) == "paint.yaml: unknown colour 'yelow'. Did you mean 'yellow'? Valid: blue, violet, yellow."
    assert isinstance(error, TopolensError)
    assert str(unknown_name("colour", 7, ["red"])) == "unknown colour 7. Valid: red."


def test_the_public_names_are_those_that_an_editor_sees():
    tree = ast.parse(Path(topolens.__file__).read_text(encoding="utf-8"))
    (typed,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in typed.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == topolens._PUBLIC
    assert {*topolens.__all__} == {*seen, "TopolensError", "__version__"}
    assert (Path(topolens.__file__).parent / "py.typed").is_file()


def test_the_public_names_are_loaded_on_first_use():
    for name in {*topolens.__all__} - {"__version__"}:
        assert callable(getattr(topolens, name))
    assert topolens.__version__ == version("topolens")
    assert set(topolens.__all__) <= set(dir(topolens))
    with pytest.raises(AttributeError, match=r"no attribute 'persistance'; public names: .*persistence"):
        topolens.persistance  # noqa: B018


def test_importing_the_package_loads_no_torch():
    code = "import sys, topolens; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


LIGHT_STAGES = (
    "changed_rules", "claims", "clusters", "data", "diagram_distances", "figure", "image_diagrams", "image_statistics",
    "images", "layer_statistics", "numbers", "paper", "position_landscapes", "position_statistics", "principal_shares",
    "sample_diagrams", "sample_landscapes", "sample_statistics", "separation", "tables", "verify",
)  # fmt: skip


# Figures that show tables, or clouds and diagrams that are there already.
LIGHT_FIGURES = (
    "attributions", "betti", "clusters", "complexity", "components", "confusion", "contact_sheet", "depth", "diagrams",
    "image_training", "known_sets", "landscapes", "latent_clusters", "latent_panels", "latent_tests", "loops",
    "metric_panels", "metric_scores", "robustness", "scores",
)  # fmt: skip
SLOW = ("torch", "numba", "sklearn", "seaborn", "scipy.stats", "networkx", "kmapper", "captum")


@pytest.mark.parametrize(("room", "modules"), [("stages", LIGHT_STAGES), ("figures", LIGHT_FIGURES)])
def test_stages_and_figures_that_run_no_network_load_nothing_slow(room, modules):
    code = (
        "import sys; from importlib import import_module\n"
        f"for name in {modules}:\n"
        f"    import_module(f'topolens.{room}.{{name}}')\n"
        f"    assert not (found := {{*{SLOW}}} & {{*sys.modules}}), (name, found)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


# Seeds


def test_child_seeds_are_what_they_always_were():
    # The first 63 bits of the SHA-256 of the path of names; a change would change every result.
    assert child_seed(0, "network", 3) == 2197479575739071952
    assert child_seed(7, "cloud", 0) == 1450823924479362292
    digest = hashlib.sha256(b"0/network/3").digest()
    assert child_seed(0, "network", 3) == int.from_bytes(digest[:8], "big") // 2


def test_child_seeds_depend_on_nothing_but_root_and_names():
    first = [child_seed(0, "a", i) for i in range(5)]
    for i in (3, 0, 4, 1, 2):
        child_generator(i, "other").normal(size=3)
        assert child_seed(0, "a", i) == first[i]


def test_different_names_roots_and_orders_give_different_seeds():
    seeds = {
        child_seed(root, *names)
        for root in range(20)
        for names in [("a",), ("b",), ("a", "b"), ("b", "a"), ("a", 1), ("a", 11), ()]
    }
    assert len(seeds) == 140
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_child_generators_draw_the_same_numbers_from_the_same_names():
    first, again, other = (child_generator(0, "cloud", i).normal(size=4) for i in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_child_seeds_are_equal_in_another_process():
    code = "from topolens.seeding import child_seed; print(child_seed(5, 'x', 1))"
    environment = os.environ | {"PYTHONHASHSEED": "99"}
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert int(printed.stdout) == child_seed(5, "x", 1)


# Artifacts


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("old")

    def write_half():
        with written_whole(file) as temporary:
            temporary.write_text("half")
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        write_half()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_an_interrupted_first_write_leaves_nothing(tmp_path):
    def write_half():
        with written_whole(tmp_path / "new" / "file.txt") as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert list((tmp_path / "new").iterdir()) == []


def test_nothing_is_seen_under_the_name_before_it_is_whole(tmp_path):
    file = tmp_path / "deep" / "file.txt"
    with written_whole(file) as temporary:
        temporary.write_text("whole")
        assert not file.exists()
        assert temporary.parent == file.parent  # the same disk, so that the rename is atomic
        assert temporary.suffix == ".txt"
    assert file.read_text() == "whole"
    assert list(file.parent.iterdir()) == [file]
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_arrays_are_read_as_they_were_written(tmp_path):
    arrays = {
        "a.0": np.arange(6, dtype=np.float32).reshape(2, 3),
        "empty": np.empty((0, 2)),
        "text": np.asarray("word"),
        "flags": np.array([True, False]),
    }
    write_arrays(tmp_path / "a.npz", arrays)
    again = read_arrays(tmp_path / "a.npz")
    assert again.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(again[name], array)
        assert again[name].dtype == array.dtype
    assert str(again["text"]) == "word"


def test_equal_arrays_are_equal_files(tmp_path):
    for name in ("a", "b"):
        write_arrays(tmp_path / f"{name}.npz", {"x": np.arange(100.0)})
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def truncated(content):
    return content[: len(content) // 2]


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "damage", [truncated, flipped, lambda content: b"", lambda content: b"not an archive", lambda content: content[:4]],
    ids=["truncated", "flipped", "empty", "text", "magic only"],
)  # fmt: skip
def test_a_damaged_array_file_is_named_with_what_to_do(damage, tmp_path):
    file = tmp_path / "clouds.npz"
    write_arrays(file, {"x": np.arange(1000.0)})
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(TopolensError, match=r"clouds\.npz: not a readable \.npz .*delete it and run again"):
        read_arrays(file)


def test_pickled_objects_are_refused(tmp_path):
    file = tmp_path / "objects.npz"
    np.savez(file, x=np.array([{}], dtype=object))
    with pytest.raises(TopolensError, match=r"objects\.npz"):
        read_arrays(file)


def test_json_is_sorted_and_readable_and_damage_is_named(tmp_path):
    file = tmp_path / "card.json"
    write_json(file, {"b": [1, None], "a": 0.1})
    assert read_json(file) == {"a": 0.1, "b": [1, None]}
    assert file.read_text().index('"a"') < file.read_text().index('"b"')
    for damage in (b'{"a": ', b"", b"\xff\xfe{"):
        file.write_bytes(damage)
        with pytest.raises(TopolensError, match=r"card\.json: not readable JSON"):
            read_json(file)


def test_tables_have_ten_digits_unix_lines_and_empty_gaps(tmp_path):
    file = tmp_path / "table.csv"
    write_table(file, pd.DataFrame({"name": ["a", "b"], "x": [1 / 3, np.nan], "n": [1, 2]}))
    assert file.read_bytes() == b"name,x,n\na,0.3333333333,1\nb,,2\n"
    write_text(file, "≥\n")
    assert file.read_bytes() == "≥\n".encode()


# Code hashes


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small package in place of topolens: top imports middle imports bottom, aside stands alone."""
    folder = tmp_path / "topolens"
    (folder / "inner").mkdir(parents=True)
    files = {
        "top.py": "import numpy\nfrom topolens.inner import middle\n\ndef f(x):\n    return middle.g(x)\n",
        "inner/middle.py": '"""Doc."""\nfrom topolens.bottom import h\n\ndef g(x):\n    """Doc."""\n'
        "    return h(x)  # note\n",
        "bottom.py": 'class C:\n    """Doc."""\n    k = 1\n\ndef h(x):\n    return x + 1\n',
        "aside.py": "y = 3\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(closure, "PACKAGE", folder)
    monkeypatch.setattr(closure, "KEPT", tmp_path / "kept" / "closure.json")
    closure.forget()
    yield folder
    closure.forget()


def edited_hash(package, name, old, new):
    """The hash of top after an edit of one file."""
    file = package / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    closure.forget()
    return closure.code_hash("topolens.top")


def test_the_closure_follows_imports_of_imports_and_nothing_else(package):
    assert closure.import_closure("topolens.top") == ["topolens.bottom", "topolens.inner.middle", "topolens.top"]
    assert closure.import_closure("topolens.bottom", "topolens.aside") == ["topolens.aside", "topolens.bottom"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("inner/middle.py", "# note", "# another note"),
        ("inner/middle.py", "  # note", ""),
        ("inner/middle.py", '"""Doc."""\nfrom', '"""Another docstring."""\nfrom'),
        ("inner/middle.py", '"""Doc."""\nfrom', "from"),
        ("inner/middle.py", '    """Doc."""\n', ""),
        ("bottom.py", '    """Doc."""\n', '    """Another."""\n'),
        ("bottom.py", "def h(x):\n", "\n\n# above\ndef h(x):\n\n"),
        ("bottom.py", "return x + 1", "return (x +  1)"),
        ("top.py", "def f(x):\n", 'def f(x):\n    """New."""\n'),
        ("aside.py", "y = 3", "y = 4"),
    ],
)
def test_comments_docstrings_layout_and_strangers_leave_the_hash(name, old, new, package):
    before = closure.code_hash("topolens.top")
    assert edited_hash(package, name, old, new) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("top.py", "middle.g(x)", "middle.g(x + 0)"),
        ("inner/middle.py", "return h(x)", "return h(x) * 2"),
        ("bottom.py", "x + 1", "x + 2"),
        ("bottom.py", "k = 1", "k = 2"),
        ("bottom.py", "def h(x)", "def h(x=1)"),
        ("inner/middle.py", "return h(x)", "'a string'\n    return h(x)"),
    ],
)
def test_code_changes_the_hash_however_deep_it_lies(name, old, new, package):
    before = closure.code_hash("topolens.top")
    assert edited_hash(package, name, old, new) != before


def test_each_file_is_read_once_however_many_closures_it_is_in(package, monkeypatch):
    read, path_type = [], type(package)
    monkeypatch.setattr(path_type, "read_bytes", lambda file: read.append(file.name) or file.open("rb").read())
    hashes = {closure.code_hash("topolens.top"), closure.code_hash("topolens.inner.middle", "topolens.top")}
    assert hashes == {closure.code_hash("topolens.top")}
    assert sorted(read) == ["bottom.py", "middle.py", "top.py"]


def test_a_source_is_parsed_once_for_all_processes(package, monkeypatch):
    before = closure.code_hash("topolens.top")
    monkeypatch.setattr(closure, "_parsed", None)
    closure.forget()
    assert closure.code_hash("topolens.top") == before


@pytest.mark.parametrize("kept", ["", "rubbish", "[]", '{"a": 1}', '{"a": [1]}'])
def test_what_was_kept_and_is_damaged_is_made_anew(kept, package):
    before = closure.code_hash("topolens.top")
    closure.KEPT.write_text(kept, encoding="utf-8")
    closure.forget()
    assert closure.code_hash("topolens.top") == before


def test_the_hash_does_not_depend_on_where_the_package_lies(package, tmp_path, monkeypatch):
    before = closure.code_hash("topolens.top")
    moved = tmp_path / "elsewhere" / "topolens"
    moved.parent.mkdir()
    package.rename(moved)
    monkeypatch.setattr(closure, "PACKAGE", moved)
    closure.forget()
    assert closure.code_hash("topolens.top") == before
    assert len(before) == 16


def test_nothing_in_topology_or_plotting_can_retrain_a_network():
    cone = closure.import_closure("topolens.stages.perceptrons")
    assert "topolens.stages.perceptrons" in cone
    assert "topolens.nets.perceptrons.training" in cone
    assert not [
        name
        for name in cone
        if any(part in name for part in (".topology", ".figures", ".inference", ".statistics", ".claims", ".paper"))
    ]


def test_no_figure_makes_an_interval_or_knows_a_claim():
    figures = [f"topolens.figures.{file.stem}" for file in (closure.PACKAGE / "figures").glob("*.py")]
    assert len(figures) > 20
    for figure in figures:
        source = (closure.PACKAGE.parent / f"{figure.replace('.', '/')}.py").read_text(encoding="utf-8")
        assert "topolens.inference" not in source, figure
        assert not [name for name in closure.import_closure(figure) if ".claims" in name], figure


def test_pure_statistics_know_neither_settings_nor_tables():
    rooms = (".config", ".results", ".statistics", ".claims", ".stages", ".figures", ".topology")
    for file in (closure.PACKAGE / "inference").glob("*.py"):
        cone = closure.import_closure(f"topolens.inference.{file.stem}")
        assert not [name for name in cone if any(room in name for room in rooms)], file


@pytest.mark.parametrize(
    "stage",
    [
        "position_diagrams",
        "image_clouds",
        "attributions",
        "mapper",
        "feature_pictures",
        "planes",
        "performance",
    ],
)
def test_stages_that_only_read_networks_hang_on_no_training(stage):
    cone = closure.import_closure(f"topolens.stages.{stage}")
    assert "topolens.nets.images.inference" in cone
    assert "topolens.nets.images.training" not in cone


def test_the_cone_of_each_stage_holds_what_it_runs():
    assert "topolens.topology.persistence" in closure.import_closure("topolens.stages.sample_diagrams")
    assert "topolens.topology.landscapes" in closure.import_closure("topolens.stages.sample_landscapes")
    assert "topolens.inference.permutation" in closure.import_closure("topolens.stages.sample_statistics")
    assert "topolens.claims.holes" in closure.import_closure("topolens.stages.claims")
    assert "topolens.nets.taps" in closure.import_closure("topolens.stages.sample_clouds")
    assert "topolens.data.disks" in closure.import_closure("topolens.stages.data")


@pytest.mark.parametrize("kind", ["diagrams", "landscapes", "statistics"])
def test_a_change_for_one_kind_of_clouds_runs_nothing_again_for_another(kind):
    stages = {file.stem: closure.import_closure(f"topolens.stages.{file.stem}") for file in STAGES.glob(f"*_{kind}.py")}
    assert len(stages) >= 2
    for stage, cone in stages.items():
        assert not {f"topolens.stages.{other}" for other in stages if other != stage} & set(cone)
    if kind == "diagrams":
        assert "topolens.clouds.images" not in stages["position_diagrams"]
        assert "topolens.nets.images.prepared" not in stages["sample_diagrams"]
