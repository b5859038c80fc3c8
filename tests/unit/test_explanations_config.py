"""Sections that look into trained networks: what they may name, the shipped studies, where results are found."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topolens.artifacts import write_arrays, write_json, write_table
from topolens.config.architectures import TAPPED_LAYERS
from topolens.config.study import load_study
from topolens.errors import TopolensError
from topolens.results import Results, load_results

STUDIES = Path(__file__).parents[2] / "workflow" / "config" / "studies"
SCALES = ["smoke", "quick", "full"]

STUDY = """
title: Networks, and what they see
main:
  data: {name: cifar10}
  networks:
    - {name: V, architecture: vgg16, bands: [R, G, B], first_filters: 4}
    - {name: W, architecture: vgg16, bands: [R, G], first_filters: 4}
  seeds: [0]
  weights: train
  training: {epochs: 1, batch_size: 8, learning_rate: 0.1}
  clouds: {of: positions, points: 50, repeats: 4, groups: [cat, dog, all], layers: [ReLU53, ReLU11, ReLU33]}
  landscapes: {degree: 1}
  attributions: {images: 2, window: 8, stride: 8, steps: 2}
  mapper:
    layers: [ReLU11, ReLU53]
    repeats: 2
    intervals: 4
    overlap: 0.3
    min_points: 2
    noise_clouds: 1
  feature_pictures: {nodes: 1, steps: 1}
  planes: {}
controls:
  few:
    clouds: {repeats: 2}
    attributions: {networks: [W], layers: [ReLU53, ReLU33]}
    mapper: null
    feature_pictures: null
    planes: null
"""


def study_of(tmp_path, *changes, scale="full"):
    text = STUDY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "some_study.yaml").write_text(text, encoding="utf-8")
    return load_study(tmp_path / "some_study.yaml", scale)


def shipped(name, scale):
    return load_study(STUDIES / f"{name}.yaml", scale)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[ReLU11, ReLU53]", "[ReLU11, ReLU52]", r"mapper\.layers: expected some of ReLU11, ReLU33, .* found ReLU52"),
        ("[ReLU11, ReLU53]", "[ReLU53, ReLU11]", r"mapper\.layers: expected order of depth .*, found"),
        ("[ReLU11, ReLU53]", "[ReLU11, ReLU53, ReLU53]", r"mapper\.layers: expected order of depth"),
        ("[ReLU53, ReLU33]", "[ReLU12]", r"run 'few'.*attributions\.layers: expected some of ReLU11, .* found ReLU12"),
        ("[W]", "[X]", r"run 'few'.*attributions\.networks: expected some of V, W, found X"),
        ("weights: train", "weights: random", r"attributions, mapper, planes: expected trained networks"),
        ("groups: [cat, dog, all]", "groups: [cat, all]", r"planes: expected clouds\.groups with two classes"),
        ("    mapper: null\n    feature", "    mapper: null\n    planes: {}\n    x", r"unknown key 'x_pictures'"),
        ("    feature_pictures: null\n", "", r"feature_pictures: expected a section mapper, whose nodes they show"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_answered_with_file_key_and_valid_names(old, new, message, tmp_path):
    changes = [(old, new)] if "planes: {}\n    x" not in new else [("    mapper: null\n    feature", new)]
    if "planes: {}\n    x" in new:
        changes.append(("    planes: null\n", ""))
    with pytest.raises(TopolensError, match=message) as caught:
        study_of(tmp_path, *changes)
    assert "some_study.yaml: " in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[ReLU11, ReLU53]", "[ReLU11]", r"main\.mapper\.layers"),
        ("    repeats: 2\n    int", "    repeats: 1\n    int", r"main\.mapper\.repeats"),
        ("overlap: 0.3", "overlap: 1.3", r"main\.mapper\.overlap"),
        ("overlap: 0.3", "overlap: 0", r"main\.mapper\.overlap"),
        ("min_points: 2", "min_points: 0", r"main\.mapper\.min_points"),
        ("noise_clouds: 1", "noise_clouds: 0", r"main\.mapper\.noise_clouds"),
        ("min_points: 2", "min_points: 2\n    halves: 3", r"main\.mapper\.halves"),
        ("min_points: 2", "min_points: 2\n    centred_from: 0", r"main\.mapper\.centred_from"),
        ("min_points: 2", "min_points: 2\n    subsets: 0", r"main\.mapper\.subsets"),
        ("min_points: 2", "min_points: 2\n    chains: 0", r"main\.mapper\.chains"),
        ("{nodes: 1", "{nodes: 0", r"main\.feature_pictures\.nodes"),
        ("min_points: 2", "min_points: 2\n    pair: [horse]", r"main\.mapper\.pair"),
        (
            "min_points: 2",
            "min_points: 2\n    pair: [deer, deer]",
            r"pair: expected two different classes, found 'deer' twice",
        ),
        ("min_points: 2", "min_points: 2\n    other_overlaps: [1]", r"main\.mapper\.other_overlaps\.0"),
        ("min_points: 2", "min_points: 2\n    margins: 1", r"main\.mapper\.margins"),
        ("images: 2", "images: 0", r"main\.attributions\.images"),
        ("planes: {}", "planes: {neighbours: 0}", r"main\.planes\.neighbours"),
    ],
)
def test_settings_out_of_range_are_answered_with_file_and_key(old, new, message, tmp_path):
    with pytest.raises(TopolensError, match=message) as caught:
        study_of(tmp_path, (old, new))
    assert "some_study.yaml" in str(caught.value)


def test_classes_are_only_told_apart_where_there_are_some(tmp_path):
    masks = [("vgg16", "unet"), ("cifar10", "crbd"), ("[cat, dog, all]", "[all]"), ("few:", "few:\n    weights: train")]
    layers = [("layers: [ReLU53, ReLU11, ReLU33]", "layers: [E1-ReLU1, D3-ReLU2]"),
              ("[ReLU11, ReLU53]", "[E1-ReLU1, D3-ReLU2]"),
              (", layers: [ReLU53, ReLU33]", "")]  # fmt: skip
    with pytest.raises(TopolensError, match=r"mapper, planes: images of 'crbd' have masks.*set null"):
        study_of(tmp_path, *masks, *layers)


# The shipped studies


@pytest.mark.parametrize("scale", SCALES)
def test_the_headline_runs_and_the_family_are_explained_and_no_other(scale):
    for name, sections in (
        ("cifar10", {"attributions", "mapper", "feature_pictures", "planes"}),
        ("crops", {"attributions"}),
    ):
        study = shipped(name, scale)
        explained = {"attributions", "mapper", "feature_pictures", "planes"}
        assert explained & {*study.runs["main"].sections()} == sections
        for label, run in study.all_runs.items():
            if label == "family":  # claims are decided on many networks
                assert {"attributions", "mapper", "planes"} <= {*run.sections()}
            else:
                assert run is study.runs["main"] or not explained & {*run.sections()}
    crops = shipped("crops", scale).runs["main"]
    assert crops.attributions.images <= crops.clouds.repeats  # each image is that of a cloud
    main = shipped("cifar10", scale).runs["main"].mapper
    assert main.layers == [layer for layer in TAPPED_LAYERS["vgg16"] if layer in main.layers]
    assert main.halves == 1
    family = shipped("cifar10", scale).runs["family"].mapper
    assert (family.halves, family.repeats) == (2, 2)
    assert family.noise_clouds == {"smoke": 3, "quick": 19, "full": 99}[scale]
    for own in (main, family):
        assert own.layers[-1] == "ReLU53"  # the pair of the claims parts there
        assert own.pair == ("horse", "deer")


def test_the_published_sizes():
    # Rathore et al. (2021): one vector of each of the 10,000 images, 70 intervals, 20, 30 and 50 % of overlap, at
    # least 5 points; 40 intervals and 20 % for horses and deer.
    mapper = shipped("cifar10", "full").runs["main"].mapper
    assert (mapper.images, mapper.intervals, mapper.min_samples, mapper.margin) == (None, 70, 5, 1)
    assert sorted([mapper.overlap, *mapper.other_overlaps]) == [0.2, 0.3, 0.5]
    assert (mapper.pair_intervals, mapper.pair_overlap) == (40, 0.2)


# Results


@pytest.fixture
def results(tmp_path):
    study = study_of(tmp_path)
    return Results(tmp_path / "results" / "full" / "some_study", study, "main")


def test_runs_name_the_layers_in_order_of_depth(results):
    assert isinstance(results, Results)
    assert results.config.explained_layers == ["ReLU11", "ReLU33", "ReLU53"]
    assert results.config.mapper_layers == ["ReLU11", "ReLU53"]
    few = results.other("few").config
    assert few.explained_layers == ["ReLU33", "ReLU53"]
    assert few.mapper_layers == []


def test_results_say_where_the_data_came_from(results):
    (results.folder / "main").mkdir(parents=True)
    np.savez(results.folder / "main" / "data.npz", source=np.array("the photographs"))
    assert results.source == results.other("few").source == "the photographs"


@pytest.mark.parametrize(
    "file",
    [
        *("attributions.csv", "maps.npz", "mapper.csv", "graphs.npz", "structures.json", "pictures.npz", "planes.csv"),
        "statistics.csv",
    ],
)
def test_each_artifact_is_read_from_its_own_file(results, file):
    name, _, kind = file.partition(".")
    read = {"csv": results.table, "npz": results.arrays, "json": results.record}[kind]
    with pytest.raises(TopolensError, match=r"not made yet; run .* some_study") as caught:
        read(name)
    path = results.folder / "main" / file
    assert str(caught.value).startswith(f"{path}:")
    path.parent.mkdir(parents=True)
    values = np.array([0.5, 2.0])
    if file.endswith(".csv"):
        write_table(path, pd.DataFrame({"value": values}))
        found = read(name)["value"]
    elif file.endswith(".npz"):
        write_arrays(path, {"value": values})
        found = read(name)["value"]
    else:
        write_json(path, {"value": values.tolist()})
        found = read(name)["value"]
    np.testing.assert_array_equal(found, values)


def test_an_artifact_that_there_is_not_is_answered_with_near_ones(results):
    with pytest.raises(TopolensError, match=r"unknown artifact 'mappers\.csv'.*Did you mean 'mapper\.csv'"):
        results.table("mappers")


def test_a_finished_study_loads(results, tmp_path):
    root = tmp_path / "root"
    (root / "workflow" / "config" / "studies").mkdir(parents=True)
    (root / "workflow" / "config" / "studies" / "some_study.yaml").write_text(STUDY, encoding="utf-8")
    with pytest.raises(TopolensError, match=r"some_study\.csv: not made yet"):
        load_results("some_study", "full", root)
    folder = root / "results" / "full"
    folder.mkdir(parents=True)
    write_table(folder / "some_study.csv", pd.DataFrame({"run": ["main"], "statistic": ["gain"]}))
    write_table(folder / "claims.csv", pd.DataFrame({"id": ["T1", "L1"], "study": ["some_study", "others"]}))
    found = load_results("some_study", "full", root)
    assert found.claims["id"].tolist() == ["T1"]
    assert list(found.runs) == ["main", "few"]
    assert found.runs["few"].config.clouds.repeats == 2
