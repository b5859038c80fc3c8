"""Settings of the explain flow: what a study may say about its subject, the shipped study, where results are found."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topolens.artifacts import write_arrays, write_json, write_table
from topolens.config.architectures import TAPPED_LAYERS
from topolens.config.run import Run
from topolens.config.study import load_study
from topolens.errors import TopolensError
from topolens.results import Results, load_results

STUDIES = Path(__file__).parents[2] / "workflow" / "config" / "studies"
SCALES = ["smoke", "quick", "full"]

SUBJECT = """
title: Networks
flow: latent
main:
  data: {name: cifar10}
  networks:
    - {name: V, architecture: vgg16, bands: [R, G, B], first_filters: 4}
    - {name: W, architecture: vgg16, bands: [R, G], first_filters: 4}
  seeds: [0]
  weights: train
  training: {epochs: 1, batch_size: 8, learning_rate: 0.1}
  clouds: {points: 50, repeats: 4, groups: [cat, dog, all], layers: [ReLU53, ReLU11, ReLU33]}
controls:
  random: {weights: random}
  few: {clouds: {repeats: 2}}
  one: {clouds: {groups: [cat, all]}}
variants:
  wide: {clouds: {points: 60}}
scales:
  smoke: {all: {clouds: {points: 9}}}
"""
STUDY = """
title: What they see
flow: explain
main:
  subject: {study: networks}
  attributions: {images: 2, window: 8, stride: 8, steps: 2}
  mapper:
    layers: [ReLU11, ReLU53]
    positions: 2
    intervals: 4
    overlap: 0.3
    fewest: 2
    noise_clouds: 1
  feature_pictures: {nodes: 1, steps: 1}
  planes: {}
controls:
  few:
    subject: {run: few}
    attributions: {networks: [W], layers: [ReLU53, ReLU33]}
    mapper: null
    planes: null
"""
OTHERS = {
    "rows": SUBJECT.replace("vgg16", "unet")
    .replace("cifar10", "crbd")
    .replace(
        "groups: [cat, dog, all], layers: [ReLU53, ReLU11, ReLU33]", "groups: [all], layers: [E1-ReLU1, D3-ReLU2]"
    ),
    "perceptrons": "title: Others\nflow: activation\n",
    "mirror": "title: Looks at some_study\nflow: explain\nmain: {subject: {study: some_study}}\n",
}


def study_of(tmp_path, *changes, scale="full"):
    text = STUDY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    for name, content in {**OTHERS, "networks": SUBJECT, "some_study": text}.items():
        (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
    return load_study(tmp_path / "some_study.yaml", scale)


def shipped(scale):
    return load_study(STUDIES / "explain.yaml", scale)


# The subject


def test_the_subject_comes_at_the_same_scale(tmp_path):
    for scale, points in (("full", 50), ("smoke", 9)):
        study = study_of(tmp_path, scale=scale)
        assert list(study.subjects) == ["networks"]
        assert study.subjects["networks"].scale == scale
        assert study.subjects["networks"].runs["main"].clouds.points == points
    assert study.runs["few"].subject.model_dump() == {"study": "networks", "run": "few"}


def test_studies_of_other_flows_have_no_subject(tmp_path):
    study_of(tmp_path)
    assert load_study(tmp_path / "networks.yaml", "full").subjects == {}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("study: networks", "study: network", r"unknown study 'network'. Did you mean 'networks'.*perceptrons"),
        ("study: networks", "study: perceptrons", r"subject\.study 'perceptrons' is of the activation flow, .* latent"),
        (
            "study: networks",
            "study: some_study",
            r"subject\.study 'some_study' is of the explain flow, expected latent",
        ),
        ("study: networks", "study: mirror", r"subject\.study 'mirror' is of the explain flow, expected latent"),
        ("study: networks", "study: networks, run: randm", r"subject\.run: unknown run 'randm'.*'random'.*few, main"),
        (
            "study: networks",
            "study: networks, run: random",
            r"subject\.run 'random' has untrained networks; name a tra",
        ),
        # What is only made on request cannot be counted on.
        (
            "study: networks",
            "study: networks, run: wide",
            r"subject\.run: unknown run 'wide'.*Valid: few, main, one, random",
        ),
        ("[ReLU11, ReLU53]", "[ReLU11, ReLU52]", r"mapper\.layers: unknown layer 'ReLU52'.*Valid: ReLU11, ReLU33, Re"),
        (
            "[ReLU11, ReLU53]",
            "[ReLU53, ReLU11]",
            r"mapper\.layers: expected order of depth \['ReLU11', 'ReLU53'\], found",
        ),
        (
            "[ReLU11, ReLU53]",
            "[ReLU11, ReLU53, ReLU53]",
            r"mapper\.layers: expected order of depth \['ReLU11', 'ReLU53",
        ),
        ("[ReLU53, ReLU33]", "[ReLU12]", r"run 'few': attributions\.layers: unknown layer 'ReLU12'.*Valid: ReLU11, "),
        ("[W]", "[X]", r"run 'few': attributions\.networks: unknown network 'X'.*Valid: V, W"),
    ],
)
def test_what_the_subject_does_not_have_is_answered_with_file_key_and_valid_names(old, new, message, tmp_path):
    with pytest.raises(TopolensError, match=message) as caught:
        study_of(tmp_path, (old, new))
    assert "some_study.yaml: run '" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[ReLU11, ReLU53]", "[ReLU11]", r"main\.mapper\.layers"),
        ("positions: 2", "positions: 1", r"main\.mapper\.positions"),
        ("overlap: 0.3", "overlap: 1.3", r"main\.mapper\.overlap"),
        ("overlap: 0.3", "overlap: 0", r"main\.mapper\.overlap"),
        ("fewest: 2", "fewest: 0", r"main\.mapper\.fewest"),
        ("noise_clouds: 1", "noise_clouds: 0", r"main\.mapper\.noise_clouds"),
        ("{nodes: 1", "{nodes: 0", r"main\.feature_pictures\.nodes"),
        ("fewest: 2", "fewest: 2\n    pair: [horse]", r"main\.mapper\.pair"),
        ("fewest: 2", "fewest: 2\n    pair: [deer, deer]", r"pair: expected two different classes, found 'deer' twice"),
        ("fewest: 2", "fewest: 2\n    other_overlaps: [1]", r"main\.mapper\.other_overlaps\.0"),
        ("fewest: 2", "fewest: 2\n    margins: 1", r"main\.mapper\.margins"),
        ("images: 2", "images: 0", r"main\.attributions\.images"),
        ("  planes: {}\n", "", r"main\.planes"),
        ("planes: {}", "planes: {neighbours: 0}", r"main\.planes\.neighbours"),
    ],
)
def test_settings_out_of_range_are_answered_with_file_and_key(old, new, message, tmp_path):
    with pytest.raises(TopolensError, match=message) as caught:
        study_of(tmp_path, (old, new))
    assert "some_study.yaml" in str(caught.value)


def test_classes_are_only_told_apart_where_there_are_some(tmp_path):
    masks = [("study: networks", "study: rows"), ("{networks: [W], layers: [ReLU53, ReLU33]}", "{}")]
    with pytest.raises(TopolensError, match=r"run 'main': mapper, planes: images of 'rows' have masks.*set null"):
        study_of(tmp_path, *masks, ("[ReLU11, ReLU53]", "[E1-ReLU1, D3-ReLU2]"))
    with pytest.raises(TopolensError, match=r"run 'main': planes: .* clouds of two classes, found \['cat'\]; set null"):
        study_of(tmp_path, ("study: networks", "study: networks, run: one"))


# The shipped study


@pytest.mark.parametrize("scale", SCALES)
def test_the_shipped_study_looks_at_the_shipped_networks(scale):
    study = shipped(scale)
    assert list(study.runs) == ["main", "crops"]
    assert {name: run.subject.study for name, run in study.runs.items()} == {"main": "cifar10", "crops": "crops"}
    for run in study.runs.values():
        subject = study.subjects[run.subject.study].runs[run.subject.run]
        assert isinstance(run, Run)
        assert isinstance(subject, Run)
        if subject.networks[0].architecture == "unet":  # each image is that of a cloud
            assert run.attributions.images <= subject.clouds.repeats
    # Masks have no classes to be told apart.
    assert study.runs["crops"].mapper is study.runs["crops"].planes is None
    main = study.runs["main"].mapper
    assert main.layers == [layer for layer in TAPPED_LAYERS["vgg16"] if layer in main.layers]
    assert main.layers[-1] == "ReLU53"  # the pair of the claims parts there
    assert main.pair == ("horse", "deer")


def test_the_published_sizes():
    # Rathore et al. (2021): one vector of each of the 10,000 images, 70 intervals, 20, 30 and 50 % of overlap, at
    # least 5 points; 40 intervals and 20 % for horses and deer.
    mapper = shipped("full").runs["main"].mapper
    assert (mapper.images, mapper.intervals, mapper.min_samples, mapper.margin) == (None, 70, 5, 1)
    assert sorted([mapper.overlap, *mapper.other_overlaps]) == [0.2, 0.3, 0.5]
    assert (mapper.pair_intervals, mapper.pair_overlap) == (40, 0.2)


# Results


@pytest.fixture
def results(tmp_path):
    study = study_of(tmp_path)
    return Results(tmp_path / "results" / "full" / "some_study", study, "main")


def test_results_name_the_layers_in_order_of_depth(results):
    assert isinstance(results, Results)
    assert results.explained_layers == ["ReLU11", "ReLU33", "ReLU53"]
    assert results.mapper_layers == ["ReLU11", "ReLU53"]
    few = results.other("few")
    assert few.explained_layers == ["ReLU33", "ReLU53"]
    assert few.mapper_layers == []


def test_results_lead_to_the_subject_beside_them(results):
    subject = results.other("few").subject
    assert isinstance(subject, Results)
    assert (subject.folder, subject.name) == (results.folder.parent / "networks", "few")
    assert subject.config.clouds.repeats == 2
    (subject.folder / "main").mkdir(parents=True)
    np.savez(subject.folder / "main" / "images.npz", source=np.array("the photographs"))
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
    for name in ("networks", "some_study"):
        (root / "workflow" / "config" / "studies" / f"{name}.yaml").write_text(
            (tmp_path / f"{name}.yaml").read_text(encoding="utf-8"), encoding="utf-8"
        )
    with pytest.raises(TopolensError, match=r"some_study\.csv: not made yet"):
        load_results("some_study", "full", root)
    folder = root / "results" / "full"
    folder.mkdir(parents=True)
    write_table(folder / "some_study.csv", pd.DataFrame({"run": ["main"], "statistic": ["gain"]}))
    write_table(folder / "claims.csv", pd.DataFrame({"id": ["T1", "L1"], "study": ["some_study", "networks"]}))
    found = load_results("some_study", "full", root)
    assert found.claims["id"].tolist() == ["T1"]
    assert list(found.runs) == ["main", "few"]
    assert found.runs["few"].subject.folder == folder / "networks"
