"""A study that nobody foresaw is one YAML file, anywhere: no Python, no change of a rule."""

import pandas as pd
import pytest

from project_copy import copy_project
from topolens.config.study import load_study
from topolens.results import Results

STUDY = """
title: A network of torchvision that nobody prepared
main:
  data: {name: cifar10}
  networks:
    - {name: ShuffleNet, architecture: shufflenet_v2_x0_5, bands: [R, G, B]}
  weights: train
  training: {epochs: 1, images: 128, batch_size: 64, learning_rate: 0.05, precision: float32}
  evaluated: 50
  clouds:
    of: positions
    points: 30
    repeats: 5
    groups: [cat, dog, all]
    layers: {first: conv1, second: stage2}
    nulls: 3
  distances: [{metric: cosine}]
  homology: {max_degree: 1}
  landscapes: {degree: 1, levels: 4, main_levels: 4, samples: 40}
  tests: {permutations: 19, network_permutations: 19}
  intervals: {bootstrap: 50}
controls:
  untrained: {weights: random}
  vectors: # one vector an image
    clouds:
      of: images
      images_per_class: 3
      repeats: 5
      layers: {ShuffleNet: {third: stage3, last: conv5}}
    distances: [{metric: [euclidean, cosine]}]
    separation: {neighbours: 3}
    landscapes: null
    tests: null
figures:
  landscapes:
    draw: landscapes.by_side
    caption: "R9: {braces} are text, {} and {{too}}"
claims:
  - id: X1
    scope: these networks
    source: a thought
    wording: Trained networks have other landscapes than untrained ones.
    statistic: rank_among_twins
    options: {against: untrained}
    twin: true
    holds: {above: 0.5}
    expected: more
  - id: X2
    scope: these networks
    run: vectors
    source: a thought
    wording: Two distances stacked tell more than the better one.
    statistic: stacked_gain
    options: {score: neighbours}
    holds: {above: 0}
    expected: more
"""


@pytest.fixture(scope="module")
def study_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("elsewhere") / "unforeseen.yaml"
    file.write_text(STUDY, encoding="utf-8")
    return file


def test_it_runs_from_data_to_figure_and_verdicts(finished, tmp_path, study_file):
    project = copy_project(tmp_path / "project")
    # The claims of other studies would run all of them.
    (project.folder / "workflow/config/claims.yaml").write_text("[]\n", encoding="utf-8")
    project.snakemake(f"studies={study_file}", "--", "unforeseen", "claims")
    results = project.folder / "results/smoke"
    claims = pd.read_csv(results / "claims.csv")
    assert claims["id"].tolist() == ["X1", "X1", "X1", "X2"]
    assert claims["twin"].fillna("").tolist() == ["raw", "scale-free", "gaussian", ""]
    assert set(claims["verdict"]) <= {"reproduced", "not reproduced", "undecided"}
    assert (claims["n"] > 0).all()
    assert (project.folder / "figures/smoke/unforeseen/landscapes.pdf").read_bytes().startswith(b"%PDF")
    table = pd.read_csv(results / "unforeseen.csv")
    assert set(table["run"]) == {"main", "untrained", "vectors"}
    assert {"first", "second", "third", "last"} <= set(table["layer"].dropna())
    tested = table[table["statistic"] == "average_distance"]
    assert tested["p_value"].between(0, 1).all()
    vectors = Results(results / "unforeseen", load_study(study_file, "smoke"), "vectors")
    assert set(vectors.diagrams.clouds["metric"]) == {"euclidean", "cosine", "stacked"}
    main = Results(results / "unforeseen", load_study(study_file, "smoke"), "main")
    assert main.diagrams.clouds["null"].sum() == 3 * 3 * 2
    assert table.loc[(table["run"] == "main") & (table["statistic"] == "complexity_l2"), "null_low"].notna().all()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tests: {permutations: 19,", "test: {permutations: 19,", "unknown key 'main.test'. Did you mean 'main.tests'"),
        ("separation: {neighbours: 3}", "clusters: {layers: [last]}", "clusters: expected clouds of positions"),
        (
            "statistic: stacked_gain",
            "statistic: loops_of_positions",
            "claim 'X2': statistic 'loops_of_positions' reads mapper.csv",
        ),
        ("layers: {first: conv1, second: stage2}", "layers: {a/b: conv1}", "String should match pattern"),
        ("  untrained: {", "  '../x': {", "String should match pattern"),
        (
            "draw: landscapes.by_side",
            "draw: landscapes.by_sides",
            "unknown figure 'landscapes.by_sides'. Did you mean 'landscapes.by_side'",
        ),
    ],
)
def test_what_is_wrong_is_told_before_any_job(finished, tmp_path, old, new, message):
    assert old in STUDY
    file = tmp_path / "unforeseen.yaml"
    file.write_text(STUDY.replace(old, new), encoding="utf-8")
    told = finished.snakemake(f"studies={file}", "--dry-run", check=False)
    assert told.returncode != 0
    assert "unforeseen" in told.stdout
    assert message in told.stdout


def test_two_studies_of_one_name_are_refused(finished, tmp_path):
    file = tmp_path / "disks.yaml"
    file.write_text(STUDY, encoding="utf-8")
    told = finished.snakemake(f"studies={file}", "--dry-run", check=False)
    assert told.returncode != 0
    assert "there is a study 'disks' already" in told.stdout
