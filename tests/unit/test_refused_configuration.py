"""What is refused before any job, with the file, the key, what was expected and found."""

import re
from pathlib import Path

import pytest

from topolens.claim_sources import UNREADABLE, sources_of
from topolens.config.clouds import ImageClouds
from topolens.config.settings import checked_settings
from topolens.config.study import load_study
from topolens.config.study_files import find_study_files, load_studies
from topolens.config.targets import RULES, check_targets
from topolens.data.files import read_catalogue
from topolens.errors import TopolensError

OWN = Path(__file__).parents[2] / "workflow" / "config" / "studies"
DEFAULT = {"scale": "quick", "seed": 0, "threads": 2, "download": True}
STUDY = """
title: A study
main:
  data: {name: disks}
  networks: [{name: MLP, architecture: perceptrons, hidden: [4, 4], activations: [tanh], count: 3}]
  training: {learning_rate: 0.01, batch_size: 16, max_epochs: 100, snapshot_accuracies: [0.5, 0.9], held_out: 0.2}
  clouds: {of: samples, points: 50, shared: true}
  landscapes: {grid: {stop: 5.0, step: 0.01}}
controls:
  early: {training: {snapshot_accuracies: [0.3]}}
variants:
  geodesic: {distances: [{metric: geodesic}]}
figures:
  training: {draw: training, caption: c}
"""


def written(folder, name="some_study", old="", new="", text=STUDY):
    """A study file, after one edit."""
    assert old in text
    file = folder / f"{name}.yaml"
    file.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return file


def refusal(action, *arguments):
    """The message of a refusal."""
    with pytest.raises(TopolensError) as caught:
        action(*arguments)
    return str(caught.value)


# Targets


@pytest.mark.parametrize("name", [*sorted(RULES & {"all", "figures", "claims", "data", "mapper", "verify"}), "none"])
def test_r6_a_study_is_not_named_as_a_rule_or_table_of_the_workflow(name, tmp_path):
    message = refusal(check_targets, load_studies([written(tmp_path, name)], "full"))
    assert f"{name}.yaml: the study itself would be the target {name!r}, the name of the workflow itself" in message


@pytest.mark.parametrize(
    ("old", "new", "target"),
    [
        ("  geodesic:", "  table:", "some_study_table"),
        ("  geodesic:", "  variants:", "some_study_variants"),
        ("  geodesic:", "  training:", "some_study_training"),
        ("  training: {draw", "  table: {draw", "some_study_table"),
    ],
)
def test_r6_a_variant_or_figure_takes_no_name_of_its_study(old, new, target, tmp_path):
    message = refusal(check_targets, load_studies([written(tmp_path, old=old, new=new)], "full"))
    assert f"would be the target {target!r}, the name of " in message


def test_r6_nor_that_of_another_study(tmp_path):
    files = [written(tmp_path, "some"), written(tmp_path, "some_geodesic")]
    assert "some_geodesic.yaml: the study itself would be the target" in refusal(
        check_targets, load_studies(files, "full")
    )


def test_the_projects_own_studies_have_names_of_their_own():
    check_targets(load_studies(find_study_files(OWN).values(), "full"))


# Names


@pytest.mark.parametrize(
    "name", ["x|y", "{x}", "(", ".*", "$(touch x)", "a\nb", "a\n", ".hid", "A", "1a", "a-b", "a" * 65]
)
def test_r7_the_name_of_a_study_file_matches_the_pattern(name, tmp_path):
    written(tmp_path, name)
    assert "expected a study's name that matches ^[a-z][a-z0-9_]{0,63}$" in refusal(find_study_files, tmp_path)


def test_r7_a_folder_or_a_broken_link_is_no_study(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    assert "folder.yaml: expected a readable file" in refusal(load_study, tmp_path / "folder.yaml", "full")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "nowhere")
    assert "link.yaml: no such file" in refusal(load_study, tmp_path / "link.yaml", "full")


@pytest.mark.parametrize("name", ["../../../evil", "a/b", "''", "x" * 300, '"a;b"', "'a\"b'", '"a\\nb"', "A"])
@pytest.mark.parametrize("old", ["  training: {draw", "  early:", "  geodesic:"], ids=["figure", "control", "variant"])
def test_r8_names_of_figures_and_runs_match_the_pattern(old, name, tmp_path):
    file = written(tmp_path, old=old, new=f"  {name}:" + (" {draw" if "draw" in old else ""))
    key = {"  training: {draw": "figures", "  early:": "controls", "  geodesic:": "variants"}[old]
    message = refusal(load_study, file, "full")
    assert re.search(
        rf"some_study\.yaml: {key}\..*: String should match pattern .*a-z0-9_.* Found: ", message, re.DOTALL
    )


@pytest.mark.parametrize(("key", "old"), [("controls", "  early:"), ("variants", "  geodesic:")])
@pytest.mark.parametrize("name", ["main", "all"])
def test_r8_runs_are_not_named_as_what_the_workflow_names_itself(name, key, old, tmp_path):
    message = refusal(load_study, written(tmp_path, old=old, new=f"  {name}:"), "full")
    assert f"{key}: {name} cannot name a run; rename it" in message


def test_r8_a_variant_is_not_named_as_a_control(tmp_path):
    message = refusal(load_study, written(tmp_path, old="  geodesic:", new="  early:"), "full")
    assert "controls, variants: both have early; rename one" in message


@pytest.mark.parametrize("label", ["a/b", "..", "a..b", "'a", 'a"', "a\nb", "", " a", "a ", "ä", "x" * 65])
def test_layer_labels_can_stand_in_the_names_of_arrays(label):
    with pytest.raises(ValueError, match=r"layers\.V"):
        ImageClouds(of="images", images_per_class=2, repeats=2, layers={"V": {label: "conv1"}})


@pytest.mark.parametrize("label", ["stem", "stage 4", "layer_1.conv-2", "1"])
def test_plain_layer_labels_are_taken(label):
    assert ImageClouds(of="images", images_per_class=2, repeats=2, layers={"V": {label: "conv1"}}).layers["V"] == {
        label: "conv1"
    }


# Settings


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        *(("threads", value, "threads") for value in (-5, 0, "abc", True, 1.0, "-1", [2])),
        *(("seed", value, "seed") for value in ("abc", 1.5, -1, None, True, "", "1.0", "²")),
        *(("download", value, "expected true or false") for value in ("maybe", 1, None, "", "yes")),
        *(("scale", value, "scale") for value in (["quick"], "tiny", None, 3)),
        *(("studies", value, "studies") for value in (3, {"a": 1}, None)),
    ],
)
def test_r10_settings_of_a_run_are_checked(key, value, expected):
    message = refusal(checked_settings, DEFAULT | {key: value})
    assert message.startswith("workflow/config/default.yaml or --config: ")
    assert key in message
    assert expected in message


def test_r10_settings_that_are_missing_or_unknown_are_named():
    assert "seed: Field required" in refusal(checked_settings, {k: v for k, v in DEFAULT.items() if k != "seed"})
    assert "unknown key 'sede'. Did you mean 'seed'" in refusal(checked_settings, DEFAULT | {"sede": 1})
    assert "scale: Field required" in refusal(checked_settings, {})
    assert "expected a mapping of keys, found NoneType" in refusal(checked_settings, None)


def test_r17_settings_are_taken_as_the_command_line_passes_them():
    settings = checked_settings({"scale": "smoke", "seed": "7", "threads": "2", "download": "false"})
    assert (settings.seed, settings.threads, settings.download, settings.studies) == (7, 2, False, [])
    assert checked_settings({"scale": "smoke", "seed": 7, "download": False, "threads": None}).threads is None
    assert checked_settings(DEFAULT | {"download": "True"}).download is True
    assert checked_settings(DEFAULT | {"studies": "a,b/c.yaml"}).studies == [Path("a"), Path("b/c.yaml")]


@pytest.mark.parametrize(
    ("wanted", "cores", "threads", "counted"),
    [(None, 1, 1, 1), (None, 2, 2, 1), (None, 5, 5, 2), (None, 8, 8, 4), (3, 8, 3, 3), (1, 8, 1, 1), (3, 2, 2, 2)],
)
def test_a_job_counts_as_half_of_the_cores_or_as_the_threads_that_it_is_given(wanted, cores, threads, counted):
    assert checked_settings(DEFAULT | {"threads": wanted}).threads_of_jobs(cores) == (threads, counted)


# Files


def test_r11_a_key_twice_is_refused(tmp_path):
    file = written(tmp_path, old="  clouds:", new="  data: {name: other}\n  clouds:")
    assert "not valid YAML: key 'data' is there twice; keep one" in refusal(load_study, file, "full")
    inner = written(tmp_path, old="points: 50,", new="points: 50, points: 60,")
    assert "key 'points' is there twice" in refusal(load_study, inner, "full")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (STUDY.encode("utf-16"), "expected text in UTF-8"),
        (b"a: " + b"[" * 10_000 + b"]" * 10_000, "expected at most 30 levels|not valid YAML"),
        (b"a: &x [*x]", "expected at most 30 levels"),
        (b"flow: [a]\ntitle: x", r"unknown key 'flow'"),
        (b"title: 2024-99-99", "not valid YAML"),
        (b"a: !!python/object/apply:os.getcwd []", "not valid YAML"),
        (STUDY.encode() + b"scales: {smoke: {all: text}}", r"scales\.smoke\.all: .*dictionary.*Found: 'text'"),
        (STUDY.replace("learning_rate: 0.01", "learning_rate: .inf").encode(), "learning_rate: .*finite number"),
        (STUDY.replace("stop: 5.0", "stop: .nan").encode(), "stop: .*finite number"),
    ],
    ids=["utf-16", "deep", "in itself", "flow", "date", "tag", "scale", "infinite", "nan"],
)
def test_r12_a_study_that_cannot_be_read_is_refused(content, expected, tmp_path):
    file = tmp_path / "some_study.yaml"
    file.write_bytes(content)
    message = refusal(load_study, file, "smoke")
    assert re.search(rf"some_study\.yaml: .*({expected})", message, re.DOTALL)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "expected a mapping of keys, found NoneType"),
        ("text", "expected a mapping of keys, found str"),
        ("a: [", "not valid YAML"),
        ("disks: text", r"datasets\.disks: "),
        ("disks: {title: x}", r"datasets\.disks\.source: Field required"),
        ("a/b: {title: x, source: x, licence: x, files: {}}", "should match pattern"),
    ],
)
def test_r12_a_catalogue_that_cannot_be_read_is_refused(text, expected, tmp_path):
    file = tmp_path / "datasets.yaml"
    file.write_text(text, encoding="utf-8")
    assert re.search(rf"datasets\.yaml: .*{expected}", refusal(read_catalogue, file))


# Numbers


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("points: 50", "points: 1", r"clouds\.points: .*greater than 1"),
        ("points: 50", "points: 0", r"clouds\.points"),
        ("points: 50", "points: 12", r"run 'geodesic'.* distances\.0\.neighbours: expected 1 to 11 .* found 12"),
        ("count: 3", "count: 0", r"networks\.0\.count"),
        ("shared: true", "shared: true, repeats: 0", r"clouds\.repeats"),
        ("{metric: geodesic}", "{normalise: relative-max, k: 50}", r"distances\.0\.k: expected 1 to 49 .* found 50"),
        ("{metric: geodesic}", "{normalise: relative-max}", r"distances\.0\.k: expected 1 to 49 .* found none"),
    ],
)
def test_counts_that_leave_nothing_to_compute_are_refused(old, new, expected, tmp_path):
    assert re.search(expected, refusal(load_study, written(tmp_path, old=old, new=new), "full"))


def test_as_many_neighbours_as_there_are_others_is_enough(tmp_path):
    load_study(written(tmp_path, old="points: 50", new="points: 13"), "full")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "    images_per_class: 20\n    repeats",
            "    images_per_class: 4\n    repeats",
            r"distances\.0\.other_k: .* 39",
        ),
        ("    images_per_class: 20\n    repeats", "    images_per_class: 1\n    repeats", r"images_per_class"),
        ("      k: 10", "      k: 200", r"distances\.0\.k: expected 1 to 199 for clouds of 200 points, found 200"),
        ("separation: {neighbours: 5}", "separation: {neighbours: 200}", r"separation\.neighbours: .* 199"),
        ("seeds: [0]", "seeds: [-1]", r"seeds\.0"),
    ],
)
def test_clouds_of_images_have_as_many_neighbours_as_are_asked_for(old, new, expected, tmp_path):
    text = (OWN / "metrics.yaml").read_text(encoding="utf-8")
    assert re.search(expected, refusal(load_study, written(tmp_path, "m", old, new, text), "full"))


# Study files from elsewhere


def test_added_study_files_stand_beside_the_own_ones(tmp_path):
    own, more = tmp_path / "own", tmp_path / "more"
    own.mkdir()
    more.mkdir()
    first, second, third = written(own, "first"), written(more, "second"), written(tmp_path, "third")
    assert find_study_files(own, [more, third]) == {"first": first, "second": second, "third": third}
    assert [*load_studies([first, second], "full")] == ["first", "second"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("nowhere", "expected a study file .* or a folder of them"),
        ("nowhere.yaml", "expected a study file"),
        ("text.txt", "expected a study file"),
        ("empty", "expected a folder with study files .* found none"),
        ("disks.yaml", "there is a study 'disks' already, .*rename it"),
    ],
)
def test_places_without_further_studies_are_refused(place, expected, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").touch()
    written(tmp_path, "disks")
    assert re.search(expected, refusal(find_study_files, OWN, [tmp_path / place]))


# The report's first page


def test_r5_the_sources_of_a_table_of_verdicts(tmp_path):
    file = tmp_path / "claims.csv"
    assert sources_of(file) == {}
    file.write_text("id,study,data\nW1,disks,original\nW2,disks,original\nL1,cifar10,stand-in\n", encoding="utf-8")
    assert sources_of(file) == {"disks": "original", "cifar10": "stand-in"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"id,study\nW1,disks\n",
        b"id,study,data\nW1\n",
        b"id,study,data\n",
        b"\xff\xfe",
        b"\x00" * 50,
        b"study,data\n,\n",
    ],
    ids=["empty", "column gone", "cut", "header only", "not text", "zeros", "empty cells"],
)
def test_r5_a_damaged_table_of_verdicts_stops_nothing_and_is_told(content, tmp_path):
    file = tmp_path / "claims.csv"
    file.write_bytes(content)
    assert sources_of(file) == {"claims.csv": UNREADABLE}
